"""What time alone brings about: absences, dates, replenishment, tags that expire."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.world import ACCOUNT, START, World, rule
from yuchi.domain import waiting
from yuchi.domain.event import Event, derive_id, fan_identity
from yuchi.domain.merging import merge, unmerge
from yuchi.domain.profile import Profile
from yuchi.domain.rule import Rule
from yuchi.domain.ruleset import build, load
from yuchi.services.ports import EventMessage

MINUTE = timedelta(minutes=1)


def live(world: World, until: datetime, step: timedelta = MINUTE) -> None:
    """Let time pass, with the minute's ticks."""
    while world.now < until:
        world.now = min(world.now + step, until)
        world.fire()
        world.run()


def told(world: World, event_type: str) -> list[Event]:
    """What happened of a type, in the order of time."""
    found = [each.event for each in world.people.entries.values() if each.event.type == event_type]
    return sorted(found, key=lambda event: event.time)


def tell(world: World, event_type: str, at: datetime | None = None, **fields: Any) -> Event:
    """An event of the fan that is of another system, or long ago."""
    event = world.event(event_type).model_copy(update={"time": at or world.now, **fields})
    event = event.model_copy(update={"id": derive_id(event.id, repr(event))})
    world.events.send([(event.id, event.subject or "", EventMessage(event=event))])
    world.run()
    return event


def matched(world: World, rule_id: str) -> int:
    return sum(match.rule == rule_id for entry in world.people.entries.values() for match in entry.matched)


WEEK = "no menu.clicked for 7d"


def test_an_absence_is_told_once_within_a_minute_of_its_time_and_again_after_the_next_gap() -> None:
    world = World(rule("back", WEEK, ["tag 沉睡"]))
    world.push("menu.clicked", key="A")
    world.run()
    live(world, START + timedelta(days=7) - MINUTE, timedelta(hours=3))
    assert told(world, "activity.lapsed") == []
    live(world, START + timedelta(days=7, minutes=1))
    (lapse,) = told(world, "activity.lapsed")
    assert lapse.time == START + timedelta(days=7)
    assert lapse.data == {
        "activity": "menu.clicked",
        "after": "7d",
        "after_seconds": 7 * 86_400,
        "since": "2026-05-01T08:00:00.000Z",
        "trigger": WEEK,
    }
    assert "沉睡" in world.profile().tags
    live(world, START + timedelta(days=30), timedelta(hours=3))
    world.push("message.text", content="hi")
    world.run()
    live(world, START + timedelta(days=60), timedelta(hours=3))
    assert matched(world, "back") == 1
    world.push("menu.clicked", key="B")
    world.run()
    live(world, START + timedelta(days=70), timedelta(hours=3))
    assert matched(world, "back") == 2


def test_whoever_comes_back_in_time_has_not_lapsed() -> None:
    world = World(rule("back", WEEK, ["tag 沉睡"]))
    for day in range(0, 60, 6):
        live(world, START + timedelta(days=day), timedelta(hours=6))
        world.push("menu.clicked", key="A")
        world.run()
    assert told(world, "activity.lapsed") == []


def test_a_rule_matches_its_own_span_and_its_own_event_alone() -> None:
    world = World(
        rule("one", "no menu.clicked for 1d", ["score +1"]),
        rule("two", "2天没有 menu.clicked", ["score +10"]),
        rule("other", "no message.text for 1d", ["score +100"]),
    )
    world.push("menu.clicked", key="A")
    world.run()
    live(world, START + timedelta(days=1, minutes=5), timedelta(minutes=5))
    assert world.profile().scores == {"main": 1}
    live(world, START + timedelta(days=4), timedelta(hours=1))
    assert world.profile().scores == {"main": 11}


def test_one_timer_a_person_serves_all_that_is_waited_for() -> None:
    rules = [rule(f"r{days}", f"no menu.clicked for {days}d", ["score +1"]) for days in range(1, 16)]
    world = World(*rules)
    for minute in range(30):
        world.now = START + timedelta(minutes=minute)
        world.push("menu.clicked", key="A")
        world.run()
    assert len(world.people.timers) == 1
    live(world, START + timedelta(days=17), timedelta(hours=1))
    assert world.profile().scores == {"main": 15}
    assert world.people.timers == {}


def test_nothing_is_set_where_no_rule_waits() -> None:
    world = World(rule("plain", "menu.clicked", ["score +1"]))
    world.push("menu.clicked", key="A")
    world.run()
    assert (world.people.timers, world.profile().waits, world.profile().wake) == ({}, {}, None)


def test_a_rule_that_is_gone_when_the_time_comes_does_nothing() -> None:
    world = World(rule("back", WEEK, ["tag 沉睡"]))
    world.push("menu.clicked", key="A")
    world.run()
    world.publish(rule("plain", "menu.clicked", ["score +1"]))
    live(world, START + timedelta(days=8), timedelta(hours=1))
    assert told(world, "activity.lapsed") == []
    assert (world.people.timers, world.profile().waits) == ({}, {})


def test_history_is_heeded_and_told_late_for_nothing() -> None:
    world = World(rule("back", WEEK, ["tag 沉睡"]))
    tell(world, "menu.clicked", START - timedelta(days=20), historical=True)
    live(world, START + timedelta(hours=1))
    assert told(world, "activity.lapsed") == []
    tell(world, "menu.clicked", START - timedelta(days=5), historical=True)
    live(world, START + timedelta(days=3), timedelta(hours=1))
    assert [each.time for each in told(world, "activity.lapsed")] == [START + timedelta(days=2)]


def test_an_event_so_late_that_its_time_is_over_is_told_at_once() -> None:
    world = World(rule("back", "no menu.clicked for 1m", ["score +1"]))
    tell(world, "menu.clicked", START - timedelta(minutes=5))
    live(world, START + MINUTE)
    assert matched(world, "back") == 1


def test_a_person_who_left_is_not_told_of() -> None:
    world = World(rule("back", WEEK, ["tag 沉睡"]))
    world.push("fan.subscribed")
    world.push("menu.clicked", key="A")
    world.run()
    world.pass_time(days=1)
    world.push("fan.unsubscribed")
    world.run()
    assert (world.profile().waits, world.profile().wake) == ({}, None)
    live(world, START + timedelta(days=10), timedelta(hours=1))
    assert told(world, "activity.lapsed") == []
    assert world.profile().tags == {}


def test_after_a_merge_the_absence_is_of_both() -> None:
    world = World(rule("back", WEEK, ["tag 沉睡"]))
    tell(world, "menu.clicked", subject="member:1", account="", source="/collect/shop")
    world.pass_time(days=3)
    world.push("menu.clicked", key="A")
    world.run()
    world.pass_time(days=1)
    tell(world, "message.text", identities=("member:1",))
    assert len(world.people.timers) == 2
    live(world, START + timedelta(days=20), timedelta(hours=1))
    assert [each.time for each in told(world, "activity.lapsed")] == [START + timedelta(days=10)]
    assert world.people.timers == {}


@pytest.mark.parametrize("absorbed_first", [True, False])
def test_of_two_wakes_the_earlier_counts_after_a_merge(absorbed_first: bool) -> None:
    early, late = "1777622400-aaaaaaaa", "1777722400-bbbbbbbb"
    ours, theirs = (late, early) if absorbed_first else (early, late)
    both = merge(Profile(brand="demo", person="a", wake=ours), Profile(brand="demo", person="b", wake=theirs))
    assert both.wake == early
    assert merge(both, Profile(brand="demo", person="c")).wake == early


def test_two_persons_again_wait_each_for_their_own() -> None:
    due = {"no a.a for 1d": 1777622400}
    one = Profile(brand="demo", person="a", waits=due, wake="1777622400-aaaaaaaa", reached={"date 生日": 2026})
    other = Profile(brand="demo", person="b", waits={"no a.a for 1d": 1777522400}, wake="1777522400-bbbbbbbb")
    both = merge(one, other)
    assert (both.waits, both.wake, both.reached) == (other.waits, other.wake, one.reached)
    assert unmerge(both, before=one, absorbed=other) == one


def test_a_wake_that_was_lost_is_set_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(world: World) -> int:
        world.push("menu.clicked", key="A")
        world.run()
        world.people.timers.clear()
        live(world, START + timedelta(days=9), timedelta(hours=1))
        world.push("menu.clicked", key="B")
        world.run()
        live(world, START + timedelta(days=17), timedelta(hours=1))
        return matched(world, "back")

    assert lose(World(rule("back", WEEK, ["tag 沉睡"]))) == 1
    monkeypatch.setattr(waiting, "GRACE", 10**9)
    assert lose(World(rule("back", WEEK, ["tag 沉睡"]))) == 0


# --- accounts


def two_accounts(*rules: Rule) -> World:
    """A fan follows first the account of tea and then that of coffee, and pays in the shop."""
    coffee = ACCOUNT.model_copy(update={"id": "coffee"})
    world = World()
    world.accounts.accounts["coffee"] = coffee
    manifest = build("demo", rules)
    for account in ("tea", "coffee", ""):
        for each in {each for rule_ in rules for each in rule_.on}:
            bucket = load([manifest.blobs[name] for name in manifest.manifest.hashes(account, each)])
            if bucket is not None:
                world.rulesets.buckets[account, each] = bucket
    world.rulesets.counts = manifest.manifest.counted()
    world.push("fan.subscribed")
    world.run()
    world.pass_time(minutes=1)
    both: dict[str, Any] = {
        "identities": (fan_identity("tea", "o-fan"), "unionid:u"),
        "source": "/wechat/coffee",
        "account": "coffee",
    }
    tell(world, "fan.subscribed", subject=fan_identity("coffee", "o-other"), **both)
    tell(world, "menu.clicked", subject="unionid:u", account="", source="/collect/shop")
    live(world, START + timedelta(days=8), timedelta(hours=1))
    return world


@pytest.mark.parametrize(
    ("accounts", "on"),
    [
        (["*"], ["coffee"]),
        (["tea"], ["tea"]),
        (["tea", "coffee"], ["coffee", "tea"]),
        (["*", "tea"], ["tea"]),
        (["*", "tea", "coffee"], ["coffee"]),
        (["beer"], []),
    ],
)
def test_an_absence_is_told_on_the_accounts_that_wait_for_it(accounts: list[str], on: list[str]) -> None:
    rules = [rule(f"of-{account.strip('*')}", WEEK, ["score +1"], account=account) for account in accounts]
    lapses_told = told(two_accounts(*rules), "activity.lapsed")
    assert sorted(each.account for each in lapses_told) == sorted(on)
    openids = {"tea": "o-fan", "coffee": "o-other"}
    assert all(each.subject == fan_identity(each.account, openids[each.account]) for each in lapses_told)


# --- dates


def with_birthday(world: World, value: Any) -> None:
    world.publish(
        rule("birthday", "date 生日", ["score +1"]),
        rule("soon", "日期 生日 前3天 09:30", ["score +100"]),
        rule("set", "message.text", ["set 生日 = {{event.content}}"]),
    )
    world.push("message.text", content=value)
    world.run()


def test_a_birthday_is_told_at_ten_in_beijing_and_three_days_before() -> None:
    world = World()
    with_birthday(world, "1990-05-06")
    live(world, START + timedelta(days=10), timedelta(minutes=30))
    soon, day = told(world, "date.reached")
    assert (soon.time, day.time) == (datetime(2026, 5, 3, 1, 30, tzinfo=UTC), datetime(2026, 5, 6, 2, tzinfo=UTC))
    assert day.data == {"date": "生日", "day": "2026-05-06", "years": 36, "days_before": 0, "trigger": "date 生日"}
    assert world.profile().scores == {"main": 101}
    live(world, START + timedelta(days=3 * 366), timedelta(hours=5))
    assert world.profile().scores == {"main": 403}


def test_a_birthday_that_is_moved_is_told_on_the_new_day_and_once_a_year() -> None:
    world = World()
    with_birthday(world, "05-20")
    world.push("message.text", content="5月10日")
    world.run()
    live(world, START + timedelta(days=12), timedelta(hours=1))
    assert world.profile().scores == {"main": 101}
    world.push("message.text", content="05-20")
    world.run()
    live(world, START + timedelta(days=40), timedelta(hours=1))
    assert world.profile().scores == {"main": 101}


def test_a_leap_day_comes_each_year() -> None:
    world = World()
    with_birthday(world, "2000-02-29")
    live(world, START + timedelta(days=2 * 365), timedelta(hours=12))
    assert [each.data["day"] for each in told(world, "date.reached") if each.data["days_before"] == 0] == [
        "2027-02-28",
        "2028-02-29",
    ]


def test_the_day_of_following_comes_each_year_while_the_fan_follows() -> None:
    world = World(rule("year", "日期 关注日", ["score +1"]))
    world.push("fan.subscribed")
    world.run()
    live(world, START + timedelta(days=800), timedelta(hours=12))
    assert [each.data["years"] for each in told(world, "date.reached")] == [1, 2]


# --- replenishment


def order(world: World, number: int, **data: Any) -> None:
    world.push("order.completed", order_id=f"o{number}", total=100, **data)
    world.run()


def test_replenishment_is_due_by_the_persons_own_cycle_once_a_gap() -> None:
    world = World(rule("again", "order.replenishment_due", ["score +1"]))
    for number in range(3):
        live(world, START + timedelta(days=10 * number), timedelta(hours=6))
        order(world, number, cycle_days=90)
    assert told(world, "order.replenishment_due") == []
    live(world, START + timedelta(days=200), timedelta(hours=1))
    (due,) = told(world, "order.replenishment_due")
    assert due.time == START + timedelta(days=30)
    assert due.data == {"since": "2026-05-21T08:00:00.000Z", "cycle_days": 10.0, "cycle_of": "person"}


@pytest.mark.parametrize(
    ("usual", "products", "expected"),
    [
        (None, None, None),
        (45, None, (45, "brand")),
        (45, [{"price": 1, "cycle_days": 30}, {"price": 1, "cycle_days": 60}], (30.0, "product")),
        (None, [{"price": 1, "cycle_days": "weekly"}, {"price": 1, "cycle_days": True}, 7], None),
    ],
)
def test_without_a_habit_the_products_or_the_brands_cycle_counts(
    usual: int | None, products: Any, expected: tuple[float, str] | None
) -> None:
    world = World(rule("again", "order.replenishment_due", ["score +1"]))
    account = world.account
    settings = account.settings.model_copy(update={"replenishment_days": usual})
    world.accounts.accounts[account.id] = account.model_copy(update={"settings": settings})
    order(world, 1, products=products)
    live(world, START + timedelta(days=61), timedelta(hours=1))
    found = [(each.data["cycle_days"], each.data["cycle_of"]) for each in told(world, "order.replenishment_due")]
    assert found == ([expected] if expected else [])


# --- tags


def test_a_tag_that_expires_is_told_within_a_minute_where_a_rule_listens() -> None:
    trial = rule("trial", "menu.clicked", ["tag 试用中 for 1d"])
    world = World(trial, rule("over", "tag.removed", ["score +1"], when='event.reason == "expired"'))
    world.push("menu.clicked", key="T")
    world.run()
    live(world, START + timedelta(days=1), timedelta(minutes=10))
    live(world, START + timedelta(days=1, minutes=1))
    (removed,) = told(world, "tag.removed")
    assert removed.data == {"tag": "试用中", "rule": "trial", "reason": "expired"}
    assert removed.time == START + timedelta(days=1)
    assert (world.profile().tags, world.profile().scores) == ({}, {"main": 1})
    deaf = World(trial)
    deaf.push("menu.clicked", key="T")
    deaf.run()
    assert deaf.people.timers == {}


def test_an_event_that_comes_before_the_wake_tells_of_the_expired_tag_once() -> None:
    world = World(rule("trial", "menu.clicked", ["tag 试用中 for 1d"]), rule("over", "tag.removed", ["score +1"]))
    world.push("menu.clicked", key="T")
    world.run()
    world.pass_time(days=1, seconds=1)
    world.push("message.text", content="hi")
    world.run()
    live(world, START + timedelta(days=2), timedelta(minutes=10))
    assert world.profile().scores == {"main": 1}


# --- loops


def test_an_absence_that_brings_about_its_own_activity_comes_to_rest() -> None:
    world = World(
        rule("start", "menu.clicked", ["emit custom.again"]),
        rule("loop", "no custom.again for 1m", ["emit custom.again"]),
    )
    world.push("menu.clicked", key="A")
    world.run()
    live(world, START + timedelta(minutes=59))
    assert matched(world, "loop") <= 50


# --- against brute force

SPAN = 90


def lapses(times: Sequence[int], until: int) -> list[int]:
    """When nothing had come for ``SPAN`` minutes, by looking at each minute."""
    return [
        minute
        for minute in range(until + 1)
        if minute - SPAN in times and not any(minute - SPAN < each < minute for each in times)
    ]


def found_and_expected(clicks: Sequence[int], other: Sequence[int]) -> tuple[list[int], list[int]]:
    world = World(rule("back", f"no menu.clicked for {SPAN}m", ["score +1"]))
    until = 720
    for minute in sorted({*range(0, until + 1, 30), *clicks, *other}):
        live(world, START + timedelta(minutes=minute), timedelta(minutes=30))
        if minute in clicks:
            world.push("menu.clicked", key="A")
        if minute in other:
            world.push("message.text", content="hi")
        world.run()
    found = [(each.time - START) // MINUTE for each in told(world, "activity.lapsed")]
    return found, lapses(clicks, until)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 600), max_size=8, unique=True), st.lists(st.integers(0, 600), max_size=4))
def test_absences_are_what_brute_force_finds(clicks: list[int], other: list[int]) -> None:
    found, expected = found_and_expected(clicks, other)
    assert found == expected


def test_a_timer_that_does_not_look_at_the_last_activity_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, int] = {}

    def first_activity(profile: Profile, activity: str) -> int | None:
        moments = profile.activity.get(activity, ())
        return seen.setdefault(profile.person, moments[0]) if moments else None

    monkeypatch.setattr(waiting, "_last_activity", first_activity)
    found, expected = found_and_expected([0, 60, 100], [])
    assert found != expected


def test_one_bucket_for_all_spans_is_noticed() -> None:
    world = World(
        rule("one", "no menu.clicked for 1d", ["score +1"]), rule("two", "no menu.clicked for 2d", ["score +10"])
    )
    for bucket in list(world.rulesets.buckets):
        world.rulesets.buckets[bucket] = world.rulesets.buckets["tea", "no menu.clicked for 2d"]
    world.push("menu.clicked", key="A")
    world.run()
    live(world, START + timedelta(days=1, minutes=5), timedelta(minutes=5))
    assert world.profile().scores != {"main": 1}
