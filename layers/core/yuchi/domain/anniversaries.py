"""Days that come round each year: birthdays and the like, in Beijing's calendar. Pure."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from yuchi.domain.language.moments import BEIJING, as_time, in_zone

_FULL: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s].{0,40})?")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEARLESS: Final = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_LEAP_YEAR: Final = 2000
_LEAP_DAY: Final = (2, 29)
_MAX_CHARACTERS: Final = 60


class YearlyDay(NamedTuple):
    """A day of the year, and the year it all began with where that is known."""

    year: int | None
    month: int
    day: int

    def in_year(self, year: int) -> date:
        """The day in ``year``; the 29th of February is the 28th where there is none."""
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return date(year, self.month, 28 if (self.month, self.day) == _LEAP_DAY and not leap else self.day)


class Occurrence(NamedTuple):
    """One time that a yearly day comes: when people are told of it, the day, and which time it is (None: not known)."""

    at: datetime
    day: date
    years: int | None


def yearly_day(value: Any) -> YearlyDay | None:
    """The day that ``value`` says: a time (taken in Beijing), or a text such as 1990-05-01, 1990年5月1日, 19900501, 05-01.

    None where it says no day of the calendar.
    """
    moment = as_time(value)
    if moment is not None:
        local = in_zone(moment, BEIJING)
        return YearlyDay(local.year, local.month, local.day) if local else None
    if not isinstance(value, str) or len(value) > _MAX_CHARACTERS:
        return None
    text = value.strip()
    full = _FULL.fullmatch(text) or _COMPACT.fullmatch(text)
    if full is not None:
        return _valid(*(int(part) for part in full.groups()))
    short = _YEARLESS.fullmatch(text)
    return _valid(None, *(int(part) for part in short.groups())) if short else None


def next_occurrence(
    day: YearlyDay, *, after: datetime, days_before: int, minute: int, beyond: int = 0
) -> Occurrence | None:
    """The first time after ``after`` that people are to be told of ``day``, of a year later than ``beyond``.

    The year it began with has no anniversary. None at the end of the calendar.
    """
    for occurrence in _occurrences(day, after.astimezone(BEIJING).year, days_before, minute):
        begun = occurrence.years is None or occurrence.years >= 1
        if begun and occurrence.at > after and occurrence.day.year > beyond:
            return occurrence
    return None


def _occurrences(day: YearlyDay, year: int, days_before: int, minute: int) -> Iterator[Occurrence]:
    """From the year before ``year`` on, since one may be told half a year late; long enough for a day yet to begin."""
    for each in range(max(year - 1, day.year or 1, 2), min(max(year, day.year or 1) + 3, 9_998)):
        on = day.in_year(each)
        local = datetime(on.year, on.month, on.day, tzinfo=BEIJING) + timedelta(minutes=minute, days=-days_before)
        yield Occurrence(at=local.astimezone(UTC), day=on, years=None if day.year is None else each - day.year)


def _valid(year: int | None, month: int, day: int) -> YearlyDay | None:
    try:
        date(year or _LEAP_YEAR, month, day)
    except ValueError:
        return None
    return YearlyDay(year, month, day)
