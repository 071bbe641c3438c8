"""How often per person."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.domain.durations import format_duration, parse_duration
from yuchi.domain.limits import Limit, parse_limit
from yuchi.domain.problem import RuleProblemError
from yuchi.domain.profile import Fired

DAY = 86400
NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)  # 12:00 in China


@pytest.mark.parametrize(
    ("text", "times", "span"),
    [
        ("once", 1, None),
        ("每人一次", 1, None),
        ("3/day", 3, "day"),
        ("3 / 天", 3, "day"),
        ("3次/天", 3, "day"),
        ("每天3次", 3, "day"),
        ("1/30d", 1, 30 * DAY),
        ("每30天1次", 1, 30 * DAY),
        ("2/week", 2, 7 * DAY),
        ("5/12h", 5, DAY // 2),
        ("3/ever", 3, None),
    ],
)
def test_how_limits_are_written(text: str, times: int, span: int | Literal["day"] | None) -> None:
    limit = parse_limit(text)
    assert limit == Limit(times=times, span=span)
    assert parse_limit(str(limit)) == limit


@pytest.mark.parametrize("text", ["", "none", "不限"])
def test_no_limit(text: str) -> None:
    assert parse_limit(text) is None


@pytest.mark.parametrize("text", ["twice", "0/day", "3/", "/day", "3/day/day", "9999/day", "1/4000d", "-1/day", "3"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(RuleProblemError):
        parse_limit(text)


@given(st.integers(1, 1000), st.one_of(st.none(), st.just("day"), st.integers(1, 366 * DAY)))
def test_limits_are_read_back(times: int, span: int | Literal["day"] | None) -> None:
    limit = Limit(times=times, span=span)
    assert parse_limit(str(limit)) == limit


@given(st.integers(1, 10**7))
def test_durations_are_read_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


def firings(text: str, moments: list[datetime]) -> list[bool]:
    limit = parse_limit(text)
    assert limit is not None
    fired: Fired | None = None
    outcome = []
    for moment in moments:
        allowed = limit.allows(fired, moment)
        outcome.append(allowed)
        fired = limit.record(fired, moment) if allowed else fired
    return outcome


def test_once_is_once_for_ever() -> None:
    assert firings("once", [NOON, NOON, NOON + timedelta(days=5000)]) == [True, False, False]


def test_a_day_is_a_day_in_china() -> None:
    before_midnight = datetime(2026, 5, 1, 15, 59, tzinfo=UTC)
    after_midnight = datetime(2026, 5, 1, 16, 0, tzinfo=UTC)
    assert firings("1/day", [NOON, before_midnight, after_midnight]) == [True, False, True]


def test_a_span_starts_with_the_first_firing() -> None:
    hours = [NOON + timedelta(hours=hour) for hour in (0, 23, 24, 25, 47, 48)]
    assert firings("2/24h", hours) == [True, True, True, True, False, True]


def test_a_late_moment_does_not_start_a_new_span() -> None:
    assert firings("1/day", [NOON, NOON - timedelta(days=1)]) == [True, False]
