"""What others send, made into values that we can store: JSON of bounded depth, without raw phones and addresses."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from yuchi.adapters.segment.names import MAX_NAME, snake
from yuchi.domain.contacts import OWN_CONTACTS, ContactKind, contact_kind, masked, without_contacts

MAX_DEPTH: Final = 6
MAX_ITEMS: Final = 300
"""How many entries of one list or map are kept."""
MAX_FOUND: Final = 5
"""How many contacts of one person one message may tell."""
MAX_INTEGER: Final = 10**18
"""Larger integers are numbers of things, not amounts, and are kept as text."""
MAX_FLOAT: Final = 1e100
_NUMBERING: Final = re.compile(r"(^|_)(id|ids|no|number|num|sku|code|barcode|编号|单号)$")
"""Fields with numbers of things: eleven digits there are no mobile number."""


@dataclass(slots=True)
class Cleaning:
    """Cleans the values of one message; ``found`` are the person's own contacts, as they came: (kind, value)."""

    found: list[tuple[ContactKind, str]] = field(default_factory=list)

    def clean(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The map with names in snake case and clean values."""
        return self._map(values, 1)

    def _map(self, values: Mapping[str, Any], depth: int, kind: ContactKind | None = None) -> dict[str, Any]:
        cleaned: dict[str, Any] = {}
        for name, value in values.items():
            key = snake(without_contacts(name[:MAX_NAME]))  # cut first: what is long must not fill the cache
            if key and len(cleaned) < MAX_ITEMS:
                cleaned.setdefault(key, self._value(key, value, depth, contact_kind(key) or kind))
        return cleaned

    def _value(self, name: str, value: Any, depth: int, kind: ContactKind | None) -> Any:
        """``kind``: what the field, or one around it, holds by its name."""
        if isinstance(value, dict | list):
            return self._inner(name, value, depth, kind)
        if value is None or isinstance(value, bool):
            return value
        if kind is not None:
            return self._contact(name, kind, str(value), depth)
        if isinstance(value, str):
            return value if _NUMBERING.search(name) and value.isalnum() else without_contacts(value)
        return _number(value)

    def _inner(self, name: str, value: dict[str, Any] | list[Any], depth: int, kind: ContactKind | None) -> Any:
        if depth >= MAX_DEPTH:
            return None
        if isinstance(value, dict):
            return self._map(value, depth + 1, kind)
        return [self._value(name, each, depth + 1, kind) for each in value[:MAX_ITEMS]]

    def _contact(self, name: str, kind: ContactKind, value: str, depth: int) -> str | None:
        if not value.strip():
            return None
        if depth == 1 and name in OWN_CONTACTS and len(self.found) < MAX_FOUND:
            self.found.append((kind, value))
        return masked(kind, value)


def _number(value: Any) -> Any:
    if isinstance(value, int):
        return value if abs(value) <= MAX_INTEGER else str(value)
    if not math.isfinite(value):
        return None
    return value if abs(value) <= MAX_FLOAT else str(value)


def without_surrogates(value: Any) -> Any:
    """``value`` with half characters (an emoji cut in two by JavaScript) replaced, also in names."""
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case dict():
            return {without_surrogates(name): without_surrogates(each) for name, each in value.items()}
        case list():
            return [without_surrogates(each) for each in value]
    return value
