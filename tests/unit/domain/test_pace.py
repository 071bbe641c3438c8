"""How many rules may fire for one person within an hour."""

from datetime import timedelta

from tests.fakes.world import START, World, rule
from yuchi.domain.event import CAUSED, Event
from yuchi.domain.pace import MAX_FIRINGS, MAX_TIMED_FIRINGS, is_spent, spend
from yuchi.domain.profile import Pace

LOOP = rule("loop", "menu.clicked, timer.fired", ["score +1", "after 1m tick"])


def run_hours(world: World, hours: int) -> int:
    """Tick each minute; returns how often the rule fired."""
    world.push("menu.clicked", key="A")
    world.run()
    for _ in range(hours * 60):
        world.pass_time(minutes=1)
        world.fire()
        world.run()
    return world.profile().scores["main"]


def test_a_rule_that_sets_its_own_timer_comes_to_rest() -> None:
    world = World(LOOP)
    assert run_hours(world, 3) == MAX_TIMED_FIRINGS + 1
    assert world.metrics.counts["BudgetCut"] == 1
    assert world.people.timers == {}
    assert [each.notes for each in world.people.entries.values()].count(("budget.cut",)) == 1


def test_twin_without_a_budget_it_never_rests() -> None:
    class Spendthrift(World):
        def run(self, **arguments: int) -> None:
            super().run(**arguments)
            for key, each in self.people.profiles.items():
                self.people.profiles[key] = each.model_copy(update={"pace": None})

    assert run_hours(Spendthrift(LOOP), 3) == 3 * 60 + 1


def caused(event_type: str = "tag.added") -> Event:
    return World().event(event_type).model_copy(update={"source": CAUSED})


def test_beyond_the_budget_events_are_recorded_and_the_next_hour_begins_anew() -> None:
    world = World(
        rule("hello", "message.text", ["emit trial.requested"]), rule("asked", "trial.requested", ["score +1"])
    )
    for number in range(MAX_FIRINGS + 5):
        world.push("message.text", content="hi", n=number)
        world.run()
    assert world.profile().scores == {"main": MAX_FIRINGS}
    assert len(world.people.entries) == 2 * (MAX_FIRINGS + 5)
    assert world.metrics.counts["BudgetCut"] == 5
    world.push("message.text", fan="o-other", content="hi")
    world.run()
    assert world.profile("o-other").scores == {"main": 1}
    world.pass_time(hours=1)
    world.push("message.text", content="hi")
    world.run()
    assert world.profile().scores == {"main": MAX_FIRINGS + 1}


def test_a_lively_person_is_never_muted() -> None:
    world = World(rule("hello", "message.text", ["score +1"]))
    for number in range(MAX_FIRINGS + 5):
        world.push("message.text", content="hi", n=number)
        world.run()
    assert world.profile().scores == {"main": MAX_FIRINGS + 5}
    assert world.metrics.counts["BudgetCut"] == 0


def test_who_used_up_the_timers_is_still_answered() -> None:
    event, timer = World().event("message.text"), caused("timer.fired")
    pace = spend(None, timer, MAX_TIMED_FIRINGS, START)
    assert is_spent(pace, timer, START)
    assert not is_spent(pace, event, START)


def test_events_without_firings_cost_nothing_and_another_hour_is_forgotten() -> None:
    event, later = caused(), START + timedelta(hours=1)
    assert spend(None, event, 0, START) is None
    pace = spend(None, event, 3, START)
    assert pace == Pace(hour=int(START.timestamp()) // 3600, count=3)
    assert spend(pace, event, 0, START) is pace
    assert spend(pace, event, 0, later) is None
