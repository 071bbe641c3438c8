"""What reading an item of any table that people edit has in common: its columns one by one, and what is told of them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from yuchi.domain.plain import Binary, Strange
from yuchi.domain.problem import RuleProblem, RuleProblemError, closest

MAX_COLUMNS: Final = 50
"""How many columns are looked at, so that garbage costs little."""


def refuse(code: str, zh: str, en: str, *, suggestion: str = "") -> RuleProblemError:
    """A column cannot be read."""
    return RuleProblemError(RuleProblem(code, zh, en, suggestion=suggestion))


def holds_odd(value: Any) -> bool:
    """Whether binary data, or what is no data at all, is anywhere in a plain value."""
    if isinstance(value, dict):
        return any(holds_odd(each) for each in value.values())
    return any(holds_odd(each) for each in value) if isinstance(value, list) else isinstance(value, Binary | Strange)


def read_columns(
    written: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]], required: Collection[str]
) -> tuple[dict[str, Any], list[RuleProblem]]:
    """What each column of a plain item says, and what is wrong. An empty text is as good as no column."""
    values: dict[str, Any] = {}
    problems: list[RuleProblem] = []
    for column, read in readers.items():
        value = written.get(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            if column in required:
                problems.append(missing(column))
            continue
        try:
            values[column] = read(value)
        except RuleProblemError as exc:
            problems.extend(problem.at(field=column) for problem in exc.problems)
    return values, problems


def missing(column: str) -> RuleProblem:
    """A column that must be there is not."""
    return RuleProblem("column.missing", "这一栏没有填写", "this column is missing", field=column)


def unknown_columns(
    written: Mapping[str, Any], known: Collection[str], meant: Mapping[str, str]
) -> Iterator[RuleProblem]:
    """The columns that are not ``known``. ``meant``: what people call those that are."""
    if written.keys() <= set(known):
        return
    for column in list(written)[:MAX_COLUMNS]:
        if column not in known:
            word = column.strip().lower()
            suggestion = meant.get(word) or closest(word, known)
            yield RuleProblem(
                "column.unknown", "不认识的栏目", "is not a known column", field=column[:40], suggestion=suggestion
            )
