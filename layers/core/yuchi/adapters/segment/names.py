"""Names: of events by the specification, of anybody's own events, and of fields in snake case."""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

MAX_TYPE: Final = 60
MAX_NAME: Final = 100
CUSTOM: Final = "custom"

_TABLE: Final = """
product_list.viewed product_list.filtered products.searched product.viewed product.clicked product.added product.removed
product.shared promotion.viewed promotion.clicked cart.viewed cart.shared checkout.started
checkout_step.viewed checkout_step.completed payment_info.entered order.completed order.updated order.refunded
order.cancelled coupon.entered coupon.applied coupon.denied coupon.removed
application.installed application.opened application.updated application.backgrounded application.crashed
application.uninstalled push_notification.received push_notification.tapped deep_link.opened install.attributed
email.delivered email.opened email.bounced email_link.clicked
account.created account.deleted trial.started trial.ended invite.sent form.submitted
video_playback.started video_playback.completed
"""
_IRREGULAR: Final = {
    "product_added_to_wishlist": "wishlist.added",
    "product_removed_from_wishlist": "wishlist.removed",
    "wishlist_product_added_to_cart": "wishlist.ordered",
    "order_canceled": "order.cancelled",
    "product_reviewed": "review.submitted",
    "unsubscribed": "email.unsubscribed",
    "signed_up": "person.signed_up",
    "signed_in": "person.signed_in",
    "signed_out": "person.signed_out",
    "email_marked_as_spam": "email.refused",
}
EVENT_TYPES: Final[Mapping[str, str]] = {each.replace(".", "_"): each for each in _TABLE.split()} | _IRREGULAR
"""The specification's events by their names in snake case: ``order_completed`` -> ``order.completed``."""

CONSENTS: Final[Mapping[str, str]] = {
    f"{CUSTOM}.consent_granted": "consent.granted",
    f"{CUSTOM}.consent_revoked": "consent.revoked",
}
"""What only a source whose key is secret may say: with a public key anybody could agree in another's name."""

SERVERS: Final = frozenset(
    {
        *("order.completed", "order.updated", "order.refunded", "order.cancelled", "account.deleted"),
        *("email.delivered", "email.bounced", "email.unsubscribed", "email.refused"),
    }
)
"""What only a server knows: of money, of membership, of mail. Told with a public key it is but a claim, and has another
type, so that no rule, count, score or stage that is about the fact ever meets it.
"""


PUBLIC_TYPES: Final[Mapping[str, str]] = {each: f"{CUSTOM}.{each.replace('.', '_')}" for each in SERVERS} | {
    known: claimed for claimed, known in CONSENTS.items()
}
"""What they become: ``order.completed`` -> ``custom.order_completed``."""


def public_type(event_type: str) -> str:
    """The type of what was told with a key that everybody can read."""
    return PUBLIC_TYPES.get(event_type, event_type)


_WORD_END: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_WORD: Final = re.compile(r"\W+")
_NOT_ASCII: Final = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """``orderId`` and ``Order ID`` as ``order_id``. Chinese stays as it is; nothing is left of punctuation alone."""
    return _NO_WORD.sub("_", _WORD_END.sub("_", name)).strip("_").lower()[:MAX_NAME]


@lru_cache(maxsize=4096)
def event_type(name: str) -> str:
    """The event type of a tracked event: one of the table, else ``custom.<name in snake case>``.

    A name outside the table never becomes a type of ours, so that nobody can pretend to be WeChat. Names without letters
    of ASCII get a digest; the name itself stays with the event.
    """
    words = snake(name)
    if words in EVENT_TYPES:
        return EVENT_TYPES[words]
    ascii_words = _NOT_ASCII.sub("_", words).strip("_")
    exact = ascii_words == words and ascii_words[:1].isalpha() and len(words) <= MAX_TYPE
    if exact:
        return f"{CUSTOM}.{words}"
    start = ascii_words[: MAX_TYPE - 10].strip("_")
    start = start if start[:1].isalpha() else f"n_{start}".rstrip("_")
    return f"{CUSTOM}.{start}_{sha256(name.strip().encode('utf-8', 'replace')).hexdigest()[:8]}"
