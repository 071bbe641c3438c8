"""What the rights of a person need from the outside world: to read, hand out and erase all that is known of somebody."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from yuchi.domain.merging import Merge
from yuchi.domain.profile import Profile


@dataclass(frozen=True, slots=True)
class WholePerson:
    """Somebody with all names that the stores may know them by.

    ``persons``: the ids of the person and of all who were absorbed. ``apart``: ids of persons who name this one as another.
    ``since``: epoch seconds before which nothing can lie anywhere; None where that is not known.
    """

    brand: str
    person: str
    persons: tuple[str, ...]
    identities: tuple[str, ...]
    apart: tuple[str, ...] = ()
    since: int | None = None


class PersonalStore(Protocol):
    """One store of :data:`yuchi.domain.stores.STORES`, as far as one person is in it. May raise ``UnavailableError``."""

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """Everything in it about the person, one record after the other."""
        ...

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """Take the person out of it. Says after each step how many records that were; doing it again does no harm."""
        ...


class PersonBook(Protocol):
    """Identities, profiles and merges as an operator changes them. Each method may raise ``UnavailableError``."""

    def behind(self, brand: str, identities: Iterable[str]) -> dict[str, str]:
        """Identity -> the person that it was given to at first, whatever that person was merged into since."""
        ...

    def read(self, brand: str, persons: Iterable[str]) -> list[Profile]:
        """These persons as they are stored, those who were absorbed included."""
        ...

    def merges(self, brand: str, person: str) -> Sequence[Merge]:
        """The merges by which the person absorbed others, as far as they are still on record, oldest first."""
        ...

    def suppress(self, brand: str, identities: Iterable[str], at: int) -> None:
        """Leave word that these identities were erased at ``at`` (epoch seconds)."""
        ...

    def replace(self, profile: Profile) -> Profile | None:
        """Store ``profile`` as the next version; None where somebody else changed it since it was read."""
        ...

    def remove(self, profile: Profile, identities: Sequence[str]) -> bool:
        """Delete the person and the links of ``identities`` to it; False where it changed since it was read."""
        ...

    def undo(self, merge: Merge, survivor: Profile, absorbed: Profile) -> bool:
        """Store both as their next versions and drop the record of ``merge``, all or nothing; False where any changed."""
        ...
