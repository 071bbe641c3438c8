"""A profile: everything the brand knows about one person, current at every event."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from yuchi.domain.event import Contact

SHARDS: Final = 64
MAIN_SCORE: Final = "main"
ACTIVITY_KEPT: Final = 50
"""How many times of one event type a profile remembers for ``count`` and ``last``."""


TAG_EVENT: Final = 8
"""How much of an event's id a tag keeps: a thousand tags with the whole of it would take 30 KB more."""


class Tag(BaseModel):
    """Why and since when a person carries a tag. Times are epoch seconds.

    ``event``: the id of the event that gave it last, by its first characters, which tell it from the person's others.
    ``source``: who gave it, or named it last, where that was no rule of ours: a source's id, or ``wechat`` (its console).
    """

    model_config = ConfigDict(frozen=True)

    since: int
    last: int
    count: int = 1
    rule: str = ""
    version: int = 0
    event: Annotated[str, AfterValidator(lambda event: event[:TAG_EVENT])] = ""
    source: str = ""
    expires_at: int | None = None


class Mirrored(BaseModel):
    """Whether WeChat has a tag for a fan, since ``at`` (epoch seconds).

    ``action``: the id of our action that tells it so, whose row in the ledger says whether it did; "" where we saw it there.
    """

    model_config = ConfigDict(frozen=True)

    on: bool
    at: int
    action: str = ""


class Channel(BaseModel):
    """What is known of the person as one fan of one account. ``windows``: trigger -> epoch seconds of the last one.

    ``mirror``: what tags WeChat has for the fan, see :mod:`yuchi.domain.mirroring`. ``credits``: template -> how many
    subscription notices of it the fan agreed to and did not get yet.
    """

    model_config = ConfigDict(frozen=True)

    account: str
    subscribed: bool = False
    subscribed_at: int | None = None
    unsubscribed_at: int | None = None
    scene: str | None = None
    windows: dict[str, int] = Field(default_factory=dict)
    mirror: dict[str, Mirrored] = Field(default_factory=dict)
    credits: dict[str, int] = Field(default_factory=dict)


class Slice(BaseModel):
    """What one source says of one attribute, since ``at`` (epoch seconds); None where it says that there is no value.

    ``public``: True where it was told with a key that everybody can read, and so by anybody; else None, which is not stored.
    """

    model_config = ConfigDict(frozen=True)

    value: Any = None
    at: int
    public: bool | None = None


class Decayed(BaseModel):
    """A score that halves with each ``half_life`` (seconds): it was ``value`` at ``at`` (epoch seconds)."""

    model_config = ConfigDict(frozen=True)

    value: float
    at: int
    half_life: int


class StageMark(BaseModel):
    """The stage of the life cycle that was known last, and since when (epoch seconds)."""

    model_config = ConfigDict(frozen=True)

    name: str
    since: int


class Order(BaseModel):
    """One order: when (epoch seconds), amounts in fen, and after how many days what was bought is usually used up."""

    model_config = ConfigDict(frozen=True)

    at: int
    total: int
    refunded: int = 0
    cycle_days: float | None = None


class Consent(BaseModel):
    """The last word on one purpose: granted or revoked, when (epoch seconds), by which source and event."""

    model_config = ConfigDict(frozen=True)

    granted: bool
    at: int
    source: str = ""
    event: str = ""


class Fired(BaseModel):
    """How often a limited rule fired for this person since ``since`` (epoch seconds).

    ``until``: when the span that is counted ends, as the rule said then; None where it never does.
    """

    model_config = ConfigDict(frozen=True)

    since: int
    count: int
    until: int | None = None


class Pace(BaseModel):
    """How many rules fired for this person in one hour (``hour``: epoch hours), ``timed`` of them on timers."""

    model_config = ConfigDict(frozen=True)

    hour: int
    count: int = 0
    timed: int = 0


class Profile(BaseModel):
    """One person within a brand. ``version`` grows by one at each write; 0 means that it is not stored yet.

    ``channels`` are kept by identity, ``slices`` by source and attribute, ``contacts`` by identity. ``attributes`` is what
    counts of the slices. ``merged_into``: this person was found to be another one, who lives on. ``apart``: persons that
    somebody said are others, so that no event merges them again.

    ``consents``: purpose, or ``<purpose>@<channel>`` -> the last word on it; see :mod:`yuchi.domain.consents`. ``erased``:
    identities that belonged to somebody who was erased -> when; see :mod:`yuchi.domain.erasure`.

    ``timers``: name -> id of the ``timer.fired`` event that counts; setting a timer of the same name anew outdates the old.
    ``waits``: what rules wait for that comes by time alone -> when it comes due (epoch seconds), and ``reached`` -> the mark
    of what was told last; ``wake``: id of the event by which a timer wakes us for the first of them. See
    :mod:`yuchi.domain.waiting`.
    ``forgotten_at``: time of the event (epoch seconds) on which the person's data was erased last; see ``observe.forget``.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    brand: str
    person: str
    version: Annotated[int, Field(ge=0)] = 0
    identities: tuple[str, ...] = ()
    tags: dict[str, Tag] = Field(default_factory=dict)
    attributes: dict[str, Any] = Field(default_factory=dict)
    slices: dict[str, dict[str, Slice]] = Field(default_factory=dict)
    contacts: dict[str, Contact] = Field(default_factory=dict)
    scores: dict[str, int] = Field(default_factory=dict)
    decayed: dict[str, Decayed] = Field(default_factory=dict)
    interests: dict[str, Decayed] = Field(default_factory=dict)
    stage: StageMark | None = None
    orders: dict[str, Order] = Field(default_factory=dict)
    order_totals: dict[str, int] = Field(default_factory=dict)
    first_order_at: int | None = None
    last_order_at: int | None = None
    channels: dict[str, Channel] = Field(default_factory=dict)
    activity: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    fired: dict[str, Fired] = Field(default_factory=dict)
    consents: dict[str, Consent] = Field(default_factory=dict)
    erased: dict[str, int] = Field(default_factory=dict)
    timers: dict[str, str] = Field(default_factory=dict)
    waits: dict[str, int] = Field(default_factory=dict)
    reached: dict[str, int] = Field(default_factory=dict)
    wake: str | None = None
    pace: Pace | None = None
    forgotten_at: int | None = None
    first_seen_at: int | None = None
    last_seen_at: int | None = None
    merged_into: str | None = None
    apart: tuple[str, ...] = ()

    @property
    def shard(self) -> str:
        """The partition of the ``Profiles`` table: the brand and two digits from the person's id."""
        return shard_of(self.brand, self.person)

    def live_tags(self, now: datetime) -> dict[str, Tag]:
        """The tags that have not expired at ``now``."""
        moment = int(now.timestamp())
        return {name: tag for name, tag in self.tags.items() if tag.expires_at is None or tag.expires_at > moment}

    def channel(self, account: str | None = None, subject: str | None = None) -> tuple[str, Channel] | None:
        """The person's channel with its identity: that of ``subject``, else the one followed last (on ``account``)."""
        own = self.channels.get(subject or "")
        if subject and own and account in {None, own.account}:
            return subject, own
        there = [each for each in self.channels.items() if account in {None, each[1].account}]
        return max(there, key=lambda each: (each[1].subscribed, each[1].subscribed_at or 0, each[0]), default=None)


def shard_of(brand: str, person: str) -> str:
    """``<brand>#<00..63>``, the partition a person's profile lies in."""
    return f"{brand}#{int(sha256(person.encode()).hexdigest()[:8], 16) % SHARDS:02d}"


def new_person(brand: str, identity: str) -> str:
    """The id of the person first seen as ``identity``. Two functions that meet the person at once choose the same id."""
    return "p" + sha256(f"{brand}\x1f{identity}".encode()).hexdigest()[:20]
