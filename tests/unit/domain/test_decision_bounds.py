"""However many rules there are, what one event leads to stays within what the stores take and what may be spent."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

from tests.fakes.world import START, World, rule
from yuchi.domain.draft_decision import MAX_FOLLOW_UPS, MAX_MATCHES, MAX_TIMERS
from yuchi.domain.event import MAX_HOPS
from yuchi.domain.pace import MAX_FIRINGS
from yuchi.domain.timeline import TimelineEntry


def only_entry(world: World) -> TimelineEntry:
    (entry,) = world.people.entries.values()
    return entry


def test_timers_beyond_a_transaction_are_cut_and_none_of_them_counts() -> None:
    world = World(*(rule(f"r{n}", "menu.clicked", [f"after 3d t{n}-{m}" for m in range(20)]) for n in range(6)))
    world.push("menu.clicked", key="A")
    world.run()
    assert len(world.people.timers) == len(world.profile().timers) == MAX_TIMERS
    assert "timers.cut" in only_entry(world).notes


def test_rules_beyond_an_entry_are_cut_and_do_not_use_up_their_limit() -> None:
    rules = MAX_MATCHES + 5
    when = 'event.key == "A"'
    world = World(*(rule(f"r{n:04d}", "menu.clicked", ["score +1"], when, limit="once") for n in range(rules)))
    world.push("menu.clicked", key="A")
    world.run()
    assert world.profile().scores["main"] == len(world.profile().fired) == MAX_MATCHES
    assert "rules.cut" in only_entry(world).notes


def explode(world: World) -> list[int]:
    """How many events each generation has of a rule that makes twenty of each."""
    world.publish(rule("bomb", "menu.clicked, more.made", ["emit more.made"] * 20))
    world.push("menu.clicked", key="A")
    made = []
    while batch := world.events.take():
        made.append(len(batch))
        assert world.process.process(batch) == set()
    return made


def test_events_that_cause_many_events_die_out_even_where_an_hour_never_ends_their_budget() -> None:
    assert len(MAX_FOLLOW_UPS) == MAX_HOPS
    world = World()
    hours = (START + timedelta(hours=hour) for hour in count())
    world.process = replace(world.process, clock=lambda: next(hours))
    assert explode(world) == [1, 20, 200, 600, 1200, 1200]
    assert any("events.cut" in each.notes for each in world.people.entries.values())


def test_within_an_hour_they_die_out_sooner() -> None:
    world = World()
    assert explode(world) == [1, 20, 200, 540]
    assert (
        sum(len(each.matched) for each in world.people.entries.values()) == 1 + MAX_FIRINGS
    )  # the push itself is free
    assert any("budget.cut" in each.notes for each in world.people.entries.values())
