"""DynamoDB values as plain JSON values, whatever they are: for hashing, measuring and reading items of unknown
content.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

MAX_DEPTH: Final = 32
"""DynamoDB nests no deeper."""
MAX_DIGITS: Final = 18
"""Whole numbers with more digits become float."""


class Binary(str):
    """Stands for binary data in a plain value: its bytes in hexadecimal."""

    __slots__ = ()


class Strange(str):
    """Stands for what is no DynamoDB value at all, or is nested too deep: the name of its type."""

    __slots__ = ()


def plain(value: Any, depth: int = 0) -> Any:
    """``value`` made of str, int, float, bool, None, list and dict only (and :class:`Binary`, :class:`Strange`).

    Whole numbers below 10**18 become int, others float; sets become sorted lists; broken Unicode becomes question
    marks.
    """
    if type(value) is str:
        return value if value.isascii() else _whole(value)
    if value is None or isinstance(value, bool | Binary | Strange):
        return value
    if depth > MAX_DEPTH:
        return Strange("deep")
    exact = _EXACTLY.get(type(value))
    if exact is not None:
        return exact(value, depth)
    for kinds, convert in _CONVERTERS:
        if isinstance(value, kinds):
            return convert(value, depth)
    raw = getattr(value, "value", value)  # boto3 wraps binary data
    return Binary(bytes(raw).hex()) if isinstance(raw, _BYTES) else Strange(type(value).__name__)


def canonical(value: Any) -> bytes:
    """A plain value as JSON bytes that depend on its content alone."""
    return _ENCODER.encode(value).encode()


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(data: bytes) -> str:
    """32 hexadecimal digits of SHA-256."""
    return sha256(data).hexdigest()[:32]


def _key(key: object) -> str:
    return key if type(key) is str and key.isascii() else _whole(str(key))


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _number(value: Decimal) -> Any:
    if not value.is_finite():
        return Strange("number")
    if value.adjusted() < MAX_DIGITS and value == value.to_integral_value():
        return int(value)
    number = float(value)
    return number if abs(number) < float("inf") else Strange("number")


def _map(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    return {_key(key): plain(each, depth + 1) for key, each in value.items()}


def _list(value: Iterable[Any], depth: int) -> list[Any]:
    return [plain(each, depth + 1) for each in value]


_BYTES: Final = (bytes, bytearray, memoryview)
_Converter = Callable[[Any, int], Any]
_CONVERTERS: Final[tuple[tuple[Any, _Converter], ...]] = (
    (str, lambda value, _depth: _whole(str(value))),
    (int, lambda value, _depth: _number(Decimal(value))),
    (Decimal, lambda value, _depth: _number(value)),
    (float, lambda value, _depth: _number(Decimal(repr(value)))),
    (Mapping, _map),
    (list | tuple, _list),
    (AbstractSet, lambda value, depth: sorted(_list(value, depth), key=repr)),
)
_EXACTLY: Final[Mapping[type, _Converter]] = {dict: _map, list: _list}
"""What nearly all values with parts are; asking for an abstract class takes longer than reading a small map."""
