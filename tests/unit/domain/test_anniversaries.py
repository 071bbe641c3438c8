"""Days that come round each year."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.domain.anniversaries import YearlyDay, next_occurrence, yearly_day
from yuchi.domain.language.moments import BEIJING


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("1990-05-01", (1990, 5, 1)),
        ("1990/5/1", (1990, 5, 1)),
        ("1990年5月1日", (1990, 5, 1)),
        ("19900501", (1990, 5, 1)),
        ("05-01", (None, 5, 1)),
        ("5月1日", (None, 5, 1)),
        ("02-29", (None, 2, 29)),
        ("1990-05-01T00:00:00.000Z", (1990, 5, 1)),
        ("1990-04-30T16:00:00Z", (1990, 5, 1)),
        ("1990-05-01 12:00", (1990, 5, 1)),
        (datetime(2025, 12, 31, 16, tzinfo=UTC), (2026, 1, 1)),
        ("1991-02-29", None),
        ("02-30", None),
        ("05-01" * 20, None),
        ("上个月", None),
        ("", None),
        (None, None),
        (19900501, None),
        (True, None),
    ],
)
def test_a_day_is_read_from_what_sources_say(value: Any, day: tuple[int | None, int, int] | None) -> None:
    assert yearly_day(value) == day


def test_a_leap_day_is_kept_on_the_28th_where_there_is_none() -> None:
    day = YearlyDay(2000, 2, 29)
    assert [day.in_year(year) for year in (2023, 2024, 2100)] == [
        date(2023, 2, 28),
        date(2024, 2, 29),
        date(2100, 2, 28),
    ]


def test_years_are_counted_and_the_first_day_itself_is_no_anniversary() -> None:
    begun = datetime(2026, 5, 1, 3, tzinfo=UTC)
    day = yearly_day(begun)
    assert day is not None
    first = next_occurrence(day, after=begun - timedelta(days=1), days_before=0, minute=600)
    assert first is not None
    assert (first.day, first.years, first.at) == (date(2027, 5, 1), 1, datetime(2027, 5, 1, 2, tzinfo=UTC))


@given(
    st.dates(date(1920, 1, 1), date(2040, 12, 31)),
    st.booleans(),
    st.integers(-180, 180),
    st.integers(0, 1439),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is drawn beside it
)
def test_the_next_day_is_what_a_walk_through_the_calendar_finds(
    born: date,
    with_year: bool,
    days_before: int,
    minute: int,
    after: datetime,
) -> None:
    day = YearlyDay(born.year if with_year else None, born.month, born.day)
    found = next_occurrence(day, after=after, days_before=days_before, minute=minute)
    assert found is not None
    each = after.astimezone(BEIJING).date() - timedelta(days=200)
    while True:
        leap = (born.month, born.day) == (2, 29) and (each.month, each.day) == (2, 28)
        comes = (each.month, each.day) == (born.month, born.day) or (leap and (each + timedelta(days=1)).month == 3)
        told = datetime(each.year, each.month, each.day, tzinfo=BEIJING) + timedelta(days=-days_before, minutes=minute)
        if comes and told > after and (not with_year or each.year > born.year):
            break
        each += timedelta(days=1)
    assert (found.day, found.at) == (each, told)
    assert found.years == (each.year - born.year if with_year else None)
