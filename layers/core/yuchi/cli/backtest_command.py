"""`yuchi rules backtest`: what a rule would have done, had it been live."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from yuchi.adapters.admin.archive_lines import read_lines
from yuchi.bootstrap import make_catalogue
from yuchi.cli.asking import confirm
from yuchi.cli.desk import Desk, office_of
from yuchi.cli.errors import FAILED, refuse
from yuchi.cli.query_command import since_of
from yuchi.cli.rule_commands import tell_checks
from yuchi.cli.rule_sources import choose_brand, read_sources, with_brand
from yuchi.cli.terminal import Terminal
from yuchi.domain.account import Account
from yuchi.domain.draft import read_draft
from yuchi.domain.placeholders import BEIJING
from yuchi.domain.rule import Rule
from yuchi.domain.rule_check import check_draft, check_rules
from yuchi.services.backtest import BacktestRequest, Outcome, apply_findings, backtest, live_rules_of
from yuchi.services.explain_rule import rule_ids_like
from yuchi.services.ports_archive import Progress
from yuchi.services.ports_rules import Item

BARS: Final = "▁▂▃▄▅▆▇█"
RULES_TOLD: Final = 8
PERSONS_TOLD: Final = 10_000
"""Persons that ``--json`` names."""


def run_backtest(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id; a draft need not be live or enabled.")],
    since: Annotated[str, typer.Option(metavar="SPAN", help="How far back, such as 30d.")] = "30d",
    rule_file: Annotated[
        Path | None, typer.Option(help="Take the rule from this YAML file, not from the table.")
    ] = None,
    brand: Annotated[str | None, typer.Option(help="Whose events (else the only brand there is).")] = None,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Give those who matched what the rule notes: tags, attributes, scores; once."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before applying.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say how many persons and events a rule would have matched in the archive, and why; nothing is sent.

    Rules are taken as they are today, together with those that this one rests on. Persons are as the archived events tell:
    what was before the archive begins is not known. --apply never sends messages.
    """
    office = office_of(context)
    desk, terminal = office.desk, office.terminal
    span = since_of(since)
    accounts = list(desk.accounts.all())
    chosen = choose_brand(brand, accounts)
    accounts = [account for account in accounts if account.brand == chosen]
    candidate = _candidate(desk, chosen, rule, rule_file, accounts, terminal)
    now = desk.clock()
    with _bars(terminal) as (fetching, replaying):
        outcome = backtest(
            BacktestRequest(
                candidate=candidate,
                brand=chosen,
                accounts=accounts,
                since=now - span,
                until=now,
                schema=desk.rulesets.schema(chosen),
                locale=terminal.locale,
            ),
            live=live_rules_of(chosen, desk.live),
            catalogue=make_catalogue(),
            files=desk.archive_files,
            read=read_lines,
            fetching=fetching,
            replaying=replaying,
        )
    if as_json:
        terminal.json(_as_json(candidate, outcome, since=now - span, until=now))
    else:
        _tell(candidate, outcome, terminal, since=now - span, until=now)
    if apply:
        _apply(desk, candidate, outcome, chosen, terminal, yes=yes)


def _candidate(
    desk: Desk, brand: str, rule_id: str, file: Path | None, accounts: list[Account], terminal: Terminal
) -> Rule:
    """The rule as it would be published, its dates aside: they would keep it out of the past."""
    item = _from_file(file, rule_id, brand) if file else desk.rules.get(brand, rule_id)
    if item is None:
        like = rule_ids_like(rule_id, desk.rules.all(brand))
        raise refuse(
            (f"没有规则 {rule_id}", f"there is no rule {rule_id}"),
            (f"您是不是想找 {'、'.join(like)}？", f"did you mean {', '.join(like)}?")
            if like
            else ("yuchi rules list 列出全部", "yuchi rules list names them all"),
        )
    reading = read_draft({**item, "enabled": True})
    checked = check_draft(reading.draft, catalogue=make_catalogue(), accounts=accounts) if reading.draft else None
    if checked is None or checked.problems:
        tell_checks(check_rules([{**item, "enabled": True}], catalogue=make_catalogue(), accounts=accounts), terminal)
        raise typer.Exit(FAILED)
    head = desk.live.get_heads(brand, [rule_id]).get(rule_id)
    candidate = checked.rule(head.version if head else 0)
    if candidate.starts_at or candidate.ends_at:
        terminal.note("不看开始和结束日期", "its dates (starts_at, ends_at) are left aside")
    return replace(candidate, starts_at=None, ends_at=None)


def _from_file(file: Path, rule_id: str, brand: str) -> Item | None:
    items = [each.item for each in with_brand(read_sources(file), brand)]
    return next((item for item in items if item.get("rule_id") == rule_id), None)


@contextmanager
def _bars(terminal: Terminal) -> Iterator[tuple[Progress, Progress]]:
    with terminal.progress(terminal.text("取归档文件……", "Fetching the archive's files ...")) as steps:

        def fetching(done: int, total: int) -> None:
            steps.say(terminal.text(f"取归档文件 {done}/{total}", f"Fetching the archive's files {done}/{total}"))

        def replaying(done: int, total: int) -> None:
            steps.say(terminal.text(f"回放 {done}/{total} 个文件", f"Replaying {done}/{total} files"))

        yield fetching, replaying


def _tell(candidate: Rule, outcome: Outcome, terminal: Terminal, *, since: datetime, until: datetime) -> None:
    findings, name = outcome.findings, candidate.rule_id
    if outcome.first_day is None:
        terminal.say("归档里还没有事件。", "There is nothing in the archive yet.")
        return
    persons, events = len(findings.persons), findings.events
    terminal.show(
        Text(
            terminal.text(
                f"规则 {name} 会命中 {persons} 人、{events} 个事件（{terminal.time(since)} 起）。",
                f"The rule {name} would have matched {_many(persons, 'person')} on {_many(events, 'event')} "
                f"since {terminal.time(since)}.",
            ),
            style="bold",
        )
    )
    days = days_between(since, until)
    terminal.line(f"{days[0]}  {sparkline([findings.days[day] for day in days])}  {days[-1]}")
    terminal.say(
        f"看了 {findings.decided} 个它会看的事件；线上这段时间实际触发 {findings.live_events} 次、{len(findings.live)} 人。",
        f"Looked at {_many(findings.decided, 'event')} that it waits for; live it did fire on "
        f"{_many(findings.live_events, 'event')}, for {_many(len(findings.live), 'person')}.",
        style="dim",
    )
    for example in findings.examples:
        terminal.show(
            Text.assemble(
                (f"\n{terminal.time(example.time)}  ", "dim"), (example.person, "bold"), f"  {example.event_type}"
            )
        )
        for line in example.lines:
            terminal.line(f"    {line}", style="green" if line.lstrip().startswith("✓") else "")
    _caveats(outcome, terminal, since=since)


def _caveats(outcome: Outcome, terminal: Terminal, *, since: datetime) -> None:
    first = outcome.first_day or ""
    with_it = [rule.rule_id for rule in outcome.needs.rules[1:]]
    if with_it:
        names = ", ".join(with_it[:RULES_TOLD]) + (" …" if len(with_it) > RULES_TOLD else "")
        terminal.note(f"一起回放的规则：{names}", f"replayed with it: {names}")
    if since.astimezone(BEIJING).date().isoformat() < first:
        terminal.warn(
            f"归档从 {first} 开始，之前的不知道", f"the archive begins on {first}: nothing is known before it"
        )
    elif outcome.needs.horizon is None and (outcome.needs.fields or outcome.needs.rules[0].stored_limit):
        terminal.note(
            f"每个人的状态由 {first} 起的归档重建，更早的不知道",
            f"what is known of persons was rebuilt from the archive, which begins on {first}",
        )


def _apply(desk: Desk, candidate: Rule, outcome: Outcome, brand: str, terminal: Terminal, *, yes: bool) -> None:
    given = outcome.findings.to_apply
    if not given:
        terminal.say("没有要补的。", "There is nothing to give.")
        return
    kinds = sorted({str(action["kind"]) for each in given for action in each.actions})
    confirm(
        terminal,
        f"给 {len(given)} 人补上（{'、'.join(kinds)}），不发消息？",
        f"Give {_many(len(given), 'person')} what it notes ({', '.join(kinds)}), without any message?",
        yes=yes,
    )
    with terminal.progress(terminal.text("排队……", "Queueing ..."), total=len(given)) as steps:
        done = 0

        def tell(now_done: int, _total: int) -> None:
            nonlocal done
            steps.step(now_done - done)
            done = now_done

        queued, refused = apply_findings(outcome.findings, candidate, brand=brand, events=desk.events, progress=tell)
    terminal.done(f"{queued} 人已排队，几秒内补上。", f"{_many(queued, 'person')} queued; done within seconds.")
    if refused:
        terminal.warn(
            f"{refused} 人没有排上，再运行一次即可，不会重复",
            f"{refused} not queued: run it again, nobody gets it twice",
        )
        raise typer.Exit(FAILED)


def _as_json(candidate: Rule, outcome: Outcome, *, since: datetime, until: datetime) -> dict[str, Any]:
    findings = outcome.findings
    return {
        "rule": candidate.rule_id,
        "version": candidate.version,
        "since": since,
        "until": until,
        "archive_begins": outcome.first_day,
        "read_from": outcome.read_from,
        "rules": [rule.rule_id for rule in outcome.needs.rules],
        "persons": len(findings.persons),
        "events": findings.events,
        "looked_at": findings.decided,
        "live": {"persons": len(findings.live), "events": findings.live_events},
        "days": {day: findings.days[day] for day in days_between(since, until)},
        "matched": [
            {
                "person": each.person,
                "subject": each.subject,
                "count": each.count,
                "first": each.first,
                "last": each.last,
                "would_get": list(each.actions),
                "has_it": each.person in findings.live,
            }
            for each in list(findings.persons.values())[:PERSONS_TOLD]
        ],
        "examples": [
            {
                "person": each.person,
                "event": each.event_id,
                "type": each.event_type,
                "time": each.time,
                "lines": list(each.lines),
            }
            for each in findings.examples
        ],
    }


def days_between(since: datetime, until: datetime) -> list[str]:
    """Each day from one to the other, in Beijing."""
    first, last = since.astimezone(BEIJING).date(), until.astimezone(BEIJING).date()
    return [(first + timedelta(days=day)).isoformat() for day in range((last - first).days + 1)]


def sparkline(values: list[int]) -> str:
    """One bar for each value; nothing is a dot."""
    most = max(values, default=0)
    return "".join(BARS[(value * len(BARS) - 1) // most] if value else "·" for value in values)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
