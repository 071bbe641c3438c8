"""What functions do. Each takes anything and gives null where it makes no sense; those about time take the context first."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from yuchi.domain.language.context import Context
from yuchi.domain.language.moments import BEIJING, as_span, as_time, find_zone, in_zone, parse_day
from yuchi.domain.language.values import remainder


def contains(text: Any, part: Any) -> bool | None:
    """Whether ``part`` is in ``text``."""
    return part in text if isinstance(text, str) and isinstance(part, str) else None


def starts_with(text: Any, part: Any) -> bool | None:
    """Whether ``text`` begins with ``part``."""
    return text.startswith(part) if isinstance(text, str) and isinstance(part, str) else None


def ends_with(text: Any, part: Any) -> bool | None:
    """Whether ``text`` ends with ``part``."""
    return text.endswith(part) if isinstance(text, str) and isinstance(part, str) else None


def contains_any(text: Any, parts: Any) -> bool | None:
    """Whether any of ``parts`` is in ``text``."""
    if not isinstance(text, str) or not isinstance(parts, list):
        return None
    return any(isinstance(part, str) and part in text for part in parts)


def size(value: Any) -> int | None:
    """How many characters, elements or names."""
    return len(value) if isinstance(value, str | list | dict) else None


_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""White_Space of Unicode; Python's own idea of it has four control characters more."""


def lower_ascii(text: Any) -> str | None:
    """``text`` with A to Z in lower case."""
    if not isinstance(text, str):
        return None
    return text.lower() if text.isascii() else text.translate(_LOWER)


def trim(text: Any) -> str | None:
    """``text`` without white space around it."""
    return text.strip(_SPACE) if isinstance(text, str) else None


def timestamp(value: Any) -> datetime | None:
    """A time of a time, a text in RFC 3339, or epoch seconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return as_time(value)


def count(context: Context, event_type: Any, window: timedelta | None = None) -> int:
    """How many earlier events of the type lie in the window that ends now."""
    moments = _past(context, event_type)
    if window is None:
        return len(moments)
    # Whole seconds, as the past is remembered.
    now = int(context.now.timestamp())
    earliest = now - window.total_seconds()
    return sum(earliest <= moment <= now for moment in moments)


def last(context: Context, event_type: Any) -> datetime | None:
    """When the last earlier event of the type was."""
    return timestamp(max(_past(context, event_type), default=None))


def sequence(context: Context, event_types: Any, window: Any) -> bool | None:
    """Whether events of these types came one after the other in the window that ends now, this event among them.

    Each event counts for one step. Times are whole seconds, as the past is remembered: in one second any order will do.
    """
    span = as_span(window)
    if span is None or not isinstance(event_types, list):
        return None
    now = int(context.now.timestamp())
    earliest: float = now - span.total_seconds()
    waiting: dict[Any, list[int]] = {}
    for event_type in event_types:
        if event_type not in waiting:
            waiting[event_type] = sorted(_moments(context, event_type, now), reverse=True)
        moments = waiting[event_type]
        while moments and moments[-1] < earliest:
            moments.pop()
        if not moments:
            return False
        earliest = moments.pop()
    return True


def _moments(context: Context, event_type: Any, now: int) -> Sequence[int]:
    """Those of ``_past`` up to now, and this event, whose clock may run ahead of ours."""
    moments = [moment for moment in _past(context, event_type) if moment <= now]
    time = context.event.get("time")
    if context.event.get("type") == event_type and isinstance(time, datetime):
        moments.append(min(int(time.timestamp()), now))
    return moments


def _past(context: Context, event_type: Any) -> Sequence[int]:
    return context.past.get(event_type, ()) if isinstance(event_type, str) else ()


def within(context: Context, moment: Any, window: Any) -> bool | None:
    """Whether ``moment`` lies in the window that ends now."""
    time, span = as_time(moment), as_span(window)
    if time is None or span is None:
        return None
    return time <= context.now and context.now - time <= span


def age_in_days(context: Context, value: Any) -> int | None:
    """Calendar days from the day of ``value`` until today, both in Beijing."""
    time = as_time(value)
    day: date | None = in_zone(time, BEIJING) if time is not None else None
    if day is None and isinstance(value, str):
        day = parse_day(value)
    return None if day is None else context.now.astimezone(BEIJING).toordinal() - day.toordinal()


def local_time(context: Context, zone: Any = "Asia/Shanghai") -> datetime | None:
    """Now, on the clocks of ``zone``."""
    found = find_zone(zone) if isinstance(zone, str) else None
    return None if found is None else in_zone(context.now, found)


def part_of_time(read: Callable[[datetime], int]) -> Callable[..., int | None]:
    """A function that reads one part of a time, in a zone where one is given, else on the clock the time carries."""

    def part(value: Any, zone: Any = None) -> int | None:
        moment = as_time(value)
        if moment is not None and zone is not None:
            found = find_zone(zone) if isinstance(zone, str) else None
            moment = in_zone(moment, found) if found is not None else None
        return None if moment is None else read(moment)

    return part


def part_of_span(unit: timedelta, of_time: Callable[..., int | None]) -> Callable[..., int | None]:
    """The same for parts that spans have too: how many whole units they last."""

    def part(value: Any, zone: Any = None) -> int | None:
        if isinstance(value, timedelta):
            whole = abs(value) // unit
            return -whole if value < timedelta() else whole
        return of_time(value, zone)

    return part


def milliseconds(value: Any, zone: Any = None) -> int | None:
    """Of a span, unlike the other parts, only what is left beyond its seconds."""
    whole = part_of_span(timedelta(milliseconds=1), part_of_time(lambda moment: moment.microsecond // 1000))(
        value, zone
    )
    return whole if whole is None or not isinstance(value, timedelta) else remainder(whole, 1000)
