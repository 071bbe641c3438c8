"""Rows that follow each other and belong to one order become one: exports that write a row for each item are read so.

Which rows belong together is judged by neighbours alone, so that it is the same wherever reading stops and goes on: the same
number, or one row whose number cannot be read. Such a row spoils the orders on both its sides, since it may be of either:
better that a person looks than that an order comes in without one of its items.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from yuchi.domain.imports import Cursor
from yuchi.domain.mapping import FieldMapping
from yuchi.domain.mapping.values import Read, as_text
from yuchi.domain.problem import RuleProblem, RuleProblemError
from yuchi.domain.words import Words
from yuchi.services.ports_imports import FileRow, Rows, UnreadableFileError

MAX_GROUP: Final = 1_000
"""Rows of one order. More say that ``group_by`` names a column that does not tell orders apart."""
MISSING: Final = RuleProblem("group.missing", "看不出这一行属于哪一单", "nobody knows which order this row is of")
_READABLE: Final = frozenset({"columns.few", "columns.many", "encoding.line"})
"""Problems of a row that leave its cells where they belong."""


def grouped(rows: Rows, mapping: FieldMapping) -> Rows:
    """``rows`` as the mapping wants them: each alone, or those of one order together."""
    return rows if mapping.group is None else GroupedRows(rows, mapping.group, mapping.group_by)


class GroupedRows:
    """Rows of one order as one, with the others in ``further``. The cursor is always between two orders."""

    def __init__(self, rows: Rows, number: Read, column: str) -> None:
        self._rows, self._number, self._column = rows, number, column
        self._cursor = rows.cursor

    @property
    def cursor(self) -> Cursor:
        """Behind the last order that was given."""
        return self._cursor

    def __iter__(self) -> Iterator[FileRow]:
        rows = iter(self._rows)
        group: list[FileRow] = []
        last = ""
        while True:
            border = self._rows.cursor
            row = next(rows, None)
            if row is None:
                break
            number = self._number_of(row)
            if group and not _belong_together(last, number):
                self._cursor = border
                yield _joined(group)
                group = []
            elif len(group) >= MAX_GROUP:
                raise self._too_many()
            group.append(row if number or row.problem else replace(row, problem=MISSING))
            last = number
        self._cursor = self._rows.cursor
        if group:
            yield _joined(group)

    def _number_of(self, row: FileRow) -> str:
        """The order's number; empty where it cannot be read for certain."""
        values = row.values
        if row.problem is not None:
            # The last cell of a row that was cut off may be cut itself.
            values = dict(zip(self._rows.cursor.header, row.cells[:-1], strict=False))
            if row.problem.code not in _READABLE:
                return ""
        try:
            value = self._number(values)
            text = "" if value is None else as_text(value)
        except RuleProblemError:
            return ""
        return "" if "\ufffd" in text else text

    def _too_many(self) -> UnreadableFileError:
        return UnreadableFileError(
            Words(
                f"连续超过 {MAX_GROUP} 行属于同一单；映射里的 group_by: {self._column} 写对了吗？",
                f"more than {MAX_GROUP} rows in sequence are of one order; is group_by: {self._column} right?",
            )
        )


def _belong_together(one: str, other: str) -> bool:
    return one == other if one and other else bool(one or other)


def _joined(rows: Sequence[FileRow]) -> FileRow:
    """One row for all of them, with the first problem that one of them has, and where."""
    first, *further = rows
    bad = next((row for row in rows if row.problem is not None), None)
    if bad is None or bad.problem is None or not further:
        return replace(first, further=tuple(further))
    problem = replace(bad.problem, zh=f"第 {bad.number} 行：{bad.problem.zh}", en=f"row {bad.number}: {bad.problem.en}")
    return replace(first, further=tuple(further), problem=problem)
