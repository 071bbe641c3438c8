"""Scores that decay: what is left, what adds up, what merges and comes apart again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.domain.event import Event
from yuchi.domain.merging import merge, unmerge
from yuchi.domain.profile import Decayed, Profile
from yuchi.domain.standard.decay import INTERESTS_KEPT, falls_to, interests_of, joined, value_at, with_points, without
from yuchi.domain.standard.model import DEFAULT_SCHEMA, BrandSchema, ScoreRule

DAY = 86_400
NOW = datetime(2026, 5, 1, tzinfo=UTC)
T = int(NOW.timestamp())
SCHEMA = BrandSchema(own_scores={"intent": ScoreRule(points={"page.viewed": 8}, half_life=DAY)})


def event(event_type: str = "page.viewed", *, days: float = 0, **data: Any) -> Event:
    return Event(
        id="e" * 32, source="/collect/shop", type=event_type, time=NOW + timedelta(days=days), brand="demo",
        account="", subject="member:1", data=data,
    )  # fmt: skip


def test_half_is_left_after_each_half_life() -> None:
    profile = with_points(Profile(brand="demo", person="p"), event(), SCHEMA)
    intent = profile.decayed["intent"]
    assert [value_at(intent, T + days * DAY) for days in (0, 1, 2, 3)] == [8, 4, 2, 1]
    again = with_points(profile, event(days=1), SCHEMA).decayed["intent"]
    assert value_at(again, T + DAY) == 12
    assert falls_to(again, 6) == T + 2 * DAY


@given(st.permutations([0.0, 0.5, 1.0, 2.0, 7.25]))
def test_late_events_earn_what_would_be_left(order: list[float]) -> None:
    profile = Profile(brand="demo", person="p")
    for days in order:
        profile = with_points(profile, event(days=days), SCHEMA)
    expected = sum(8 * 0.5 ** (10 - days) for days in order)
    assert value_at(profile.decayed["intent"], T + 10 * DAY) == pytest.approx(expected, abs=1e-4)


DECAYED = st.builds(
    Decayed,
    value=st.integers(0, 10_000).map(lambda each: each / 10),
    at=st.integers(T - 100 * DAY, T),
    half_life=st.just(14 * DAY),
)
SCORES = st.dictionaries(st.sampled_from(["intent", "influence"]), DECAYED)
INTERESTS = st.dictionaries(st.integers(0, 40).map(str), DECAYED, max_size=INTERESTS_KEPT)


@given(SCORES, INTERESTS, SCORES, INTERESTS)
def test_a_merge_adds_and_its_undoing_is_exact(
    mine: dict[str, Decayed], my: dict[str, Decayed], theirs: dict[str, Decayed], their: dict[str, Decayed]
) -> None:
    before = Profile(brand="demo", person="a", decayed=mine, interests=my)
    absorbed = Profile(brand="demo", person="b", decayed=theirs, interests=their)
    both = merge(before, absorbed)
    for name in both.decayed:
        own = [value_at(each[name], T) for each in (mine, theirs) if name in each]
        assert value_at(both.decayed[name], T) == pytest.approx(sum(own), abs=1e-3)
    assert len(both.interests) <= INTERESTS_KEPT
    undone = unmerge(both, before=before, absorbed=absorbed)
    assert (undone.decayed, undone.interests) == (mine, my)


def test_what_was_earned_after_a_merge_stays() -> None:
    before = with_points(Profile(brand="demo", person="a"), event(), SCHEMA)
    absorbed = with_points(Profile(brand="demo", person="b"), event(), SCHEMA)
    later = with_points(merge(before, absorbed), event(days=1), SCHEMA)
    assert value_at(later.decayed["intent"], T + DAY) == 16
    undone = unmerge(later, before=before, absorbed=absorbed)
    assert value_at(undone.decayed["intent"], T + DAY) == 12


def test_joining_is_the_inverse_of_leaving_to_the_last_digit_shown() -> None:
    left, right = Decayed(value=3, at=T, half_life=DAY), Decayed(value=5, at=T - DAY, half_life=DAY)
    assert without(joined(left, right), right) == left


def test_interests_are_the_categories_and_topics_most_looked_at() -> None:
    profile = Profile(brand="demo", person="p")
    profile = with_points(profile, event(category="绿茶"), DEFAULT_SCHEMA)
    profile = with_points(
        profile, event("product.added", products=[{"category": "红茶"}, {"category": ""}, 5]), DEFAULT_SCHEMA
    )
    profile = with_points(profile, event("fan.subscribed", category="白茶"), DEFAULT_SCHEMA)
    assert {name: each.value for name, each in profile.interests.items()} == {"绿茶": 1, "红茶": 3}
    for number in range(40):
        profile = with_points(profile, event(topics=[f"t{number}"], days=number / 100), DEFAULT_SCHEMA)
    assert len(profile.interests) == INTERESTS_KEPT
    assert "红茶" in profile.interests, "the strongest stay"
    assert "t0" not in profile.interests


def test_hostile_names_are_bounded() -> None:
    assert interests_of({"category": "x" * 999, "topics": [1, None, "  ", ["y"]]}) == ("x" * 40,)
    assert len(interests_of({"topics": [str(each) for each in range(999)]})) == INTERESTS_KEPT
