"""`yuchi doctor`: what is misconfigured, and how to mend it."""

from collections import Counter
from typing import Annotated, Final

import typer
from rich.text import Text

from yuchi.adapters.admin.stacks import FUNCTIONS, TABLES
from yuchi.adapters.wechat.errors import explain_error
from yuchi.cli.desk import Desk, office_of
from yuchi.cli.errors import FAILED, refuse
from yuchi.cli.terminal import Terminal
from yuchi.domain.words import Words
from yuchi.services.diagnosis import CHECKS, Diagnosis, Finding, Level, Patient

MARKS: Final = {
    Level.GOOD: ("✓", "green"),
    Level.HINT: ("!", "yellow"),
    Level.BAD: ("✗", "bold red"),
    Level.UNKNOWN: ("?", "magenta"),
}


def doctor(
    context: typer.Context,
    only: Annotated[list[str] | None, typer.Option(help="Only this check; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Look at every part of the deployment and say what is misconfigured and how to mend it. Exits with 1 if anything is.

    Changes nothing, except that tokens which are due are fetched.
    """
    office = office_of(context)
    terminal = office.terminal
    unknown = [name for name in only or () if name not in CHECKS]
    if unknown:
        raise refuse(
            (f"没有 {unknown[0]} 这项检查", f"there is no check {unknown[0]}"),
            (f"可选：{'、'.join(CHECKS)}", f"one of: {', '.join(CHECKS)}"),
        )
    checks = {name: CHECKS[name] for name in CHECKS if not only or name in only}
    findings: list[tuple[Words, Finding]] = []
    diagnosis = Diagnosis(patient_of(office.desk), checks)
    with terminal.progress(terminal.text("检查", "Looking"), total=len(checks)) as bar:

        def begin(name: Words) -> None:
            bar.say(name.text(terminal.locale))
            bar.step()

        for name, finding in diagnosis.run(begin):
            findings.append((name, finding))
            if not as_json:
                _tell(name, finding, office.terminal)
    counts = Counter(finding.level for _, finding in findings)
    if as_json:
        terminal.json(
            [
                {
                    "check": name.en,
                    "level": finding.level.value,
                    "subject": finding.subject,
                    "said": finding.said.text(terminal.locale),
                    "mend": finding.mend.text(terminal.locale) if finding.mend else None,
                }
                for name, finding in findings
            ]
        )
    elif counts[Level.BAD] or counts[Level.UNKNOWN]:
        bad, unseen = counts[Level.BAD], counts[Level.UNKNOWN]
        terminal.say(
            f"{bad} 处要修，{unseen} 处查不了。", f"{bad} to mend, {unseen} could not be looked at.", style="bold red"
        )
    else:
        terminal.say("一切正常。", "All is well.", style="bold green")
    if counts[Level.BAD] or counts[Level.UNKNOWN]:
        raise typer.Exit(FAILED)


def patient_of(desk: Desk) -> Patient:
    """The deployment as the checks reach it."""
    return Patient(
        facts=desk.facts,
        accounts=desk.accounts,
        tokens=desk.tokens,
        rules=desk.rules,
        rulesets=desk.live,
        dead_letters=desk.dead_letters,
        inspection=desk.inspection,
        clock=desk.clock,
        wait=desk.wait,
        meaning=meaning_of,
        tables=TABLES,
        functions=FUNCTIONS,
    )


def meaning_of(code: int) -> Words:
    """What WeChat means by an errcode, and what to do."""
    spec = explain_error(code)
    return Words(spec.zh, spec.en)


def _tell(name: Words, finding: Finding, terminal: Terminal) -> None:
    mark, style = MARKS[finding.level]
    locale = terminal.locale
    subject = f" {finding.subject}" if finding.subject else ""
    terminal.show(
        Text.assemble((f"{mark} ", style), (f"{name.text(locale)}{subject}", "bold"), "  ", finding.said.text(locale))
    )
    if finding.mend is not None:
        terminal.show(Text.assemble(("    → ", "cyan"), finding.mend.text(locale)))
