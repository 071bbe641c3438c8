"""Whether a message that came to us was signed as the Standard Webhooks specification says."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from yuchi.adapters.webhooks.signature import WebhookSecretError, key_of
from yuchi.services.receive_webhook import SignatureWrongError

TOLERANCE_SECONDS: Final = 300
"""How far the sender's clock may be from ours; what was recorded and is played again later is refused."""
MAX_SIGNATURES: Final = 10
_ID: Final = re.compile(r"[!-~]{1,256}", re.ASCII)
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_SCHEME: Final = "v1,"


def verify(body: bytes, headers: Mapping[str, str], *, secrets: str, now: datetime) -> str:
    """The ``webhook-id`` of a message that is signed with one of ``secrets`` and at most five minutes old.

    ``headers`` have lower-case names. Raises :class:`SignatureWrongError`, which says nothing about why.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureWrongError
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise SignatureWrongError
    given = [each.removeprefix(_SCHEME) for each in headers.get("webhook-signature", "").split()[:MAX_SIGNATURES]]
    signed = f"{message_id}.{timestamp}.".encode() + body
    matches = [
        hmac.compare_digest(base64.b64encode(hmac.digest(key, signed, hashlib.sha256)), each.encode())
        for key in _keys(secrets)
        for each in given
    ]
    if not any(matches):
        raise SignatureWrongError
    return message_id


def _keys(secrets: str) -> list[bytes]:
    try:
        return [key_of(secret) for secret in secrets.split()]
    except WebhookSecretError:
        raise SignatureWrongError from None
