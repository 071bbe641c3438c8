"""The door: which pushes are really from WeChat, and what they say.

Policy: an account in safe mode believes nothing but the decrypted content under ``msg_signature``. In the compatible
mode WeChat sends plaintext beside it, and an ``encrypt_type`` in the query; both are ignored, or anybody could
downgrade a push. Plain mode, whose signature does not cover the body, is for accounts that chose it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from yuchi.adapters.wechat.crypto import DecryptionError, UnusableKeyError, decrypt, is_signature, parse_key
from yuchi.adapters.wechat.payload import MAX_BODY, MalformedPayloadError, read_payload
from yuchi.domain.account import Account, AccountSecrets, PushMode

FRESHNESS: Final = 300
"""Seconds that a push's timestamp may differ from our clock. WeChat's own retries come within 15 seconds."""

_TIMESTAMP: Final = re.compile(r"[0-9]{10}")
_NONCE: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{40}")
_ECHO: Final = re.compile(r"[0-9A-Za-z+/=_-]{1,256}")

Query = Mapping[str, Sequence[str]]
"""Query parameters with every value that was given for a name, in order."""


class RefusedPushError(Exception):
    """The push is not proven to come from WeChat for this account. Has no detail on purpose: one answer for all."""


class UnparsablePushError(Exception):
    """The push is from WeChat, but its content is neither XML nor JSON of the known shape.

    ``body`` is the decrypted content.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__("authentic push with malformed content")
        self.body = body


@dataclass(frozen=True, slots=True)
class OpenedPush:
    """An authentic push.

    ``payload``: its fields, see :func:`yuchi.adapters.wechat.payload.read_payload`. ``body``: the decrypted bytes.
    ``token`` and ``key`` are the ones that fitted (an answer is encrypted with the same); ``key`` is None in plain
    mode.
    """

    payload: dict[str, Any]
    body: bytes
    token: str
    key: bytes | None

    @property
    def is_json(self) -> bool:
        """Whether WeChat wrote it as JSON (a choice of mini-programs), and reads the answer so."""
        return self.body.lstrip()[:1] == b"{"

    def __repr__(self) -> str:
        return f"OpenedPush({len(self.body)} bytes)"


def verify_echo(query: Query, *, tokens: Iterable[str]) -> str:
    """The ``echostr`` to answer to WeChat's GET when an operator saves the callback address.

    Raises :class:`RefusedPushError`.
    """
    signature = _single(query, "signature", _SIGNATURE)
    timestamp, nonce = _single(query, "timestamp", _TIMESTAMP), _single(query, "nonce", _NONCE)
    echo = _single(query, "echostr", _ECHO)
    _fitting_token(tokens, signature, timestamp, nonce)
    return echo


def open_push(account: Account, secrets: AccountSecrets, query: Query, body: bytes, *, now: datetime) -> OpenedPush:
    """Verify, decrypt and parse a POST.

    Raises :class:`RefusedPushError` for whatever is not proven to be WeChat's, :class:`UnparsablePushError` for
    authentic nonsense, and :class:`UnusableKeyError` when the account's own key is no key.
    """
    if len(body) > MAX_BODY:
        raise RefusedPushError
    timestamp, nonce = _single(query, "timestamp", _TIMESTAMP), _single(query, "nonce", _NONCE)
    if abs(now.timestamp() - int(timestamp)) > FRESHNESS:
        raise RefusedPushError
    if account.mode is PushMode.PLAIN:
        signature = _single(query, "signature", _SIGNATURE)
        token = _fitting_token(secrets.tokens(), signature, timestamp, nonce)
        return _parse(account, body, token=token, key=None)
    signature = _single(query, "msg_signature", _SIGNATURE)
    encrypted = _envelope(body)
    token = _fitting_token(secrets.tokens(), signature, timestamp, nonce, encrypted)
    key, content = _decrypt(secrets.aes_keys() or ("",), encrypted, account.appid)
    return _parse(account, content, token=token, key=key)


def _single(query: Query, name: str, form: re.Pattern[str]) -> str:
    values = query.get(name, ())
    if len(values) != 1 or not form.fullmatch(values[0]):
        raise RefusedPushError
    return values[0]


def _fitting_token(tokens: Iterable[str], signature: str, *parts: str) -> str:
    # Every token is tried, so that time does not tell which one fitted; an empty one would sign for anybody.
    fitting = [token for token in tokens if token and is_signature(signature, token, *parts)]
    if not fitting:
        raise RefusedPushError
    return fitting[0]


def _envelope(body: bytes) -> str:
    try:
        encrypted = read_payload(body).get("Encrypt")
    except MalformedPayloadError:
        raise RefusedPushError from None
    if not isinstance(encrypted, str):
        raise RefusedPushError
    return encrypted


def _decrypt(encoding_aes_keys: Iterable[str], encrypted: str, appid: str) -> tuple[bytes, bytes]:
    unusable: UnusableKeyError | None = None
    for encoding_aes_key in encoding_aes_keys:
        try:
            key = parse_key(encoding_aes_key)
            return key, decrypt(key, encrypted, appid)
        except UnusableKeyError as error:
            unusable = error
        except DecryptionError:
            continue
    if unusable:
        raise unusable
    raise RefusedPushError


def _parse(account: Account, body: bytes, *, token: str, key: bytes | None) -> OpenedPush:
    try:
        payload = read_payload(body)
    except MalformedPayloadError:
        raise UnparsablePushError(body) from None
    if payload.get("ToUserName") != account.original_id:
        raise RefusedPushError
    return OpenedPush(payload=payload, body=body, token=token, key=key)
