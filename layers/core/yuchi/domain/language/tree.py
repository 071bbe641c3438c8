"""The syntax tree of a condition. Each node knows where it stands: ``text[start:end]``."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

Scalar = str | int | float | bool | None | datetime | timedelta


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a condition, from ``start`` up to but not including ``end``, counted in characters from 0."""

    start: int
    end: int

    @property
    def children(self) -> tuple["Node", ...]:
        """The parts directly below."""
        return ()


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant; ``timestamp("...")`` and ``duration("...")`` of a constant text are constants too."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Name(Node):
    """``event``, ``profile``, ``account``, ``now``, or the variable of an ``exists`` or ``all`` around it."""

    name: str


@dataclass(frozen=True, slots=True)
class Select(Node):
    """``operand.field`` or ``operand["field"]``. ``at``: where the field's name stands."""

    operand: Node
    field: str
    at: int

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Index(Node):
    """``operand[index]`` where the index is no constant text."""

    operand: Node
    index: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand, self.index)


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """``[item, ...]``."""

    items: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.items


@dataclass(frozen=True, slots=True)
class Not(Node):
    """``!operand``."""

    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """``-operand``."""

    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class And(Node):
    """``part && part && ...``, at least two."""

    parts: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts


@dataclass(frozen=True, slots=True)
class Or(Node):
    """``part || part || ...``, at least two."""

    parts: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """``left operator right`` with a comparison, ``in``, or arithmetic. ``at``: where the operator stands."""

    operator: str
    left: Node
    right: Node
    at: int

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """``test ? then : otherwise``."""

    test: Node
    then: Node
    otherwise: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.test, self.then, self.otherwise)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``function(arguments)``; of a method the first argument is what it is called on. ``at``: where its name stands."""

    function: str
    arguments: tuple[Node, ...]
    at: int

    @property
    def children(self) -> tuple[Node, ...]:
        return self.arguments


@dataclass(frozen=True, slots=True)
class Quantifier(Node):
    """``operand.exists(variable, body)`` or ``operand.all(variable, body)``."""

    kind: str
    operand: Node
    variable: str
    body: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand, self.body)


@dataclass(frozen=True, slots=True)
class Has(Node):
    """``has(operand)``: the field is there and not null."""

    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


ROOTS = frozenset({"event", "profile", "account"})
"""Names that stand for data with fields."""


def walk(tree: Node) -> Iterator[Node]:
    """Every node, each before those below it, without recursion."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def path_of(node: Node) -> tuple[str, ...] | None:
    """``("profile", "attributes", "城市")`` for a chain of fields from a root, else None."""
    names: list[str] = []
    while isinstance(node, Select):
        names.append(node.field)
        node = node.operand
    if isinstance(node, Name) and node.name in ROOTS:
        return (node.name, *reversed(names))
    return None
