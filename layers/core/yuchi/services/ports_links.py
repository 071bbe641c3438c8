"""What tracked links, and what comes of a campaign, need from the outside world. See also ``ports_campaigns``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from yuchi.domain.campaign.links import Link


class NoLinkKeyError(Exception):
    """The deployment has no key for links yet, so none can be made or read."""


class Marks(Protocol):
    """Ids of links, and the marks that tell who tapped one.

    Each call may raise ``UnavailableError``, or :class:`NoLinkKeyError`.
    """

    def link_id(self, *parts: str) -> str:
        """128 bits that nobody guesses and that are the same for the same ``parts``."""
        ...

    def seal(self, link: str, openid: str) -> str:
        """``openid`` as the mark of one fan in the address of ``link``."""
        ...

    def open(self, link: str, mark: str) -> str | None:
        """Whose mark it is; None where it was not made for ``link``, or not by us."""
        ...


class LinkBook(Protocol):
    """``Links``: where short addresses lead. A link never changes."""

    def put(self, links: Sequence[Link], *, now: datetime) -> None:
        """Keep ``links``; those that are there already stay."""
        ...

    def get(self, link: str, *, now: datetime) -> Link | None:
        """The link; None where there is none (any more)."""
        ...


class OutcomeKind(StrEnum):
    """What can come of a message."""

    DELIVERED = "delivered"
    """WeChat says that it was shown."""
    BLOCKED = "blocked"
    """WeChat says that it was not."""
    CLICKED = "clicked"
    CONVERTED = "converted"
    """The campaign's goal happened within its window."""
    REVENUE = "revenue"
    """One event with money in it; a person may have several."""
    UNSUBSCRIBED = "unsubscribed"
    """Left the account within a day of the message."""


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """Something that came of a message to a person. ``run``: ``RunKey.short``. ``event``: the id of a REVENUE, of others
    none, for of each kind a person has one. ``amount``: in fen.
    """

    run: str
    kind: OutcomeKind
    person: str
    variant: str
    at: datetime
    event: str = ""
    amount: int = 0


class Outcomes(Protocol):
    """``Outcomes``: what came of each run. Writing the same again changes nothing."""

    def put(self, outcome: StoredOutcome, *, now: datetime) -> bool:
        """Keep it unless that is kept already; of those that a person has once the earliest counts. False: nothing new."""
        ...

    def add_taps(self, run: str, variant: str, link: str, *, now: datetime) -> None:
        """Somebody whom nobody knows tapped a link (of a mass message)."""
        ...

    def of_run(self, run: str) -> Iterator[StoredOutcome]:
        """All that came of a run."""
        ...

    def taps(self, run: str) -> Mapping[tuple[str, str], int]:
        """Taps by unknown persons: (variant, link) -> how many."""
        ...

    def of_persons(self, run: str, persons: Iterable[str]) -> Iterator[StoredOutcome]:
        """What came of a run for these persons."""
        ...

    def remove(self, outcome: StoredOutcome) -> None:
        """Forget it."""
        ...
