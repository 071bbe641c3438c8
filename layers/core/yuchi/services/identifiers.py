"""Ids that others chose for people, as we keep them."""

from yuchi.domain.contacts import is_contact
from yuchi.services.ports_sources import Contacts


def identifier_of(chosen: str, contacts: Contacts) -> str:
    """The part of an identity after its namespace: ``chosen``, or its keyed hash where it is somebody's phone or address.

    The same for every source, so that one member is one. Raises ``UnavailableError``.
    """
    if not is_contact(chosen):
        return chosen
    one_way = chosen.lower() if "@" in chosen else chosen.removeprefix("+").removeprefix("86")
    return contacts.pseudonym(one_way)
