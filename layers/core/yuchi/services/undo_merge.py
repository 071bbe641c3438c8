"""Take a merge back: two persons again, and no event makes them one any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from yuchi.domain.merging import Merge, unmerge
from yuchi.domain.profile import Profile
from yuchi.services.ports_privacy import PersonBook

ATTEMPTS: Final = 5
_OF_IDENTITIES: Final = ("channels", "contacts", "erased")
"""The parts of a profile that are kept by identity."""


class NoSuchMergeError(Exception):
    """The person did not absorb that one, or so long ago that it is not on record any more."""


class LaterMergeError(Exception):
    """``merge`` came after it and has to be undone first: the person before it is kept from then on only."""

    def __init__(self, merge: Merge) -> None:
        super().__init__("there was a later merge")
        self.merge = merge


class KeepsChangingError(Exception):
    """One of the two changed each time. Do it again."""


@dataclass(frozen=True, slots=True)
class UndoMerge:
    """The use case behind ``yuchi profile unmerge``."""

    book: PersonBook

    def undo(self, brand: str, survivor: str, absorbed: str) -> tuple[Profile, Profile]:
        """Take ``absorbed`` out of ``survivor`` (ids of persons); returns both as they are then.

        Raises :class:`NoSuchMergeError`, :class:`LaterMergeError`, :class:`KeepsChangingError`, ``UnavailableError``.
        """
        for _ in range(ATTEMPTS):
            merge = self._merge(brand, survivor, absorbed)
            stored = {each.person: each for each in self.book.read(brand, (survivor, absorbed))}
            if survivor not in stored or absorbed not in stored or stored[absorbed].merged_into != survivor:
                raise NoSuchMergeError
            if stored[survivor].merged_into:
                raise NoSuchMergeError
            left, right = _apart(merge, stored[survivor], stored[absorbed])
            if self.book.undo(merge, left, right):
                return left, right
        raise KeepsChangingError

    def _merge(self, brand: str, survivor: str, absorbed: str) -> Merge:
        merges = self.book.merges(brand, survivor)
        merge = next((each for each in merges if each.absorbed == absorbed), None)
        if merge is None:
            raise NoSuchMergeError
        if merges[-1].absorbed != absorbed:
            raise LaterMergeError(merges[-1])
        return merge


def in_order(merges: Sequence[Merge]) -> list[Merge]:
    """Oldest first. Those of one event are told apart by who the survivor already was at each."""
    return sorted(merges, key=lambda each: (each.before.version, len(each.before.identities), each.at))


def _apart(merge: Merge, current: Profile, absorbed: Profile) -> tuple[Profile, Profile]:
    """Both again. What is known of an identity as such goes with it, as it is now."""
    left = unmerge(current, before=merge.before, absorbed=absorbed.model_copy(update={"merged_into": None}))
    brought = set(absorbed.identities) - set(merge.before.identities)
    stays: dict[str, Any] = {"apart": _with(left.apart, absorbed.person)}
    goes: dict[str, Any] = {"merged_into": None, "apart": _with(absorbed.apart, current.person)}
    for part in _OF_IDENTITIES:
        stays[part] = {name: each for name, each in getattr(left, part).items() if name not in brought}
        news = {name: each for name, each in getattr(current, part).items() if name in brought}
        goes[part] = {**getattr(absorbed, part), **news}
    return left.model_copy(update=stays), absorbed.model_copy(update=goes)


def _with(apart: Sequence[str], person: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*apart, person)))
