"""What is counted about a rule: how often it was looked at, how often it matched, and where it stopped when it did not."""

from collections import Counter
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from yuchi.domain.gates import Gate
from yuchi.domain.timeline import Pass, TimelineEntry

MAX_PARTS: Final = 5
"""How many failing parts of one rule are told apart between two writes; what fails often is soon among the first."""
MAX_PART_CHARACTERS: Final = 200
MAX_TALLIES: Final = 2_000
"""How many rules are counted between two writes while none of them matched. A rule that matched is always counted."""

GATE_COLUMNS: Final[Mapping[str, str]] = {
    Gate.NOT_STARTED: "starts_at",
    Gate.ENDED: "ends_at",
    Gate.CONDITION: "when",
    Gate.LIMIT: "limit",
    Gate.STOPPED: "stop",
}
"""The column of the rule's item that a shut gate is written in."""

RuleKey = tuple[str, str]
"""``(brand, rule id)``."""


@dataclass(slots=True)
class Tally:
    """Counts of one rule. ``failed`` is of ``version`` alone: parts of a condition that was edited mean nothing more.

    ``last_matched_at`` is the time of the event that matched last, not that of its processing: it stays true when a queue
    was long or events were redriven.
    """

    version: int = 0
    candidates: int = 0
    matched: int = 0
    last_matched_at: datetime | None = None
    failed: Counter[str] = field(default_factory=Counter)

    def count_match(self, version: int, at: datetime) -> None:
        """It was looked at, and fired."""
        self._see(version)
        self.matched += 1
        self.last_matched_at = max(at, self.last_matched_at or at)

    def count_pass(self, passed: Pass) -> None:
        """It was looked at, and did not fire."""
        self._see(passed.version)
        part = (passed.part or GATE_COLUMNS.get(passed.gate, passed.gate))[:MAX_PART_CHARACTERS]
        if passed.version == self.version and (part in self.failed or len(self.failed) < MAX_PARTS):
            self.failed[part] += 1

    def _see(self, version: int) -> None:
        self.candidates += 1
        if version > self.version:
            self.version, self.failed = version, Counter()


def count(tallies: MutableMapping[RuleKey, Tally], entry: TimelineEntry) -> None:
    """Count what ``entry`` says about rules: all that fired, and those that did not as far as it notes them."""
    brand = entry.event.brand
    for match in entry.matched:
        tallies.setdefault((brand, match.rule), Tally()).count_match(match.version, entry.event.time)
    for passed in entry.passed:
        if (brand, passed.rule) in tallies or len(tallies) < MAX_TALLIES:
            tallies.setdefault((brand, passed.rule), Tally()).count_pass(passed)
