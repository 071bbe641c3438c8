"""WeChat's signature and AES envelope, written from its documentation (message push: encryption and decryption)."""

import base64
import hashlib
import secrets
import struct
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_MULTIPLE: Final = 32


class EnvelopeError(ValueError):
    """The content does not open with this key, or is for another appid."""


def signature(*parts: str) -> str:
    """SHA-1 over the parts in the order of their characters."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8"), usedforsecurity=False).hexdigest()


def seal(content: bytes, *, encoding_aes_key: str, appid: str) -> str:
    """Sixteen random bytes, the length, the content and the appid; padded, encrypted, in base64."""
    plain = secrets.token_bytes(16) + struct.pack(">I", len(content)) + content + appid.encode("ascii")
    missing = _MULTIPLE - len(plain) % _MULTIPLE
    encryptor = _cipher(encoding_aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([missing] * missing)) + encryptor.finalize()).decode("ascii")


def unseal(sealed: str, *, encoding_aes_key: str, appid: str) -> bytes:
    """What :func:`seal` put in. Raises :class:`EnvelopeError`."""
    try:
        decryptor = _cipher(encoding_aes_key).decryptor()
        padded = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
        plain = padded[16 : -padded[-1]]
        (length,) = struct.unpack(">I", plain[:4])
    except (ValueError, IndexError, struct.error) as error:
        raise EnvelopeError("the envelope does not open") from error
    if plain[4 + length :] != appid.encode("ascii"):
        raise EnvelopeError("the envelope is for another appid")
    return plain[4 : 4 + length]


def _cipher(encoding_aes_key: str) -> "Cipher[modes.CBC]":
    key = base64.b64decode(encoding_aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
