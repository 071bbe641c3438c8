from datetime import timedelta

import pytest

from tests.contract.examples import NOW, event
from yuchi.domain import tally as module
from yuchi.domain.gates import Gate
from yuchi.domain.tally import GATE_COLUMNS, MAX_PART_CHARACTERS, MAX_PARTS, RuleKey, Tally, count
from yuchi.domain.timeline import Match, Pass, TimelineEntry

KEY = ("demo", "r")


def entry(*rules: Match | Pass, minutes: float = 0) -> TimelineEntry:
    happened = event("demo").model_copy(update={"time": NOW + timedelta(minutes=minutes)})
    return TimelineEntry(
        event=happened,
        matched=tuple(each for each in rules if isinstance(each, Match)),
        passed=tuple(each for each in rules if isinstance(each, Pass)),
    )


def fired(version: int = 1, rule: str = "r") -> Match:
    return Match(rule=rule, version=version)


def failed(part: str = "", version: int = 1, gate: Gate = Gate.CONDITION, rule: str = "r") -> Pass:
    return Pass(rule=rule, version=version, gate=gate, part=part)


def counted(*entries: TimelineEntry) -> dict[RuleKey, Tally]:
    tallies: dict[RuleKey, Tally] = {}
    for each in entries:
        count(tallies, each)
    return tallies


def test_a_rule_is_looked_at_when_it_fires_and_when_it_does_not() -> None:
    found = counted(entry(fired()), entry(failed("a == 1")), entry(failed("a == 1")), entry(failed("b == 2")))[KEY]
    assert (found.candidates, found.matched, found.failed) == (4, 1, {"a == 1": 2, "b == 2": 1})


def test_the_last_match_is_the_latest_event_in_whatever_order_they_come() -> None:
    found = counted(entry(fired(), minutes=5), entry(fired(), minutes=1), entry(failed("x"), minutes=9))[KEY]
    assert found.last_matched_at == NOW + timedelta(minutes=5)


def test_a_rule_that_stopped_elsewhere_than_in_its_condition_names_the_column() -> None:
    found = counted(*(entry(failed(gate=gate)) for gate in Gate))[KEY]
    assert found.failed == {"starts_at": 1, "ends_at": 1, "when": 1, "limit": 1, "stop": 1}
    assert set(GATE_COLUMNS) == set(Gate)


def test_parts_of_an_older_version_are_forgotten_and_never_counted_for_a_newer_one() -> None:
    found = counted(entry(failed("old")), entry(failed("new", version=2)), entry(failed("old")))[KEY]
    assert (found.version, found.failed, found.candidates) == (2, {"new": 1}, 3)


def test_parts_and_rules_in_memory_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    found = counted(*(entry(failed(f"{number} {'x' * 300}")) for number in range(9)))[KEY]
    assert (len(found.failed), found.candidates) == (MAX_PARTS, 9)
    assert {len(part) for part in found.failed} == {MAX_PART_CHARACTERS}
    monkeypatch.setattr(module, "MAX_TALLIES", 3)
    many = counted(*(entry(failed("x", rule=f"p{number}")) for number in range(9)), entry(fired(), failed(rule="p0")))
    assert set(many) == {("demo", "p0"), ("demo", "p1"), ("demo", "p2"), KEY}
    assert many["demo", "p0"].candidates == 2
