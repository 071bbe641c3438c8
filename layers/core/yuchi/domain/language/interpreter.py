"""What a condition means, said as plainly as possible: one function per kind of node.

The explanation and the folding of constants use it. :mod:`yuchi.domain.language.compiler` is the fast form, and a test
holds the two together.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from yuchi.domain.language import values
from yuchi.domain.language.context import Context
from yuchi.domain.language.functions import FUNCTIONS
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
)

Variables = Mapping[str, Any]
NO_VARIABLES: Final[Variables] = {}


def evaluate(node: Node, context: Context, variables: Variables = NO_VARIABLES) -> Any:
    """The value of ``node``. Never raises, whatever the data."""
    return _EVALUATORS[type(node)](node, context, variables)


def holds(node: Node, context: Context, variables: Variables = NO_VARIABLES) -> bool:
    """Whether ``node`` holds as a condition: only true does; null and values that are no test do not."""
    return evaluate(node, context, variables) is True


def _literal(node: Literal, _context: Context, _variables: Variables) -> Any:
    return node.value


def _name(node: Name, context: Context, variables: Variables) -> Any:
    return variables[node.name] if node.name in variables else getattr(context, node.name)


def _select(node: Select, context: Context, variables: Variables) -> Any:
    return values.select(evaluate(node.operand, context, variables), node.field)


def _index(node: Index, context: Context, variables: Variables) -> Any:
    return values.index(evaluate(node.operand, context, variables), evaluate(node.index, context, variables))


def _list(node: ListOf, context: Context, variables: Variables) -> Any:
    return [evaluate(item, context, variables) for item in node.items]


def _not(node: Not, context: Context, variables: Variables) -> bool:
    return not holds(node.operand, context, variables)


def _negate(node: Negate, context: Context, variables: Variables) -> Any:
    return values.negate(evaluate(node.operand, context, variables))


def _and(node: And, context: Context, variables: Variables) -> bool:
    return all(holds(part, context, variables) for part in node.parts)


def _or(node: Or, context: Context, variables: Variables) -> bool:
    return any(holds(part, context, variables) for part in node.parts)


def _binary(node: Binary, context: Context, variables: Variables) -> Any:
    return OPERATORS[node.operator](evaluate(node.left, context, variables), evaluate(node.right, context, variables))


def _conditional(node: Conditional, context: Context, variables: Variables) -> Any:
    chosen = node.then if holds(node.test, context, variables) else node.otherwise
    return evaluate(chosen, context, variables)


def _call(node: Call, context: Context, variables: Variables) -> Any:
    spec = FUNCTIONS[node.function]
    arguments = [evaluate(argument, context, variables) for argument in node.arguments]
    return spec.implementation(context, *arguments) if spec.contextual else spec.implementation(*arguments)


def _quantifier(node: Quantifier, context: Context, variables: Variables) -> bool | None:
    def test(element: Any) -> bool:
        return holds(node.body, context, {**variables, node.variable: element})

    return QUANTIFIERS[node.kind](evaluate(node.operand, context, variables), test)


def _has(node: Has, context: Context, variables: Variables) -> bool:
    return evaluate(node.operand, context, variables) is not None


OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {**values.COMPARISONS, **values.ARITHMETIC}
QUANTIFIERS: Final[Mapping[str, Callable[[Any, Callable[[Any], bool]], bool | None]]] = {
    "exists": values.exists,
    "all": values.every,
}
_EVALUATORS: Final[Mapping[type[Node], Callable[[Any, Context, Variables], Any]]] = {
    Literal: _literal,
    Name: _name,
    Select: _select,
    Index: _index,
    ListOf: _list,
    Not: _not,
    Negate: _negate,
    And: _and,
    Or: _or,
    Binary: _binary,
    Conditional: _conditional,
    Call: _call,
    Quantifier: _quantifier,
    Has: _has,
}
