"""What time brings about, with every remote call on the way killed, refused or repeated: told once, never not at all."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.world import rule
from tests.reliability.crash import EVERYWHERE, Gated, Killed, points
from tests.reliability.system import System
from tests.reliability.test_crash_points import Tally, count, interleave
from yuchi.domain.rule import Rule
from yuchi.domain.timeline import subject_of
from yuchi.services.fire_timers import FireTimers
from yuchi.services.ports import EventMessage, UnavailableError

AWAY = rule("away", "no message.text for 1h", ["tag 走开了", "score +5", "send 还在吗"])
OVER = [
    rule("trial", "message.text", ["tag 试用中 for 1h"]),
    rule("over", "tag.removed", ["score +5", "send 试用结束了"], when='event.reason == "expired"'),
]
Make = Callable[[], System]


def system_of(*rules: Rule, timers: type[FireTimers] = FireTimers) -> System:
    """A system in which the minute's tick can fail too."""
    system = System(*rules)
    gated: dict[str, Any] = {
        "timers": Gated(system.people, "timers", system.gate),
        "events": Gated(system.events, "ticks", system.gate),
    }
    system.timers = timers(**{each: getattr(system.timers, each) for each in system.timers.__slots__} | gated)
    return system


def go_through(system: System) -> None:
    """A fan writes, and an hour passes."""
    system.push("message.text", content="hi")
    until_killed(system, system.step_events)
    for _ in range(3):
        system.pass_time(minutes=31)
        until_killed(system, system.fire)
        until_killed(system, system.step_events)
    system.repeat_everything()


def until_killed(system: System, step: Callable[[], object]) -> None:
    try:
        step()
        system.step_actions()
    except (Killed, UnavailableError):  # the next minute goes on
        pass
    system.drain()


def enumerate_points(make: Make) -> tuple[Tally, int]:
    whole = make()
    go_through(whole)
    tally, expected = Tally(), 0
    for point, label, fault in points(whole.gate.names, EVERYWHERE):
        expected += 1
        system = make()
        system.gate.arm(point, fault)
        go_through(system)
        count(system, label, tally)
    return tally, expected


@pytest.mark.parametrize("rules", [[AWAY], OVER], ids=["absence", "tag"])
def test_what_time_brings_is_told_once_whatever_fails(rules: list[Rule]) -> None:
    tally, expected = enumerate_points(lambda: system_of(*rules))
    assert tally.visited == expected > 100
    assert (tally.duplicates, tally.lost, tally.broken) == ([], [], [])


def test_another_worker_at_any_call_tells_nothing_twice() -> None:
    whole = system_of(AWAY)
    go_through(whole)
    tally = Tally()
    for point, name in enumerate(whole.gate.names):
        system = system_of(AWAY)
        system.gate.arm(point, interleave(system))
        go_through(system)
        count(system, f"{point} {name}", tally)
    assert tally.visited == len(whole.gate.names)
    assert (tally.duplicates, tally.lost, tally.broken, tally.unknown) == ([], [], [], [])


class Hasty(FireTimers):
    """Twin: takes a timer away before the queue has its event."""

    def fire(self, *, seconds_left: Callable[[], float]) -> int:
        del seconds_left
        for timer in list(self.timers.due(self.clock())):
            self.timers.remove(timer)
            self.events.send([(timer.id, subject_of(timer.event), EventMessage(event=timer.event))])
        return 0


def test_twin_that_takes_timers_away_too_soon_tells_nothing() -> None:
    assert enumerate_points(lambda: system_of(AWAY, timers=Hasty))[0].lost
