"""What it takes to take fans who left out of the archive."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from yuchi.domain.departure import Departure, Pass

Rewrite = Callable[[Sequence[bytes]], Sequence[bytes]]
"""The lines of an object -> those that may stay, in their order."""


class Departures(Protocol):
    """Who left and is still in the archive, and how far the passes are. Each method may raise ``UnavailableError``."""

    def note(self, departures: Iterable[Departure]) -> None:
        """Write down, in the place of what was noted of the same identity."""
        ...

    def waiting(self) -> Sequence[Departure]:
        """All who are noted, of all brands."""
        ...

    def done(self, departure: Departure) -> None:
        """Strike one off, unless the fan left anew since."""
        ...

    def passes(self) -> Sequence[Pass]:
        """The passes that are under way, one of a brand at most."""
        ...

    def keep(self, under_way: Pass) -> None:
        """Store how far a pass is."""
        ...

    def end(self, finished: Pass) -> None:
        """Forget a pass, and its salt."""
        ...


class ArchiveObjects(Protocol):
    """The objects of the archive, as they lie there. Each method may raise ``UnavailableError``."""

    def keys(self, brand: str, *, since: int | None = None, after: str = "") -> Iterator[str]:
        """The objects of ``brand`` in their order, from the day of ``since`` (epoch seconds) and behind ``after``."""
        ...

    def rewrite(self, key: str, change: Rewrite) -> int:
        """Write the object anew with what ``change`` makes of its lines, whoever else does so at the same time.

        Returns how many lines went or changed.
        """
        ...

    def expire(self, brand: str, *, before: str) -> int:
        """Delete what is filed under a day before ``before`` (YYYY-MM-DD). Returns how many objects that were.

        The bucket does so by itself where an object is as old as its day, which one that was written anew is not.
        """
        ...
