"""The syntax tree of a condition. Each node knows where it stands: ``text[start:end]``."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from yuchi.domain.record import record

Scalar = str | int | float | bool | None | datetime | timedelta


@record
class Node:
    """A part of a condition, from ``start`` up to but not including ``end``, counted in characters from 0."""

    start: int
    end: int

    @property
    def children(self) -> tuple["Node", ...]:
        """The parts directly below."""
        return _CHILDREN[type(self)](self)


@record
class Literal(Node):
    """A constant; ``timestamp("...")`` and ``duration("...")`` of a constant text are constants too."""

    value: Scalar


@record
class Name(Node):
    """``event``, ``profile``, ``account``, ``now``, or the variable of an ``exists`` or ``all`` around it."""

    name: str


@record
class Select(Node):
    """``operand.field`` or ``operand["field"]``. ``at``: where the field's name stands."""

    operand: Node
    field: str
    at: int


@record
class Index(Node):
    """``operand[index]`` where the index is no constant text."""

    operand: Node
    index: Node


@record
class ListOf(Node):
    """``[item, ...]``."""

    items: tuple[Node, ...]


@record
class Not(Node):
    """``!operand``."""

    operand: Node


@record
class Negate(Node):
    """``-operand``."""

    operand: Node


@record
class And(Node):
    """``part && part && ...``, at least two."""

    parts: tuple[Node, ...]


@record
class Or(Node):
    """``part || part || ...``, at least two."""

    parts: tuple[Node, ...]


@record
class Binary(Node):
    """``left operator right`` with a comparison, ``in``, or arithmetic. ``at``: where the operator stands."""

    operator: str
    left: Node
    right: Node
    at: int


@record
class Conditional(Node):
    """``test ? then : otherwise``."""

    test: Node
    then: Node
    otherwise: Node


@record
class Call(Node):
    """``function(arguments)``; of a method the first argument is what it is called on. ``at``: where its name stands."""

    function: str
    arguments: tuple[Node, ...]
    at: int


@record
class Quantifier(Node):
    """``operand.exists(variable, body)`` or ``operand.all(variable, body)``."""

    kind: str
    operand: Node
    variable: str
    body: Node


@record
class Has(Node):
    """``has(operand)``: the field is there and not null."""

    operand: Node


_CHILDREN: Final[Mapping[type[Node], Callable[[Any], tuple[Node, ...]]]] = {
    Literal: lambda _: (),
    Name: lambda _: (),
    Select: lambda node: (node.operand,),
    Index: lambda node: (node.operand, node.index),
    ListOf: lambda node: node.items,
    Not: lambda node: (node.operand,),
    Negate: lambda node: (node.operand,),
    And: lambda node: node.parts,
    Or: lambda node: node.parts,
    Binary: lambda node: (node.left, node.right),
    Conditional: lambda node: (node.test, node.then, node.otherwise),
    Call: lambda node: node.arguments,
    Quantifier: lambda node: (node.operand, node.body),
    Has: lambda node: (node.operand,),
}
ROOTS: Final = frozenset({"event", "profile", "account"})
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
