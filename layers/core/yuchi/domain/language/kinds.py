"""Kinds of values, as the static checks reason about them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from yuchi.domain.catalogue import Kind

NULL: Final = "null"
"""The kind of ``null``, which no field has."""
AnyKind = Kind | str
LITERAL_KINDS: Final[Mapping[type, AnyKind]] = {
    str: Kind.TEXT,
    bool: Kind.BOOLEAN,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    datetime: Kind.TIME,
    timedelta: Kind.DURATION,
    type(None): NULL,
}

_ARITHMETIC: Final[Mapping[tuple[AnyKind, str, AnyKind], Kind]] = {
    **{(Kind.NUMBER, operator, Kind.NUMBER): Kind.NUMBER for operator in "+-*/%"},
    (Kind.TEXT, "+", Kind.TEXT): Kind.TEXT,
    (Kind.LIST, "+", Kind.LIST): Kind.LIST,
    (Kind.TIME, "+", Kind.DURATION): Kind.TIME,
    (Kind.DURATION, "+", Kind.TIME): Kind.TIME,
    (Kind.TIME, "-", Kind.DURATION): Kind.TIME,
    (Kind.TIME, "-", Kind.TIME): Kind.DURATION,
    (Kind.DURATION, "+", Kind.DURATION): Kind.DURATION,
    (Kind.DURATION, "-", Kind.DURATION): Kind.DURATION,
}


def combine(left: AnyKind, operator: str, right: AnyKind) -> AnyKind | None:
    """The kind of ``left operator right`` in arithmetic: ``ANY`` where only the data will tell, None where it is wrong."""
    result = _ARITHMETIC.get((left, operator, right))
    if result is not None or Kind.ANY not in {left, right}:
        return result
    known = left if right == Kind.ANY else right
    fits = known == Kind.ANY or any(known in (one, other) and operator == each for one, each, other in _ARITHMETIC)
    if not fits:
        return None
    return Kind.NUMBER if operator in "*/%" else Kind.ANY
