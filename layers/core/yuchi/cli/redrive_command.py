"""`yuchi redrive`: what lies in a dead-letter queue goes back to be done."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from yuchi.cli.asking import confirm
from yuchi.cli.desk import Office, office_of
from yuchi.cli.errors import FAILED
from yuchi.domain.words import Words
from yuchi.services.push_rules import is_reviewed
from yuchi.services.redrive import Redrive


class Queue(StrEnum):
    """Which dead-letter queue."""

    EVENTS = "events"
    ACTIONS = "actions"
    EDITS = "edits"
    IMPORTS = "imports"


_REASONS: Final = {
    "unreadable": Words("读不懂，可能是旧版本的消息", "cannot be read; perhaps of an older version"),
    "account_unknown": Words("账号已经不在", "their account is gone"),
    "behind": Words("排在留下的消息后面", "stand behind one that stays"),
}


def redrive(
    context: typer.Context,
    queue: Annotated[Queue, typer.Argument(help="Which dead-letter queue.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Move at most so many.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Edits only: have every rule reviewed again, not only those that were not.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the change.")] = False,
) -> None:
    """Judge the messages of a dead-letter queue again and move the good ones back. Mend the cause first.

    Doing it twice does nothing twice: an event is found on the timeline, an action in the ledger. Messages and webhooks
    of events older than 24 hours end as SKIPPED. For edits, rules that were not reviewed are reviewed.
    """
    office = office_of(context)
    terminal = office.terminal
    if queue is Queue.EDITS:
        _redrive_edits(office, everything=everything, yes=yes)
        return
    source = queue.value.capitalize()
    letters = office.desk.dead_letters
    depth = letters.depth(source)
    if depth == 0:
        terminal.done(f"{source} 的死信队列是空的。", f"The dead-letter queue of {source} is empty.")
        return
    confirm(
        terminal,
        f"原因修好了吗？把大约 {depth} 条放回 {source}？",
        f"Is the cause mended? Move about {depth} back to {source}?",
        yes=yes,
    )
    with terminal.progress(terminal.text("移回", "Moving"), total=min(depth, limit or depth)) as bar:
        outcome = Redrive(letters, office.desk.accounts.get).run(source, limit=limit, progress=lambda _: bar.step())
    terminal.done(f"移回 {outcome.moved} 条。", f"{outcome.moved} moved back.")
    for reason, count in outcome.kept.items():
        terminal.warn(f"留下 {count} 条：{_REASONS[reason].zh}", f"{count} stay: {_REASONS[reason].en}")
    if outcome.kept:
        terminal.note(
            "留下的消息 14 天后过期；确定不要了可以在 SQS 控制台删除",
            "what stays expires after 14 days; the SQS console can delete it",
        )
        raise typer.Exit(FAILED)


def _redrive_edits(office: Office, *, everything: bool, yes: bool) -> None:
    """The queue only says where in the stream an edit was; the drafts themselves say which were not reviewed."""
    terminal, desk = office.terminal, office.desk
    brands = sorted({account.brand for account in desk.accounts.all()})
    late = [
        (brand, str(item["rule_id"]))
        for brand in brands
        for item in desk.rules.all(brand)
        if everything or not is_reviewed(item)
    ]
    depth = desk.dead_letters.depth("Edits")
    if not late and depth == 0:
        terminal.done("所有规则都审核过了。", "Every rule was reviewed.")
        return
    confirm(terminal, f"重新审核 {len(late)} 条规则？", f"Have {len(late)} rules reviewed again?", yes=yes)
    with terminal.progress(terminal.text("重新审核", "Asking for reviews"), total=len(late)) as bar:
        for brand, rule_id in late:
            desk.rules.ask_review(brand, rule_id)
            bar.step()
    dropped = Redrive(desk.dead_letters, desk.accounts.get).drop("Edits") if depth else 0
    terminal.done(
        f"{len(late)} 条规则在重新审核，清掉 {dropped} 条死信。结果见 yuchi rules list。",
        f"{len(late)} rules are being reviewed again, {dropped} dead letters dropped. See yuchi rules list.",
    )
