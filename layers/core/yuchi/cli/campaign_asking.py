"""`yuchi campaign estimate`, `approve`, `stop` and the like: what the system or a person has to answer."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from yuchi.cli.asking import confirm
from yuchi.cli.campaign_items import Brand, By, Name, caller_of, missing, shown, stored
from yuchi.cli.desk import office_of
from yuchi.cli.errors import CommandError
from yuchi.cli.terminal import Terminal
from yuchi.domain.campaign.columns import ASK, COLUMNS, Verb
from yuchi.domain.campaign.reading import key_of
from yuchi.domain.plain import plain
from yuchi.domain.words import Words
from yuchi.services import order_campaign
from yuchi.services.order_campaign import RefusedApprovalError, Standing, standing_of

ANSWERS: Final[Mapping[Verb, tuple[str, ...]]] = {
    Verb.ESTIMATE: ("estimate",),
    Verb.COUNT: ("counted",),
}
"""What is asked for -> the columns in which the answer stands."""


def approve(
    context: typer.Context,
    campaign: Name,
    brand: Brand = None,
    note: Annotated[str, typer.Option(help="A word for the record.")] = "",
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before approving.")] = False,
) -> None:
    """Approve what a campaign says now, its audience and its time. Who edited it cannot approve it.

    It starts at its time, or at once where none is written. After any change it must be approved again.
    """
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    standing = standing_of(stored(office, campaign, brand))
    item = standing.item
    rows = [(name, shown(plain(item[name]))) for name in COLUMNS if name in item]
    terminal.panel(
        terminal.text("要批准的内容", "To be approved"), [*rows, ("hash", standing.plan_hash)], style="yellow"
    )
    if standing.counted is not None:
        terminal.say(f"会发给 {standing.counted:,} 人。", f"{standing.counted:,} persons get it.", style="bold")
    caller = caller_of(office, by)
    confirm(terminal, "批准发送？", "Approve it?", yes=yes)
    try:
        approval, is_new = order_campaign.approve(
            desk.approvals, standing, approved_by=caller, now=desk.clock(), note=note
        )
    except RefusedApprovalError as error:
        raise CommandError(Words(f"没有批准 {campaign}", f"{campaign} was not approved"), error.words) from error
    if is_new:
        terminal.done(f"已批准 {campaign}（{approval.hash}）。", f"Approved {campaign} ({approval.hash}).")
    else:
        terminal.say(f"{approval.approved_by} 已经批准过。", f"{approval.approved_by} approved it before.")


def _answered(context: typer.Context, campaign: str, brand: str | None, text: str) -> tuple[Standing, Terminal]:
    """Ask and wait; the campaign with the answer in it."""
    office = office_of(context)
    terminal = office.terminal
    item = stored(office, campaign, brand)
    key = key_of(item)
    with terminal.progress(terminal.text(f"等 {text} 的结果", f"Waiting for {text}")):
        standing = order_campaign.ask(office.desk.campaigns, *key, text, wait=office.desk.wait)
    if standing is None:
        raise missing(campaign, office.desk.campaigns.all(key[0]))
    if standing.text(ASK):
        raise CommandError(
            Words("还没有回答", "there is no answer yet"),
            mend=Words(
                f"稍后再看：yuchi campaign show {campaign}；一直没有就 yuchi doctor",
                f"look again later: yuchi campaign show {campaign}; if it does not come, yuchi doctor",
            ),
        )
    return standing, terminal


def question(verb: Verb) -> Callable[..., None]:
    """The command that asks for ``verb``."""

    def command(context: typer.Context, campaign: Name, brand: Brand = None) -> None:
        standing, terminal = _answered(context, campaign, brand, verb.value)
        _tell_answer(verb, standing, terminal)

    command.__doc__ = QUESTIONS[verb]
    return command


QUESTIONS: Final[Mapping[Verb, str]] = {
    Verb.ESTIMATE: "Estimate how many get it, by which channel, what keeps the others away, and how long it takes.",
    Verb.COUNT: "Count exactly how many get it. The approver is shown that number.",
    Verb.PREVIEW: "Send it to the testers that the campaign names.",
    Verb.START: "Start it now if it is approved and its time has come; else say why it does not start.",
    Verb.STOP: "Stop the sending at once. What is not sent yet stays unsent; resume goes on with it.",
    Verb.RESUME: "Go on after a stop, or after a guard held the campaign.",
}
"""What is asked for by a command of that name, and its help."""


def winner(
    context: typer.Context,
    campaign: Name,
    variant: Annotated[str, typer.Argument(help="The variant that the rest of the audience gets.")],
    brand: Brand = None,
) -> None:
    """End the contest of variants: everybody who waits for the best gets this one."""
    standing, terminal = _answered(context, campaign, brand, f"{Verb.WINNER.value} {variant}")
    _tell_answer(Verb.WINNER, standing, terminal)


def _tell_answer(verb: Verb, standing: Standing, terminal: Terminal) -> None:
    for column in ANSWERS.get(verb, ()):
        if standing.text(column):
            terminal.line(standing.text(column))
    if verb is Verb.PREVIEW and standing.text("previewed_hash") == standing.plan_hash:
        terminal.done("已发给测试人。", "It was sent to the testers.")
    terminal.line(f"{standing.status}  {standing.text('progress')}".rstrip(), style="bold")
    for name, style in (("problem", "red"), ("hint", "yellow")):
        for line in standing.text(name).splitlines():
            terminal.line(line, style=style)
