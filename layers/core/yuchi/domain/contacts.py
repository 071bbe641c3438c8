"""Phone numbers and e-mail addresses: one way of writing each, what people are shown, and where they are looked for."""

import re
from enum import StrEnum
from typing import Final

import phonenumbers

from yuchi.domain.identity import EMAIL, PHONE

REGION: Final = "CN"
"""Where a number without a country code belongs."""
MAX_ADDRESS: Final = 254
_ADDRESS: Final = re.compile(r"[^@\s\"<>(),:;\[\]\\]{1,64}@[^@\s.\"<>(),:;\[\]\\]+(\.[^@\s.\"<>(),:;\[\]\\]+)+")
_SHORT: Final = 7


class ContactKind(StrEnum):
    """The kinds of contacts; each is the namespace of its identities."""

    PHONE = PHONE
    EMAIL = EMAIL


CONTACT_FIELDS: Final = {
    **dict.fromkeys(
        ("phone", "mobile", "tel", "telephone", "cellphone", "cell", "phone_number", "mobile_number", "mobile_phone"),
        ContactKind.PHONE,
    ),
    **dict.fromkeys(("手机", "手机号", "手机号码", "电话", "联系电话"), ContactKind.PHONE),
    **dict.fromkeys(("email", "e_mail", "mail", "email_address", "邮箱", "电子邮箱"), ContactKind.EMAIL),
}
"""The names of fields that hold a contact, in snake case. A name that ends in one (``billing_phone``) holds one too."""


_SHARED: Final = frozenset({"tel", "telephone", "电话", "联系电话"})
OWN_CONTACTS: Final = frozenset(CONTACT_FIELDS) - _SHARED
"""The fields that say how the person is reached, and so who it is: not a receiver's number, nor a telephone in a house."""


def contact_kind(name: str) -> ContactKind | None:
    """What a field of this name holds; None for other fields."""
    found = CONTACT_FIELDS.get(name)
    if found is None and "_" in name:
        found = CONTACT_FIELDS.get(name.rpartition("_")[2]) or CONTACT_FIELDS.get("_".join(name.split("_")[-2:]))
    return found


def normalise(kind: ContactKind, value: str) -> str | None:
    """The one way of writing ``value``: E.164, or an address in lower case. None where it is neither."""
    return normalise_phone(value) if kind is ContactKind.PHONE else normalise_email(value)


def normalise_phone(value: str, region: str = REGION) -> str | None:
    """``+8613800138000`` from the ways in which people write it; None for what cannot be a number."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or number.extension:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalise_email(value: str) -> str | None:
    """The address in lower case; None for what is none."""
    address = value.strip().lower()
    return address if len(address) <= MAX_ADDRESS and _ADDRESS.fullmatch(address) else None


def mask(kind: ContactKind, normalised: str) -> str:
    """What people are shown of it."""
    return mask_phone(normalised) if kind is ContactKind.PHONE else mask_email(normalised)


def mask_phone(number: str) -> str:
    """``138****8000``; a number of another country keeps the start of its code."""
    shown = number.removeprefix("+86")
    return f"{shown[:3]}****{shown[-4:]}" if len(shown) > _SHORT else "****" + shown[-2:]


def mask_email(address: str) -> str:
    """``l***@example.com``."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"


def masked(kind: ContactKind, value: str) -> str:
    """What people are shown of something that stood in a contact's field, whatever it is."""
    normalised = normalise(kind, value)
    return mask(kind, normalised) if normalised else "***"


_MOBILE: Final = re.compile(r"(\+?86)?1[3-9]\d{9}")


def is_contact(identifier: str) -> bool:
    """Whether an id that somebody chose is an address or a mainland mobile number."""
    return _MOBILE.fullmatch(identifier) is not None or ("@" in identifier and normalise_email(identifier) is not None)


_ADDRESS_IN_TEXT: Final = re.compile(r"[\w.+-]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_MOBILE_IN_TEXT: Final = re.compile(
    r"(?<![A-Za-z0-9_])(?<!\d\.)(?:(?:\+|00)?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?![A-Za-z0-9_]|\.\d)"
)


def without_contacts(text: str) -> str:
    """``text`` with the addresses and mainland mobile numbers in it masked."""
    if "@" in text or "%40" in text:
        text = _ADDRESS_IN_TEXT.sub(lambda found: mask_email(found[0].replace("%40", "@").lower()), text)
    return _MOBILE_IN_TEXT.sub(lambda found: mask_phone(re.sub(r"\D", "", found[0])[-11:]), text)
