"""What happened to a person, event by event, and what came of each."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from yuchi.cli.shown import shown
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal
from yuchi.domain.backtest.applying import APPLIED
from yuchi.domain.timeline import TimelineEntry
from yuchi.domain.waiting import WAIT_ENDED
from yuchi.domain.words import Words

DATA_SHOWN: Final = 80
"""Characters of an event's data."""
_NOT_FOR_RULES: Final[Mapping[str, Words]] = {
    WAIT_ENDED: Words("等的时间到了", "a wait was over"),
    APPLIED: Words("补上回测的结果", "given what a backtest found"),
}
"""Event types that no rule sees."""


def draw_timeline(timeline: Sequence[TimelineEntry], terminal: Terminal) -> None:
    """A table, the newest first, or that there is nothing."""
    text = terminal.text
    if not timeline:
        terminal.say("时间线是空的。", "The timeline is empty.", style="dim")
        return
    terminal.table(
        (
            text("时间", "time"),
            text("事件", "event"),
            Column(text("编号", "id"), spare=3),
            Column(text("内容", "data"), free=True, spare=2),
            Column(text("触发的规则", "rules that fired"), free=True),
            Column(text("结果", "what came of it"), free=True),
        ),
        (
            (
                terminal.time(entry.event.time),
                _type(entry.event.type, terminal),
                entry.event.id[:12],
                _data(entry.event.data),
                ", ".join(f"{match.rule}@{match.version}" for match in entry.matched),
                ", ".join(_outcome(entry)),
            )
            for entry in timeline
        ),
        title=text("时间线", "timeline"),
    )


def _type(event_type: str, terminal: Terminal) -> str:
    """As rules have it in ``on``; in words, where no rule can."""
    words = _NOT_FOR_RULES.get(event_type)
    return words.text(terminal.locale) if words else event_type


def _outcome(entry: TimelineEntry) -> list[str]:
    return [
        *(f"+{tag}" for tag in entry.tags_added),
        *(f"-{tag}" for tag in entry.tags_removed),
        *(["reply"] if entry.answer else []),
        *(action.kind for action in entry.outbox),
        *entry.notes,
    ]


def _data(data: Mapping[str, Any]) -> str:
    text = ", ".join(f"{name}={shown(value)}" for name, value in data.items() if value not in (None, ""))
    return text if len(text) <= DATA_SHOWN else text[: DATA_SHOWN - 1] + "…"
