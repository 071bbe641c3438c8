"""Everything that is known of one person, in one document that a person can read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from yuchi.domain.event import format_time
from yuchi.domain.stores import STORES, ErasedBy
from yuchi.services.ports import Clock
from yuchi.services.ports_privacy import PersonalStore, WholePerson

FORMAT: Final = "yuchi-person-export/1"
_MOMENTS: Final = frozenset({"since", "last", "until", "at"})
_LISTS_OF_MOMENTS: Final = frozenset({"activity"})
_SEALED: Final = frozenset({"sealed", "masked"})
_FIRST_MOMENT: Final = 100_000_000
"""Smaller numbers are no moments of our time (1973)."""

Open = Callable[[str], str]
"""Opens a sealed contact."""


@dataclass(frozen=True, slots=True)
class ExportPerson:
    """``stores``: by name, those of the registry that know a person. ``open_contact``: None leaves contacts masked."""

    stores: Mapping[str, PersonalStore]
    clock: Clock
    open_contact: Open | None = None

    def export(self, whole: WholePerson, *, progress: Callable[[str], None]) -> dict[str, Any]:
        """The document; ``progress`` hears the name of each store. Raises ``UnavailableError``."""
        found: dict[str, list[Any]] = {}
        for name, store in self.stores.items():
            progress(name)
            found[name] = [self._readable(dict(record)) for record in store.export(whole)]
        return {
            "format": FORMAT,
            "exported_at": format_time(self.clock()),
            "brand": whole.brand,
            "person": whole.person,
            "absorbed": [each for each in whole.persons if each != whole.person],
            "identities": list(whole.identities),
            "stores": found,
            "not_included": left_to_time(),
        }

    def _readable(self, value: Any, name: str = "", above: str = "") -> Any:
        if isinstance(value, dict):
            if value.keys() >= _SEALED:
                return self._contact(value)
            return {each: self._readable(content, str(each), name) for each, content in value.items()}
        if isinstance(value, list | tuple):
            return [self._readable(each, name, above) for each in value]
        return _time(value) if _is_moment(value, name, above) else value

    def _contact(self, contact: Mapping[str, Any]) -> dict[str, Any]:
        if self.open_contact is None:
            return {"masked": contact["masked"]}
        return {"masked": contact["masked"], "value": self.open_contact(contact["sealed"])}


def left_to_time() -> dict[str, str]:
    """The stores that cannot be searched for one person, and within how many days they forget by themselves."""
    return {each.name: f"{each.personal}; gone within {each.days} d" for each in age_stores()}


def age_stores() -> Iterable[Any]:
    """The stores that forget by themselves."""
    return [each for each in STORES if each.erased_by is ErasedBy.AGE]


def _is_moment(value: Any, name: str, above: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, int) or value < _FIRST_MOMENT:
        return False
    return name in _MOMENTS or name.endswith("_at") or above in _LISTS_OF_MOMENTS


def _time(epoch: int) -> str:
    return format_time(datetime.fromtimestamp(epoch, UTC))
