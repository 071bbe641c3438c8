"""What operators do with values. Missing is null, and nothing here raises, whatever the data.

``null`` equals only ``null``; values that cannot be compared are not equal and not ordered; arithmetic that has no result
(a null, mismatched types, a division by zero, a whole number beyond 64 bits) gives null.
"""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from math import copysign, inf, isnan, nan
from typing import Any, Final

from yuchi.domain.language.moments import as_time

MAX_ELEMENTS: Final = 100
"""How many elements ``exists`` and ``all`` look at."""
MAX_TEXT: Final = 10_000
"""Longest text and list that ``+`` makes."""
_MAX_DATA_DEPTH: Final = 64
_MIN_INTEGER: Final = -(2**63)
_MAX_INTEGER: Final = 2**63 - 1

_ORDERED: Final[dict[type, int]] = {bool: 1, int: 2, float: 2, str: 3, datetime: 4, timedelta: 5}
"""Types with the same number can be ordered."""


def equal(left: Any, right: Any, depth: int = 0) -> bool:
    """``==``: numbers by value (1 == 1.0), lists and maps by their elements, and true is not 1."""
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list):
        return (
            isinstance(right, list)
            and len(left) == len(right)
            and depth < _MAX_DATA_DEPTH
            and all(equal(one, other, depth + 1) for one, other in zip(left, right, strict=True))
        )
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and depth < _MAX_DATA_DEPTH
            and all(equal(value, right[name], depth + 1) for name, value in left.items())
        )
    return not isinstance(right, list | dict) and bool(left == right)


def ordering_of(value: Any) -> int:
    """Which values this one can be ordered with; 0 for none."""
    number = _ORDERED.get(type(value))
    if number is None:
        return next((number for kind, number in _ORDERED.items() if isinstance(value, kind)), 0)
    return number


def _ordered(left: Any, right: Any, compare: Callable[[Any, Any], bool]) -> bool:
    kind, other = ordering_of(left), ordering_of(right)
    if _ORDERED[datetime] in (kind, other):
        left, right = as_time(left), as_time(right)
        return left is not None and right is not None and compare(left, right)
    return kind == other != 0 and compare(left, right)


def less(left: Any, right: Any) -> bool:
    """``<``; a time may be compared with a text that says a time."""
    return _ordered(left, right, _less)


def less_equal(left: Any, right: Any) -> bool:
    """``<=``."""
    return _ordered(left, right, _less_equal)


def greater(left: Any, right: Any) -> bool:
    """``>``."""
    return _ordered(right, left, _less)


def greater_equal(left: Any, right: Any) -> bool:
    """``>=``."""
    return _ordered(right, left, _less_equal)


def _less(left: Any, right: Any) -> bool:
    return bool(left < right)


def _less_equal(left: Any, right: Any) -> bool:
    return bool(left <= right)


def inside(element: Any, container: Any) -> bool:
    """``element in container``: an element of a list, a key of a map."""
    if isinstance(container, dict):
        return isinstance(element, str) and element in container
    return isinstance(container, list) and any(equal(element, each) for each in container)


_TRUE: Final = object()
_FALSE: Final = object()


def key_of(value: Any) -> Hashable:
    """A key so that values are equal exactly when their keys are; None for what has none (null, lists, maps, NaN)."""
    if isinstance(value, str):
        return value
    if value is True:
        return _TRUE
    if value is False:
        return _FALSE
    if isinstance(value, int):
        return value
    return value if isinstance(value, float) and not isnan(value) else None


def one_of(value: Any, keys: frozenset[Hashable]) -> bool:
    """``value in [constants]``, with the constants as keys."""
    key = key_of(value)
    return key is not None and key in keys


def select(operand: Any, field: str) -> Any:
    """``operand.field``."""
    return operand.get(field) if isinstance(operand, dict) else None


def index(operand: Any, position: Any) -> Any:
    """``operand[position]``."""
    if isinstance(operand, dict):
        return operand.get(position) if isinstance(position, str) else None
    inside_list = isinstance(operand, list) and _number(position) and 0 <= position < len(operand)
    return operand[int(position)] if inside_list and position == int(position) else None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bounded(number: int) -> int | None:
    return number if _MIN_INTEGER <= number <= _MAX_INTEGER else None


def _checked(compute: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """The result for two numbers, or for times and spans; null beyond what can be represented."""
    try:
        result = compute(left, right)
    except OverflowError:
        return None
    return _bounded(result) if isinstance(result, int) else result


def _plus(left: Any, right: Any) -> Any:
    return left + right


def _minus(left: Any, right: Any) -> Any:
    return left - right


def _times(left: Any, right: Any) -> Any:
    return left * right


def add(left: Any, right: Any) -> Any:
    """``+``: numbers, texts, lists, a time and a span, two spans."""
    if _number(left) and _number(right):
        return _checked(_plus, left, right)
    for kind in (str, list):
        if isinstance(left, kind) and isinstance(right, kind):
            return left + right if len(left) + len(right) <= MAX_TEXT else None  # type: ignore[operator]  # both are of `kind`
    if isinstance(right, timedelta):
        start = left if isinstance(left, timedelta) else as_time(left)
        return None if start is None else _checked(_plus, start, right)
    if isinstance(left, timedelta):
        start = as_time(right)
        return None if start is None else _checked(_plus, start, left)
    return None


def subtract(left: Any, right: Any) -> Any:
    """``-``: numbers, two times (a span), a span from a time, two spans."""
    if _number(left) and _number(right):
        return _checked(_minus, left, right)
    if isinstance(left, timedelta):
        return _checked(_minus, left, right) if isinstance(right, timedelta) else None
    if not isinstance(left, datetime) and not isinstance(right, datetime | timedelta):
        return None
    start = as_time(left)
    taken = right if isinstance(right, timedelta) else as_time(right)
    return None if start is None or taken is None else _checked(_minus, start, taken)


def multiply(left: Any, right: Any) -> Any:
    """``*``: numbers."""
    return _checked(_times, left, right) if _number(left) and _number(right) else None


def divide(left: Any, right: Any) -> Any:
    """``/``: whole numbers give a whole number, cut towards zero."""
    if not (_number(left) and _number(right)):
        return None
    if isinstance(left, int) and isinstance(right, int):
        if right == 0:
            return None
        quotient = abs(left) // abs(right)
        return _bounded(quotient if (left < 0) == (right < 0) else -quotient)
    return _checked(_divide_floats, left, right)


def _divide_floats(left: float, right: float) -> float:
    if right == 0:
        # IEEE 754, as in CEL.
        return nan if left == 0 or isnan(left) else copysign(inf, left) * copysign(1.0, right)
    return left / right


def remainder(left: Any, right: Any) -> Any:
    """``%``: whole numbers; the sign is that of ``left``."""
    if not (_number(left) and _number(right)) or isinstance(left, float) or isinstance(right, float) or right == 0:
        return None
    rest = abs(left) % abs(right)
    return _bounded(-rest if left < 0 else rest)


def negate(operand: Any) -> Any:
    """``-operand``."""
    if isinstance(operand, timedelta):
        return _checked(_minus, timedelta(), operand)
    return _checked(_times, operand, -1) if _number(operand) else None


def exists(operand: Any, test: Callable[[Any], bool]) -> bool | None:
    """Whether an element of a list (a key of a map) passes; null where none of the first 100 does and there are more."""
    if not isinstance(operand, list | dict):
        return None
    for number, element in enumerate(operand):
        if number == MAX_ELEMENTS:
            return None
        if test(element):
            return True
    return False


def every(operand: Any, test: Callable[[Any], bool]) -> bool | None:
    """Whether all elements of a list (keys of a map) pass; null where the first 100 do and there are more."""
    if not isinstance(operand, list | dict):
        return None
    for number, element in enumerate(operand):
        if number == MAX_ELEMENTS:
            return None
        if not test(element):
            return False
    return True


ORDER_MIRRORED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""``a < b`` is ``b > a``."""
COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": less,
    "<=": less_equal,
    ">": greater,
    ">=": greater_equal,
    "in": inside,
}
ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
}
