"""Times of campaigns and quiet hours, all of them China's."""

from datetime import UTC, datetime, time, timedelta

import pytest

from yuchi.domain.campaign.model import Campaign, Frequency, Quiet, Repeat
from yuchi.domain.campaign.schedule import (
    covers_day,
    is_late,
    last_occurrence,
    next_occurrence,
    next_start,
    occurrence_id,
    quiet_until,
)
from yuchi.domain.placeholders import BEIJING

TEN = time(10)
DAILY = Repeat(frequency=Frequency.DAILY, at=TEN)
NIGHT = Quiet(start=time(22), end=time(8))


def at(text: str) -> datetime:
    """A moment in Beijing."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def campaign(**changes: object) -> Campaign:
    """A campaign with times."""
    variants = [{"contents": {"mass": {"type": "text", "text": "新茶到店"}}}]
    return Campaign.model_validate(
        {"brand": "tea", "campaign_id": "c", "audience": "true", "variants": variants} | changes
    )


@pytest.mark.parametrize(
    ("repeat", "after", "expected"),
    [
        (DAILY, "2026-12-01T09:59", "2026-12-01T10:00"),
        (DAILY, "2026-12-01T10:00", "2026-12-02T10:00"),
        (Repeat(frequency=Frequency.WEEKLY, at=TEN, days=(1, 4)), "2026-12-01T11:00", "2026-12-03T10:00"),
        (Repeat(frequency=Frequency.MONTHLY, at=TEN, days=(31,)), "2027-02-01T00:00", "2027-02-28T10:00"),
        (Repeat(frequency=Frequency.MONTHLY, at=TEN, days=(1,)), "2026-12-01T10:00", "2027-01-01T10:00"),
    ],
)
def test_the_next_occurrence(repeat: Repeat, after: str, expected: str) -> None:
    """And the last one before it is not later than the moment asked about."""
    found = next_occurrence(repeat, at(after))
    assert found == at(expected)
    assert found.tzinfo is UTC
    assert last_occurrence(repeat, found) == found
    assert last_occurrence(repeat, found - timedelta(minutes=1)) <= at(after)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01"])
def test_other_countries_summer_time_changes_nothing(day: str) -> None:
    """Days on which clocks change in Europe and America have one occurrence, 24 hours after the last."""
    found = next_occurrence(DAILY, at(f"{day}T00:00"))
    assert found == at(f"{day}T10:00")
    assert next_occurrence(DAILY, found) - found == timedelta(days=1)


def test_a_campaign_without_time_starts_at_once_and_ends_with_its_end() -> None:
    """``ends_at`` is the first moment at which nothing starts any more."""
    now = at("2026-12-01T10:00")
    assert next_start(campaign(), now) == now
    assert next_start(campaign(starts_at=at("2026-12-05T10:00")), now) == at("2026-12-05T10:00")
    assert next_start(campaign(ends_at=now), now) is None
    assert next_start(campaign(repeat=DAILY, ends_at=at("2026-12-02T10:00")), now) is None
    assert next_start(campaign(repeat=DAILY, starts_at=at("2026-12-05T10:00")), now) == at("2026-12-05T10:00")


def test_lateness_and_names() -> None:
    """Two hours of grace; names are in Beijing time."""
    start = at("2026-12-01T10:00")
    assert not is_late(start, start + timedelta(hours=2))
    assert is_late(start, start + timedelta(hours=2, seconds=1))
    assert occurrence_id(start.astimezone(UTC)) == "20261201T1000"


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-12-01T21:59", None),
        ("2026-12-01T22:00", "2026-12-02T08:00"),
        ("2026-12-02T03:00", "2026-12-02T08:00"),
        ("2026-12-02T08:00", None),
    ],
)
def test_quiet_hours_over_midnight(now: str, until: str | None) -> None:
    """They begin at their first minute and end before their last."""
    assert quiet_until([NIGHT], at(now)) == (at(until) if until else None)


def test_the_longest_of_several_quiet_hours_counts() -> None:
    """The brand's and the campaign's own."""
    noon = Quiet(start=time(12), end=time(14))
    assert quiet_until([noon, Quiet(start=time(13), end=time(15))], at("2026-12-01T13:30")) == at("2026-12-01T15:00")
    assert covers_day(Quiet(start=time(8), end=time(8)))
    assert covers_day(Quiet(start=time(8), end=time(7, 30)))
    assert not covers_day(NIGHT)
