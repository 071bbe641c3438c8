"""From a syntax tree to a Python function.

The source is built from the tree's shape alone: every name, text and number of the user goes in as a constant (``k0``,
``k1``, ...), never as source. So nothing a user writes is ever compiled, and conditions of one shape, which most rules of a
ruleset are, share one compiled function.
"""

from collections.abc import Callable, Mapping
from sys import intern
from types import FunctionType
from typing import Any, Final

from yuchi.domain.language import values
from yuchi.domain.language.context import Context
from yuchi.domain.language.functions import FUNCTIONS
from yuchi.domain.language.tree import (
    ROOTS,
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
)
from yuchi.domain.language.values import ORDER_MIRRORED

Test = Callable[[Context], bool]

_MAX_SHAPES: Final = 4_096
_SHAPES: dict[str, FunctionType] = {}
"""Source -> compiled function that still lacks its constants, for as long as the container lives."""

_BUILTINS: Final = {
    "type": type,
    "isinstance": isinstance,
    "str": str,
    "int": int,
    "float": float,
    "dict": dict,
    "bool": bool,
}
_OPERATOR_NAMES: Final = {
    "==": "equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
    "in": "inside",
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "remainder",
}
_TEXT_TESTS: Final = {
    "contains": "{part} in {text}",
    "startsWith": "{text}.startswith({part})",
    "endsWith": "{text}.endswith({part})",
}
_NAMESPACE: Final[Mapping[str, Any]] = {
    # No builtins but these: the source can reach nothing else, even if it were wrong.
    "__builtins__": {},
    **_BUILTINS,
    **{
        name: getattr(values, name)
        for name in (*_OPERATOR_NAMES.values(), "select", "index", "negate", "one_of", "exists", "every")
    },
    **{f"f_{spec.name}": spec.implementation for spec in FUNCTIONS.values()},
}
_LOCALS: Final = {"event": "e", "profile": "p", "account": "a", "now": "n"}


def compile_tree(tree: Node) -> Test:
    """The function that tells whether ``tree`` holds in a context."""
    writer = _Writer()
    body = writer.truth(tree)
    used = "".join(f" {local} = c.{root}\n" for root, local in _LOCALS.items() if root in writer.roots)
    names = "".join(f", k{number}" for number in range(len(writer.constants)))
    source = f"def test(c{names}):\n{used} return {body}\n"
    shape = _SHAPES.get(source)
    if shape is None:
        if len(_SHAPES) >= _MAX_SHAPES:
            _SHAPES.clear()
        namespace = dict(_NAMESPACE)
        exec(compile(source, "<condition>", "exec"), namespace)  # noqa: S102 - see the module's docstring
        shape = _SHAPES[source] = namespace["test"]
    # Constants as defaults: made faster than a closure, and read faster.
    return FunctionType(shape.__code__, shape.__globals__, "test", tuple(writer.constants))


class _Writer:
    """Writes expressions. ``truth`` gives one that is True or False, ``value`` one that gives the node's value."""

    def __init__(self) -> None:
        self.constants: list[Any] = []
        self.roots: set[str] = set()
        self._temporaries = 0
        self._variables: dict[str, str] = {}

    def truth(self, node: Node) -> str:
        write = _TRUTHS.get(type(node))
        written = None if write is None else write(self, node)
        return f"({self.value(node)} is True)" if written is None else written

    def value(self, node: Node) -> str:
        return _VALUES[type(node)](self, node)

    def constant(self, value: Any) -> str:
        # Interned: rules name the same fields and tags, and one text of them all stays in the processor's cache.
        self.constants.append(intern(value) if type(value) is str else value)
        return f"k{len(self.constants) - 1}"

    def temporary(self) -> str:
        self._temporaries += 1
        return f"v{self._temporaries}"

    # --- tests

    def both(self, node: And) -> str:
        return f"({' and '.join(self.truth(part) for part in node.parts)})"

    def either(self, node: Or) -> str:
        return f"({' or '.join(self.truth(part) for part in node.parts)})"

    def negation(self, node: Not) -> str:
        return f"(not {self.truth(node.operand)})"

    def presence(self, node: Has) -> str:
        return f"({self.value(node.operand)} is not None)"

    def comparison(self, node: Binary) -> str | None:
        operator, left, right = node.operator, node.left, node.right
        if operator == "!=":
            return f"(not {self.comparison(Binary(node.start, node.end, '==', left, right, node.at))})"
        if operator == "in":
            return self.membership(left, right)
        if operator not in ORDER_MIRRORED:
            return None
        if isinstance(left, Literal) and not isinstance(right, Literal):
            operator, left, right = ORDER_MIRRORED[operator], right, left
        if isinstance(right, Literal):
            written = self.comparison_with(operator, left, right.value)
            if written is not None:
                return written
        return f"{_OPERATOR_NAMES[operator]}({self.value(left)}, {self.value(right)})"

    def comparison_with(self, operator: str, operand: Node, constant: Any) -> str | None:
        """The comparisons that rules are made of, without a call."""
        if operator == "==":
            if constant is None or isinstance(constant, bool):
                return f"({self.value(operand)} is {constant})"
            if isinstance(constant, str):
                return f"({self.value(operand)} == {self.constant(constant)})"
            if isinstance(constant, int | float):
                name = self.temporary()
                # True equals 1 in Python, not here.
                return f"(({name} := {self.value(operand)}) == {self.constant(constant)} and type({name}) is not bool)"
            return None
        if isinstance(constant, bool) or not isinstance(constant, int | float):
            return None
        name = self.temporary()
        number = f"(type({name} := {self.value(operand)}) is int or type({name}) is float)"
        return f"({number} and {name} {operator} {self.constant(constant)})"

    def membership(self, element: Node, container: Node) -> str:
        if isinstance(container, ListOf):
            keys = [values.key_of(item.value) if isinstance(item, Literal) else None for item in container.items]
            if None not in keys:
                return f"one_of({self.value(element)}, {self.constant(frozenset(keys))})"
        if isinstance(element, Literal) and isinstance(element.value, str):
            name, key = self.temporary(), self.constant(element.value)
            return f"({key} in {name} if type({name} := {self.value(container)}) is dict else inside({key}, {name}))"
        return f"inside({self.value(element)}, {self.value(container)})"

    def text_test(self, node: Call) -> str | None:
        pattern = _TEXT_TESTS.get(node.function)
        part = node.arguments[-1]
        if pattern is None or not isinstance(part, Literal) or not isinstance(part.value, str):
            return None
        name = self.temporary()
        test = pattern.format(text=name, part=self.constant(part.value))
        return f"(isinstance({name} := {self.value(node.arguments[0])}, str) and {test})"

    # --- values

    def literal(self, node: Literal) -> str:
        value = node.value
        return str(value) if value is None or isinstance(value, bool) else self.constant(value)

    def name(self, node: Name) -> str:
        variable = self._variables.get(node.name)
        if variable is not None:
            return variable
        self.roots.add(node.name)
        return _LOCALS[node.name]

    def field(self, node: Select) -> str:
        inner = node.operand
        if isinstance(inner, Name) and inner.name in ROOTS and inner.name not in self._variables:
            return f"{self.name(inner)}.get({self.constant(node.field)})"
        operand, name, field = self.value(inner), self.temporary(), self.constant(node.field)
        return f"({name}.get({field}) if type({name} := {operand}) is dict else select({name}, {field}))"

    def element(self, node: Index) -> str:
        return f"index({self.value(node.operand)}, {self.value(node.index)})"

    def items(self, node: ListOf) -> str:
        return f"[{', '.join(self.value(item) for item in node.items)}]"

    def negative(self, node: Negate) -> str:
        return f"negate({self.value(node.operand)})"

    def operation(self, node: Binary) -> str:
        if node.operator in _OPERATOR_NAMES and node.operator not in ORDER_MIRRORED and node.operator != "in":
            return f"{_OPERATOR_NAMES[node.operator]}({self.value(node.left)}, {self.value(node.right)})"
        return self.truth(node)

    def choice(self, node: Conditional) -> str:
        return f"({self.value(node.then)} if {self.truth(node.test)} else {self.value(node.otherwise)})"

    def call(self, node: Call) -> str:
        arguments = [self.value(argument) for argument in node.arguments]
        if FUNCTIONS[node.function].contextual:
            arguments.insert(0, "c")
        return f"f_{node.function}({', '.join(arguments)})"

    def quantifier(self, node: Quantifier) -> str:
        operand = self.value(node.operand)
        shadowed = self._variables.get(node.variable)
        variable = self._variables[node.variable] = self.temporary().replace("v", "x")
        body = self.truth(node.body)
        if shadowed is None:
            del self._variables[node.variable]
        else:
            self._variables[node.variable] = shadowed
        return f"{'exists' if node.kind == 'exists' else 'every'}({operand}, lambda {variable}: {body})"


_TRUTHS: Final[Mapping[type[Node], Callable[[_Writer, Any], str | None]]] = {
    And: _Writer.both,
    Or: _Writer.either,
    Not: _Writer.negation,
    Has: _Writer.presence,
    Binary: _Writer.comparison,
    Call: _Writer.text_test,
}
_VALUES: Final[Mapping[type[Node], Callable[[_Writer, Any], str]]] = {
    Literal: _Writer.literal,
    Name: _Writer.name,
    Select: _Writer.field,
    Index: _Writer.element,
    ListOf: _Writer.items,
    Not: _Writer.negation,
    Negate: _Writer.negative,
    And: _Writer.both,
    Or: _Writer.either,
    Binary: _Writer.operation,
    Conditional: _Writer.choice,
    Call: _Writer.call,
    Quantifier: _Writer.quantifier,
    Has: _Writer.presence,
}
