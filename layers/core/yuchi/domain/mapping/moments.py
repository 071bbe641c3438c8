"""Times as foreign systems write them."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""An event outside of these is a placeholder of the source (``0000-00-00``, 1970) or a mistake."""

_USUAL: Final = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[ T　]{1,3}([0-9]{1,2})[:：时]([0-9]{1,2})(?:[:：分]([0-9]{1,2})(?:[.,]([0-9]{1,9}))?秒?)?分?)?"
    r" ?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2}))?")
_EPOCH: Final = re.compile(r"[0-9]{9,10}(?:\.[0-9]{1,6})?|[0-9]{13}")
_MILLISECONDS_FROM: Final = 10**11
_EXCEL_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a day on the writer's own calendar
_EXCEL_DAYS: Final = range(20_000, 80_000)
_MAX_CHARACTERS: Final = 60

NAMED_FORMATS: Final = ("iso", "seconds", "milliseconds", "excel")
"""Formats that are no pattern of ``strptime``: RFC 3339, epoch seconds and milliseconds, Excel's days since 1900."""


def read_moment(value: Any, formats: Sequence[str], zone: tzinfo) -> datetime | None:
    """The time that ``value`` says, in UTC, or None. What names no zone is on the clocks of ``zone``.

    Without ``formats`` the usual ways to write a time are tried: ``2026-05-01 10:20:30``, ``2026/5/1 10:20``,
    ``2026年5月1日``, ISO 8601, ``20260501102030``, epoch seconds or milliseconds.
    """
    if isinstance(value, datetime):
        return _in_utc(value, zone)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    if not text or len(text) > _MAX_CHARACTERS:
        return None
    try:
        for form in formats:
            moment = _NAMED[form](text) if form in _NAMED else _by_pattern(text, form)
            if moment is not None:
                return _in_utc(moment, zone)
        return None if formats else _in_utc(_usual(text), zone)
    except (ValueError, OverflowError):
        return None


def _in_utc(moment: datetime | None, zone: tzinfo) -> datetime | None:
    if moment is None:
        return None
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)


def _by_pattern(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the zone comes from the mapping
    except ValueError:
        return None


def _usual(text: str) -> datetime | None:
    found = _USUAL.fullmatch(text)
    if found:
        return _built(*found.groups())
    found = _COMPACT.fullmatch(text)
    if found:
        return _built(*found.groups(), None, None)
    return _epoch(text) if _EPOCH.fullmatch(text) else None


def _built(*parts: str | None) -> datetime:
    *numbers, fraction, zone = parts
    year, month, day, hour, minute, second = (int(each or 0) for each in numbers)
    moment = datetime(year, month, day, hour, minute, second, int(f"{fraction or '0':0<6}"[:6]))  # noqa: DTZ001 - its zone is the caller's to say
    if zone is None:
        return moment
    return datetime.fromisoformat(moment.isoformat() + ("+00:00" if zone == "Z" else zone))


def _epoch(text: str) -> datetime:
    number = float(text)
    return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_FROM else number, UTC)


def _excel(text: str) -> datetime | None:
    number = float(text)
    return _EXCEL_EPOCH + timedelta(days=number) if int(number) in _EXCEL_DAYS else None


_NAMED: Final[dict[str, Callable[[str], datetime | None]]] = {
    "iso": datetime.fromisoformat,
    "seconds": lambda text: datetime.fromtimestamp(float(text), UTC),
    "milliseconds": lambda text: datetime.fromtimestamp(float(text) / 1000, UTC),
    "excel": _excel,
}
