"""Calls in a condition: the right number of arguments, and constants where the language wants constants."""

from datetime import datetime, timedelta
from typing import Any, Final

from yuchi.domain.language.functions import FUNCTIONS, METHOD_ALSO, FunctionSpec
from yuchi.domain.language.lookalikes import WORD_FUNCTIONS
from yuchi.domain.language.messages import Problem, make_problem
from yuchi.domain.language.moments import COMMON_ZONES, find_zone, parse_day, parse_span, parse_timestamp
from yuchi.domain.language.tree import Call, Has, Index, ListOf, Literal, Node, Quantifier, Select
from yuchi.domain.problem import closest

MIN_STEPS: Final = 2
MAX_STEPS: Final = 5
"""How many events a sequence may have."""
_MAX_TYPE: Final = 81
_QUANTIFIERS: Final = ("exists", "all")


class CallBuilder:
    """Makes the nodes of calls and reports what is wrong with them to ``problems``."""

    def __init__(self, text: str, problems: list[Problem]) -> None:
        self._text = text
        self._problems = problems

    def build(self, name: str, at: int, operand: Node | None, arguments: tuple[Node, ...], end: int) -> Node:
        """``name(arguments)``, or ``operand.name(arguments)``; ``at``: where the name stands."""
        start = at if operand is None else operand.start
        if name == "has" and operand is None:
            return self._has(start, arguments, end)
        spec = FUNCTIONS.get(name)
        given = arguments if operand is None else (operand, *arguments)
        if spec is None:
            self._unknown(name, at, operand)
        elif spec.method and operand is None:
            example = f"{self._source(arguments[0])}.{name}(...)" if arguments else spec.example
            self._report("function.method", at, found=name, suggestion=example)
        elif operand is not None and not spec.method and name not in METHOD_ALSO:
            inner = self._text[operand.start : operand.end]
            self._report("function.plain", at, found=name, suggestion=f"{name}({inner})")
        elif not spec.least <= len(given) <= len(spec.kinds):
            self._arguments(spec, at, len(given))
        else:
            return self._checked(spec, start, end, given, at)
        return Call(start, end, name, given, at)

    def quantifier(self, name: str, at: int, operand: Node, variable: str, body: Node, end: int) -> Node:
        """``operand.exists(variable, body)`` or ``all``."""
        del at
        return Quantifier(operand.start, end, name, operand, variable, body)

    def _checked(self, spec: FunctionSpec, start: int, end: int, given: tuple[Node, ...], at: int) -> Node:
        first = given[0] if given else None
        if spec.name in _FOLDED and isinstance(first, Literal) and isinstance(first.value, str):
            return self._folded(spec.name, start, end, first)
        if spec.constant:
            given = tuple(
                self._constant(spec, argument, spec.constant[place]) if place in spec.constant else argument
                for place, argument in enumerate(given)
            )
        return Call(start, end, spec.name, given, at)

    def _folded(self, name: str, start: int, end: int, argument: Literal) -> Literal:
        """``timestamp("...")`` and ``duration("...")`` are constants."""
        text = str(argument.value)
        value: datetime | timedelta | None
        if name == "duration":
            value = self._span(argument)
        else:
            value = parse_timestamp(text)
            if value is None:
                self._report("time.form", argument.start, found=text, suggestion=f'timestamp("{_full_time(text)}")')
        return Literal(start, end, value)

    def _constant(self, spec: FunctionSpec, argument: Node, meaning: str) -> Node:
        if meaning == "window" and isinstance(argument, Literal) and isinstance(argument.value, timedelta):
            return argument
        if meaning == "types":
            return self._steps(spec, argument)
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            suggestion = f'"{self._source(argument)}d"' if meaning == "window" and _is_whole(argument) else ""
            self._report("function.constant", argument.start, found=spec.name, suggestion=suggestion)
            return argument
        if meaning == "window":
            return Literal(argument.start, argument.end, self._span(argument))
        if meaning == "zone" and find_zone(argument.value) is None:
            suggestion = _suggested_zone(argument.value)
            self._report("zone.unknown", argument.start, found=argument.value, suggestion=suggestion)
        if meaning == "type" and not _is_event_type(argument.value):
            self._report("type.form", argument.start, found=argument.value)
        return argument

    def _steps(self, spec: FunctionSpec, argument: Node) -> Node:
        """A list of event types, one after the other."""
        steps = argument.items if isinstance(argument, ListOf) else ()
        if not MIN_STEPS <= len(steps) <= MAX_STEPS:
            self._report("sequence.steps", argument.start, least=MIN_STEPS, most=MAX_STEPS, suggestion=spec.example)
            return argument
        for step in steps:
            self._constant(spec, step, "type")
        return argument

    def _span(self, argument: Literal) -> timedelta | None:
        text = str(argument.value)
        span = parse_span(text)
        if span is None:
            suggestion = f'"{text}d"' if text.isdigit() and text.isascii() else '"72h"'
            self._report("duration.form", argument.start, found=text, suggestion=suggestion)
        return span

    def _has(self, start: int, arguments: tuple[Node, ...], end: int) -> Node:
        if len(arguments) != 1:
            self._report("function.arguments", start, found="has", wanted=1, given=len(arguments))
        elif not isinstance(arguments[0], Select | Index):
            self._report("has.field", arguments[0].start)
        else:
            return Has(start, end, arguments[0])
        return Has(start, end, Literal(start, end, value=None))

    def _unknown(self, name: str, at: int, operand: Node | None) -> None:
        if name in {"matches", "match", "regex", "test"}:
            self._report("function.regex", at)
            return
        methods = [each.name for each in FUNCTIONS.values() if each.method or each.name in METHOD_ALSO]
        plain = [each.name for each in FUNCTIONS.values() if not each.method]
        known = [*methods, *_QUANTIFIERS] if operand is not None else [*plain, "has"]
        meant = WORD_FUNCTIONS.get(name.lower(), "")
        suggestion = meant if meant in known else closest(name, known) or closest(name, [*methods, *plain])
        self._report("function.unknown", at, found=name, suggestion=suggestion)

    def _arguments(self, spec: FunctionSpec, at: int, given: int) -> None:
        hidden = 1 if spec.method or (spec.name in METHOD_ALSO and spec.method) else 0
        least, most = spec.least - hidden, len(spec.kinds) - hidden
        wanted = str(most) if least == most else f"{max(least, 0)}-{most}"
        self._report("function.arguments", at, found=spec.name, wanted=wanted, given=given - hidden)

    def _report(self, code: str, start: int, *, suggestion: str = "", **values: Any) -> None:
        self._problems.append(make_problem(code, start + 1, suggestion=suggestion, **values))

    def _source(self, node: Node) -> str:
        return self._text[node.start : node.end]


_FOLDED: Final = frozenset({"timestamp", "duration"})


def _is_whole(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, int) and not isinstance(node.value, bool)


def _is_event_type(text: str) -> bool:
    noun, dot, verb = text.partition(".")
    return bool(dot and noun and verb) and len(text) <= _MAX_TYPE and "." not in verb


def _full_time(text: str) -> str:
    """A full time near ``text``, in Beijing's zone."""
    day = parse_day(text)
    if day is not None:
        return f"{day.isoformat()}T00:00:00+08:00"
    for clock in ("", ":00"):
        candidate = f"{text.strip().replace(' ', 'T')}{clock}+08:00"
        if parse_timestamp(candidate) is not None:
            return candidate
    return "2026-05-01T00:00:00+08:00"


def _suggested_zone(text: str) -> str:
    lowered = {zone.lower(): zone for zone in COMMON_ZONES} | {"beijing": "Asia/Shanghai", "prc": "Asia/Shanghai"}
    lowered |= {"北京": "Asia/Shanghai", "中国": "Asia/Shanghai", "asia/beijing": "Asia/Shanghai", "utc+8": "+08:00"}
    meant = closest(text.lower(), lowered, cutoff=0.5)
    return f'"{lowered[meant] if meant else "Asia/Shanghai"}"'
