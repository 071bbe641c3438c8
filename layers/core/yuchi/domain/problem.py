"""What is wrong with a rule item, in words for the person who wrote it, in Chinese and English."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Final, Self

SPELLING: Final = 0.75
"""How alike a name must be to a known one where it may as well be a name of its own."""


class Locale(StrEnum):
    """The language that people read."""

    ZH = "zh"
    EN = "en"


class Severity(StrEnum):
    """``ERROR`` keeps a rule from going live; ``HINT`` does not."""

    ERROR = "error"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing to mend. ``code`` is stable, ``zh`` and ``en`` are full sentences without the place.

    ``field``: the item's column (``when``, ``then``, ...). ``item``: which action, from 1. ``column``: which
    character of it, from 1. ``suggestion``: what to write instead, ready to be copied.
    """

    code: str
    zh: str
    en: str
    field: str = ""
    item: int | None = None
    column: int | None = None
    suggestion: str = ""
    severity: Severity = Severity.ERROR

    def at(self, *, field: str = "", item: int | None = None, column: int | None = None) -> Self:
        """The same problem with the outer place added, as it is handed outwards."""
        return replace(
            self,
            field=field or self.field,
            item=self.item if item is None else item,
            column=self.column if column is None else column,
        )

    def text(self, locale: Locale) -> str:
        """Place, sentence and suggestion in one line."""
        if locale is Locale.ZH:
            where = (f"第 {self.item} 项" if self.item else "") + (f"第 {self.column} 列" if self.column else "")
            place = f"{self.field} {where}".strip()
            hint = f"，您是不是想写 {self.suggestion} ？" if self.suggestion else ""
            return (f"{place}：" if place else "") + self.zh + hint
        parts = [self.field, f"item {self.item}" if self.item else "", f"column {self.column}" if self.column else ""]
        place = ", ".join(part for part in parts if part)
        hint = f", did you mean {self.suggestion} ?" if self.suggestion else ""
        return (f"{place}: " if place else "") + self.en + hint


class RuleProblemError(ValueError):
    """Something that a person wrote cannot be used; ``problems`` says why."""

    def __init__(self, *problems: RuleProblem) -> None:
        super().__init__("; ".join(problem.code for problem in problems))
        self.problems = problems


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known name that looks most like ``word``, or an empty text."""
    found = get_close_matches(word[:80], list(known), n=1, cutoff=cutoff)
    return found[0] if found else ""
