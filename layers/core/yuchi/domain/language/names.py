"""The names that a condition may use, worked out once per set of event types."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final
from weakref import WeakKeyDictionary

from yuchi.domain.catalogue import Catalogue, FieldSpec
from yuchi.domain.language.tree import ROOTS

_NONE: Final[Mapping[str, FieldSpec]] = {}


class Names:
    """The fields that exist when an event of ``event_types`` comes; of no type in particular when there are none."""

    def __init__(self, catalogue: Catalogue, event_types: Sequence[str]) -> None:
        self.event_types = tuple(event_types)
        self.all_types = catalogue.events.keys()
        self._catalogue = catalogue
        self._fields = {root: catalogue.fields(root, self.event_types) for root in ROOTS}
        if not self.event_types:
            self._fields["event"] = catalogue.event_fields()

    def fields(self, root: str) -> Mapping[str, FieldSpec] | None:
        """The fields of ``event``, ``profile`` or ``account``; None when anything goes."""
        return self._fields[root]

    def elsewhere(self, root: str) -> Mapping[str, FieldSpec]:
        """Fields of events of other types."""
        return self._of_all_events if root == "event" else _NONE

    @cached_property
    def _of_all_events(self) -> Mapping[str, FieldSpec]:
        return self._catalogue.event_fields()


_KNOWN: WeakKeyDictionary[Catalogue, dict[tuple[str, ...], Names]] = WeakKeyDictionary()
_MAX_KNOWN: Final = 1_000


def names_of(catalogue: Catalogue, event_types: Sequence[str]) -> Names:
    """:class:`Names`, remembered: thousands of rules share a few sets of event types."""
    known = _KNOWN.setdefault(catalogue, {})
    types = tuple(event_types)
    names = known.get(types)
    if names is None:
        if len(known) >= _MAX_KNOWN:
            known.clear()
        names = known[types] = Names(catalogue, types)
    return names
