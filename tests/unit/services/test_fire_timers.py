from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.world import World, rule
from yuchi.services.ports import UnavailableError

RULES = (
    rule("click", "menu.clicked", ["after 1h later"]),
    rule("later", "timer.fired", ["score +1"]),
)


def waiting(count: int) -> World:
    world = World(*RULES)
    for number in range(count):
        world.push("menu.clicked", f"o-{number}", key="A")
    world.run()
    world.pass_time(hours=1)
    return world


def test_what_is_due_becomes_an_event_once() -> None:
    world = waiting(3)
    assert (world.fire(), world.fire()) == (3, 0)
    world.run()
    assert [world.profile(f"o-{number}").scores for number in range(3)] == [{"main": 1}] * 3
    assert world.metrics.counts["TimerFired"] == 3


def test_nothing_fires_before_its_time() -> None:
    world = waiting(1)
    world.pass_time(seconds=-1)
    assert world.fire() == 0


def test_a_timer_that_the_queue_did_not_take_stays() -> None:
    world = waiting(3)
    refused = next(iter(world.people.timers))
    world.events.refuse = {refused}
    assert world.fire() == 2
    assert list(world.people.timers) == [refused]
    assert world.fire() == 1


def test_a_timer_that_could_not_be_removed_fires_again_and_changes_nothing_more() -> None:
    world = waiting(1)
    remove = world.people.remove

    def down(_timer: Any) -> None:
        raise UnavailableError("down")

    world.people.remove = down  # type: ignore[method-assign, assignment]
    with pytest.raises(UnavailableError):
        world.fire()
    world.people.remove = remove  # type: ignore[method-assign]
    world.run()
    world.events.forget()
    assert world.fire() == 1
    world.run()
    assert world.profile("o-0").scores == {"main": 1}


def test_when_time_runs_short_the_next_minute_goes_on() -> None:
    world = waiting(250)
    left = iter([60.0, 60.0, 9.0])
    assert world.timers.fire(seconds_left=lambda: next(left)) == 200
    assert world.fire() == 50


def test_matches_reach_the_rules_each_minute_and_the_other_counts_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(*RULES)
    published = []

    def publish(*, now: datetime, hourly: bool, seconds_left: Any) -> None:
        del seconds_left
        published.append((now.minute, hourly))

    monkeypatch.setattr(world.timers.counters, "publish", publish)
    world.now = world.now.replace(minute=58)
    for _ in range(65):
        world.fire()
        world.now += timedelta(minutes=1)
    assert len(published) == 65
    assert [minute for minute, hourly in published if hourly] == [0, 0]
