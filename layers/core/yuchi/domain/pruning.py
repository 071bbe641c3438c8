"""What a profile need not remember any more.

Leaving it out changes no decision from now on, as long as no limit that is over for a month is made longer.
"""

from datetime import datetime, timedelta
from typing import Final

from yuchi.domain.event import Event
from yuchi.domain.profile import Profile

FIRED_KEPT: Final = timedelta(days=31)
"""How long past its span a firing is remembered: a limit that is made longer meanwhile still sees what fired within a
month.
"""


def prune(profile: Profile, event: Event, now: datetime) -> Profile:
    """``profile`` after ``event`` without expired tags, firings whose span is long over, and the timer that just fired.

    What has no end stays: firings of ``once``, and timers that wait.
    """
    moment = int(now.timestamp())
    changes: dict[str, object] = {}
    if any(tag.expires_at is not None and tag.expires_at <= moment for tag in profile.tags.values()):
        changes["tags"] = profile.live_tags(now)
    over = moment - int(FIRED_KEPT.total_seconds())
    if any(fired.until is not None and fired.until <= over for fired in profile.fired.values()):
        changes["fired"] = {
            rule: fired for rule, fired in profile.fired.items() if fired.until is None or fired.until > over
        }
    name = event.data.get("timer")
    if event.type == "timer.fired" and isinstance(name, str) and profile.timers.get(name) == event.id:
        changes["timers"] = {each: timer for each, timer in profile.timers.items() if each != name}
    return profile.model_copy(update=changes) if changes else profile
