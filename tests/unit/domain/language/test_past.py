"""Conditions over the past, beside evaluators that try everything."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.bootstrap import make_catalogue
from yuchi.domain.language import ConditionError, Context, parse_condition
from yuchi.domain.language.interpreter import evaluate
from yuchi.domain.profile import ACTIVITY_KEPT

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
TYPES = ("a.a", "b.b", "c.c")
Timeline = Sequence[tuple[int, str]]
"""Seconds before now, event type."""

timelines = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(TYPES)), max_size=7)
spans = st.integers(0, 30)


def context(timeline: Timeline, current: str = "x.x", ahead: int = 0) -> Context:
    past: dict[str, list[int]] = {}
    for ago, event_type in timeline:
        past.setdefault(event_type, []).append(EPOCH - ago)
    event = {"type": current, "time": NOW + timedelta(seconds=ahead)}
    return Context(event, {}, {}, NOW, past)


def holds(condition: str, seen: Context) -> bool:
    parsed = parse_condition(condition)
    assert evaluate(parsed.tree, seen) is parsed.matches(seen)
    return parsed.matches(seen)


def came_in_order(timeline: Timeline, steps: Sequence[str], span: int) -> bool:
    """Any choice of as many different events, of the right types, in time and in the span?"""
    inside = sorted((-ago, event_type) for ago, event_type in timeline if ago <= span)
    choices = combinations(inside, len(steps))
    return any(orderly(chosen, steps) for chosen in choices)


def orderly(chosen: Sequence[tuple[int, str]], steps: Sequence[str]) -> bool:
    """The events of one second may be taken in any order, so that they are matched as sets."""
    by_time: dict[int, list[str]] = {}
    for time, event_type in chosen:
        by_time.setdefault(time, []).append(event_type)
    place = 0
    for time in sorted(by_time):
        here = by_time[time]
        if sorted(here) != sorted(steps[place : place + len(here)]):
            return False
        place += len(here)
    return True


@given(timelines, st.lists(st.sampled_from(TYPES), min_size=2, max_size=4), spans, st.sampled_from((*TYPES, "x.x")))
def test_a_sequence_is_what_trying_every_choice_finds(
    timeline: Timeline, steps: Sequence[str], span: int, current: str
) -> None:
    written = ", ".join(f'"{step}"' for step in steps)
    everything = [*timeline, (0, current)]
    assert holds(f'sequence([{written}], "{span}s")', context(timeline, current)) is came_in_order(
        everything, steps, span
    )


@given(timelines, st.sampled_from(TYPES), spans, st.integers(0, 8))
def test_windows_and_absences_are_what_looking_at_each_event_finds(
    timeline: Timeline, event_type: str, span: int, least: int
) -> None:
    seen = context(timeline)
    inside = [ago for ago, each in timeline if each == event_type and ago <= span]
    assert holds(f'count("{event_type}", "{span}s") >= {least}', seen) is (len(inside) >= least)
    assert holds(f'!within(last("{event_type}"), "{span}s")', seen) is (not inside)
    longer = [ago for ago, each in timeline if each == event_type]
    assert holds(f'last("{event_type}") < now - duration("{span}s")', seen) is (bool(longer) and min(longer) > span)


def test_an_event_counts_for_one_step_and_the_order_matters() -> None:
    past: Mapping[str, str] = {"ab": 'sequence(["a.a", "b.b"], "1m")', "aa": 'sequence(["a.a", "a.a"], "1m")'}
    assert holds(past["ab"], context([(5, "a.a"), (3, "b.b")]))
    assert not holds(past["ab"], context([(3, "a.a"), (5, "b.b")]))
    assert not holds(past["aa"], context([(5, "a.a")]))
    assert holds(past["aa"], context([(5, "a.a"), (3, "a.a")]))


def test_this_event_may_be_the_last_step_even_by_a_clock_that_runs_ahead() -> None:
    assert holds('sequence(["a.a", "b.b"], "1m")', context([(5, "a.a")], current="b.b"))
    assert holds('sequence(["a.a", "b.b"], "1m")', context([(5, "a.a")], current="b.b", ahead=2))
    assert not holds('sequence(["b.b", "a.a"], "1m")', context([(5, "a.a")], current="b.b"))


def test_what_a_sequence_asks_for_is_remembered_long_enough() -> None:
    counted = parse_condition('sequence(["a.a", "b.b"], "2d") || count("a.a", "1d") > 1 || last("b.b") == now').counted
    assert counted == {"a.a": 2 * 86_400, "b.b": None}


@pytest.mark.parametrize(
    ("condition", "code", "column"),
    [
        ('sequence("a.a", "1d")', "sequence.steps", 10),
        ('sequence(["menu.clicked"], "1d")', "sequence.steps", 10),
        ('sequence(["menu.clicked", event.key], "1d")', "function.constant", 27),
        ('sequence(["menu.clicked", "clicked"], "1d")', "type.form", 27),
        ('sequence(["menu.clicked", "menu.clickd"], "1d")', "type.unknown", 27),
        ('sequence(["menu.clicked", "menu.viewed"], 2)', "function.constant", 43),
        ('sequence(["menu.clicked", "menu.viewed"])', "function.arguments", 1),
        (f'count("menu.clicked", "7d") > {ACTIVITY_KEPT}', "never.range", 1),
        (f'count("menu.clicked", "7d") >= {ACTIVITY_KEPT + 1}', "never.range", 1),
    ],
)
def test_what_cannot_be_asked_of_the_past_is_explained(condition: str, code: str, column: int) -> None:
    with pytest.raises(ConditionError) as refused:
        parse_condition(condition, catalogue=make_catalogue(), event_types=["menu.clicked"])
    assert [(each.code, each.column) for each in refused.value.problems] == [(f"when.{code}", column)]


@pytest.mark.parametrize(
    "condition",
    [
        'count("page.viewed", "7d") >= 3',
        f'count("menu.clicked", "7d") >= {ACTIVITY_KEPT}',
        'last("order.completed") < now - duration("720h")',
        "profile.rfm.monetary > 100",
        'sequence(["page.viewed", "product.added"], "2d")',
        'sequence(["page.viewed", "product.added", "order.completed"], duration("48h"))',
        '!within(last("order.completed"), "30d")',
        "event.amount > profile.orders.average * 2",
    ],
)
def test_what_the_guides_ask_of_the_past_is_taken(condition: str) -> None:
    parse_condition(condition, catalogue=make_catalogue(), event_types=["order.completed"])


@pytest.mark.parametrize(
    ("condition", "code", "suggestion"),
    [
        ("profile.rfm.montary > 100", "field.unknown", "profile.rfm.monetary"),
        ('profile["rfm"].montary > 100', "field.unknown", 'profile["rfm"].monetary'),
        ("profile.orders.avarage > 100", "field.unknown", "profile.orders.average"),
        ('profile.orders.count == "3"', "kind.compare", "profile.orders.count == 3"),
        ("profile.orders.count.x == 3", "field.inside", ""),
        ('profile.rfm.monetary.contains("30")', "kind.argument", ""),
    ],
)
def test_parts_of_fields_are_known_by_name_and_kind(condition: str, code: str, suggestion: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse_condition(condition, catalogue=make_catalogue(), event_types=["menu.clicked"])
    (problem,) = refused.value.problems
    assert (problem.code, problem.suggestion) == (f"when.{code}", suggestion)


@pytest.mark.parametrize("condition", ['profile.orders.categories["绿茶"] > 100', 'profile.attributes.a.b == "x"'])
def test_parts_of_what_is_open_are_taken_as_they_are(condition: str) -> None:
    parse_condition(condition, catalogue=make_catalogue(), event_types=["menu.clicked"])
