"""To which send something counts that happened after it, and until when a run wants to hear of it.

A goal counts for the last send before it whose campaign waits for it; who was held out stands as if reached when the run
started, so that both are judged alike. Each event is judged by itself: order and repetitions change nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from yuchi.domain.campaign.forwarding import ANY
from yuchi.domain.campaign.model import HOLDOUT, Campaign, Goal, SendChannel
from yuchi.domain.campaign.reach import Sent

DELIVERIES: Final[Mapping[str, SendChannel]] = {
    "template.delivered": SendChannel.TEMPLATE,
    "subscription.delivered": SendChannel.SUBSCRIBE,
}
"""What WeChat tells of single messages, and by which channel they went."""
LEAVING_SECONDS: Final = 86_400
"""How long after a message somebody leaves because of it."""
DELIVERY_SECONDS: Final = 600
"""How long WeChat takes to tell what became of a message."""
SKEW_SECONDS: Final = 5
"""How much earlier than its cause something may seem to happen, by clocks that differ."""


class Touch(NamedTuple):
    """A send to one of a person's ids, or that it was held out. ``run``: ``RunKey.short``. ``goal``: where it has one."""

    person: str
    run: str
    sent: Sent
    goal: Goal | None = None


def held_out(person: str, run: str, started_at: int, goal: Goal | None) -> Touch:
    """Somebody whom a run left out to compare with."""
    return Touch(person, run, Sent(started_at, "", "", HOLDOUT), goal)


def converted(touches: Iterable[Touch], at: float) -> Touch | None:
    """The touch that a goal at ``at`` (epoch seconds) counts for."""
    return _last(each for each in touches if each.goal and -SKEW_SECONDS <= at - each.sent.at <= each.goal.within)


def left(touches: Iterable[Touch], account: str, at: float) -> Touch | None:
    """The touch because of which somebody left ``account``."""
    return _last(each for each in touches if each.sent.account == account and _within(each, at, LEAVING_SECONDS))


def delivered(touches: Iterable[Touch], channel: SendChannel, account: str, at: float) -> Touch | None:
    """The send that WeChat tells the fate of."""
    return _last(
        each
        for each in touches
        if (each.sent.account, each.sent.channel) == (account, channel.value) and _within(each, at, DELIVERY_SECONDS)
    )


def awaited(campaign: Campaign, *, ends_at: int) -> dict[str, int]:
    """Event type -> until when one wants to hear of it, for a run that ends at ``ends_at``."""
    wanted = {ANY: ends_at + LEAVING_SECONDS}
    return wanted | ({campaign.goal.on: ends_at + campaign.goal.within} if campaign.goal else {})


def with_awaited(
    goals: Mapping[str, Mapping[str, int]], run: str, wanted: Mapping[str, int], *, now: int
) -> dict[str, dict[str, int]]:
    """``goals`` with what ``run`` wants, without what was over a day ago."""
    merged = {event_type: dict(runs) for event_type, runs in goals.items()}
    for event_type, until in wanted.items():
        merged.setdefault(event_type, {})[run] = until
    over = now - int(timedelta(days=1).total_seconds())
    kept = {name: {each: until for each, until in runs.items() if until > over} for name, runs in merged.items()}
    return {name: runs for name, runs in kept.items() if runs}


def _within(touch: Touch, at: float, seconds: int) -> bool:
    return -SKEW_SECONDS <= at - touch.sent.at <= seconds


def _last(touches: Iterable[Touch]) -> Touch | None:
    found: Sequence[Touch] = sorted(touches, key=lambda each: (each.sent.at, each.run, each.person))
    return found[-1] if found else None
