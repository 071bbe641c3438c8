"""One run of a campaign: what is fixed when it is planned, in what phase it is, and how its parts are named."""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from yuchi.domain.campaign.model import Campaign
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import SHARDS

RUN_DAYS: Final = 400
"""How long a run's plan and counts are kept."""
PAGE_DAYS: Final = 30
"""How long the lists of the chosen persons are kept."""


class Phase(StrEnum):
    """Where a run stands."""

    SELECTING = "selecting"
    """The audience is read and decided, person by person. Nothing is sent."""
    PACKING = "packing"
    """The chosen are cut into batches."""
    CANARY = "canary"
    """The first few are sent to, or waited for."""
    SENDING = "sending"
    """The batches are on their way; those who wait for the winner of a contest are still missing."""
    FINISHED = "finished"
    """Every person of the audience is in a final state."""
    STOPPED = "stopped"
    """A person or a guard stopped it. It can go on until its pages expire."""
    HELD = "held"
    """A guard found something that a person has to decide; ``problem`` says what. It can go on."""


PHASES: Final[Mapping[Phase, frozenset[Phase]]] = {
    Phase.SELECTING: frozenset({Phase.PACKING, Phase.STOPPED, Phase.HELD}),
    Phase.PACKING: frozenset({Phase.CANARY, Phase.SENDING, Phase.FINISHED, Phase.STOPPED, Phase.HELD}),
    Phase.CANARY: frozenset({Phase.SENDING, Phase.FINISHED, Phase.STOPPED, Phase.HELD}),
    Phase.SENDING: frozenset({Phase.FINISHED, Phase.STOPPED, Phase.HELD}),
    Phase.FINISHED: frozenset(),
    Phase.STOPPED: frozenset({Phase.SELECTING, Phase.PACKING, Phase.CANARY, Phase.SENDING, Phase.FINISHED}),
    Phase.HELD: frozenset({Phase.SELECTING, Phase.PACKING, Phase.CANARY, Phase.SENDING, Phase.FINISHED, Phase.STOPPED}),
}
"""Which phase may follow which."""
ACTIVE: Final = frozenset({Phase.SELECTING, Phase.PACKING, Phase.CANARY, Phase.SENDING})


class RunKey(NamedTuple):
    """``occurrence``: ``20261201T1000`` (Beijing) of a recurring campaign, else the first 12 of the approved hash."""

    brand: str
    campaign_id: str
    occurrence: str

    def __str__(self) -> str:
        """``<brand>#<campaign>#<occurrence>``, as it is stored."""
        return f"{self.brand}#{self.campaign_id}#{self.occurrence}"

    @classmethod
    def read(cls, text: str) -> "RunKey":
        """The inverse of ``str``. Ids hold no ``#``."""
        brand, campaign_id, occurrence = text.split("#")
        return cls(brand, campaign_id, occurrence)

    @property
    def short(self) -> str:
        """Sixteen characters that stand for the run where its name would be too long (``clientmsgid``, names)."""
        return sha256(str(self).encode()).hexdigest()[:16]


class Plan(BaseModel):
    """What a run does, fixed when it starts. By ``version`` alone change ``phase`` with ``moved_at``, ``resume`` and
    ``problem``; ``winner`` and when it is ``winner_due_at``; ``batches``, how many there are, known when all are packed;
    and ``canary_sent_at``, when the whole canary was first seen to be sent.

    ``approved``: how many persons the approver was shown. ``resume``: the phase to go on with after STOPPED or HELD.
    ``dry``: it ends when all are decided about: somebody wants to know how many there are.
    ``at``, ``moved_at``: when it started and when the phase changed last, epoch seconds.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    campaign: Campaign
    hash: str
    approved: int | None = None
    approved_by: str = ""
    at: int
    phase: Phase = Phase.SELECTING
    resume: Phase | None = None
    problem: str = ""
    moved_at: int = 0
    winner: str | None = None
    winner_due_at: int | None = None
    batches: int | None = None
    canary_sent_at: int | None = None
    dry: bool = False
    version: Annotated[int, Field(ge=1)] = 1

    @property
    def key(self) -> RunKey:
        """The run's key."""
        return RunKey.read(self.run)


class Group(NamedTuple):
    """Persons who get the same content by the same way."""

    account: str
    channel: str
    variant: str


class Recipient(NamedTuple):
    """One chosen person. ``openid`` on the group's account."""

    person: str
    openid: str


class Page(NamedTuple):
    """What was decided for one page of one shard. ``skipped``: reason -> persons; ``held_out`` are in it as ``holdout``."""

    shard: int
    number: int
    chosen: Mapping[Group, tuple[Recipient, ...]]
    skipped: Mapping[str, tuple[str, ...]]


class Span(NamedTuple):
    """``length`` recipients of a group on one page, from ``start`` on."""

    shard: int
    page: int
    start: int
    length: int


class Batch(NamedTuple):
    """What one message of the sends queue stands for. ``number`` counts within the run, from 0.

    ``skip``: why nothing is sent to these persons; such a batch is settled as it is made.
    """

    number: int
    group: Group
    spans: tuple[Span, ...]
    size: int
    canary: bool = False
    skip: str = ""


class Tally(NamedTuple):
    """How many persons of a variant ended how. ``reason``: from a closed list, or WeChat's code; empty where SENT."""

    variant: str
    channel: str
    account: str
    state: LedgerState
    reason: str = ""


def campaign_owner(account: str, run: RunKey, person: str = "") -> str:
    """The partition of the send ledger: for mass messages one a run, for others 256 by person."""
    shard = f"#{sha256(person.encode()).hexdigest()[:2]}" if person else ""
    return f"{account}#campaign#{run}{shard}"


def client_message_id(run: RunKey, batch: int) -> str:
    """WeChat's ``clientmsgid`` of a batch: the same whenever the batch is sent, at most 64 bytes."""
    return f"yuchi-{run.short}-{batch}"


ALL_SHARDS: Final = range(SHARDS)
