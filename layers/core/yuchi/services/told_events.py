"""Events from what a mapping read: contacts are sealed here, and nothing of them goes on in the clear."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from yuchi.domain.contacts import ContactKind, without_contacts
from yuchi.domain.event import Contact, Event
from yuchi.domain.harmless import harmless
from yuchi.domain.identity import ANONYMOUS, MEMBER
from yuchi.domain.mapping import FieldMapping, Mapped
from yuchi.domain.mapping.applying import SECRET
from yuchi.domain.problem import RuleProblem
from yuchi.services.identifiers import identifier_of
from yuchi.services.ports_sources import Contacts

_CHOSEN: Final = frozenset({MEMBER, ANONYMOUS})
"""Identities that the system made up: it may have taken somebody's phone for one."""
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


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the door knows of an event beside what its row says.

    ``source``: ``Event.source``. ``time``: of rows that say none. ``provenance``: further data, such as the import.
    """

    brand: str
    source: str
    time: datetime
    historical: bool
    provenance: Mapping[str, Any] = field(default_factory=dict)


def make_event(mapped: Mapped, mapping: FieldMapping, contacts: Contacts, event_id: str, around: Circumstances) -> Told:
    """The event that ``mapped`` tells. Raises ``UnavailableError`` where the keys for contacts cannot be read."""
    identities: list[str] = []
    sealed: dict[str, Contact] = {}
    unsealed = 0
    for namespace, value in mapped.identities.items():
        if namespace not in SECRET:
            chosen = identifier_of(value, contacts) if namespace in _CHOSEN else value
            identities.append(mapping.whole(namespace, chosen))
            continue
        found = contacts.seal(ContactKind(namespace), value)
        if found is None:
            unsealed += 1
        else:
            identities.append(found[0])
            sealed[found[0]] = found[1]
    if not identities:
        return Told(None, UNREADABLE, unsealed)
    data = {**harmless(mapped.data), **around.provenance}
    if mapped.attributes:
        data["traits"] = harmless(mapped.attributes)
    event = Event(
        id=event_id,
        source=around.source,
        type=mapped.type,
        time=mapped.time or around.time,
        brand=around.brand,
        account="",
        subject=identities[0],
        identities=tuple(identities[1:]),
        contacts=sealed,
        tags=tuple(without_contacts(tag) for tag in mapped.tags),
        untags=tuple(without_contacts(tag) for tag in mapped.untags),
        historical=around.historical if mapping.historical is None else mapping.historical,
        data=data,
    )
    return Told(event, None, unsealed)
