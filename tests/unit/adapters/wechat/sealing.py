"""Pushes as WeChat would make them, sealed by hand so that defects can be planted at every step."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from yuchi.adapters.wechat.crypto import parse_key
from yuchi.domain.account import Account, AccountSecrets, PushMode

NOW = datetime(2026, 3, 8, 2, 0, tzinfo=UTC)
TIMESTAMP = str(int(NOW.timestamp()))
NONCE = "n0nce-1"
TOKEN = "token-of-tea-0123456789abcdefgh"
KEY = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v"
GH = "gh_0a1b2c3d4e5f"
APPID = "wx00000000000000a1"
FAN = "oYuchiFan00000000000000000001"
RANDOM = b"0123456789abcdef"

ACCOUNT = Account.model_validate(
    {"account": "tea", "brand": "demo", "name": "青山茶事", "original_id": GH, "appid": APPID}
)
PLAIN_ACCOUNT = ACCOUNT.model_copy(update={"mode": PushMode.PLAIN})
SECRETS = AccountSecrets.model_validate({"app_secret": "s" * 32, "token": TOKEN, "encoding_aes_key": KEY})

TEXT = (
    f"<xml><ToUserName><![CDATA[{GH}]]></ToUserName><FromUserName><![CDATA[{FAN}]]></FromUserName>"
    f"<CreateTime>{TIMESTAMP}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
    "<Content><![CDATA[你好]]></Content><MsgId>24019283746501901</MsgId></xml>"
)

Query = dict[str, list[str]]


def sha(*parts: str) -> str:
    return sha1("".join(sorted(parts)).encode()).hexdigest()


def frame(message: bytes, *, appid: str = APPID, length: int | None = None) -> bytes:
    size = len(message) if length is None else length
    return RANDOM + size.to_bytes(4, "big") + message + appid.encode()


def pad(content: bytes) -> bytes:
    padding = 32 - len(content) % 32
    return content + bytes([padding]) * padding


def aes(padded: bytes, key: str = KEY) -> str:
    raw = parse_key(key)
    encryptor = Cipher(AES(raw), CBC(raw[:16])).encryptor()
    return b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def envelope(encrypted: str, *, extra: str = "") -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{GH}]]></ToUserName>{extra}<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    ).encode()


def safe_query(
    encrypted: str, *, token: str = TOKEN, timestamp: str = TIMESTAMP, nonce: str = NONCE, **extra: str
) -> Query:
    query = {
        "signature": sha(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": FAN,
        "encrypt_type": "aes",
        "msg_signature": sha(token, timestamp, nonce, encrypted),
    }
    return as_query({**query, **extra})


def plain_query(*, token: str = TOKEN, timestamp: str = TIMESTAMP, nonce: str = NONCE) -> Query:
    return as_query({"signature": sha(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce})


def as_query(values: Mapping[str, str]) -> Query:
    return {name: [value] for name, value in values.items()}


def sealed(
    message: str | bytes = TEXT, *, key: str = KEY, token: str = TOKEN, appid: str = APPID
) -> tuple[Query, bytes]:
    raw = message.encode() if isinstance(message, str) else message
    encrypted = aes(pad(frame(raw, appid=appid)), key)
    return safe_query(encrypted, token=token), envelope(encrypted)
