"""Conditions that say nothing: those that never hold and those that always do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Any, Final

from yuchi.domain.language.context import Context
from yuchi.domain.language.interpreter import holds
from yuchi.domain.language.messages import Problem, make_problem
from yuchi.domain.language.tree import And, Binary, Call, ListOf, Literal, Name, Node, Not, Or, Select
from yuchi.domain.language.values import ORDER_MIRRORED, equal, key_of
from yuchi.domain.problem import Severity

_NOTHING: Final = Context(event={}, profile={}, account={}, now=datetime(2000, 1, 1, tzinfo=UTC))
_PARTS_OF: Final = (And, Or)


def find_nonsense(tree: Node, text: str) -> list[Problem]:
    """What never or always holds. An error where it decides the whole condition to be false, else hints."""
    if isinstance(tree, Literal) and tree.value is True:
        return []
    problems = list(_look(tree, text, whole=True))
    if not problems:
        constant = _constant(tree)
        if constant is not None:
            problems.append(_problem("always.whole" if constant else "never.whole", tree, whole=not constant))
    return problems


def _problem(code: str, node: Node, *, whole: bool, **values: Any) -> Problem:
    severity = Severity.ERROR if whole else Severity.HINT
    return make_problem(code, node.start + 1, severity=severity, **values)


def _look(node: Node, text: str, *, whole: bool) -> Iterator[Problem]:
    if isinstance(node, And):
        yield from _contradictions(node, text, whole=whole)
    elif isinstance(node, Or):
        yield from _open_doors(node, text)
    if isinstance(node, _PARTS_OF):
        for part in node.parts:
            constant = _constant(part)
            if constant is None:
                yield from _look(part, text, whole=whole and isinstance(node, And))
            elif constant:
                yield _problem("always.part", part, whole=False)
            else:
                yield _problem("never.part", part, whole=whole and isinstance(node, And))
    elif isinstance(node, Not):
        yield from _look(node.operand, text, whole=False)


def _constant(node: Node) -> bool | None:
    """Whether a part without any name holds."""
    return None if _varies(node) else holds(node, _NOTHING)


def _varies(node: Node) -> bool:
    """Whether the value depends on anything. The first operand usually tells."""
    if isinstance(node, Name) or (isinstance(node, Call) and node.function in _CHANGING):
        return True
    return any(_varies(child) for child in node.children)


_CHANGING: Final = frozenset({"count", "last", "within", "ageInDays", "localTime"})


@dataclass(slots=True)
class _Limits:
    """What the parts of an AND leave for one field."""

    allowed: list[Any] | None = None
    excluded: list[Any] = field(default_factory=list)
    low: float = -inf
    low_open: bool = False
    high: float = inf
    high_open: bool = False
    first: Node | None = None

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
    limits: dict[str, _Limits] = {}
    seen: dict[str, Node] = {}
    negated = any(isinstance(part, Not) for part in node.parts)
    for part in node.parts:
        if negated:
            opposite, source = _opposite(part, text)
            if opposite in seen:
                yield _together(part, seen[opposite], text, whole=whole)
                continue
            seen[source] = part
        found = _restriction(part, text)
        if found is None:
            continue
        name, operator, value = found
        limit = limits.setdefault(name, _Limits())
        if not limit.possible():
            continue
        limit.narrow(operator, value)
        if not limit.possible() and limit.first is not None:
            yield _together(part, limit.first, text, whole=whole)
        limit.first = part


def _together(part: Node, other: Node, text: str, *, whole: bool) -> Problem:
    shown = {"found": text[part.start : part.end], "other": text[other.start : other.end]}
    return _problem("never.together", part, whole=whole, **shown)


def _open_doors(node: Or, text: str) -> Iterator[Problem]:
    """``x != "a" || x != "b"`` and ``x || !x``."""
    unequal: dict[str, Any] = {}
    seen: set[str] = set()
    for part in node.parts:
        opposite, source = _opposite(part, text)
        if opposite in seen:
            yield _problem("always.whole", node, whole=False)
            return
        seen.add(source)
        found = _restriction(part, text)
        if found is None or found[1] != "!=":
            continue
        if found[0] in unequal and not equal(unequal[found[0]], found[2]):
            fixed = " && ".join(text[each.start : each.end] for each in node.parts)
            yield make_problem("always.options", node.start + 1, suggestion=fixed, severity=Severity.HINT)
            return
        unequal[found[0]] = found[2]


def _opposite(part: Node, text: str) -> tuple[str, str]:
    """How the negation of ``part`` would be written, and how ``part`` is."""
    source = _bare(text[part.start : part.end])
    if isinstance(part, Not):
        return _bare(text[part.operand.start : part.operand.end]), source
    return f"!{source}", f"{source}" if not source.startswith("!") else source


def _bare(source: str) -> str:
    source = source.strip()
    if source.startswith("!"):
        return "!" + _bare(source[1:])
    return _bare(source[1:-1]) if source.startswith("(") and source.endswith(")") and _closed(source[1:-1]) else source


def _closed(inner: str) -> bool:
    """Whether brackets in ``inner`` are balanced by themselves; brackets in texts make it give up, which is safe."""
    if '"' in inner and ("(" in inner or ")" in inner):
        depths = [0]
        for each in inner:
            depths.append(depths[-1] + (each == "(") - (each == ")"))
        return min(depths) >= 0
    return inner.count("(") == inner.count(")") and inner.find(")") >= inner.find("(")


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
