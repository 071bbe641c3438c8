"""WeChat's message signature and AES envelope (WeChat documentation: message push, message encryption)."""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import sha1
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK: Final = 32
"""WeChat pads to 32 bytes (PKCS #7), twice the block of AES."""

_RANDOM_BYTES: Final = 16
_LENGTH_BYTES: Final = 4


class DecryptionError(Exception):
    """The ciphertext does not open with this key for this appid. Says no more than that."""


class UnusableKeyError(Exception):
    """An EncodingAESKey of the account is not 43 characters of base64: the operator has to mend it."""


def sign(*parts: str) -> str:
    """SHA-1 of the sorted, concatenated parts, as 40 hexadecimal digits.

    The concatenation is ambiguous, so callers check the format of every part first.
    """
    return sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def is_signature(given: str, *parts: str) -> bool:
    """Whether ``given`` signs ``parts``; takes the same time wherever it differs."""
    return hmac.compare_digest(given.encode(), sign(*parts).encode())


def parse_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey (43 characters). Raises :class:`UnusableKeyError`."""
    try:
        key = b64decode(encoding_aes_key + "=", validate=True)
    except (Base64Error, ValueError):
        raise UnusableKeyError from None
    if len(key) != BLOCK:
        raise UnusableKeyError
    return key


def decrypt(key: bytes, encrypted: str, appid: str) -> bytes:
    """The message inside ``encrypted`` (base64): random(16) + length(4) + message + appid, padded to 32.

    Every byte of the padding, the length and the appid are checked. Raises :class:`DecryptionError`.
    """
    try:
        ciphertext = b64decode(encrypted, validate=True)
    except (Base64Error, ValueError):
        raise DecryptionError from None
    if not ciphertext or len(ciphertext) % BLOCK:
        raise DecryptionError
    decryptor = Cipher(AES(key), CBC(key[:16])).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    padding = padded[-1]
    if not 1 <= padding <= BLOCK or not padded.endswith(bytes([padding]) * padding):
        raise DecryptionError
    content = padded[_RANDOM_BYTES:-padding]
    end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "big")
    if not hmac.compare_digest(content[end:], appid.encode()) or end > len(content):
        raise DecryptionError
    return content[_LENGTH_BYTES:end]


def encrypt(key: bytes, message: bytes, appid: str, random: bytes) -> str:
    """The inverse of :func:`decrypt`; ``random`` are 16 fresh random bytes."""
    content = random + len(message).to_bytes(_LENGTH_BYTES, "big") + message + appid.encode()
    padding = BLOCK - len(content) % BLOCK
    encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
    return b64encode(encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()).decode()
