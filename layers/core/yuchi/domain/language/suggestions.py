"""What was probably meant, as text to be copied into the condition."""

from collections.abc import Callable, Mapping
from typing import Final

from yuchi.domain.catalogue import Kind
from yuchi.domain.language.lexer import quoted
from yuchi.domain.language.lookalikes import WORD_FUNCTIONS
from yuchi.domain.language.moments import parse_day, parse_span, parse_timestamp
from yuchi.domain.language.tree import Binary, Call, Literal, Node, Select

text = quoted

_YES: Final = {"true": "true", "yes": "true", "1": "true", "是": "true", "已关注": "true"}
_NO: Final = {"false": "false", "no": "false", "0": "false", "否": "false", "未关注": "false"}


def as_text(node: Node) -> str:
    """A number as a text."""
    value = node.value if isinstance(node, Literal) else None
    return quoted(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def attribute(name: str) -> str:
    """How the attribute ``name`` is written in a condition."""
    plain = name.isascii() and name.isidentifier() and name != "in"
    return f"profile.attributes.{name}" if plain else f"profile.attributes[{quoted(name)}]"


def lower(value: str) -> str:
    """A text in lower case."""
    return quoted(
        value.lower() if value.isascii() else "".join(each.lower() if each.isascii() else each for each in value)
    )


def for_condition(node: Node, kind: str, before: Node | None, source: str) -> str:
    """Something that is no test stands where one should be."""
    written = source[node.start : node.end]
    if isinstance(node, Literal):
        # event.key == "A" || "B"
        if isinstance(before, Binary) and before.operator in {"==", "!="} and isinstance(before.right, Literal):
            return f"{source[before.left.start : before.left.end]} {before.operator} {written}"
        return ""
    if kind in {Kind.LIST, Kind.MAP}:
        return f"size({written}) > 0"
    if kind == Kind.NUMBER:
        return f"{written} > 0"
    return f"has({written})" if isinstance(node, Select) else ""


def for_comparison(left: Node, left_kind: str, operator: str, right: Node, right_kind: str, source: str) -> str:
    """Two kinds that cannot be compared; ``left`` is the side that is no constant, where there is one."""
    constant = _constant_of_kind(left_kind, right)
    written = source[left.start : left.end]
    if constant:
        return f"{written} {operator} {constant}"
    other = source[right.start : right.end]
    if left_kind in {Kind.MAP, Kind.LIST} and right_kind == Kind.TEXT and operator in {"==", "!="}:
        return f"{other} in {written}" if operator == "==" else f"!({other} in {written})"
    if left_kind == Kind.DURATION and right_kind == Kind.NUMBER:
        return f'{written} {operator} duration("{other}d")' if other.isdigit() else ""
    if left_kind == Kind.TIME and right_kind == Kind.DURATION:
        return f"now - {written} {operator} {other}"
    return ""


def _constant_of_kind(kind: str, node: Node) -> str:
    """The constant in ``node`` as one of ``kind``."""
    if not isinstance(node, Literal):
        return ""
    if kind == Kind.TEXT:
        return as_text(node)
    if kind == Kind.BOOLEAN and node.value in (0, 1):
        return "true" if node.value else "false"
    convert = _CONVERSIONS.get(kind)
    return convert(node.value) if convert is not None and isinstance(node.value, str) else ""


def _as_number(value: str) -> str:
    number = value.strip()
    return number if number.isascii() and number.replace(".", "", 1).removeprefix("-").isdigit() else ""


def _as_time(value: str) -> str:
    day = parse_day(value)
    if day is not None:
        return f'timestamp("{day.isoformat()}T00:00:00+08:00")'
    return f"timestamp({quoted(value)})" if parse_timestamp(value) else 'timestamp("2026-05-01T00:00:00+08:00")'


_CONVERSIONS: Final[Mapping[str, Callable[[str], str]]] = {
    Kind.NUMBER: _as_number,
    Kind.BOOLEAN: lambda value: _YES.get(value.lower(), "") or _NO.get(value.lower(), ""),
    Kind.TIME: _as_time,
    Kind.DURATION: lambda value: f"duration({quoted(value)})" if parse_span(value) else "",
}


def for_field_inside(operand: str, field: str) -> str:
    """``event.key.length``: a method without its brackets."""
    function = WORD_FUNCTIONS.get(field.lower(), field if field in WORD_FUNCTIONS.values() else "")
    if function == "size":
        return f"size({operand})"
    return f"{operand}.{function}(...)" if function in {"contains", "startsWith", "endsWith", "trim"} else ""


def for_argument(call: Call, kind: str, source: str) -> str:
    """A function on a kind that it does not take."""
    written = [source[each.start : each.end] for each in call.arguments]
    if call.function == "contains" and kind in {Kind.MAP, Kind.LIST} and len(written) > 1:
        return f"{written[1]} in {written[0]}"
    if call.function in {"contains", "startsWith", "endsWith"} and kind == Kind.NUMBER:
        return f"{written[0]}.{call.function}({as_text(call.arguments[1])})" if as_text(call.arguments[1]) else ""
    if call.function == "containsAny" and kind == Kind.TEXT:
        return f"{written[0]}.containsAny([{written[1]}])"
    if call.function == "contains" and kind == Kind.LIST:
        return f"{written[0]}.containsAny({written[1]})"
    return ""
