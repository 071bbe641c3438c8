"""Static checks: names that do not exist, kinds that do not fit, comparisons that can never hold, and the cost.

One walk over the tree; each node's kind is worked out from the catalogue and reported where it cannot be right.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from yuchi.domain.catalogue import Kind
from yuchi.domain.language import suggestions, usage
from yuchi.domain.language.fields import FieldChecker
from yuchi.domain.language.findings import Findings
from yuchi.domain.language.functions import FUNCTIONS
from yuchi.domain.language.kinds import LITERAL_KINDS, NULL, AnyKind, combine
from yuchi.domain.language.names import Names
from yuchi.domain.language.tree import (
    And,
    Binary,
    Call,
    Conditional,
    Has,
    Index,
    ListOf,
    Literal,
    Name,
    Negate,
    Node,
    Not,
    Or,
    Quantifier,
    Select,
    path_of,
)
from yuchi.domain.language.values import MAX_ELEMENTS
from yuchi.domain.problem import Severity, closest

MAX_COST: Final = 20_000
"""A bound of the work of one evaluation: about one for each simple part, a hundred times that inside exists and all."""

_PER_CHARACTER: Final = 0.1
"""What looking for a text of one character more costs."""
_ORDERS: Final = frozenset({"<", "<=", ">", ">="})
_COMPARISONS: Final = _ORDERS | {"==", "!="}
_ORDERLESS: Final = frozenset({Kind.LIST, Kind.MAP})
_CONTAINERS: Final = frozenset({Kind.LIST, Kind.MAP, Kind.ANY})
_BOOLEAN: Final = Kind.BOOLEAN
_SURE: Final = frozenset(Kind) - {Kind.ANY}
_CONDITIONS: Final = frozenset({Kind.BOOLEAN, Kind.ANY, NULL})


def check(tree: Node, text: str, names: Names | None = None) -> Findings:
    """Check ``tree``, parsed from ``text``, against ``names``; without them every field is taken to exist."""
    checker = _Checker(text, names)
    checker.condition(tree)
    found = checker.found
    found.cost = checker.cost
    if found.cost > MAX_COST:
        found.report("limit.cost", tree.start, found=round(found.cost), limit=MAX_COST)
    return found


class _Checker:
    def __init__(self, text: str, names: Names | None) -> None:
        self.found = Findings()
        self._report = self.found.report
        self._fields = FieldChecker(text, names, self.found)
        self._text = text
        self._names = names
        self.cost: float = 0
        self._variables: dict[str, AnyKind] = {}
        self._named = 0
        """How many names, and functions of the time or the past, were met."""
        self._times = 1
        """How often the current part may be evaluated."""

    def kind(self, node: Node) -> AnyKind:
        """The kind of the node's value, after everything below it was checked."""
        self.cost += self._times
        return _KINDS[type(node)](self, node)

    def condition(self, node: Node, *, before: Node | None = None) -> None:
        """Check a part that must be true or false; ``before``: its left neighbour in an OR or AND."""
        named = self._named
        kind = self.kind(node)
        if named == self._named:
            self.found.constants.append(node)
        if kind is not _BOOLEAN and kind not in _CONDITIONS:
            suggestion = suggestions.for_condition(node, kind, before, self._text)
            self._report("kind.condition", node.start, found=self._source(node), kind=kind, suggestion=suggestion)

    # --- kinds of nodes

    def literal(self, node: Literal) -> AnyKind:
        return LITERAL_KINDS[type(node.value)]

    def name(self, node: Name) -> AnyKind:
        self._named += 1
        if node.name in self._variables:
            return self._variables[node.name]
        return Kind.TIME if node.name == "now" else Kind.MAP

    def select(self, node: Select) -> AnyKind:
        path = path_of(node)
        if path is None or path[0] in self._variables:
            kind = self.kind(node.operand)
            return self._fields.below(node, kind)
        self._named += 1
        self.found.fields.add(".".join(path))
        if path[:2] == ("profile", "tags") and path[2:]:
            self.found.tags.add(path[2])
        return self._fields.kind(node, path)

    def index(self, node: Index) -> AnyKind:
        kind = self.kind(node.operand)
        self.kind(node.index)
        if kind not in _CONTAINERS:
            self._report("field.inside", node.start, found=self._source(node.operand), kind=kind)
        return Kind.ANY

    def items(self, node: ListOf) -> AnyKind:
        for item in node.items:
            self.kind(item)
        return Kind.LIST

    def negation(self, node: Not) -> AnyKind:
        self.condition(node.operand)
        return Kind.BOOLEAN

    def negative(self, node: Negate) -> AnyKind:
        kind = self.kind(node.operand)
        if kind not in {Kind.NUMBER, Kind.DURATION, Kind.ANY}:
            self._report("kind.argument", node.start, function="-", kind=kind)
        return kind

    def parts(self, node: And | Or) -> AnyKind:
        before: Node | None = None
        for part in node.parts:
            self.condition(part, before=before)
            before = part
        return Kind.BOOLEAN

    def conditional(self, node: Conditional) -> AnyKind:
        self.condition(node.test)
        kinds = {self.kind(node.then), self.kind(node.otherwise)} - {NULL}
        return kinds.pop() if len(kinds) == 1 else Kind.ANY

    def has(self, node: Has) -> AnyKind:
        self.kind(node.operand)
        return Kind.BOOLEAN

    def quantifier(self, node: Quantifier) -> AnyKind:
        kind = self.kind(node.operand)
        if kind not in _CONTAINERS:
            self._report("kind.argument", node.start, function=node.kind, kind=kind)
        before = self._variables.get(node.variable)
        literal = isinstance(node.operand, ListOf)
        self._variables[node.variable] = Kind.TEXT if kind == Kind.MAP else Kind.ANY
        times = self._times
        self._times *= len(node.operand.children) if literal else MAX_ELEMENTS
        self.condition(node.body)
        self._times = times
        del self._variables[node.variable]
        if before is not None:
            self._variables[node.variable] = before
        return Kind.BOOLEAN

    def binary(self, node: Binary) -> AnyKind:
        if isinstance(node.left, Not) and self._text[node.left.start] == "!" and node.operator in {"in", "==", "!="}:
            return self._misplaced_not(node, node.left)
        left, right = self.kind(node.left), self.kind(node.right)
        if node.operator == "in":
            self._membership(node, left, right)
            return Kind.BOOLEAN
        if node.operator in _COMPARISONS:
            self._comparison(node, left, right)
            return Kind.BOOLEAN
        return self._arithmetic(node, left, right)

    def _misplaced_not(self, node: Binary, left: Not) -> AnyKind:
        """``!"x" in profile.tags`` reads as ``(!"x") in profile.tags``."""
        kind = self.kind(left.operand)
        self.kind(node.right)
        if kind not in _CONDITIONS or node.operator == "in":
            rest = f"{self._source(left.operand)} {node.operator} {self._source(node.right)}"
            self._report(
                "kind.condition", node.start, found=self._source(left.operand), kind=kind, suggestion=f"!({rest})"
            )
        return Kind.BOOLEAN

    def _comparison(self, node: Binary, left: AnyKind, right: AnyKind) -> None:
        one, other = node.left, node.right
        if isinstance(one, Literal) and not isinstance(other, Literal):
            one, other, left, right = other, one, right, left
        ordered = node.operator in _ORDERS
        if ordered and NULL in (left, right):
            self._report("kind.null", node.start)
        elif left != right and _SURE.issuperset((left, right)):
            suggestion = suggestions.for_comparison(one, left, node.operator, other, right, self._text)
            self._report(
                "kind.compare",
                node.start,
                left=self._source(one),
                left_kind=left,
                right_kind=right,
                suggestion=suggestion,
            )
        elif ordered and left == right and left in _ORDERLESS:
            self._report("kind.order", node.start, left=self._source(one), left_kind=left, right_kind=right)
        if isinstance(one, Call):
            self.found.problems.extend(usage.of_comparison(node, self._text))

    def _membership(self, node: Binary, left: AnyKind, right: AnyKind) -> None:
        if isinstance(node.left, Literal) and path_of(node.right) == ("profile", "tags"):
            self.found.tags.add(str(node.left.value))
        if right not in _CONTAINERS:
            suggestion = ""
            if right == left == Kind.TEXT:
                suggestion = f"{self._source(node.right)}.contains({self._source(node.left)})"
            self._report("kind.in", node.right.start, kind=right, suggestion=suggestion)
        elif right == Kind.MAP and left not in {Kind.TEXT, Kind.ANY}:
            self._report("kind.element", node.start, kind=left, suggestion=suggestions.as_text(node.left))
        elif isinstance(node.right, ListOf) and left not in {Kind.ANY, NULL}:
            for item in node.right.items:
                kind = LITERAL_KINDS[type(item.value)] if isinstance(item, Literal) else Kind.ANY
                if kind not in {left, Kind.ANY, NULL}:
                    suggestion = suggestions.as_text(item) if left == Kind.TEXT else ""
                    self._report(
                        "kind.compare",
                        item.start,
                        left=self._source(node.left),
                        left_kind=left,
                        right_kind=kind,
                        suggestion=suggestion,
                    )
        if isinstance(node.left, Call):
            self.found.problems.extend(usage.of_membership(node))

    def _arithmetic(self, node: Binary, left: AnyKind, right: AnyKind) -> AnyKind:
        result = combine(left, node.operator, right)
        if result is None:
            self._report("kind.arithmetic", node.at, operator=node.operator, left_kind=left, right_kind=right)
        return result or Kind.ANY

    def call(self, node: Call) -> AnyKind:
        spec = FUNCTIONS[node.function]
        self._named += spec.contextual
        # Work is bounded by what is searched for as well: a long text in many elements is dear.
        sizes = (
            len(each.value) for each in node.arguments if isinstance(each, Literal) and isinstance(each.value, str)
        )
        self.cost += self._times * (spec.cost + _PER_CHARACTER * sum(sizes))
        kinds = [self.kind(argument) for argument in node.arguments]
        wrong = next(
            (kind for kind, taken in zip(kinds, spec.kinds, strict=False) if kind not in {Kind.ANY, *taken}), None
        )
        if wrong is not None:
            suggestion = suggestions.for_argument(node, wrong, self._text)
            self._report("kind.argument", node.at, function=spec.name, kind=wrong, suggestion=suggestion)
        for place, meaning in (spec.constant or {}).items():
            if meaning in {"type", "types"} and place < len(node.arguments):
                self._count(node, node.arguments[place])
        self.found.problems.extend(usage.of_call(node, spec, kinds, self._text))
        return spec.result

    def _count(self, node: Call, named: Node) -> None:
        """What the call asks of the past; ``named``: an event type, or a list of them."""
        if isinstance(named, ListOf):
            for each in named.items:
                self._count(node, each)
            return
        event_type = named.value if isinstance(named, Literal) else None
        if not isinstance(event_type, str):
            return
        last = node.arguments[-1]
        span = last.value if isinstance(last, Literal) and isinstance(last.value, timedelta) else None
        window = None if span is None else max(0, round(span.total_seconds()))
        known = self.found.counted.get(event_type, 0)
        self.found.counted[event_type] = None if window is None or known is None else max(window, known)
        if self._names is not None and event_type not in self._names.all_types:
            meant = closest(event_type, self._names.all_types, cutoff=0.8)
            severity = Severity.ERROR if meant else Severity.HINT
            suggestion = suggestions.text(meant) if meant else ""
            self._report("type.unknown", named.start, found=event_type, suggestion=suggestion, severity=severity)

    # ---

    def _source(self, node: Node) -> str:
        return self._text[node.start : node.end]


_KINDS: Final[Mapping[type[Node], Callable[[_Checker, Any], AnyKind]]] = {
    Literal: _Checker.literal,
    Name: _Checker.name,
    Select: _Checker.select,
    Index: _Checker.index,
    ListOf: _Checker.items,
    Not: _Checker.negation,
    Negate: _Checker.negative,
    And: _Checker.parts,
    Or: _Checker.parts,
    Binary: _Checker.binary,
    Conditional: _Checker.conditional,
    Call: _Checker.call,
    Quantifier: _Checker.quantifier,
    Has: _Checker.has,
}
