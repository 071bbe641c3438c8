"""Times, spans of time and time zones in conditions."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from yuchi.domain.durations import parse_duration as parse_written_duration

BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has no summer time, so a fixed offset is exact, and needs no zone database."""

COMMON_ZONES: Final = (
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Macau",
    "Asia/Urumqi",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Asia/Bangkok",
    "Asia/Dubai",
    "Australia/Sydney",
    "Europe/London",
    "Europe/Paris",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "UTC",
)
"""What is suggested for a misspelt zone."""

_RFC_3339: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DATE: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_SPAN_PART: Final = re.compile(r"([0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(h|ms|m|us|µs|ns|s)")
_SPAN_UNITS: Final = {
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "µs": 10**3,
    "ns": 1,
}
"""Nanoseconds."""
_MAX_SPAN_CHARACTERS: Final = 100
_MAX_DAY_CHARACTERS: Final = 20
_MAX_SPAN: Final = timedelta(seconds=315_576_000_000)
"""About 10,000 years: the range of a protobuf Duration, which CEL takes over."""
_MINUTES: Final = 60
_OFFSET: Final = re.compile(r"([+-]?)([0-9]{1,2}):([0-9]{2})")
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}")


def parse_timestamp(text: str) -> datetime | None:
    """An RFC 3339 time as UTC, or None. Digits below microseconds are dropped."""
    found = _RFC_3339.fullmatch(text)
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    try:
        return datetime.fromisoformat(
            f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{zone.upper().replace('Z', '+00:00')}"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_day(text: str) -> date | None:
    """A calendar day such as ``1990-05-01`` or ``1990年5月1日``, or None."""
    found = _DATE.fullmatch(text.strip()) if len(text) <= _MAX_DAY_CHARACTERS else None
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def parse_span(text: str) -> timedelta | None:
    """A span as CEL writes it (``1h30m``, ``-1.5h``, ``90s``) or as people do (``30d``, ``2w``, ``3天``), or None."""
    if len(text) > _MAX_SPAN_CHARACTERS:
        return None
    body = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    if body == "0":
        return timedelta()
    parts = _SPAN_PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        seconds = parse_written_duration(text)
        return None if seconds is None else timedelta(seconds=seconds)
    microseconds = sum(_nanoseconds(number, unit) for number, unit in parts) // 1_000
    if microseconds > _MAX_SPAN // timedelta(microseconds=1):
        return None
    return timedelta(microseconds=-microseconds if text.startswith("-") else microseconds)


def _nanoseconds(number: str, unit: str) -> int:
    whole, _, fraction = number.partition(".")
    size = _SPAN_UNITS[unit]
    tail: int = int(fraction or "0") * size // 10 ** len(fraction)
    return int(whole or "0") * size + tail


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo | timezone | None:
    """A zone by its IANA name or as an offset such as ``+08:00``, or None."""
    offset = _OFFSET.fullmatch(name)
    if offset:
        sign, hours, minutes = offset.groups()
        span = timedelta(hours=int(hours), minutes=int(minutes))
        valid = span < timedelta(days=1) and int(minutes) < _MINUTES
        return timezone(-span if sign == "-" else span) if valid else None
    if name == "UTC":
        return UTC
    if not _ZONE.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # Without a zone database China's own time still works.
        return BEIJING if name == "Asia/Shanghai" else None


def as_time(value: object) -> datetime | None:
    """``value`` where it is a time, or a text that says one; else None.

    Times inside an event's data are texts, since an event holds JSON only.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else None
    return parse_timestamp(value) if isinstance(value, str) else None


def as_span(value: object) -> timedelta | None:
    """``value`` where it is a span, or a text that says one; else None."""
    if isinstance(value, timedelta):
        return value
    return parse_span(value) if isinstance(value, str) else None


def in_zone(moment: datetime, zone: ZoneInfo | timezone) -> datetime | None:
    """``moment`` on the clocks of ``zone``; None at the very ends of time, where there is no such clock."""
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return None
