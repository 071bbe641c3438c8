"""An event: an immutable fact about a person or an account, with CloudEvents 1.0 attribute names."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

MAX_HOPS: Final = 5
"""How long a chain of events caused by rules may get before it is cut."""


def _to_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_to_utc)]


ALL_OTHERS: Final = "*"
"""Among ``Event.untags``: every tag that the event's source gave and that is not among its ``tags``."""

CAUSED: Final = "/rules"
"""The source of events that rules caused."""

PUBLIC: Final = "/public/"
"""How the source of events begins that were told with a key that is in every browser, and so by anybody."""


class Contact(BaseModel):
    """A phone number or an e-mail address: ``sealed`` is its ciphertext, ``masked`` what people are shown."""

    model_config = ConfigDict(frozen=True)

    sealed: str
    masked: str


class Event(BaseModel):
    """One fact.

    ``subject`` is the identity it is about (``wechat:<account>:<openid>``), or None for an event of the account itself.
    ``identities`` are further identities that the event proves to be the same person (``unionid:...``).
    ``contacts`` are the phones and addresses among them, sealed. ``tags`` are given by the event itself, without a rule;
    ``untags`` are taken away by it, :data:`ALL_OTHERS` for whatever else its source gave.
    ``historical``: it happened long ago and is only told
    now (an import), so that it changes what is known but makes no rule fire. ``key_time`` stands for ``time`` in keys
    where ``time`` is not the same each time the event comes (a clock that was corrected by the time of arrival).
    ``hops`` counts how many rules stand between this event and the outside world.
    ``data`` holds JSON values only; its names are what conditions read as ``event.<name>``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=8, max_length=64)]
    source: str
    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
    time: UtcDatetime
    brand: str
    account: str
    subject: str | None = None
    identities: tuple[str, ...] = ()
    contacts: dict[str, Contact] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    untags: tuple[str, ...] = ()
    historical: bool = False
    key_time: UtcDatetime | None = None
    hops: Annotated[int, Field(ge=0, le=MAX_HOPS)] = 0
    data: dict[str, Any] = Field(default_factory=dict)

    @property
    def trusted(self) -> bool:
        """Whether who told it was known: WeChat, a signature, a secret key, a file; or it came of a rule or of time."""
        return not self.source.startswith(PUBLIC)

    def view(self) -> dict[str, Any]:
        """What conditions see as ``event``; ``data`` cannot override the event's own attributes."""
        return {
            **self.data,
            "type": self.type,
            "time": self.time,
            "id": self.id,
            "account": self.account,
            "source": self.source,
            "trusted": self.trusted,
        }


def derive_id(*parts: str) -> str:
    """A 32-character id that depends on ``parts`` alone, so that the same fact gets the same id each time."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def fan_identity(account: str, openid: str) -> str:
    """The identity of one fan of one account: an openid means nothing outside its account."""
    return f"wechat:{account}:{openid}"


def identity_key(brand: str, identity: str) -> str:
    """``<brand>#<identity>``: an identity among those of all brands, as tables and queues know it."""
    return f"{brand}#{identity}"


def openid_of(identity: str) -> str | None:
    """The openid inside a fan's identity, or None where the identity is of another kind."""
    namespace, _, rest = identity.partition(":")
    return rest.partition(":")[2] if namespace == "wechat" else None


def account_of(identity: str) -> str | None:
    """The account of which a fan's identity is, or None where the identity is of another kind."""
    namespace, _, rest = identity.partition(":")
    return rest.partition(":")[0] if namespace == "wechat" else None


def format_time(moment: datetime) -> str:
    """UTC with milliseconds and a Z: sorts as text in the order of time."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04d}" + utc.strftime("-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def parse_time(text: str) -> datetime:
    """The inverse of :func:`format_time`."""
    return datetime.fromisoformat(text)
