"""What the use cases need from the outside world. Fakes and real adapters pass the same contract tests."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.event import Event
from yuchi.domain.language import Bucket
from yuchi.domain.ledger import LedgerEntry, LedgerKey, LedgerState
from yuchi.domain.merging import Merge
from yuchi.domain.profile import Profile
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.timeline import Answer, OutboxAction, TimelineEntry, Timer

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""


class EventMessage(BaseModel):
    """What travels on ``events.fifo``. ``schema_version`` lets old messages be read after a deploy."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = 1
    event: Event
    answer: Answer | None = None


class ActionMessage(BaseModel):
    """What travels on ``actions.fifo``: one decided side effect and the event it belongs to."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = 1
    brand: str
    account: str
    subject: str
    person: str
    event_id: str
    event_time: datetime
    action: OutboxAction


M_contra = TypeVar("M_contra", bound=BaseModel, contravariant=True)


class AlreadyRecordedError(Exception):
    """The event is on the timeline already; ``entry`` is what was decided then."""

    def __init__(self, entry: TimelineEntry) -> None:
        super().__init__("event already recorded")
        self.entry = entry


class ProfileConflictError(Exception):
    """The profile changed, or the identity was given to somebody, since it was read. Read again and decide again."""


class TooLargeError(Exception):
    """An item is larger than the store lets it become; nothing was stored. ``part`` is ``profile`` or ``entry``."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class UnavailableError(Exception):
    """A store or queue did not take the call; the same call may be made again.

    Its text is a code of AWS or the kind of an error, never data, so it may be logged.
    """


class ClaimHeldError(Exception):
    """Another worker holds the ledger row; come back when its lease is over."""


class Accounts(Protocol):
    """The accounts of this deployment."""

    def get(self, account: str) -> Account | None:
        """The account, or None where there is none of that name. May be up to five minutes old."""
        ...

    def secrets(self, account: str) -> AccountSecrets:
        """Its secrets. May be up to five minutes old."""
        ...


class Profiles(Protocol):
    """People by their identities."""

    def find(self, brand: str, identities: Iterable[str], *, consistent: bool) -> dict[str, Profile]:
        """The profiles of those ``identities`` that are known."""
        ...

    def erased(self, brand: str, identities: Iterable[str]) -> dict[str, int]:
        """Those of ``identities`` whose person was erased -> when, in epoch seconds. Asked of those not found only."""
        ...


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What an event makes of a person.

    ``profile``: as it shall be; its ``version`` must still be the stored one, and is stored as version + 1. ``links``:
    identities that are to point to it. ``merges``: the persons it absorbed (as they are stored) and the record of each.
    """

    profile: Profile
    links: Sequence[str] = ()
    merges: Sequence[tuple[Profile, Merge]] = ()


class EventStore(Protocol):
    """The timeline together with what an event changes."""

    def commit(self, entry: TimelineEntry, *, person: "PersonChange | None", timers: Sequence[Timer]) -> None:
        """Store ``entry``, what becomes of the person, and ``timers``, all or nothing.

        Raises :class:`AlreadyRecordedError`, :class:`ProfileConflictError`, :class:`UnavailableError`, and
        :class:`TooLargeError` where the entry or the profile would get too large. What rules did ends well before the
        bare fact of an event does, so that the event can be recorded without them.
        """
        ...


class Timeline(Protocol):
    """The record of each person's events."""

    def forget(
        self, brand: str, identity: str, *, until: datetime, sparing: str, seconds_left: Callable[[], float]
    ) -> bool:
        """Take the content out of the entries up to ``until``, save that of the event ``sparing``, whose outbox may not
        be empty yet; False when time ran out before all were done.
        """
        ...


class Rulesets(Protocol):
    """The published rules, at most a few seconds old."""

    def bucket(self, brand: str, account: str, event_type: str) -> Bucket | None:
        """The rules that an event of ``event_type`` on ``account`` may match, or None where there is none."""
        ...

    def counted(self, brand: str) -> Mapping[str, int | None]:
        """The event types that conditions count -> the longest window in seconds (None: any time)."""
        ...

    def watched(self, brand: str) -> Sequence[str]:
        """What rules wait for that time alone may bring about; see :mod:`yuchi.domain.waiting`."""
        ...

    def schema(self, brand: str) -> BrandSchema:
        """What the brand defined for itself: data standard, stages, scores, tag groups."""
        ...

    def listening(self, brand: str, listened_to: str) -> Collection[str]:
        """The accounts that have rules with ``listened_to`` in ``on``; ``*`` where there are rules for all of them."""
        ...

    def goals(self, brand: str) -> Mapping[str, Mapping[str, int]]:
        """Event type -> run of a campaign that waits for it -> until when; see :mod:`yuchi.domain.campaign.forwarding`."""
        ...

    def version(self, brand: str) -> int:
        """The version of the ruleset that is live; 0 where nothing was published."""
        ...


class Queue(Protocol[M_contra]):
    """A FIFO queue of messages of one type."""

    def send(self, messages: Sequence[tuple[str, str, M_contra]]) -> set[str]:
        """Send ``(deduplication id, group, message)`` each; returns the deduplication ids that were not taken."""
        ...


class Receipts(Protocol):
    """The answers given to pushes, so that WeChat's repeated push gets the very same answer."""

    def claim(self, key: str, body: str, answer: Answer, *, now: datetime) -> tuple[str, Answer]:
        """Keep ``body`` as the answer to ``key``, or return the one that was kept before."""
        ...


class Ledger(Protocol):
    """Rows of the send ledger; each call but ``get`` is one conditional write."""

    def get(self, key: LedgerKey) -> LedgerEntry | None:
        """The row as it is now, None where there is none (any more)."""
        ...

    def claim(
        self, key: LedgerKey, *, channel: str, subject: str, now: datetime, repeatable: bool
    ) -> LedgerEntry | None:
        """The row claimed for us; None where it was in a final state already.

        Raises :class:`ClaimHeldError` while another worker holds it. A row lost by a dead worker on a channel that is
        not ``repeatable`` is settled and returned as UNKNOWN, once.
        """
        ...

    def settle(
        self, entry: LedgerEntry, state: LedgerState, *, now: datetime, code: int | None = None, reason: str = ""
    ) -> LedgerEntry:
        """Move our claimed row to ``state``. Raises :class:`ClaimHeldError` when it is not ours any more."""
        ...

    def take_place(
        self, entry: LedgerEntry, *, account: str, subject: str, triggers: Mapping[str, int], now: datetime
    ) -> LedgerEntry | None:
        """Reserve a place in the fan's customer-service windows for ``entry``; None when there is none left."""
        ...


class Timers(Protocol):
    """Moments to come."""

    def due(self, now: datetime) -> Iterable[Timer]:
        """The timers due at ``now``, in no particular order, without end while there are more."""
        ...

    def remove(self, timer: Timer) -> None:
        """Forget a timer that was fired."""
        ...


class Counters(Protocol):
    """How often rules were looked at and matched, counted beside the hot path."""

    def add(self, entries: Iterable[TimelineEntry], *, now: datetime, full: bool) -> None:
        """Count what ``entries`` say about rules; each entry is given once, when it was recorded.

        ``full``: the batch was as large as batches get, so another is likely near, and writing may wait for it.
        """
        ...

    def publish(self, *, now: datetime, hourly: bool, seconds_left: Callable[[], float]) -> None:
        """Bring the counts to the rules' own items, where marketers see them, for as long as there is time.

        ``hourly``: also how often rules were looked at and where they stopped, not only their matches.
        """
        ...


class Archive(Protocol):
    """Every processed event, for good (:mod:`yuchi.domain.archive`). What is put twice is there twice, with one id."""

    def put(self, entries: Mapping[str, TimelineEntry]) -> set[str]:
        """Keep ``entries`` under keys of the caller's own; returns the keys of those that were not taken."""
        ...


class Metrics(Protocol):
    """Counts for CloudWatch."""

    def count(self, name: str, value: int = 1) -> None:
        """Add ``value`` to the metric ``name``."""
        ...
