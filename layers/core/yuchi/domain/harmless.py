"""What others tell, without the phones and addresses in it: for events, and for files that people open."""

import re
from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.contacts import ContactKind, contact_kind, masked, without_contacts

MAX_DEPTH: Final = 5
_NUMBERING: Final = re.compile(r"(^|_)(id|no|number|num|sku|code|barcode|receipt)$|编号|单号|条码|货号")


def harmless(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with phones and addresses masked; what is nested deeper than five levels is left out."""
    return _map(values, 1)


def _map(values: Mapping[str, Any], depth: int) -> dict[str, Any]:
    return {
        name: value if _is_number_of(name, value) else _harmless(value, contact_kind(name.lower()), depth)
        for name, value in values.items()
    }


def _is_number_of(name: str, value: Any) -> bool:
    """A number of a thing: eleven digits there are no mobile number."""
    return isinstance(value, str) and value.isalnum() and _NUMBERING.search(name.lower()) is not None


def _harmless(value: Any, kind: ContactKind | None, depth: int) -> Any:
    """``value`` with phones and addresses masked: in fields named after them, and in mainland numbers anywhere."""
    if isinstance(value, dict):
        return _map(value, depth + 1) if depth < MAX_DEPTH else {}
    if isinstance(value, list):
        return [_harmless(each, kind, depth + 1) for each in value] if depth < MAX_DEPTH else []
    if kind is not None and value is not None and not isinstance(value, bool):
        return masked(kind, str(value))
    return without_contacts(value) if isinstance(value, str) else value
