"""A profile or an entry that would be too large costs the rules, never the event."""

from typing import Any

import pytest

from tests.fakes.world import World, rule
from yuchi.adapters.dynamodb.items import item_size
from yuchi.adapters.dynamodb.profiles import profile_item
from yuchi.adapters.dynamodb.sizes import ITEM_BYTES, RULES_BYTES
from yuchi.domain.timeline import TimelineEntry

WIDE = "茶" * 1_000
ATTRIBUTES = 19


def hoarder(number: int) -> Any:
    """Nineteen attributes of 1.5 KB each."""
    values = [f"set a{number}-{place} = {'茶' * 500}" for place in range(ATTRIBUTES)]
    return rule(f"hoard-{number}", "message.text", [*values, "send 您好"])


def last(world: World) -> TimelineEntry:
    return list(world.people.entries.values())[-1]


def fill(world: World, times: int) -> None:
    for number in range(times):
        world.publish(hoarder(number))
        world.push("message.text", content="hi")
        world.run()
        world.pass_time(seconds=1)


def test_a_profile_that_would_be_too_large_is_recorded_without_the_rules() -> None:
    world = World()
    fill(world, 12)
    assert "profile.too_large" in last(world).notes
    assert (last(world).matched, last(world).outbox) == ((), ())
    assert len(world.people.entries) == 12
    assert world.metrics.counts["ProfileTooLarge"] >= 1
    assert item_size(profile_item(world.profile())) < RULES_BYTES
    assert world.profile().last_seen_at == int(last(world).event.time.timestamp())


def test_who_is_full_can_still_leave_and_is_then_empty() -> None:
    world = World()
    fill(world, 12)
    world.push("fan.unsubscribed")
    world.run()
    assert world.profile().attributes == {}
    fill(world, 1)
    assert last(world).matched


def test_twin_a_store_that_measures_nothing_lets_it_grow_beyond_dynamodb() -> None:
    world = World()
    world.people.measure = lambda *_: None  # type: ignore[method-assign]
    fill(world, 16)
    assert item_size(profile_item(world.profile())) > ITEM_BYTES
    assert world.metrics.counts["ProfileTooLarge"] == 0


def test_an_entry_that_would_be_too_large_is_recorded_without_the_rules() -> None:
    world = World(rule("hello", "message.text", ["score +1"]))
    event = world.push("message.text", content=WIDE * 110)
    world.run()
    entry = last(world)
    assert (entry.notes, entry.event, entry.matched) == (("entry.too_large",), event, ())
    assert world.metrics.counts["ProfileTooLarge"] == 1
    assert world.profile().last_seen_at == int(event.time.timestamp())


def test_an_event_that_is_too_large_by_itself_is_recorded_without_its_content() -> None:
    world = World(rule("hello", "message.text", ["score +1"]))
    world.push("message.text", content=WIDE * 140)
    world.run()
    entry = last(world)
    assert (entry.notes, entry.event.data, entry.matched) == (("entry.too_large",), {}, ())
    assert world.metrics.counts["ProfileTooLarge"] == 1
    assert world.people.profiles == {}


@pytest.mark.parametrize("times", [1, 3])
def test_what_is_small_is_not_touched(times: int) -> None:
    world = World()
    fill(world, times)
    assert last(world).notes == ()
    assert len(world.profile().attributes) == ATTRIBUTES * times
