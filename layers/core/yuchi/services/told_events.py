"""Events from what a mapping read: contacts are sealed here, and nothing of them goes on in the clear."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from yuchi.domain.contacts import ContactKind, contact_kind, masked, without_contacts
from yuchi.domain.event import Contact, Event
from yuchi.domain.mapping import FieldMapping, Mapped
from yuchi.domain.mapping.applying import SECRET
from yuchi.domain.problem import RuleProblem
from yuchi.services.ports_sources import Contacts

MAX_DEPTH: Final = 5

UNREADABLE: Final = RuleProblem(
    "contact.unreadable",
    "手机号或邮箱看不懂，也没有别的身份，不知道是谁",
    "the phone or e-mail cannot be read and there is no other identity: nobody knows whose it is",
    field="identities",
)


@dataclass(frozen=True, slots=True)
class Told:
    """An event, or the reason why there is none. ``unsealed``: how many contacts were left out as no such thing."""

    event: Event | None
    problem: RuleProblem | None = None
    unsealed: int = 0


def make_event(
    mapped: Mapped,
    mapping: FieldMapping,
    contacts: Contacts,
    *,
    brand: str,
    source: str,
    event_id: str,
    time: datetime,
    historical: bool,
    provenance: Mapping[str, Any] | None = None,
) -> Told:
    """The event that ``mapped`` tells.

    ``source``: ``Event.source``. ``time``: of rows that say none. ``provenance``: further data, such as the import.
    Raises ``UnavailableError`` where the keys for contacts cannot be read.
    """
    identities: list[str] = []
    sealed: dict[str, Contact] = {}
    unsealed = 0
    for namespace, value in mapped.identities.items():
        if namespace not in SECRET:
            identities.append(mapping.whole(namespace, value))
            continue
        found = contacts.seal(ContactKind(namespace), value)
        if found is None:
            unsealed += 1
        else:
            identities.append(found[0])
            sealed[found[0]] = found[1]
    if not identities:
        return Told(None, UNREADABLE, unsealed)
    data = {**_harmless_map(mapped.data, 1), **(provenance or {})}
    if mapped.attributes:
        data["traits"] = _harmless_map(mapped.attributes, 1)
    if mapped.tags:
        data["tags"] = [without_contacts(tag) for tag in mapped.tags]
    event = Event(
        id=event_id,
        source=source,
        type=mapped.type,
        time=mapped.time or time,
        brand=brand,
        account="",
        subject=identities[0],
        identities=tuple(identities[1:]),
        contacts=sealed,
        historical=historical if mapping.historical is None else mapping.historical,
        data=data,
    )
    return Told(event, None, unsealed)


def _harmless_map(values: Mapping[str, Any], depth: int) -> dict[str, Any]:
    return {name: _harmless(value, contact_kind(name.lower()), depth) for name, value in values.items()}


def _harmless(value: Any, kind: ContactKind | None, depth: int) -> Any:
    """``value`` with phones and addresses masked: in fields named after them, and in mainland numbers anywhere."""
    if isinstance(value, dict):
        return _harmless_map(value, depth + 1) if depth < MAX_DEPTH else {}
    if isinstance(value, list):
        return [_harmless(each, kind, depth + 1) for each in value] if depth < MAX_DEPTH else []
    if kind is not None and value is not None and not isinstance(value, bool):
        return masked(kind, str(value))
    return without_contacts(value) if isinstance(value, str) else value
