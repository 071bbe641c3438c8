"""Why a condition holds or does not: the tree walked without short-circuit, each part with the values it saw."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from yuchi.domain.catalogue import Kind
from yuchi.domain.language.condition import Condition
from yuchi.domain.language.context import Context
from yuchi.domain.language.functions import FUNCTIONS
from yuchi.domain.language.interpreter import NO_VARIABLES, Variables, evaluate
from yuchi.domain.language.moments import BEIJING, in_zone
from yuchi.domain.language.tree import (
    And,
    Binary,
    Call,
    Conditional,
    Has,
    Name,
    Node,
    Not,
    Or,
    Quantifier,
    Select,
)
from yuchi.domain.language.values import ARITHMETIC
from yuchi.domain.problem import Locale

_MAX_SHOWN: Final = 60
"""How many characters of one value are shown."""
_MAX_ELEMENTS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """One value that a part read: how it is written, and what it was."""

    text: str
    value: Any


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the condition. ``holds``: whether it came out true. ``parts``: those that ``joined_by`` (``&&``, ``||``,
    ``!``, ``?``) makes it of; a part without any has ``seen`` values instead.
    """

    text: str
    column: int
    holds: bool
    seen: tuple[Seen, ...] = ()
    parts: tuple["Part", ...] = ()
    joined_by: str = ""

    def leaves(self) -> Iterator["Part"]:
        """The parts that are made of no others."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def text_lines(self, locale: Locale, indent: int = 0) -> Iterator[str]:
        """Readable lines, one for each part."""
        mark = "✓" if self.holds else "✗"
        seen = "" if self.parts else _seen(self.seen, locale)
        yield f"{'  ' * indent}{mark} {self.text}{seen}"
        for part in self.parts:
            yield from part.text_lines(locale, indent + 1)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The outcome of a condition, and the part that decided it to fail first (None where it holds)."""

    holds: bool
    root: Part
    first_failing: Part | None

    def lines(self, locale: Locale) -> list[str]:
        """The explanation for people: the outcome, then every part with what it saw."""
        lines = [_OUTCOMES[locale][self.holds]]
        if self.first_failing is not None:
            lines.append(_FAILING[locale] + summary(self.first_failing, locale))
        return [*lines, *self.root.text_lines(locale)]


def explain(condition: Condition, context: Context) -> Explanation:
    """Evaluate every part of ``condition``, also those that its outcome does not depend on. Never raises."""
    root = _explain(condition.tree, condition.text, context, NO_VARIABLES)
    return Explanation(holds=root.holds, root=root, first_failing=None if root.holds else _first_failing(root))


def summary(part: Part, locale: Locale) -> str:
    """``event.key == "TRIAL"：event.key 是 "DEMO"``."""
    return f"{part.text}{_seen(part.seen, locale)}"


def show(value: Any, locale: Locale) -> str:
    """A value for people, cut to a readable length."""
    if value is None:
        return "没有值" if locale is Locale.ZH else "no value"
    shown = _shown(value)
    return shown if len(shown) <= _MAX_SHOWN else shown[: _MAX_SHOWN - 1] + "…"


def _shown(value: Any) -> str:
    show_kind = next((shown for kind, shown in _SHOWN.items() if isinstance(value, kind)), str)
    return show_kind(value)


def _shown_time(value: datetime) -> str:
    local = in_zone(value, BEIJING) if value.tzinfo else None
    return local.strftime("%Y-%m-%d %H:%M:%S") if local else str(value)


def _shown_list(value: list[Any]) -> str:
    shown = ", ".join(_shown(each) for each in value[:_MAX_ELEMENTS_SHOWN])
    return f"[{shown}{', …' if len(value) > _MAX_ELEMENTS_SHOWN else ''}]"


def _shown_map(value: dict[str, Any]) -> str:
    shown = "、".join(str(name)[:_MAX_SHOWN] for name in list(value)[:_MAX_ELEMENTS_SHOWN])
    return f"{{{shown}{'、…' if len(value) > _MAX_ELEMENTS_SHOWN else ''}}}"


_SHOWN: Final[Mapping[type, Callable[[Any], str]]] = {
    bool: lambda value: "true" if value else "false",
    int: lambda value: str(value) if abs(value) < _MANY_DIGITS else f"2^{value.bit_length() - 1}+",
    float: lambda value: f"{value:g}",
    str: lambda value: f'"{value[:_MAX_SHOWN]}"',
    datetime: _shown_time,
    list: _shown_list,
    dict: _shown_map,
}
_MANY_DIGITS: Final = 10**18


def say(name: str, value: Any, locale: Locale) -> str:
    """``event.key is "DEMO"``."""
    verb, joint = (" 是 ", " ") if locale is Locale.ZH else (" is ", " has ")
    return f"{name}{joint if value is None else verb}{show(value, locale)}"


def _seen(seen: tuple[Seen, ...], locale: Locale) -> str:
    colon, comma = ("：", "，") if locale is Locale.ZH else (": ", ", ")
    return colon + comma.join(say(each.text, each.value, locale) for each in seen) if seen else ""


_OUTCOMES: Final[Mapping[Locale, tuple[str, str]]] = {
    Locale.ZH: ("条件不成立。", "条件成立。"),
    Locale.EN: ("The condition does not hold.", "The condition holds."),
}
_FAILING: Final[Mapping[Locale, str]] = {Locale.ZH: "首先不成立的是：", Locale.EN: "The first part that fails: "}


def _explain(node: Node, text: str, context: Context, variables: Variables) -> Part:
    split = _SPLITS.get(type(node))
    source = text[node.start : node.end]
    if split is None:
        outcome = evaluate(node, context, variables) is True
        return Part(source, node.start + 1, outcome, tuple(_values(node, text, context, variables)))
    children, joined_by = split(node)
    parts = tuple(_explain(child, text, context, variables) for child in children)
    return Part(source, node.start + 1, _JOINS[joined_by](parts), parts=parts, joined_by=joined_by)


def _of_not(node: Not) -> tuple[tuple[Node, ...], str]:
    return (node.operand,), "!"


_SPLITS: Final[Mapping[type[Node], Callable[[Any], tuple[tuple[Node, ...], str]]]] = {
    And: lambda node: (node.parts, "&&"),
    Or: lambda node: (node.parts, "||"),
    Not: _of_not,
    Conditional: lambda node: ((node.test, node.then, node.otherwise), "?"),
}
_JOINS: Final[Mapping[str, Callable[[tuple[Part, ...]], bool]]] = {
    "&&": lambda parts: all(part.holds for part in parts),
    "||": lambda parts: any(part.holds for part in parts),
    "!": lambda parts: not parts[0].holds,
    "?": lambda parts: parts[1].holds if parts[0].holds else parts[2].holds,
}


def _values(node: Node, text: str, context: Context, variables: Variables) -> Iterator[Seen]:
    """What a part without further parts compared: fields and results of functions, each once, no constants."""
    shown: set[str] = set()
    for child in _operands(node):
        source = text[child.start : child.end]
        if source not in shown:
            shown.add(source)
            yield Seen(source, evaluate(child, context, variables))


def _operands(node: Node) -> Iterator[Node]:
    if isinstance(node, Select | Name) or _computes(node):
        yield node
    elif isinstance(node, Has | Quantifier):
        yield from _operands(node.operand)
    else:
        for child in node.children:
            yield from _operands(child)


def _computes(node: Node) -> bool:
    """Whether the node's own value says more than those of its parts."""
    if isinstance(node, Call):
        return FUNCTIONS[node.function].result is not Kind.BOOLEAN
    return isinstance(node, Binary) and node.operator in ARITHMETIC


def _first_failing(part: Part) -> Part:
    """The leftmost part without which the whole would have got further."""
    if part.joined_by == "&&":
        return _first_failing(next(each for each in part.parts if not each.holds))
    if part.joined_by == "?":
        return _first_failing(part.parts[1] if part.parts[0].holds else part.parts[2])
    # Of an OR no single alternative is to blame, and of a NOT it is the whole.
    return part
