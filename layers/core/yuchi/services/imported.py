"""What the events of imports became, counted where they are processed and added to the imports' own items."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Protocol

from yuchi.domain.event import Event
from yuchi.domain.imports import Became
from yuchi.domain.mirroring import MIRRORED
from yuchi.services.ports import PersonChange, UnavailableError

_OF_WECHAT: Final = frozenset({"fan.imported", MIRRORED})
"""What an import learnt of WeChat."""


class ImportCounts(Protocol):
    """Where an import's numbers are kept."""

    def count(self, brand: str, import_id: str, became: Became) -> None:
        """Add to what its events became. May raise ``UnavailableError``."""
        ...


@dataclass(slots=True)
class Imported:
    """The events of imports in one batch."""

    counts: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)

    def note(self, event: Event, change: PersonChange | None) -> None:
        """``event`` was recorded with ``change``; None where it was recorded before."""
        import_id = import_of(event)
        if import_id is not None:
            self.counts.setdefault((event.brand, import_id), Counter())[_what_became(change)] += 1

    def write(self, counts: ImportCounts) -> None:
        """Add them. They are for people who look on, so nothing is done again where that fails."""
        for (brand, import_id), found in self.counts.items():
            try:
                counts.count(brand, import_id, Became(**found))
            except UnavailableError:
                continue


def import_of(event: Event) -> str | None:
    """The import that brought ``event``; None for what came in another way."""
    found = event.data.get("import")
    ours = event.hops == 0 and (event.source.startswith("/import/") or event.type in _OF_WECHAT)
    return found if ours and isinstance(found, str) else None


def _what_became(change: PersonChange | None) -> str:
    if change is None:
        return "repeated"
    if change.merges:
        return "merged"
    return "created" if change.profile.version == 0 else "updated"
