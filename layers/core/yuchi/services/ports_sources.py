"""What the doors for third parties need from the outside world."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from yuchi.domain.contacts import ContactKind
from yuchi.domain.event import Contact
from yuchi.domain.source import Source, SourceSecrets
from yuchi.services.ports import UnavailableError


class UnreadableSourceError(UnavailableError):
    """The source's item was edited by hand, and says no source any more. Whoever tells us something shall try again."""


class Sources(Protocol):
    """The sources of this deployment. Each method may raise ``UnavailableError``; those that give a source also
    :class:`UnreadableSourceError`.
    """

    def get(self, source: str) -> Source | None:
        """The source, or None where there is none of that name. May be up to five minutes old."""
        ...

    def renewed(self, source: str) -> Source | None:
        """The same, at most half a minute old: for a key that does not fit, as it may just have been changed."""
        ...

    def secrets(self, source: str) -> SourceSecrets:
        """Its secrets. May be up to five minutes old."""
        ...


class SourceBook(Sources, Protocol):
    """The sources, for the command line. Each method may raise ``UnavailableError``."""

    def all(self) -> Iterable[Source]:
        """Every source."""
        ...

    def put(self, source: Source, secrets: SourceSecrets | None = None) -> None:
        """Store it, and its secrets where they are given."""
        ...


class SourceCounts(Protocol):
    """What was counted of each source."""

    def of(self, sources: Iterable[Source]) -> dict[str, dict[str, Any]]:
        """Source -> name -> number, of those that told anything. May raise ``UnavailableError``."""
        ...


class Contacts(Protocol):
    """Phones and addresses under the deployment's keys."""

    def seal(self, kind: ContactKind, value: str) -> tuple[str, Contact] | None:
        """The identity and the sealed form of ``value``; None where it is no phone number or address.

        Raises ``UnavailableError`` where the keys cannot be read.
        """
        ...

    def pseudonym(self, value: str) -> str:
        """A keyed hash (32 hexadecimal digits) that stands for ``value``. Raises ``UnavailableError``."""
        ...


class SourceCounters(Protocol):
    """How much each source told us, counted beside the way of an event: a container that dies may lose its last minute."""

    def add(self, source: Source, *, taken: int, refused: Mapping[str, int], now: datetime) -> None:
        """Add to the counts. ``refused``: reason -> number; reasons come from a closed list."""
        ...


class DataQuality(Protocol):
    """How much of what each source tells does not fit the brand's data standard."""

    def note_rejected(self, brand: str, source: str, rejected: Mapping[str, int], *, now: datetime) -> None:
        """Add to the counts: name of a value -> how often it did not fit. Never raises for a store that is away."""
        ...
