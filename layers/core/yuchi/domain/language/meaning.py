"""Conditions that say nothing: those that never hold and those that always do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Any, Final

from yuchi.domain.language.context import Context
from yuchi.domain.language.interpreter import holds
from yuchi.domain.language.messages import Problem, make_problem
from yuchi.domain.language.tree import And, Binary, Call, ListOf, Literal, Node, Not, Or, Select
from yuchi.domain.language.values import ORDER_MIRRORED, equal, key_of
from yuchi.domain.problem import Severity

_NOTHING: Final = Context(event={}, profile={}, account={}, now=datetime(2000, 1, 1, tzinfo=UTC))


def find_nonsense(tree: Node, text: str, constants: Sequence[Node]) -> list[Problem]:
    """What never or always holds. An error where it decides the whole condition to be false, else hints.

    ``constants``: the parts of ``tree`` that depend on nothing.
    """
    if isinstance(tree, Literal) and tree.value is True:
        return []
    if any(tree is constant for constant in constants):
        always = holds(tree, _NOTHING)
        return [_problem("always.whole" if always else "never.whole", tree, whole=not always)]
    return list(_Reader(text, constants).read(tree, whole=True)) if isinstance(tree, And | Or | Not) else []


def _problem(code: str, node: Node, *, whole: bool, **values: str) -> Problem:
    severity = Severity.ERROR if whole else Severity.HINT
    return make_problem(code, node.start + 1, severity=severity, **values)


class _Reader:
    """Walks over the parts. ``whole``: whether the part decides the whole condition to be false where it never holds."""

    def __init__(self, text: str, constants: Sequence[Node]) -> None:
        self._text = text
        self._constants = {id(constant) for constant in constants}

    def read(self, node: Node, *, whole: bool) -> Iterator[Problem]:
        if isinstance(node, And):
            yield from _contradictions(node, self._text, whole=whole)
            for part in node.parts:
                yield from self._part(part, whole=whole)
        elif isinstance(node, Or):
            yield from _open_doors(node, self._text)
            for part in node.parts:
                yield from self._part(part, whole=False)
        elif isinstance(node, Not):
            yield from self.read(node.operand, whole=False)

    def _part(self, part: Node, *, whole: bool) -> Iterable[Problem]:
        if id(part) in self._constants:
            return self._constant(part, whole=whole)
        return self.read(part, whole=whole) if isinstance(part, And | Or | Not) else ()

    def _constant(self, part: Node, *, whole: bool) -> Iterator[Problem]:
        if holds(part, _NOTHING):
            yield _problem("always.part", part, whole=False)
        else:
            yield _problem("never.part", part, whole=whole)


@dataclass(slots=True)
class _Limits:
    """What the parts of an AND leave for one field."""

    allowed: list[Any] | None = None
    excluded: list[Any] = field(default_factory=list)
    low: float = -inf
    low_open: bool = False
    high: float = inf
    high_open: bool = False

    def possible(self) -> bool:
        """Whether any value passes."""
        if self.allowed is not None:
            return any(self._passes(value) for value in self.allowed)
        return self.low < self.high or (self.low == self.high and not self.low_open and not self.high_open)

    def _passes(self, value: Any) -> bool:
        if any(equal(value, each) for each in self.excluded):
            return False
        if self.low == -inf and self.high == inf:
            return True
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        above = value > self.low or (value == self.low and not self.low_open)
        return above and (value < self.high or (value == self.high and not self.high_open))

    def narrow(self, operator: str, value: Any) -> None:
        """One more part: ``field operator value``."""
        if operator in {"==", "in"}:
            values = value if operator == "in" else [value]
            known = self.allowed
            self.allowed = (
                values if known is None else [each for each in known if any(equal(each, other) for other in values)]
            )
        elif operator in {"!=", "not in"}:
            self.excluded.extend(value if operator == "not in" else [value])
        elif operator in {">", ">="} and value >= self.low:
            self.low, self.low_open = value, operator == ">" or (self.low_open and value == self.low)
        elif operator in {"<", "<="} and value <= self.high:
            self.high, self.high_open = value, operator == "<" or (self.high_open and value == self.high)


def _contradictions(node: And, text: str, *, whole: bool) -> Iterator[Problem]:
    restrictions: dict[str, list[tuple[Node, str, Any]]] = {}
    negated = _negated(node, text)
    for part in node.parts:
        if negated and not isinstance(part, Not) and (other := negated.get(_bare(text[part.start : part.end]))):
            earlier, later = sorted((part, other), key=lambda each: each.start)
            yield _together(later, earlier, text, whole=whole)
            continue
        found = _restriction(part, text)
        if found is not None:
            name, operator, value = found
            restrictions.setdefault(name, []).append((part, operator, value))
    for of_one_field in restrictions.values():
        if len(of_one_field) > 1:
            yield from _conflicts(of_one_field, text, whole=whole)


def _conflicts(restrictions: Sequence[tuple[Node, str, Any]], text: str, *, whole: bool) -> Iterator[Problem]:
    """The first part that leaves no value for the field that all of them restrict."""
    limits = _Limits()
    before: Node | None = None
    for part, operator, value in restrictions:
        limits.narrow(operator, value)
        if not limits.possible():
            if before is not None:
                yield _together(part, before, text, whole=whole)
            return
        before = part


def _together(part: Node, other: Node, text: str, *, whole: bool) -> Problem:
    shown = {"found": text[part.start : part.end], "other": text[other.start : other.end]}
    return _problem("never.together", part, whole=whole, **shown)


def _open_doors(node: Or, text: str) -> Iterator[Problem]:
    """``x != "a" || x != "b"`` and ``x || !x``."""
    unequal: dict[str, Any] = {}
    negated = _negated(node, text)
    for part in node.parts:
        if negated and not isinstance(part, Not) and _bare(text[part.start : part.end]) in negated:
            yield _problem("always.whole", node, whole=False)
            return
        found = _restriction(part, text)
        if found is None or found[1] != "!=":
            continue
        if found[0] in unequal and not equal(unequal[found[0]], found[2]):
            fixed = " && ".join(text[each.start : each.end] for each in node.parts)
            yield make_problem("always.options", node.start + 1, suggestion=fixed, severity=Severity.HINT)
            return
        unequal[found[0]] = found[2]


def _negated(node: And | Or, text: str) -> dict[str, Node]:
    """The parts that are negations, by what they negate."""
    return {_bare(text[part.operand.start : part.operand.end]): part for part in node.parts if isinstance(part, Not)}


def _bare(source: str) -> str:
    """``source`` without brackets around it."""
    source = source.strip()
    return _bare(source[1:-1]) if source[:1] == "(" and source[-1] == ")" and _closed(source[1:-1]) else source


def _closed(inner: str) -> bool:
    """Whether no bracket of ``inner`` belongs to one outside."""
    if ")" not in inner:
        return True
    depth = 0
    for each in inner:
        depth += (each == "(") - (each == ")")
        if depth < 0:
            return False
    return True


def _restriction(part: Node, text: str) -> tuple[str, str, Any] | None:  # noqa: PLR0911 - one case after the other
    """``(field, operator, value)`` of a part that compares a field with a constant."""
    if isinstance(part, Not) and isinstance(part.operand, Binary):
        inner = _restriction(part.operand, text)
        return None if inner is None or inner[1] not in _NEGATED else (inner[0], _NEGATED[inner[1]], inner[2])
    if not isinstance(part, Binary):
        return None
    left, operator, right = part.left, part.operator, part.right
    if isinstance(left, Literal):
        left, operator, right = right, ORDER_MIRRORED.get(operator, ""), left
    if not isinstance(left, Select | Call):
        return None
    name = text[left.start : left.end]
    if operator == "in" and isinstance(right, ListOf):
        values = [item.value for item in right.items if isinstance(item, Literal)]
        return (name, "in", values) if len(values) == len(right.items) else None
    if operator in ORDER_MIRRORED and isinstance(right, Literal):
        value = right.value
        if operator in {"==", "!="}:
            return (name, operator, value) if key_of(value) is not None else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return name, operator, value
    return None


_NEGATED: Final = {"==": "!=", "!=": "==", "in": "not in"}
