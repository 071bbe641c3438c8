"""DynamoDB values as plain JSON values, whatever they are: for hashing, measuring and reading items of unknown content."""

import json
from collections.abc import Mapping
from collections.abc import Set as AnySet
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

MAX_DEPTH: Final = 32
"""DynamoDB nests no deeper."""
_MAX_INTEGER: Final = 10**18


class Binary(str):
    """Stands for binary data in a plain value: its bytes in hexadecimal."""

    __slots__ = ()


class Strange(str):
    """Stands for what is no DynamoDB value at all, or is nested too deep: the name of its type."""

    __slots__ = ()


def plain(value: Any, depth: int = 0) -> Any:
    """``value`` made of str, int, float, bool, None, list and dict only (and :class:`Binary`, :class:`Strange`).

    Whole numbers below 10**18 become int, others float; sets become sorted lists; broken Unicode becomes question marks.
    """
    if type(value) is str:
        return value if value.isascii() else _whole(value)
    if depth > MAX_DEPTH:
        return Strange("deep")
    match value:
        case Binary() | Strange():
            return value
        case str():
            return _whole(str(value))
        case None | bool():
            return value
        case float():
            return _number(Decimal(repr(value)))
        case int():
            return value if abs(value) < _MAX_INTEGER else float(Decimal(value))
        case Decimal():
            return _number(value)
        case Mapping():
            return {_whole(str(key)): plain(each, depth + 1) for key, each in value.items()}
        case list() | tuple():
            return [plain(each, depth + 1) for each in value]
        case AnySet():
            return sorted((plain(each, depth + 1) for each in value), key=repr)
    raw = getattr(value, "value", value)
    if isinstance(raw, bytes | bytearray | memoryview):
        return Binary(bytes(raw).hex())
    return Strange(type(value).__name__)


def canonical(value: Any) -> bytes:
    """A plain value as JSON bytes that depend on its content alone."""
    return _ENCODER.encode(value).encode()


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(data: bytes) -> str:
    """32 hexadecimal digits of SHA-256."""
    return sha256(data).hexdigest()[:32]


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _number(value: Decimal) -> Any:
    if not value.is_finite():
        return Strange("number")
    if value.adjusted() < 18 and value == value.to_integral_value():
        return int(value)
    number = float(value)
    return number if abs(number) < float("inf") else Strange("number")
