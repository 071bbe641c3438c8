"""A condition: read, checked, ready to be asked."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from yuchi.domain.catalogue import Catalogue
from yuchi.domain.language.access import access_of
from yuchi.domain.language.checker import check
from yuchi.domain.language.compiler import Test, compile_tree
from yuchi.domain.language.findings import Findings
from yuchi.domain.language.meaning import find_nonsense
from yuchi.domain.language.messages import ConditionError, Problem
from yuchi.domain.language.names import names_of
from yuchi.domain.language.parser import parse
from yuchi.domain.language.tree import Node
from yuchi.domain.problem import Severity


class Condition:
    """One condition.

    ``text`` as it was written and ``tree`` as it was understood. ``cost``: a bound of the work of one evaluation.
    ``fields``: the dotted names it reads (``event.key``, ``profile.attributes.城市``). ``tags``: the constant tags it asks
    for. ``counted``: event type -> the longest window in seconds that it counts, None for any time. ``hints``: what may be
    a mistake but keeps nothing back.
    """

    def __init__(self, text: str, tree: Node, found: Findings, hints: tuple[Problem, ...] = ()) -> None:
        self.text = text
        self.tree = tree
        self.cost = round(found.cost)
        self.fields = frozenset(found.fields)
        self.tags = frozenset(found.tags)
        self.counted: Mapping[str, int | None] = found.counted
        self.hints = hints

    @cached_property
    def access(self) -> dict[str, Any] | None:
        """How the index files it, as JSON values (:mod:`yuchi.domain.language.access`), or None where it cannot."""
        return access_of(self.tree, self.text)

    @cached_property
    def matches(self) -> Test:
        """Called with a :class:`Context`: whether the condition holds. Never raises."""
        return compile_tree(self.tree)

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"


def parse_condition(text: str, *, catalogue: Catalogue | None = None, event_types: Sequence[str] = ()) -> Condition:
    """Read ``text`` and check it against the names that exist when an event of ``event_types`` comes.

    An empty text always holds. Without a ``catalogue`` every field is taken to exist.
    Raises :class:`~yuchi.domain.language.messages.ConditionError`.
    """
    (found,) = parse_conditions([(text, event_types)], catalogue=catalogue)
    if isinstance(found, ConditionError):
        raise found
    return found


def parse_conditions(
    wanted: Iterable[tuple[str, Sequence[str]]], *, catalogue: Catalogue | None = None
) -> list[Condition | ConditionError]:
    """:func:`parse_condition` of each ``(text, event types)``; where it would raise, the error.

    All are parsed, then all are checked: a processor that does the same to one text after the other is a third faster.
    """
    read = [(text, event_types, _parse(text)) for text, event_types in wanted]
    checked = [
        (text, tree, check(tree, text, names_of(catalogue, event_types) if catalogue is not None else None))
        if isinstance(tree, Node)
        else tree
        for text, event_types, tree in read
    ]
    return [each if isinstance(each, ConditionError) else _judge(*each) for each in checked]


def _parse(text: str) -> Node | ConditionError:
    try:
        return parse(text)
    except ConditionError as error:
        return error


def _judge(text: str, tree: Node, found: Findings) -> Condition | ConditionError:
    problems = found.problems
    if all(problem.severity is Severity.HINT for problem in problems):
        problems = problems + find_nonsense(tree, text, found.constants)
    if problems:
        problems.sort(key=lambda problem: problem.column or 0)
        if any(problem.severity is Severity.ERROR for problem in problems):
            return ConditionError(*problems)
    return Condition(text, tree, found, tuple(problems))
