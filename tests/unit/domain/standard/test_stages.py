"""Stages: the first whose condition holds, and the moment at which time alone makes it another, against brute force."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuchi.domain.profile import Decayed, Order, Profile, StageMark
from yuchi.domain.profile_view import next_stage, person_fields, stage_mark
from yuchi.domain.standard import stages
from yuchi.domain.standard.model import DEFAULT_SCHEMA, BrandSchema, StageRule

DAY = 86_400
NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
T = int(NOW.timestamp())


def schema(*conditions: str) -> BrandSchema:
    return BrandSchema(
        own_stages=tuple(
            StageRule(order=number, name=f"s{number}", when=when) for number, when in enumerate(conditions)
        )
    )


def person(**known: object) -> Profile:
    return Profile.model_validate({"brand": "demo", "person": "p", "first_seen_at": T, "last_seen_at": T} | known)


def at(profile: Profile, moment: int, brand: BrandSchema = DEFAULT_SCHEMA) -> str | None:
    return stages.stage_of(profile, datetime.fromtimestamp(moment, UTC), brand, person_fields)


def test_the_shipped_stages() -> None:
    seen = person()
    assert at(seen, T) == "new"
    assert at(seen, T + 31 * DAY) == "active"
    assert at(seen, T + 91 * DAY) == "dormant"
    assert at(seen, T + 181 * DAY) == "lost"
    assert at(person(order_totals={"count": 3, "spent": 1}, last_order_at=T), T + DAY) == "loyal"
    assert at(Profile(brand="demo", person="p"), T) is None


def test_an_order_is_activity_too() -> None:
    imported = Profile(brand="demo", person="p", first_seen_at=T - 400 * DAY, last_order_at=T - 10 * DAY)
    assert at(imported, T) == "active"
    assert at(imported.model_copy(update={"last_order_at": T - 100 * DAY}), T) == "dormant"


def test_a_stage_that_time_brought_unnoticed_began_when_time_brought_it() -> None:
    mark = stage_mark(person(stage=StageMark(name="new", since=T)), NOW + timedelta(days=100), DEFAULT_SCHEMA)
    assert mark == StageMark(name="dormant", since=T + 90 * DAY + 1)


CONDITIONS = [
    'profile.last_seen_at < now - duration("100h")',
    'now - profile.first_seen_at > duration("240h")',
    'within(profile.last_seen_at, "5d")',
    'count("page.viewed", "7d") >= 2',
    'last("page.viewed") < now - duration("48h")',
    "ageInDays(profile.first_seen_at) >= 9",
    'ageInDays(profile.attributes["生日"]) > 20',
    "profile.rfm.recency > 12.5",
    "profile.rfm.r <= 3",
    "profile.intent < 5",
    "profile.intent >= 2.5",
    '"试用" in profile.tags',
    'now >= timestamp("2026-05-20T00:00:00Z")',
    "profile.orders.count >= 3",
]

PEOPLE = st.builds(
    lambda first, last, views, intent, tag, order: person(
        first_seen_at=T - first,
        last_seen_at=T - min(last, first),
        activity={"page.viewed": tuple(sorted(T - each for each in views))},
        decayed={"intent": Decayed(value=intent, at=T - 1000, half_life=3 * DAY)},
        tags={"试用": {"since": T, "last": T, "expires_at": T + tag}},
        attributes={"生日": "2026-04-20"},
        orders={"a": Order(at=T - order, total=100)},
        order_totals={"count": 1, "spent": 100},
        last_order_at=T - order,
    ),
    *(st.integers(0, 40 * DAY), st.integers(0, 40 * DAY), st.lists(st.integers(0, 10 * DAY), max_size=4)),
    *(st.floats(0, 40), st.integers(1, 40 * DAY), st.integers(0, 60 * DAY)),
)


@settings(max_examples=60, deadline=None)
@given(PEOPLE, st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3, unique=True))
def test_no_turn_is_missed(profile: Profile, conditions: list[str]) -> None:
    """Walk by turns, and ask every three hours in between: the stage is always the one of the last turn."""
    brand = schema(*conditions, "true")
    moment, stage = T, at(profile, T, brand)
    turn = next_stage(profile, T, brand)
    for later in range(T, T + 60 * DAY, 3 * 3_600):
        while turn is not None and turn.at <= later:
            moment, stage = turn.at, turn.stage
            turn = next_stage(profile, turn.at, brand)
        # The very second of a turn may be either: it is looked for a second later.
        if at(profile, later, brand) != stage:
            assert turn is not None
            assert turn.at - later <= 1, (conditions, later - T)
    assert moment >= T


def test_a_turn_that_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: without the spans of conditions, the walk above would fail."""
    monkeypatch.setattr(stages, "_note", lambda *_: None)
    stages._terms.cache_clear()
    try:
        assert next_stage(person(), T, schema('within(profile.last_seen_at, "5d")', "true")) is None
    finally:
        stages._terms.cache_clear()
    monkeypatch.undo()
    turn = next_stage(person(), T, schema('within(profile.last_seen_at, "5d")', "true"))
    stages._terms.cache_clear()
    assert turn is not None
    assert turn.at == T + 5 * DAY + 1
