"""In-memory stores with the same conditions as the DynamoDB ones."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from yuchi.adapters.dynamodb.merges import merge_item
from yuchi.adapters.dynamodb.profiles import profile_item
from yuchi.adapters.dynamodb.sizes import refuse_large, refuse_large_merge
from yuchi.adapters.dynamodb.timeline import entry_item
from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.archive import archive_line
from yuchi.domain.imports import Became
from yuchi.domain.language import Bucket
from yuchi.domain.ledger import LEASE, ClaimDecision, LedgerEntry, LedgerKey, LedgerState, judge_claim
from yuchi.domain.merging import Merge
from yuchi.domain.profile import Profile
from yuchi.domain.standard.model import DEFAULT_SCHEMA, BrandSchema
from yuchi.domain.timeline import Answer, TimelineEntry, Timer, without_content
from yuchi.domain.triggers import is_watched
from yuchi.domain.window import WindowUse, take_place
from yuchi.services.ports import AlreadyRecordedError, ClaimHeldError, PersonChange, ProfileConflictError


@dataclass
class FakeAccounts:
    """Accounts in a dict."""

    accounts: dict[str, Account] = field(default_factory=dict)
    secret: dict[str, AccountSecrets] = field(default_factory=dict)

    def get(self, account: str) -> Account | None:
        return self.accounts.get(account)

    def secrets(self, account: str) -> AccountSecrets:
        return self.secret[account]


@dataclass
class FakePeople:
    """``Identities``, ``Profiles``, ``Timeline`` and ``Timers``: both :class:`Profiles` and :class:`EventStore`."""

    identities: dict[tuple[str, str], str] = field(default_factory=dict)
    profiles: dict[tuple[str, str], Profile] = field(default_factory=dict)
    entries: dict[tuple[str, str], TimelineEntry] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    merges: dict[tuple[str, str, str], Merge] = field(default_factory=dict)
    suppressed: dict[tuple[str, str], int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def find(self, brand: str, identities: Iterable[str], *, consistent: bool) -> dict[str, Profile]:
        del consistent
        found = {}
        for identity in identities:
            person = self.identities.get((brand, identity))
            profile = self.profiles.get((brand, person)) if person else None
            while profile is not None and profile.merged_into:
                profile = self.profiles.get((brand, profile.merged_into))
            if profile is not None:
                found[identity] = profile
        return found

    def erased(self, brand: str, identities: Iterable[str]) -> dict[str, int]:
        keys = {identity: (brand, identity) for identity in identities}
        return {identity: self.suppressed[key] for identity, key in keys.items() if key in self.suppressed}

    def commit(self, entry: TimelineEntry, *, person: PersonChange | None, timers: Sequence[Timer]) -> None:
        self.measure(entry, person.profile if person else None)
        for _, record in person.merges if person else ():
            refuse_large_merge(merge_item(record))
        with self.lock:
            if (entry.subject, entry.moment) in self.entries:
                raise AlreadyRecordedError(self.entries[entry.subject, entry.moment])
            if person is not None:
                self._store(person)
            # what is stored is what comes back: through JSON, as on DynamoDB
            self.entries[entry.subject, entry.moment] = TimelineEntry.model_validate_json(
                entry.model_dump_json(exclude_defaults=True)
            )
            for timer in timers:
                self.timers[timer.id] = timer

    def _store(self, change: PersonChange) -> None:
        brand, person = change.profile.brand, change.profile.person
        absorbed = [each.model_copy(update={"merged_into": person}) for each, _ in change.merges]
        for each in (change.profile, *absorbed):
            stored = self.profiles.get((brand, each.person))
            if (stored.version if stored else 0) != each.version:
                raise ProfileConflictError
        if any(self.identities.get((brand, identity), person) != person for identity in change.links):
            raise ProfileConflictError
        for each in (change.profile, *absorbed):
            self.profiles[brand, each.person] = each.model_copy(update={"version": each.version + 1})
        self.identities |= {(brand, identity): person for identity in change.links}
        self.merges |= {(brand, person, record.absorbed): record for _, record in change.merges}

    def measure(self, entry: TimelineEntry, profile: Profile | None) -> None:
        refuse_large(entry, entry_item(entry), profile, profile_item(profile) if profile else None)

    def due(self, now: datetime) -> Iterator[Timer]:
        yield from sorted((timer for timer in self.timers.values() if timer.due <= now), key=lambda timer: timer.due)

    def remove(self, timer: Timer) -> None:
        self.timers.pop(timer.id, None)

    def forget(
        self, brand: str, identity: str, *, until: datetime, sparing: str, seconds_left: Callable[[], float]
    ) -> bool:
        for key, entry in self.entries.items():
            if entry.subject == f"{brand}#{identity}" and entry.event.time <= until and entry.event.id != sparing:
                self.entries[key] = without_content(entry)
        return seconds_left() > 0

    def profile_of(self, brand: str, identity: str) -> Profile:
        return self.find(brand, [identity], consistent=True)[identity]


@dataclass
class FakeRulesets:
    """Buckets by ``(account, event type)``."""

    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    counts: dict[str, int | None] = field(default_factory=dict)
    schemas: dict[str, BrandSchema] = field(default_factory=dict)
    awaited: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)

    def goals(self, brand: str) -> Mapping[str, Mapping[str, int]]:
        return self.awaited.get(brand, {})

    def schema(self, brand: str) -> BrandSchema:
        return self.schemas.get(brand, DEFAULT_SCHEMA)

    def bucket(self, brand: str, account: str, event_type: str) -> Bucket | None:
        del brand
        return self.buckets.get((account, event_type))

    def counted(self, brand: str) -> Mapping[str, int | None]:
        del brand
        return self.counts

    def watched(self, brand: str) -> Sequence[str]:
        del brand
        return sorted({name for _, name in self.buckets if is_watched(name)})

    def listening(self, brand: str, listened_to: str) -> Collection[str]:
        del brand
        buckets = [bucket for (_, name), bucket in self.buckets.items() if name == listened_to]
        return {entry.payload.account for bucket in buckets for entry in bucket.entries}

    def version(self, brand: str) -> int:
        del brand
        return 1


@dataclass
class FakeReceipts:
    """Answers in a dict."""

    kept: dict[str, tuple[str, Answer]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def claim(self, key: str, body: str, answer: Answer, *, now: datetime) -> tuple[str, Answer]:
        del now
        with self.lock:
            return self.kept.setdefault(key, (body, answer))


@dataclass
class FakeLedger:
    """Ledger rows and windows in dicts; keeps every version of every row, for the history checker."""

    rows: dict[LedgerKey, LedgerEntry] = field(default_factory=dict)
    windows: dict[tuple[str, str], dict[str, WindowUse]] = field(default_factory=dict)
    history: list[LedgerEntry] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def get(self, key: LedgerKey) -> LedgerEntry | None:
        return self.rows.get(key)

    def claim(
        self, key: LedgerKey, *, channel: str, subject: str, now: datetime, repeatable: bool
    ) -> LedgerEntry | None:
        with self.lock:
            fresh = LedgerEntry(
                key=key,
                state=LedgerState.CLAIMED,
                lease_until=int((now + LEASE).timestamp()),
                updated_at=int(now.timestamp()),
                channel=channel,
                subject=subject,
            )
            old = self.rows.get(key)
            if old is None:
                return self._write(fresh)
            decision = judge_claim(old, now, repeatable=repeatable)
            if decision is ClaimDecision.DONE:
                return None
            if decision is ClaimDecision.BUSY:
                raise ClaimHeldError
            changes: dict[str, object] = {"version": old.version + 1, "updated_at": fresh.updated_at}
            if decision is ClaimDecision.LOST:
                lost = {**changes, "state": LedgerState.UNKNOWN, "reason": "worker_lost"}
                return self._write(old.model_copy(update=lost))
            changes |= {
                "state": LedgerState.CLAIMED,
                "attempt": old.attempt + 1,
                "lease_until": fresh.lease_until,
            }
            return self._write(old.model_copy(update=changes))

    def settle(
        self, entry: LedgerEntry, state: LedgerState, *, now: datetime, code: int | None = None, reason: str = ""
    ) -> LedgerEntry:
        with self.lock:
            self._own(entry)
            return self._write(
                entry.model_copy(
                    update={
                        "state": state,
                        "version": entry.version + 1,
                        "updated_at": int(now.timestamp()),
                        "code": code,
                        "reason": reason,
                    }
                )
            )

    def take_place(
        self, entry: LedgerEntry, *, account: str, subject: str, triggers: Mapping[str, int], now: datetime
    ) -> LedgerEntry | None:
        with self.lock:
            self._own(entry)
            taken = take_place(triggers, self.windows.get((account, subject), {}), now)
            if taken is None:
                return None
            self.windows[account, subject] = taken
            return self._write(entry.model_copy(update={"place_taken": True, "version": entry.version + 1}))

    def _own(self, entry: LedgerEntry) -> None:
        if self.rows[entry.key].version != entry.version:
            raise ClaimHeldError

    def _write(self, entry: LedgerEntry) -> LedgerEntry:
        self.rows[entry.key] = entry
        self.history.append(entry)
        return entry


@dataclass
class FakeCounters:
    """Counts in dicts. ``full``: whether each batch was."""

    matched: dict[str, Counter[str]] = field(default_factory=dict)
    passed: dict[str, Counter[str]] = field(default_factory=dict)
    full: list[bool] = field(default_factory=list)

    def add(self, entries: Iterable[TimelineEntry], *, now: datetime, full: bool) -> None:
        del now
        self.full.append(full)
        for entry in entries:
            brand = entry.event.brand
            self.matched.setdefault(brand, Counter()).update(match.rule for match in entry.matched)
            self.passed.setdefault(brand, Counter()).update(passed.rule for passed in entry.passed)

    def publish(self, *, now: datetime, hourly: bool, seconds_left: Callable[[], float]) -> None:
        del now, hourly, seconds_left


@dataclass
class FakeImportCounts:
    """What the events of imports became."""

    became: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def count(self, brand: str, import_id: str, became: Became) -> None:
        for name, value in became.model_dump().items():
            self.became[brand, import_id, name] += value


@dataclass
class FakeArchive:
    """Lines in a list. ``refuse``: keys that are not taken, once each."""

    lines: list[bytes] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)

    def put(self, entries: Mapping[str, TimelineEntry]) -> set[str]:
        refused = self.refuse & entries.keys()
        self.refuse -= refused
        self.lines += [archive_line(entry) for key, entry in entries.items() if key not in refused]
        return refused


@dataclass
class FakeMetrics:
    """Metrics in a counter."""

    counts: Counter[str] = field(default_factory=Counter)

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] += value


@dataclass
class FakeTagNumbers:
    """WeChat's numbers of tags in a dict, for a day."""

    rows: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)

    def get(self, account: str, name: str, *, now: datetime) -> int | None:
        number, since = self.rows.get((account, name), (0, now))
        return number if number and now < since + timedelta(days=1) else None

    def put(self, account: str, name: str, number: int, *, now: datetime) -> None:
        self.rows[account, name] = number, now
