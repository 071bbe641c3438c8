"""What a backtest found: who matched, when, and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from yuchi.domain.placeholders import BEIJING

MAX_EXAMPLES: Final = 5


@dataclass(slots=True)
class Matched:
    """One person: how often, first and last. ``subject`` and ``account``: of the last event. ``actions``: what the rule
    would have noted then. ``live``: the rule fired for the person in truth.
    """

    person: str
    subject: str
    account: str
    first: datetime
    last: datetime
    count: int = 0
    actions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """One match for people to look at. ``lines``: the parts of the condition and what they saw, in the reader's language."""

    person: str
    event_id: str
    event_type: str
    time: datetime
    lines: tuple[str, ...]


@dataclass(slots=True)
class Findings:
    """``seen``: the lines of the archive that mattered, each event once; ``decided``: those on which the rule
    could fire, within the time asked for. ``live``: persons for whom the rule did fire, and ``live_events`` on how many.
    """

    seen: int = 0
    decided: int = 0
    events: int = 0
    days: Counter[str] = field(default_factory=Counter)
    persons: dict[str, Matched] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    live: set[str] = field(default_factory=set)
    live_events: int = 0

    def match(self, *, person: str, subject: str, account: str, time: datetime) -> Matched:
        """Note one match."""
        self.events += 1
        self.days[time.astimezone(BEIJING).date().isoformat()] += 1
        found = self.persons.get(person)
        if found is None:
            found = self.persons[person] = Matched(person, subject, account, first=time, last=time)
        found.subject, found.account, found.last = subject, account, max(found.last, time)
        found.count += 1
        return found

    def unite(self, became: Mapping[str, str]) -> None:
        """Count persons once who were found to be one later. ``became``: person -> who that was then, who may have become
        another in turn. What the later match of them would have noted is what the one person is given.
        """
        self.live = {_in_the_end(person, became) for person in self.live}
        persons: dict[str, Matched] = {}
        for each in self.persons.values():
            person = _in_the_end(each.person, became)
            known = persons.get(person)
            persons[person] = replace(each, person=person) if known is None else _united(known, each)
        self.persons = persons

    @property
    def to_apply(self) -> list[Matched]:
        """Those who matched, have something to be given, and were not given it by the rule itself."""
        return [each for each in self.persons.values() if each.actions and each.person not in self.live]


def _in_the_end(person: str, became: Mapping[str, str]) -> str:
    while person in became:
        person = became[person]
    return person


def _united(one: Matched, other: Matched) -> Matched:
    later = max(one, other, key=lambda each: each.last)
    return replace(later, person=one.person, first=min(one.first, other.first), count=one.count + other.count)
