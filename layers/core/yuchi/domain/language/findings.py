"""What the walk over a condition found."""

from dataclasses import dataclass, field
from typing import Any

from yuchi.domain.language.messages import Problem, make_problem
from yuchi.domain.language.tree import Node
from yuchi.domain.problem import Severity


@dataclass(slots=True)
class Findings:
    """What the walk found; see :class:`~yuchi.domain.language.condition.Condition` for the meaning of each."""

    problems: list[Problem] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    counted: dict[str, int | None] = field(default_factory=dict)
    cost: float = 0
    constants: list[Node] = field(default_factory=list)
    """Parts of ``&&``, ``||`` and ``!``, or the whole, that depend on nothing."""

    def report(
        self, code: str, start: int, *, suggestion: str = "", severity: Severity = Severity.ERROR, **values: Any
    ) -> None:
        """One more problem, at the character ``start``, counted from 0."""
        self.problems.append(make_problem(code, start + 1, suggestion=suggestion, severity=severity, **values))
