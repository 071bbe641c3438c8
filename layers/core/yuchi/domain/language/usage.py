"""What kinds cannot tell: constants that a function's result never equals, keywords that match too much, clocks in UTC."""

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Final

from yuchi.domain.catalogue import Kind
from yuchi.domain.language import suggestions
from yuchi.domain.language.functions import FUNCTIONS, FunctionSpec
from yuchi.domain.language.kinds import LITERAL_KINDS, AnyKind
from yuchi.domain.language.messages import Problem, make_problem
from yuchi.domain.language.tree import Binary, Call, ListOf, Literal, Node
from yuchi.domain.language.values import ORDER_MIRRORED
from yuchi.domain.problem import Severity

_TEXT_TESTS: Final = frozenset({"contains", "containsAny", "startsWith", "endsWith"})
_KEYWORD_TESTS: Final = frozenset({"contains", "containsAny"})
_IN_A_ZONE: Final = frozenset(
    {"getHours", "getDayOfWeek", "getDate", "getDayOfMonth", "getMonth", "getDayOfYear", "getFullYear"}
)


def of_comparison(node: Binary, text: str) -> Iterator[Problem]:
    """``getMonth() == 12``: a clock has no thirteenth month. ``x.lowerAscii() == "VIP"``."""
    operand, operator, constant = node.left, node.operator, node.right
    if isinstance(operand, Literal):
        operand, operator, constant = constant, ORDER_MIRRORED[operator], operand
    if not isinstance(operand, Call) or not isinstance(constant, Literal):
        return
    yield from _lower_case(operand, [constant])
    spec, value = FUNCTIONS[operand.function], constant.value
    if spec.low is None or isinstance(value, bool) or not isinstance(value, int | float):
        return
    high = inf if spec.high is None else spec.high
    if not _possible(operator, value, spec.low, high):
        shown = "∞" if spec.high is None else str(round(high))
        found = text[operand.start : operand.end]
        yield make_problem("never.range", node.start + 1, found=found, low=round(spec.low), high=shown)


def of_membership(node: Binary) -> Iterator[Problem]:
    """``x.lowerAscii() in ["VIP"]``."""
    if isinstance(node.right, ListOf):
        yield from _lower_case(node.left, node.right.items)


def of_call(node: Call, spec: FunctionSpec, kinds: Sequence[AnyKind], text: str) -> Iterator[Problem]:
    """Keywords, and parts of times that are read in UTC."""
    if node.function in _TEXT_TESTS:
        yield from _keywords(node)
    elif spec.name in _IN_A_ZONE and len(node.arguments) == 1 and kinds[0] == Kind.TIME:
        operand = node.arguments[0]
        if not isinstance(operand, Call) or operand.function != "localTime":
            source = text[operand.start : operand.end]
            suggestion = f'{source}.{spec.name}("Asia/Shanghai")'
            found = text[node.start : node.end]
            yield make_problem("time.utc", node.start + 1, found=found, suggestion=suggestion, severity=Severity.HINT)


def _keywords(node: Call) -> Iterator[Problem]:
    argument = node.arguments[-1]
    words = argument.items if isinstance(argument, ListOf) else (argument,)
    for word in words:
        if not isinstance(word, Literal):
            continue
        value, column = word.value, word.start + 1
        if value == "":
            yield make_problem("keyword.empty", column, severity=Severity.HINT)
        elif isinstance(value, str):
            if len(value) == 1 and node.function in _KEYWORD_TESTS:
                yield make_problem("keyword.short", column, found=value, severity=Severity.HINT)
        elif argument is not word:
            suggestion = suggestions.as_text(word)
            kind = LITERAL_KINDS[type(value)]
            yield make_problem("kind.argument", column, function=node.function, kind=kind, suggestion=suggestion)
    yield from _lower_case(node.arguments[0], words)


def _lower_case(text: Node, constants: Iterable[Node]) -> Iterator[Problem]:
    if not isinstance(text, Call) or text.function != "lowerAscii":
        return
    for constant in constants:
        value = constant.value if isinstance(constant, Literal) else None
        if isinstance(value, str) and any("A" <= letter <= "Z" for letter in value):
            suggestion = suggestions.lower(value)
            yield make_problem("keyword.lower", constant.start + 1, found=value, suggestion=suggestion)


def _possible(operator: str, value: float, low: float, high: float) -> bool:
    possible = {
        "==": low <= value <= high,
        "!=": low < high or value != low,
        "<": low < value,
        "<=": low <= value,
        ">": high > value,
        ">=": high >= value,
    }
    return possible[operator]
