"""How many rules may fire for one person within an hour on what rules and time brought about: rules that set each other off
by timers never end by themselves. What the person does counts for nothing here: nobody is muted for being lively.
"""

from datetime import datetime
from typing import Final

from yuchi.domain.event import CAUSED, Event
from yuchi.domain.profile import Pace
from yuchi.domain.triggers import TIMED

MAX_FIRINGS: Final = 200
"""How often rules may fire for one person within one hour of the clock, on events that rules caused. An event that is begun
is evaluated whole; those after it are recorded, but no rule is looked at for them until the hour is over.
"""
MAX_TIMED_FIRINGS: Final = 50
"""How many of them may be on timers and on what else time brings about: fewer than an hour has minutes, so that a rule that
sets its own timer each minute comes to rest within the hour. The timer it would have set then is never set.
"""

_TIMED: Final = TIMED | {"timer.fired"}


def is_spent(pace: Pace | None, event: Event, now: datetime) -> bool:
    """No rule may fire on ``event`` any more at ``now``."""
    if pace is None or pace.hour != _hour(now) or event.source != CAUSED:
        return False
    return pace.count >= MAX_FIRINGS or (_is_timed(event) and pace.timed >= MAX_TIMED_FIRINGS)


def spend(pace: Pace | None, event: Event, firings: int, now: datetime) -> Pace | None:
    """``pace`` after ``firings`` more on ``event``; that of another hour is forgotten."""
    kept = pace if pace is not None and pace.hour == _hour(now) else None
    if not firings or event.source != CAUSED:
        return kept
    kept = kept or Pace(hour=_hour(now))
    return Pace(hour=kept.hour, count=kept.count + firings, timed=kept.timed + (firings if _is_timed(event) else 0))


def _is_timed(event: Event) -> bool:
    return event.type in _TIMED or event.data.get("reason") == "expired"


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600
