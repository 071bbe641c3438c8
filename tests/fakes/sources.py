"""Sources and keys in memory."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from yuchi.adapters.contacts import ContactSealer, IdentityKeys
from yuchi.domain.source import Source, SourceSecrets
from yuchi.services.open_source import with_key
from yuchi.services.ports import UnavailableError

KEYS = IdentityKeys(
    hash_key=SecretStr("aGFzaC1oYXNoLWhhc2gtaGFzaC1oYXNoLWhhc2gtMzI="),
    seal_key=SecretStr("c2VhbC1zZWFsLXNlYWwtc2VhbC1zZWFsLXNlYWwtMzI="),
)
SEALER = ContactSealer(KEYS)


def write_key(source: str, letter: str = "k") -> str:
    return f"wk_{source}_" + letter * 32


def make_source(source: str = "shop", *, trusted: bool = True, **more: str) -> Source:
    return with_key(Source(id=source, brand="demo", name=source, trusted=trusted, **more), write_key(source))


@dataclass
class FakeSources:
    """Sources in a dict. ``fresh``: what a second look finds, where that is another."""

    sources: dict[str, Source] = field(default_factory=dict)
    fresh: dict[str, Source] = field(default_factory=dict)
    secret: dict[str, SourceSecrets] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: bool = False

    def get(self, source: str) -> Source | None:
        self.asked.append(source)
        if self.broken:
            raise UnavailableError("Throttling")
        return self.sources.get(source)

    def renewed(self, source: str) -> Source | None:
        self.asked.append(f"{source} again")
        return self.fresh.get(source, self.sources.get(source))

    def secrets(self, source: str) -> SourceSecrets:
        return self.secret[source]


@dataclass
class FakeSourceBook(FakeSources):
    """The same, for the command line."""

    def all(self) -> list[Source]:
        return list(self.sources.values())

    def put(self, source: Source, secrets: SourceSecrets | None = None) -> None:
        self.sources[source.id] = source
        if secrets is not None:
            self.secret[source.id] = secrets

    def secrets(self, source: str) -> SourceSecrets:
        if source not in self.secret:
            raise UnavailableError("ParameterNotFound")
        return self.secret[source]


@dataclass
class FakeSourceCounts:
    """Counts that are there already."""

    counts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, sources: Iterable[Source]) -> dict[str, dict[str, Any]]:
        return {each.id: self.counts[each.id] for each in sources if each.id in self.counts}


@dataclass
class FakeSourceCounters:
    """Counts in a counter."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, source: Source, *, taken: int, refused: Mapping[str, int], now: datetime) -> None:
        del now
        self.counts[source.id, "taken"] += taken
        for reason, number in refused.items():
            self.counts[source.id, reason] += number
