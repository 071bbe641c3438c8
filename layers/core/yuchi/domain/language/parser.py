"""From tokens to the syntax tree: the grammar of CEL's expressions, restricted as the module's package says."""

import re
from typing import Any, Final, Never

from yuchi.domain.language.calls import CallBuilder
from yuchi.domain.language.lexer import MAX_INTEGER, Tokens, quoted, scan
from yuchi.domain.language.messages import ConditionError, Problem, make_problem
from yuchi.domain.language.tree import (
    ROOTS,
    And,
    Binary,
    Conditional,
    Index,
    ListOf,
    Literal,
    Name,
    Negate,
    Node,
    Not,
    Or,
    Select,
)
from yuchi.domain.problem import closest

MAX_CHARACTERS: Final = 2_000
MAX_DEPTH: Final = 32
MAX_NODES: Final = 300

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Half a character, which no store keeps and no index takes."""
_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_LEVELS: Final = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(_COMPARISONS, 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
"""How tightly operators bind."""
_NAMES: Final = frozenset({*ROOTS, "now"})
_PREFIXES: Final = frozenset({"!", "-"})
_BEHIND: Final = frozenset({".", "["})
"""What takes a part of the operand before it."""
_STARTS: Final = frozenset({"word", "path", "constant", "(", "[", "!"})
"""What an operand begins with, when it stands right behind another one."""


def parse(text: str) -> Node:
    """The syntax tree of ``text``; an empty text is ``true``. Raises :class:`ConditionError` and nothing else."""
    if not isinstance(text, str):
        raise ConditionError(make_problem("text.form", 1))
    if len(text) > MAX_CHARACTERS:
        raise ConditionError(make_problem("limit.text", MAX_CHARACTERS + 1, found=len(text), limit=MAX_CHARACTERS))
    odd = None if text.isascii() else _SURROGATE.search(text)
    if odd is not None:
        raise ConditionError(make_problem("character.unknown", odd.start() + 1, found=f"U+{ord(odd.group()):04X}"))
    if not text.strip():
        return Literal(0, len(text), value=True)
    return _Parser(text, scan(text)).parse()


class _GrammarError(Exception):
    """Ends the parse: what follows cannot be understood."""


class _Parser:
    def __init__(self, text: str, tokens: Tokens) -> None:
        self._text = text
        self._tokens = tokens
        self._kinds = tokens.kinds
        self._starts = tokens.starts
        self._ends = tokens.ends
        self._at = 0
        self._nodes = 0
        self._problems: list[Problem] = tokens.problems
        self._variables: list[str] = []
        self._calls = CallBuilder(text, self._problems)

    def parse(self) -> Node:
        try:
            tree = self._expression(0)
            if self._kinds[self._at] != "end":
                self._fail_after_whole()
        except _GrammarError:
            tree = None
        # A tree of few nodes cannot be deep.
        if tree is not None and self._nodes > MAX_DEPTH and not self._problems and _depth(tree) > MAX_DEPTH:
            self._report("limit.depth", tree.start, limit=MAX_DEPTH)
        if self._problems or tree is None:
            raise ConditionError(*sorted(dict.fromkeys(self._problems), key=lambda problem: problem.column or 0))
        return tree

    # --- grammar

    def _expression(self, depth: int) -> Node:
        test = self._operation(1, depth)
        if self._kinds[self._at] != "?":
            return test
        self._at += 1
        then = self._operation(1, self._deeper(depth))
        if self._kinds[self._at] != ":":
            self._fail("grammar.colon")
        self._at += 1
        otherwise = self._expression(self._deeper(depth))
        self._count()
        return Conditional(test.start, otherwise.end, test, then, otherwise)

    def _operation(self, level: int, depth: int) -> Node:
        kinds = self._kinds
        left = self._unary(depth) if kinds[self._at] in _PREFIXES else self._member(depth)
        while True:
            operator = kinds[self._at]
            binding = _LEVELS.get(operator, 0)
            if binding < level:
                return left
            at = self._starts[self._at]
            self._at += 1
            left = self._combine(operator, left, self._operation(binding + 1, depth), at)

    def _combine(self, operator: str, left: Node, right: Node, at: int) -> Node:
        self._count()
        if operator == "&&":
            parts = (*left.parts, right) if isinstance(left, And) else (left, right)
            return And(left.start, right.end, parts)
        if operator == "||":
            parts = (*left.parts, right) if isinstance(left, Or) else (left, right)
            return Or(left.start, right.end, parts)
        if operator in _COMPARISONS and isinstance(left, Binary) and left.operator in _COMPARISONS:
            self._check_chain(left, operator, right, at)
        return Binary(left.start, right.end, operator, left, right, at)

    def _check_chain(self, left: Binary, operator: str, right: Node, at: int) -> None:
        """``1 < x < 3`` compares true with 3 in CEL, which nobody means. Brackets show that somebody does."""
        if self._text[left.start] == "(" and self._text[left.end - 1] == ")":
            return
        if left.operator in {"==", "!="} and isinstance(right, Literal) and isinstance(right.value, bool):
            return
        source = self._text
        first, middle = source[left.start : left.end], source[left.right.start : left.right.end]
        suggestion = f"{first} && {middle} {operator} {source[right.start : right.end]}"
        self._report("grammar.chain", at, suggestion=suggestion)

    def _unary(self, depth: int) -> Node:
        kind = self._kinds[self._at]
        starts: list[int] = []
        while self._kinds[self._at] == kind:
            starts.append(self._starts[self._at])
            self._at += 1
            depth = self._deeper(depth)
        if kind == "-" and self._kinds[self._at] == "constant":
            operand = self._negative_constant(starts.pop(), depth)
        else:
            operand = self._member(depth)
        for start in reversed(starts):
            self._count()
            operand = Not(start, operand.end, operand) if kind == "!" else Negate(start, operand.end, operand)
        return operand

    def _negative_constant(self, start: int, depth: int) -> Node:
        value = self._tokens.values[self._at]
        if isinstance(value, bool) or not isinstance(value, int | float):
            operand = self._member(depth)
            return Negate(start, operand.end, operand)
        self._tokens.values[self._at] = -value
        operand = self._member(depth)
        return Literal(start, operand.end, operand.value) if isinstance(operand, Literal) else operand

    def _member(self, depth: int) -> Node:
        operand = self._path() if self._kinds[self._at] == "path" else self._primary(depth)
        while (kind := self._kinds[self._at]) in _BEHIND:
            self._at += 1
            depth = self._deeper(depth)
            operand = self._field_or_method(operand, depth) if kind == "." else self._bracket(operand, depth)
        return operand

    def _path(self) -> Node:
        """``event.key``: the same nodes as its parts one after the other."""
        names: tuple[str, ...] = self._tokens.values[self._at]
        start = self._starts[self._at]
        self._at += 1
        end = start + len(names[0])
        node: Node = Name(start, end, names[0])
        for name in names[1:]:
            self._count()
            at = end + 1
            end = at + len(name)
            node = Select(start, end, node, name, at)
        self._count()
        return node

    def _field_or_method(self, operand: Node, depth: int) -> Node:
        at = self._at
        start, end = self._starts[at], self._ends[at]
        name = self._tokens.values[at]
        if self._kinds[at] == "in":
            name = "in"
        elif self._kinds[at] != "word" or not isinstance(name, str):
            self._fail("grammar.field")
        self._at += 1
        if self._kinds[self._at] == "(" and name.isascii():
            return self._call(name, start, operand, depth)
        if name == "in" or not name.isascii():
            # Fields have English names, so that a name like this is one of an attribute.
            profile = isinstance(operand, Name) and operand.name == "profile"
            before = "profile.attributes" if profile else self._text[operand.start : operand.end]
            self._report("word.name", start, found=name, suggestion=f"{before}[{quoted(name)}]")
        self._count()
        return Select(operand.start, end, operand, name, start)

    def _bracket(self, operand: Node, depth: int) -> Node:
        opening = self._at - 1
        index = self._expression(depth)
        end = self._close("]", opening)
        self._count()
        if isinstance(index, Literal) and isinstance(index.value, str):
            return Select(operand.start, end, operand, index.value, index.start)
        return Index(operand.start, end, operand, index)

    def _primary(self, depth: int) -> Node:
        at = self._at
        kind = self._kinds[at]
        start, end = self._starts[at], self._ends[at]
        if kind == "constant":
            self._at += 1
            self._count()
            value = self._tokens.values[at]
            if value == MAX_INTEGER + 1 and isinstance(value, int):
                self._report("number.large", start, found=value)
            return Literal(start, end, value)
        if kind == "word":
            self._at += 1
            name = str(self._tokens.values[at])
            if self._kinds[self._at] == "(":
                return self._call(name, start, None, depth)
            self._count()
            if name not in _NAMES and name not in self._variables:
                self._complain_of_name(name, start)
            return Name(start, end, name)
        if kind == "(":
            self._at += 1
            return _widen(self._expression(self._deeper(depth)), start, self._close(")", at))
        if kind == "[":
            self._at += 1
            items, end = self._sequence("]", at, self._deeper(depth))
            self._count()
            return ListOf(start, end, items)
        if kind == "end" and at:
            self._fail_missing_after(self._source(at - 1), self._starts[at - 1])
        if kind in _LEVELS or kind in {"?", ":", ","}:
            before = at > 0 and self._kinds[at - 1] not in {"(", "[", ","}
            self._fail("grammar.unexpected" if before else "grammar.before")
        return self._fail("grammar.end" if kind == "end" else "grammar.unexpected")

    def _complain_of_name(self, name: str, start: int) -> None:
        suggestion = closest(name, [*_NAMES, *self._variables])
        if not suggestion and self._kinds[self._at - 2 : self._at - 1] in (["=="], ["!="], ["in"], [","], ["["]):
            self._report("word.unquoted", start, found=name, suggestion=quoted(name))
        else:
            self._report("name.unknown", start, found=name, suggestion=suggestion)

    def _call(self, name: str, start: int, operand: Node | None, depth: int) -> Node:
        opening = self._at
        self._at += 1
        self._count()
        if operand is not None and name in {"exists", "all"}:
            return self._quantifier(name, start, operand, opening, self._deeper(depth))
        arguments, end = self._sequence(")", opening, self._deeper(depth))
        return self._calls.build(name, start, operand, arguments, end)

    def _quantifier(self, name: str, start: int, operand: Node, opening: int, depth: int) -> Node:
        at = self._at
        variable = self._tokens.values[at]
        if self._kinds[at] != "word" or not isinstance(variable, str) or self._kinds[at + 1] != ",":
            if self._kinds[at] == ")":
                self._fail("function.arguments", found=name, wanted=2, given=0)
            self._fail("function.variable", found=name)
        if variable in _NAMES:
            self._report("name.taken", self._starts[at], found=variable)
        self._at += 2
        self._variables.append(variable)
        body = self._expression(depth)
        self._variables.pop()
        end = self._close(")", opening)
        return self._calls.quantifier(name, start, operand, variable, body, end)

    def _sequence(self, closing: str, opening: int, depth: int) -> tuple[tuple[Node, ...], int]:
        items: list[Node] = []
        # A list may end in a comma, arguments may not.
        while self._kinds[self._at] != closing or (items and closing == ")"):
            items.append(self._expression(depth))
            if self._kinds[self._at] != ",":
                break
            self._at += 1
        return tuple(items), self._close(closing, opening)

    def _close(self, closing: str, opening: int) -> int:
        if self._kinds[self._at] != closing:
            if self._kinds[self._at] == "end":
                self._report("grammar.close", self._starts[opening], found=self._source(opening))
                raise _GrammarError
            self._fail_after_operand()
        end = self._ends[self._at]
        self._at += 1
        return end

    # --- limits and complaints

    def _deeper(self, depth: int) -> int:
        if depth >= MAX_DEPTH:
            self._report("limit.depth", self._starts[self._at], limit=MAX_DEPTH)
            raise _GrammarError
        return depth + 1

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._report("limit.nodes", self._starts[self._at], limit=MAX_NODES)
            raise _GrammarError

    def _source(self, at: int) -> str:
        return self._text[self._starts[at] : self._ends[at]]

    def _report(self, code: str, start: int, *, suggestion: str = "", **values: Any) -> None:
        self._problems.append(make_problem(code, start + 1, suggestion=suggestion, **values))

    def _fail(self, code: str, **values: Any) -> Never:
        found = self._source(self._at)
        if not found and "found" not in values:
            code = "grammar.end"
        self._report(code, self._starts[self._at], **{"found": found, **values})
        raise _GrammarError

    def _fail_missing_after(self, found: str, start: int) -> Never:
        self._report("grammar.after", start, found=found)
        raise _GrammarError

    def _fail_after_operand(self) -> Never:
        """Something follows a complete operand that cannot."""
        if self._kinds[self._at] in _STARTS:
            self._fail("grammar.operator")
        self._fail("grammar.unexpected")

    def _fail_after_whole(self) -> Never:
        if self._kinds[self._at] in {")", "]"}:
            self._fail("grammar.extra")
        self._fail_after_operand()


def _widen(node: Node, start: int, end: int) -> Node:
    """``node`` with the brackets around it. Nobody else has it yet, so it needs no copy."""
    object.__setattr__(node, "start", start)
    object.__setattr__(node, "end", end)
    return node


def _depth(tree: Node) -> int:
    deepest = 0
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((child, depth + 1) for child in node.children)
    return deepest
