"""Tracked links and what came of runs, in memory, with the same conditions as on DynamoDB."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from yuchi.domain.campaign.links import LINK_DAYS, Link
from yuchi.services.ports_links import StoredOutcome


@dataclass
class FakeLinkBook:
    """``Links`` in a dict."""

    links: dict[str, tuple[Link, datetime]] = field(default_factory=dict)
    reads: int = 0

    def put(self, links: Sequence[Link], *, now: datetime) -> None:
        self.links.update({link.id: (link, now + timedelta(days=LINK_DAYS)) for link in links})

    def get(self, link: str, *, now: datetime) -> Link | None:
        self.reads += 1
        found = self.links.get(link)
        return found[0] if found and now < found[1] else None


@dataclass
class FakeOutcomes:
    """``Outcomes`` in a dict."""

    known: dict[tuple[str, str, str, str], StoredOutcome] = field(default_factory=dict)
    tapped: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def put(self, outcome: StoredOutcome, *, now: datetime) -> bool:
        del now
        key = outcome.run, outcome.kind.value, outcome.person, outcome.event
        stored = self.known.get(key)
        if stored is not None and stored.at <= outcome.at:
            return False
        self.known[key] = outcome
        return True

    def add_taps(self, run: str, variant: str, link: str, *, now: datetime) -> None:
        del now
        self.tapped[run, variant, link] += 1

    def of_run(self, run: str) -> Iterator[StoredOutcome]:
        yield from [each for each in self.known.values() if each.run == run]

    def taps(self, run: str) -> Mapping[tuple[str, str], int]:
        return {(variant, link): count for (name, variant, link), count in self.tapped.items() if name == run}

    def of_persons(self, run: str, persons: Iterable[str]) -> Iterator[StoredOutcome]:
        wanted = set(persons)
        yield from [each for each in self.of_run(run) if each.person in wanted]

    def remove(self, outcome: StoredOutcome) -> None:
        self.known.pop((outcome.run, outcome.kind.value, outcome.person, outcome.event), None)
