"""What campaigns need from the outside world. Fakes and real adapters pass the same contract tests.

Every method may raise :class:`yuchi.services.ports.UnavailableError`; then it may or may not have been done, and the same
call may be made again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from yuchi.domain.account import Account
from yuchi.domain.campaign.approval import Approval
from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.model import Cap, Quiet, SendChannel
from yuchi.domain.campaign.reach import Reach, Sent
from yuchi.domain.campaign.run import Batch, Group, Page, Plan, Recipient, RunKey, Span, Tally
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import Profile
from yuchi.domain.standard.model import DEFAULT_SCHEMA, BrandSchema
from yuchi.services.ports_rules import Item


class AudienceMessage(BaseModel):
    """What travels on ``audience``: go on reading one shard, or, where ``shard`` is None, pack the chosen into batches."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = 1
    run: str
    shard: int | None = None


class BatchMessage(BaseModel):
    """What travels on ``sends``: carry out one batch. The group of the message is account and campaign."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = 1
    run: str
    batch: int


class DeliveryMessage(BaseModel):
    """What travels on ``deliveries``: something that happened after a send. ``person`` is empty for what concerns a whole
    mass message. ``data``: the few fields of the event that count (see ``services/record_delivery.py``).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = 1
    brand: str
    account: str
    person: str
    subject: str
    event_id: str
    event_type: str
    at: datetime
    data: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ShardProgress:
    """How far one shard is read. ``cursor``: the last person read; None at the start. ``pages``: how many are stored."""

    shard: int
    cursor: str | None = None
    pages: int = 0
    read: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class PageHead:
    """A page without its persons: how many of each group were chosen, how many were skipped by reason."""

    shard: int
    number: int
    chosen: Mapping[Group, int]
    skipped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch and what became of it. ``tallies``: None until it is settled. ``message_id``: WeChat's, of a mass message.

    ``left_out``: person -> reason, fixed before a mass message is sent, so that a repeated call is about the same persons.
    ``unknown``: persons of whom nobody can tell.
    """

    batch: Batch
    tallies: Mapping[Tally, int] | None = None
    left_out: Mapping[str, str] | None = None
    unknown: tuple[str, ...] = ()
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The sum over the settled batches: how many of them, and of how many persons each ending is."""

    settled: int = 0
    tallies: Mapping[Tally, int] = field(default_factory=dict)


class Runs(Protocol):
    """``Runs``: plans, pages, batches and progress."""

    def start(self, plan: Plan) -> bool:
        """Store a new run; False where there is one of that key already."""
        ...

    def plan(self, run: RunKey) -> Plan | None:
        """The plan as it is now, read consistently."""
        ...

    def move(self, plan: Plan, **changes: Any) -> Plan | None:
        """Store ``plan`` with ``changes`` if its version is still the stored one; None where it is not."""
        ...

    def runs_of(self, brand: str, campaign_id: str) -> Sequence[Plan]:
        """The runs of a campaign, newest first, at most 50; dry ones are not among them."""
        ...

    def shards(self, run: RunKey) -> dict[int, ShardProgress]:
        """How far each shard is that was begun."""
        ...

    def save_page(self, run: RunKey, page: Page, before: ShardProgress, after: ShardProgress) -> bool:
        """Store a page and move its shard on, all or nothing; False where the shard is not at ``before`` any more."""
        ...

    def page_heads(self, run: RunKey) -> Iterator[PageHead]:
        """The heads of all pages, by shard and number."""
        ...

    def recipients(self, run: RunKey, group: Group, spans: Iterable[Span]) -> list[Recipient]:
        """The recipients of ``spans``, in their order."""
        ...

    def save_batches(self, run: RunKey, batches: Iterable[Batch]) -> None:
        """Store batches; those that are there already stay as they are."""
        ...

    def batch(self, run: RunKey, number: int) -> StoredBatch | None:
        """One batch, read consistently."""
        ...

    def batches(self, run: RunKey) -> Iterator[StoredBatch]:
        """All of them, by number: what reports are counted from."""
        ...

    def fix_left_out(self, run: RunKey, number: int, left_out: Mapping[str, str]) -> Mapping[str, str]:
        """Keep who is left out of a batch, and why, unless that is kept already; returns what is kept."""
        ...

    def settle_batch(
        self,
        run: RunKey,
        number: int,
        tallies: Mapping[Tally, int],
        *,
        unknown: Sequence[str] = (),
        message_id: str = "",
    ) -> bool:
        """Write how a batch ended and add it to the progress, in one transaction; False where it was settled before."""
        ...

    def correct_batch(
        self,
        run: RunKey,
        number: int,
        before: Mapping[Tally, int],
        after: Mapping[Tally, int],
        *,
        message_id: str = "",
    ) -> bool:
        """Put ``after`` in the place of what a batch was settled with, and set the progress right, in one transaction.

        False where it is not settled like ``before`` any more. Nobody is unknown in it then.
        """
        ...

    def progress(self, run: RunKey) -> Progress:
        """The sum over the settled batches."""
        ...


@dataclass(frozen=True, slots=True)
class AgendaEntry:
    """A campaign that plan_campaign has to look at from ``due`` on. ``run``: the run that is active, if one is."""

    brand: str
    campaign_id: str
    due: datetime
    run: str = ""


class Agenda(Protocol):
    """Which campaigns need looking at, and from when on; rows of ``Runs`` in a partition of their own."""

    def put(self, entry: AgendaEntry) -> None:
        """Write the entry of a campaign in place of the one before."""
        ...

    def remove(self, brand: str, campaign_id: str) -> None:
        """The campaign needs nothing any more."""
        ...

    def due(self, now: datetime) -> Iterator[AgendaEntry]:
        """The entries that are due."""
        ...


class ReachBook(Protocol):
    """``Reach``: what reached each person."""

    def read(self, brand: str, persons: Sequence[str]) -> dict[str, Reach]:
        """What is known of those ``persons``; who was never reached is not in it. May be a second old."""
        ...

    def claim(
        self,
        brand: str,
        person: str,
        run: str,
        sent: Sent,
        *,
        now: datetime,
        caps: Sequence[Cap],
        known: Reach | None = None,
    ) -> str | None:
        """Write a send down if :meth:`Reach.refusal` allows it, in one conditional write by version; else the reason.

        ``known``: what was read before; it saves a read where it is still true.
        """
        ...

    def release(self, brand: str, person: str, run: str) -> None:
        """Take a send out again that surely was not accepted."""
        ...


class Persons(Protocol):
    """``Profiles`` by person."""

    def read(self, brand: str, persons: Sequence[str]) -> dict[str, Profile]:
        """The profiles of ``persons`` as they are now; of those who were merged, whom they have become."""
        ...


class Audience(Protocol):
    """``Profiles``, read through."""

    def page(self, brand: str, shard: int, cursor: str | None) -> "AudiencePage":
        """The next profiles of a shard behind ``cursor``, for those of whom the audience's condition holds."""
        ...


@dataclass(frozen=True, slots=True)
class AudiencePage:
    """``found``: who belongs to the audience. ``read``: how many were looked at. ``cursor``: None at the shard's end."""

    found: Sequence[Profile]
    read: int
    cursor: str | None


class Campaigns(Protocol):
    """``Campaigns``: the items that marketers edit."""

    def get(self, brand: str, campaign_id: str) -> Item | None:
        """The item as it is now; None where it was deleted."""
        ...

    def write(self, brand: str, campaign_id: str, columns: Mapping[str, Any]) -> bool:
        """Set columns of the system (None: remove) on an item that is there; False where it is gone."""
        ...

    def answer(self, brand: str, campaign_id: str, asked: str, columns: Mapping[str, Any]) -> bool:
        """The same, and take ``ask`` away where it still is ``asked``; False where something else is asked for now."""
        ...


class Approvals(Protocol):
    """``Approvals``: what second persons approved."""

    def get(self, brand: str, campaign_id: str, plan_hash: str) -> Approval | None:
        """The approval of what has that hash."""
        ...


class Lane(Protocol):
    """A standard queue of messages of one type."""

    def send(self, messages: Sequence[BaseModel], *, group: str = "", delay: int = 0) -> int:
        """Send ``messages``, visible after ``delay`` seconds; returns how many were not taken, from the end."""
        ...


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """How a call to WeChat ended. ``holds``: it concerns the whole account or campaign, so that nothing more is to be tried
    before a person looked at it. ``waits``: the day's quota is used up. ``message_id``: WeChat's.
    """

    state: LedgerState
    code: int | None = None
    reason: str = ""
    message_id: str = ""
    holds: bool = False
    waits: bool = False


class CampaignSender(Protocol):
    """WeChat's ways to send. Every answer is an outcome, none is raised."""

    def mass(self, account: Account, openids: Sequence[str], content: Content, *, client_id: str) -> SendOutcome:
        """One mass message to 2 to 10,000 openids; called again with the same ``client_id`` it does nothing more."""
        ...

    def personal(
        self, account: Account, openid: str, channel: SendChannel, content: Content, *, client_id: str
    ) -> SendOutcome:
        """One message to one fan, its placeholders filled in."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """What a brand decided for all of its campaigns: quiet hours and caps; and its data standard, for conditions."""

    quiet: Sequence[Quiet] = ()
    caps: Sequence[Cap] = ()
    schema: BrandSchema = DEFAULT_SCHEMA


class BrandPolicy(Protocol):
    """The policies of brands, at most a few seconds old."""

    def of(self, brand: str) -> Policy:
        """The brand's policy."""
        ...


class Quotas(Protocol):
    """``Quotas``: how many calls of each interface an account has left today (days end at 00:00 in Beijing)."""

    def take(self, account: str, api: str, calls: int, *, now: datetime) -> bool:
        """Take ``calls`` from the day and the minute, all or none; False where there are not so many left."""
        ...

    def close(self, account: str, api: str, *, until: datetime) -> None:
        """WeChat says that the quota is used up, whatever we counted."""
        ...

    def left(self, account: str, api: str, *, now: datetime) -> int:
        """How many calls are left today by what is known here."""
        ...
