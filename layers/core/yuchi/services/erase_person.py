"""Erase one person from every store, on the person's own wish.

While it goes on the profile stands there empty, with the identities alone: an erasure that was cut off is found and
ended by doing it again. What is left is one row for each identity, which names it by a keyed hash and says when.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from yuchi.domain.erasure import blank
from yuchi.domain.profile import Profile
from yuchi.services.ports import Clock
from yuchi.services.ports_operators import People
from yuchi.services.ports_privacy import PersonalStore, PersonBook, WholePerson
from yuchi.services.whole_person import members

ARCHIVE: Final = "Archive"
ARCHIVE_LAG: Final = timedelta(minutes=6)
"""How long an event may be on its way into the archive: the stream's buffer of five minutes, and one more."""
ATTEMPTS: Final = 5

ORDER: Final = ("Ledger", "Outcomes", "Reach", "Timers", "Timeline", "Merges", ARCHIVE)
"""Before the person and its identities. The timeline leads to the ledger's rows, so it goes after them, and what reached
the person to what came of it.
"""
LAST: Final = ("Profiles", "Identities")
"""The stores that are erased by :class:`PersonBook` itself, in transactions."""


class PersonComesBackError(Exception):
    """The person did something each time that the erasure was about to end. Do it again."""


def _nothing(_profile: Profile) -> None:
    """There is nothing else."""


@dataclass(frozen=True, slots=True)
class ErasePerson:
    """``wait`` lets so many seconds pass; ``progress`` hears the store, and how many records left it.

    ``before``: what is to be done elsewhere while it is still known who the person was; it may be called again.
    """

    book: PersonBook
    people: People
    stores: Mapping[str, PersonalStore]
    clock: Clock
    wait: Callable[[float], None]
    progress: Callable[[str, int], None]
    before: Callable[[Profile], None] = _nothing

    def erase(self, whole: WholePerson, *, patient: bool = True) -> None:
        """Erase ``whole``; doing it again does no harm. ``patient``: wait for events on their way into the archive.

        Raises :class:`PersonComesBackError`, ``UnavailableError``.
        """
        for _ in range(ATTEMPTS):
            lag = self._seconds_to_archive(whole) if patient else 0.0
            emptied = self._empty(whole)
            if emptied is None:
                return
            for name in ORDER:
                if name == ARCHIVE and lag:
                    self.wait(lag)
                self._erase(name, whole)
            if self._remove(whole, emptied):
                self._erase("Timeline", whole)  # what was being written when it began
                return
        raise PersonComesBackError

    def _empty(self, whole: WholePerson) -> Profile | None:
        """Leave word of the erasure, then empty the profile; None where there is nobody any more.

        From here on whatever was read before cannot be written, and whatever is from before is dropped.
        """
        for _ in range(ATTEMPTS):
            at = int(self.clock().timestamp())
            self.book.suppress(whole.brand, whole.identities, at)
            current = next((each for each in self._members(whole) if each.person == whole.person), None)
            if current is None:
                return None
            self._let_go(whole, current)
            self.before(current)
            stored = self.book.replace(blank(current, at))
            if stored is not None:
                return stored
        raise PersonComesBackError

    def _let_go(self, whole: WholePerson, current: Profile) -> None:
        """Others do not name the person any more as somebody who they are not."""
        gone = set(whole.persons)
        for other in self.book.read(whole.brand, current.apart):
            if gone & set(other.apart):
                apart = tuple(each for each in other.apart if each not in gone)
                self.book.replace(other.model_copy(update={"apart": apart}))

    def _erase(self, name: str, whole: WholePerson) -> None:
        store = self.stores.get(name)
        if store is not None:
            self.progress(name, 0)
            for count in store.erase(whole):
                self.progress(name, count)

    def _remove(self, whole: WholePerson, emptied: Profile) -> bool:
        behind = self.book.behind(whole.brand, whole.identities)
        everyone = [each for each in self._members(whole) if each.person != whole.person]
        for each in (*everyone, emptied):
            mine = [identity for identity, person in behind.items() if person == each.person]
            if not self.book.remove(each, mine):
                return False
            self.progress("Profiles", 1)
            self.progress("Identities", len(mine))
        return True

    def _members(self, whole: WholePerson) -> Sequence[Profile]:
        return members(self.book, whole)

    def _seconds_to_archive(self, whole: WholePerson) -> float:
        """How long the newest event of the person may still be on its way into the archive."""
        if ARCHIVE not in self.stores:
            return 0.0
        newest = (next(iter(self.people.timeline(whole.brand, each)), None) for each in whole.identities)
        recorded = [each.recorded_at or each.event.time for each in newest if each is not None]
        if not recorded:
            return 0.0
        return max(0.0, (max(recorded) + ARCHIVE_LAG - self.clock()).total_seconds())


def names() -> Iterable[str]:
    """The stores that an erasure reaches, in its order."""
    return (*ORDER, *LAST)
