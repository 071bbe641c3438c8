"""What the operators' command line needs from a deployment, beyond what its functions need."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.ledger import LedgerEntry
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry
from yuchi.services.ports import Accounts, Profiles
from yuchi.services.ports_rules import Item


@dataclass(frozen=True, slots=True)
class StackFacts:
    """A deployment as CloudFormation tells it. ``api_url`` has no slash at its end; ``status`` is CloudFormation's."""

    name: str
    region: str
    status: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    api_url: str
    local: bool = False

    @property
    def stage(self) -> str:
        """The stage that it was deployed as."""
        return self.parameters.get("Stage", "dev")

    @property
    def in_china(self) -> bool:
        """Whether it runs on AWS China."""
        return self.region.startswith("cn-")

    def callback_url(self, account: str) -> str:
        """What WeChat's console wants for ``account``."""
        return f"{self.api_url}/wechat/{account}"


class AccountBook(Accounts, Protocol):
    """``Accounts`` and their secrets, for writing too. Each method may raise ``UnavailableError``."""

    def all(self) -> Iterable[Account]:
        """Every account."""
        ...

    def put(self, account: Account, secrets: AccountSecrets) -> None:
        """Store both."""
        ...


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """How an account's access token stands. ``code`` is WeChat's errcode of the last failure (None with
    ``held_until``: it could not be reached), ``address`` our own address where WeChat named it.
    """

    good_until: datetime | None = None
    held_until: datetime | None = None
    code: int | None = None
    address: str = ""


class TokenDesk(Protocol):
    """Access tokens, which only the deployed function fetches. Each method may raise ``UnavailableError``."""

    def status(self, account: str) -> TokenStatus:
        """How it stands, without fetching."""
        ...

    def fetch(self, account: str, *, afresh: bool) -> TokenStatus:
        """Have the function see to it. ``afresh``: whatever is stored, so that WeChat judges the credentials now."""
        ...


class RuleBook(Protocol):
    """``Rules`` as an editor. Each method may raise ``UnavailableError``."""

    def get(self, brand: str, rule_id: str) -> Item | None:
        """One draft."""
        ...

    def all(self, brand: str) -> Sequence[Item]:
        """Every draft of a brand."""
        ...

    def write(self, columns: Item, *, seen: Item | None) -> bool:
        """Make the marketer's columns be ``columns`` (which has the keys), leaving the system's alone.

        Only if they still are as in ``seen`` (None: there is no such item); else False.
        """
        ...

    def remove(self, brand: str, rule_id: str, *, seen: Item) -> bool:
        """Delete the draft if it still is as in ``seen``; else False."""
        ...

    def ask_review(self, brand: str, rule_id: str) -> None:
        """Have the draft reviewed again, as if it had been edited."""
        ...


class People(Profiles, Protocol):
    """Persons and what happened to them. Each method may raise ``UnavailableError``."""

    def person(self, brand: str, person: str) -> Profile | None:
        """The profile by its own id."""
        ...

    def timeline(self, brand: str, identity: str) -> Iterator[TimelineEntry]:
        """What happened to an identity, newest first, page after page."""
        ...


class LedgerBook(Protocol):
    """The send ledger for reading. Each method may raise ``UnavailableError``."""

    def of_rule(self, account: str, rule: str) -> Iterator[LedgerEntry]:
        """The rows of one rule on one account."""
        ...

    def all(self) -> Iterator[LedgerEntry]:
        """Every row; reads the whole table."""
        ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message of a dead-letter queue. ``handle`` is good until the message shows again."""

    id: str
    handle: str = field(repr=False)
    body: str = field(repr=False)
    group: str = field(default="", repr=False)


class DeadLetters(Protocol):
    """Dead-letter queues by the name of their source: ``Events``, ``Actions``, ``Edits``. May raise
    ``UnavailableError``.
    """

    def depth(self, source: str) -> int:
        """About how many messages lie there."""
        ...

    def receive(self, source: str) -> Sequence[DeadLetter]:
        """Up to ten messages, hidden from others for some minutes; none when there are no more."""
        ...

    def send_back(self, source: str, letter: DeadLetter) -> None:
        """Put the message into its source again, in its group, under an id of its own."""
        ...

    def remove(self, source: str, letter: DeadLetter) -> None:
        """Delete it from the dead-letter queue."""
        ...

    def release(self, source: str, letter: DeadLetter) -> None:
        """Show it again at once."""
        ...


@dataclass(frozen=True, slots=True)
class TableHealth:
    """A table. ``status`` is DynamoDB's; ``recoverable``: point-in-time recovery is on; ``streams``: it has a stream."""

    status: str
    recoverable: bool
    streams: bool


@dataclass(frozen=True, slots=True)
class FunctionHealth:
    """A function. ``state`` is Lambda's; ``sources``: event source ARN -> its state."""

    state: str
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the callback answered to WeChat's kind of GET. ``status`` None: it could not be reached."""

    status: int | None
    echoed: bool = False


class Inspection(Protocol):
    """A look at each part of the deployment. Each method may raise ``UnavailableError``."""

    def table(self, name: str) -> TableHealth | None:
        """A table by its real name, None where there is none."""
        ...

    def queue_exists(self, url: str) -> bool:
        """Whether there is such a queue."""
        ...

    def function(self, name: str) -> FunctionHealth | None:
        """A function by its real name, None where there is none."""
        ...

    def schedules(self, function: str) -> Sequence[tuple[str, bool]]:
        """The schedules that call a function: expression, and whether it is on."""
        ...

    def subscriptions(self, topic: str) -> tuple[int, int]:
        """How many subscriptions of a topic are confirmed, and how many wait to be."""
        ...

    def ringing(self, stage: str) -> Sequence[str]:
        """The alarms of a stage that ring now."""
        ...

    def handshake(self, url: str, token: str) -> Handshake:
        """Ask a callback as WeChat does when its address is saved."""
        ...
