"""What is pruned is what no decision asks for any more."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.world import ACCOUNT, START, World, rule
from yuchi.domain.decision import Decision, decide
from yuchi.domain.event import Event
from yuchi.domain.profile import Channel, Fired, Profile, Tag
from yuchi.domain.profile_view import profile_view
from yuchi.domain.pruning import FIRED_KEPT, prune
from yuchi.domain.standard.model import DEFAULT_SCHEMA
from yuchi.services.live_rules import live_rules

NOW = int(START.timestamp())
WORLD = World(
    rule("once", "menu.clicked", ["score once +1"], limit="once"),
    rule("daily", "menu.clicked", ["tag 来过 for 1d"], limit="1/day"),
    rule("monthly", "menu.clicked, timer.fired", ["score monthly +1", "after 1h later"], limit="2/30d"),
    rule("tagged", "menu.clicked, timer.fired", ["untag 试用中", "score tagged +1"], '"试用中" in profile.tags'),
    rule("again", "menu.clicked", ["tag 试用中 for 2d"], '!("来过" in profile.tags)'),
)


def event_of(event_type: str, identifier: str, at: datetime, **data: Any) -> Event:
    return WORLD.event(event_type).model_copy(update={"id": identifier, "time": at, "data": data})


def decision_of(event: Event, profile: Profile, now: datetime) -> Decision:
    return decide(
        event=event,
        profile=profile,
        account=ACCOUNT,
        rules=live_rules(WORLD.rulesets, event),
        spec=None,
        answer=None,
        now=now,
    )


def meaning(decision: Decision, now: datetime) -> object:
    """All of a decision that anybody can see; the turns of limits are names, not meanings."""
    assert decision.profile is not None
    entry = decision.entry.model_dump(exclude={"outbox": {"__all__": {"turn"}}})
    return entry, decision.timers, profile_view(decision.profile, ACCOUNT.id, now, schema=DEFAULT_SCHEMA)


def remembered(long_over: int) -> st.SearchStrategy[Fired]:
    """What ``1/day`` and ``2/30d`` leave in a profile, begun up to ``long_over`` days ago."""

    def make(days: int, count: int, span: int) -> Fired:
        return Fired(since=NOW - days * 86_400, count=count, until=NOW + (span - days) * 86_400)

    return st.builds(make, st.integers(0, long_over), st.integers(1, 2), st.just(30))


TAGS = st.dictionaries(
    st.sampled_from(["来过", "试用中", "别的"]),
    st.builds(
        lambda expires: Tag(since=NOW - 9, last=NOW - 9, expires_at=expires),
        st.none() | st.integers(NOW - 200_000, NOW + 200_000),
    ),
)
PROFILES = st.builds(
    lambda tags, monthly, once, timers: Profile(
        brand="demo",
        person="p1",
        version=3,
        tags=tags,
        fired={
            **({"monthly": monthly} if monthly else {}),
            **({"once": Fired(since=1, count=1)} if once else {}),
        },
        timers=timers,
        channels={"wechat:tea:o-fan": Channel(account="tea", subscribed=True)},
        identities=("wechat:tea:o-fan",),
    ),
    TAGS,
    st.none() | remembered(long_over=90),
    st.booleans(),
    st.dictionaries(st.sampled_from(["later", "other"]), st.sampled_from(["timer-00", "timer-01"])),
)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 40 * 86_400),
        st.sampled_from(
            [("menu.clicked", {}), ("timer.fired", {"timer": "later"}), ("timer.fired", {"timer": "other"})]
        ),
    ),
    min_size=1,
    max_size=6,
)

Prune = Callable[[Profile, Event, datetime], Profile]


def check(pruning: Prune, profile: Profile, steps: list[tuple[int, tuple[str, dict[str, str]]]]) -> None:
    """``profile`` and what ``pruning`` leaves of it decide the same of everything that comes after."""
    first = event_of("timer.fired", "timer-00", START, timer="later")
    lean, whole, now = pruning(profile, first, START), profile, START
    for number, (seconds, (event_type, data)) in enumerate(steps):
        now += timedelta(seconds=seconds)
        waiting = lean.timers.get(data.get("timer", ""), f"step-{number:04d}")
        event = event_of(event_type, waiting, now, **data)
        lean_decision, whole_decision = decision_of(event, lean, now), decision_of(event, whole, now)
        assert meaning(lean_decision, now) == meaning(whole_decision, now)
        assert lean_decision.profile is not None
        assert whole_decision.profile is not None
        lean, whole = lean_decision.profile, whole_decision.profile


@settings(max_examples=150, deadline=None)
@given(profile=PROFILES, steps=STEPS)
def test_a_pruned_profile_decides_the_same_from_now_on(
    profile: Profile, steps: list[tuple[int, tuple[str, dict[str, str]]]]
) -> None:
    # the timer that fires is the last of its name: it was processed, so it cannot come again
    check(prune, profile, steps)


def _all_fired(profile: Profile, _event: Event, _now: datetime) -> Profile:
    return profile.model_copy(update={"fired": {}})


def _all_tags(profile: Profile, _event: Event, _now: datetime) -> Profile:
    return profile.model_copy(update={"tags": {}})


@pytest.mark.parametrize("pruning", [_all_fired, _all_tags])
def test_twin_pruning_too_much_changes_decisions(pruning: Prune) -> None:
    profile = Profile(
        brand="demo",
        person="p1",
        version=3,
        fired={"once": Fired(since=1, count=1)},
        tags={"来过": Tag(since=NOW, last=NOW, expires_at=NOW + 9)},
    )
    with pytest.raises(AssertionError):
        check(pruning, profile, [(1, ("menu.clicked", {}))])


def test_what_is_over_goes_and_what_is_not_stays() -> None:
    long_ago = NOW - int(FIRED_KEPT.total_seconds())
    profile = Profile(
        brand="demo",
        person="p1",
        tags={
            "over": Tag(since=1, last=1, expires_at=NOW),
            "not yet": Tag(since=1, last=1, expires_at=NOW + 1),
            "ever": Tag(since=1, last=1),
        },
        fired={
            "over": Fired(since=1, count=1, until=long_ago),
            "a month": Fired(since=1, count=1, until=long_ago + 1),
            "once": Fired(since=1, count=1),
        },
        timers={"fired": "timer-00", "waits": "timer-01"},
    )
    pruned = prune(profile, event_of("timer.fired", "timer-00", START, timer="fired"), START)
    assert set(pruned.tags) == {"not yet", "ever"}
    assert set(pruned.fired) == {"a month", "once"}
    assert pruned.timers == {"waits": "timer-01"}


def test_where_nothing_is_over_the_profile_is_the_same() -> None:
    profile = Profile(brand="demo", person="p1", timers={"a": "timer-01"})
    assert prune(profile, event_of("timer.fired", "timer-00", START, timer="a"), START) is profile


def test_a_year_of_campaigns_leaves_a_profile_of_a_few_weeks() -> None:
    world = World()
    for day in range(120):
        campaign = [f"tag 活动{day} for 7d", f"after 1d end-{day}"]
        world.publish(
            rule(f"day-{day}", "menu.clicked", campaign, limit="1/day"), rule("t", "timer.fired", ["score +1"])
        )
        world.push("menu.clicked", key="A")
        world.fire()
        world.run()
        world.pass_time(days=1)
    profile = world.profile()
    assert len(profile.tags) <= 8
    assert len(profile.fired) <= FIRED_KEPT.days + 2
    assert len(profile.timers) <= 2
