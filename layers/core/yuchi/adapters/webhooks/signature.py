"""Signatures by the Standard Webhooks specification (https://www.standardwebhooks.com), symmetric scheme ``v1``.

The reference library signs with one secret only, so that keys could not be rotated, and reads an aware time of another
zone as UTC; it is the judge in our tests instead.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as randomness
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"
_KEY_BYTES: Final = range(24, 65)
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_:-]{1,200}", re.ASCII)


class WebhookSecretError(Exception):
    """A webhook secret is not ``whsec_`` and the base64 of 24 to 64 bytes. The text never contains the secret."""


def new_secret() -> str:
    """A fresh secret for an account: ``whsec_`` and the base64 of 32 random bytes."""
    return _PREFIX + base64.b64encode(randomness.token_bytes(32)).decode()


def webhook_id(action_id: str) -> str:
    """The ``webhook-id`` of an action: its own id where a header can carry it, else a digest; always the same one.

    The specification joins id, time and body with full stops, so that an id may not contain any.
    """
    if _PLAIN_ID.fullmatch(action_id):
        return action_id
    return "msg_" + hashlib.sha256(action_id.encode()).hexdigest()[:40]


def signed_headers(body: str, *, message_id: str, moment: datetime, secrets: str) -> dict[str, str]:
    """The three headers that prove ``body`` to its receiver.

    ``message_id`` is the same in every repetition, ``moment`` (aware) is that of this attempt. ``secrets`` is one
    secret or, while keys are rotated, several separated by blanks; each gives one signature.

    Raises :class:`WebhookSecretError`.
    """
    keys = [key_of(secret) for secret in secrets.split()]
    if not keys:
        raise WebhookSecretError("no webhook secret")
    timestamp = str(int(moment.timestamp()))
    signed = f"{message_id}.{timestamp}.{body}".encode()
    digests = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{digest}" for digest in digests),
    }


def key_of(secret: str) -> bytes:
    """The key in a secret. Raises :class:`WebhookSecretError`."""
    encoded = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if encoded == secret or len(key) not in _KEY_BYTES:
        raise WebhookSecretError("a webhook secret is whsec_ and the base64 of 24 to 64 bytes")
    return key
