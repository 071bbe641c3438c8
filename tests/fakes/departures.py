"""Who left and is still in the archive, in memory; and an archive whose objects can be written anew."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from yuchi.domain.departure import Departure, Pass
from yuchi.services.ports_departures import Rewrite


@dataclass
class FakeDepartures:
    """:class:`yuchi.services.ports_departures.Departures`."""

    noted: dict[tuple[str, str], Departure] = field(default_factory=dict)
    under_way: dict[str, Pass] = field(default_factory=dict)

    def note(self, departures: Iterable[Departure]) -> None:
        self.noted |= {(each.brand, each.identity): each for each in departures}

    def waiting(self) -> Sequence[Departure]:
        return [self.noted[key] for key in sorted(self.noted)]

    def done(self, departure: Departure) -> None:
        key = (departure.brand, departure.identity)
        if key in self.noted and self.noted[key].noted_at == departure.noted_at:
            del self.noted[key]

    def passes(self) -> Sequence[Pass]:
        return list(self.under_way.values())

    def keep(self, under_way: Pass) -> None:
        self.under_way[under_way.brand] = under_way

    def end(self, finished: Pass) -> None:
        self.under_way.pop(finished.brand, None)


@dataclass
class FakeArchiveObjects:
    """:class:`yuchi.services.ports_departures.ArchiveObjects`. ``objects``: (brand, day/name) -> lines."""

    objects: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def keys(self, brand: str, *, since: int | None = None, after: str = "") -> Iterator[str]:
        del since
        return iter(sorted(key for owner, key in self.objects if owner == brand and key > after))

    def rewrite(self, key: str, change: Rewrite) -> int:
        self.read.append(key)
        ((place, lines),) = [(place, lines) for place, lines in self.objects.items() if place[1] == key]
        kept = list(change(lines))
        self.objects[place] = kept
        return sum(old != new for old, new in zip(lines, kept, strict=True))

    def expire(self, brand: str, *, before: str) -> int:
        gone = [place for place in self.objects if place[0] == brand and place[1].removeprefix(f"{brand}/") < before]
        for place in gone:
            del self.objects[place]
        return len(gone)
