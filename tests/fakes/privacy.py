"""The stores of one person in memory, handed out and erased as the real ones are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.stores import FakeArchive, FakeLedger, FakePeople
from yuchi.adapters.admin.personal_archive import line_without
from yuchi.domain.ledger import LedgerKey, rule_owner
from yuchi.domain.merging import Merge
from yuchi.domain.profile import Profile
from yuchi.services.ports_privacy import PersonalStore, WholePerson
from yuchi.services.undo_merge import in_order


@dataclass
class FakePersonBook:
    """:class:`yuchi.services.ports_privacy.PersonBook` on :class:`FakePeople`."""

    people: FakePeople

    def behind(self, brand: str, identities: Iterable[str]) -> dict[str, str]:
        links = self.people.identities
        return {identity: links[brand, identity] for identity in identities if (brand, identity) in links}

    def read(self, brand: str, persons: Iterable[str]) -> list[Profile]:
        stored = self.people.profiles
        return [stored[brand, person] for person in dict.fromkeys(persons) if (brand, person) in stored]

    def merges(self, brand: str, person: str) -> Sequence[Merge]:
        return in_order([each for key, each in self.people.merges.items() if key[:2] == (brand, person)])

    def suppress(self, brand: str, identities: Iterable[str], at: int) -> None:
        self.people.suppressed |= {(brand, identity): at for identity in identities}

    def replace(self, profile: Profile) -> Profile | None:
        with self.people.lock:
            return self._put(profile) if self._is_current(profile) else None

    def remove(self, profile: Profile, identities: Sequence[str]) -> bool:
        with self.people.lock:
            if not self._is_current(profile):
                return False
            del self.people.profiles[profile.brand, profile.person]
            for identity in identities:
                if self.people.identities.get((profile.brand, identity)) == profile.person:
                    del self.people.identities[profile.brand, identity]
            return True

    def undo(self, merge: Merge, survivor: Profile, absorbed: Profile) -> bool:
        with self.people.lock:
            key = (merge.brand, merge.survivor, merge.absorbed)
            if key not in self.people.merges or not (self._is_current(survivor) and self._is_current(absorbed)):
                return False
            del self.people.merges[key]
            self._put(survivor)
            self._put(absorbed)
            return True

    def _is_current(self, profile: Profile) -> bool:
        stored = self.people.profiles.get((profile.brand, profile.person))
        return stored is not None and stored.version == profile.version

    def _put(self, profile: Profile) -> Profile:
        stored = profile.model_copy(update={"version": profile.version + 1})
        self.people.profiles[profile.brand, profile.person] = stored
        return stored


@dataclass
class FakeStore:
    """One store: ``find`` gives (how to drop it, what it says) for each record of the person."""

    find: Any

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        for _, record in list(self.find(whole)):
            yield record

    def erase(self, whole: WholePerson) -> Iterator[int]:
        for drop, _ in list(self.find(whole)):
            drop()
            yield 1


@dataclass
class FakePersonalStores:
    """All of them, over the fakes of one world."""

    people: FakePeople
    ledger: FakeLedger = field(default_factory=FakeLedger)
    archive: FakeArchive = field(default_factory=FakeArchive)

    def all(self) -> dict[str, PersonalStore]:
        return {
            "Identities": FakeStore(self._identities),
            "Profiles": FakeStore(self._profiles),
            "Merges": FakeStore(self._merges),
            "Timeline": FakeStore(self._timeline),
            "Timers": FakeStore(self._timers),
            "Ledger": FakeStore(self._ledger),
            "Reach": FakeStore(self._of_campaigns),
            "Outcomes": FakeStore(self._of_campaigns),
            "Archive": FakeArchiveStore(self.archive),
        }

    def _of_campaigns(self, _whole: WholePerson) -> Iterator[tuple[Any, Any]]:
        """Nobody here was sent a campaign; tests/contract/test_personal_campaigns.py holds the real ones to it."""
        yield from ()

    def _identities(self, whole: WholePerson) -> Iterator[tuple[Any, Any]]:
        for identity in whole.identities:
            person = self.people.identities.get((whole.brand, identity))
            if person:
                yield lambda: None, {"identity": identity, "person": person}

    def _profiles(self, whole: WholePerson) -> Iterator[tuple[Any, Any]]:
        for person in whole.persons:
            profile = self.people.profiles.get((whole.brand, person))
            if profile:
                yield lambda: None, profile.model_dump(mode="json", exclude_defaults=True)

    def _merges(self, whole: WholePerson) -> Iterator[tuple[Any, Any]]:
        for key, merge in self.people.merges.items():
            if merge.brand == whole.brand and merge.survivor in whole.persons:
                yield self._drop(self.people.merges, key), merge.model_dump(mode="json", exclude_defaults=True)

    def _timeline(self, whole: WholePerson) -> Iterator[tuple[Any, Any]]:
        subjects = {f"{whole.brand}#{identity}" for identity in whole.identities}
        for key, entry in self.people.entries.items():
            if entry.subject in subjects:
                yield self._drop(self.people.entries, key), entry.model_dump(mode="json", exclude_defaults=True)

    def _timers(self, whole: WholePerson) -> Iterator[tuple[Any, Any]]:
        for key, timer in self.people.timers.items():
            if timer.event.brand == whole.brand and timer.event.subject in whole.identities:
                yield self._drop(self.people.timers, key), timer.model_dump(mode="json", exclude_defaults=True)

    def _ledger(self, whole: WholePerson) -> Iterator[tuple[Any, Any]]:
        for entry in [entry for _, entry in self._entries(whole)]:
            for action in entry.outbox:
                key = LedgerKey(owner=rule_owner(entry.event.account, action.rule), entry=action.id)
                if key in self.ledger.rows:
                    row = self.ledger.rows[key]
                    yield self._nameless(key), row.model_dump(mode="json")
        for window in list(self.ledger.windows):
            if window[1] in whole.identities:
                yield self._drop(self.ledger.windows, window), {"window": list(window)}

    def _entries(self, whole: WholePerson) -> Iterator[tuple[Any, Any]]:
        subjects = {f"{whole.brand}#{identity}" for identity in whole.identities}
        return ((key, entry) for key, entry in self.people.entries.items() if entry.subject in subjects)

    def _nameless(self, key: LedgerKey) -> Any:
        def drop() -> None:
            row = self.ledger.rows[key]
            self.ledger.rows[key] = row.model_copy(update={"subject": "", "version": row.version + 1})

        return drop

    def _drop(self, store: dict[Any, Any], key: Any) -> Any:
        return lambda: store.pop(key, None)


@dataclass
class FakeArchiveStore:
    """Lines in a list."""

    archive: FakeArchive

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        for line in self.archive.lines:
            if line_without(line, whole) is None:
                yield {"line": line.decode()}

    def erase(self, whole: WholePerson) -> Iterator[int]:
        kept = [line_without(line, whole) for line in self.archive.lines]
        yield sum(line is None for line in kept)
        self.archive.lines = [line for line in kept if line is not None]
