"""Of what events campaigns want to hear: asked for each event there is, so it costs nearly nothing."""

from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.event import Event
from yuchi.domain.own_events import LINK_CLICKED

ANY: Final = "*"
"""Among the goals of a brand: while a run has it, one wants to hear who leaves and what was delivered."""
FINISHED: Final = "campaign.finished"
LEFT: Final = "fan.unsubscribed"
DELIVERED: Final = frozenset({"template.delivered", "subscription.delivered"})
LINKS: Final = "/links"
"""The source of taps; of other sources they are hearsay."""

MAX_FIELDS: Final = 20


def counts(event: Event, goals: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether something may come of ``event`` for a campaign. ``goals``: as the brand's manifest has them."""
    if event.historical:
        return False
    if event.type == FINISHED or (event.type == LINK_CLICKED and event.source == LINKS):
        return True
    if not goals or event.subject is None:
        return False
    wanted = [goals.get(event.type, {})]
    if event.type == LEFT or event.type in DELIVERED:
        wanted.append(goals.get(ANY, {}))
    at = event.time.timestamp()
    return any(until > at for runs in wanted for until in runs.values())


def told_of(event: Event) -> dict[str, Any]:
    """The few values of ``event`` that are needed later: numbers, and short texts."""
    short = {
        name: value
        for name, value in event.data.items()
        if isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 128)  # noqa: PLR2004 - ids and states
    }
    wanted = (
        short
        if event.type in {FINISHED, LINK_CLICKED, *DELIVERED}
        else {
            name: value
            for name, value in short.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
    )
    return dict(list(wanted.items())[:MAX_FIELDS])
