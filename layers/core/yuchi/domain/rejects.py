"""Rows that could not be taken, as a file that people open in a spreadsheet, mend and send again."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from yuchi.domain.contacts import ContactKind, contact_kind, masked, without_contacts
from yuchi.domain.harmless import harmless
from yuchi.domain.problem import Locale, RuleProblem

FIRST_COLUMNS: Final = ("行号 row", "原因 reason")
MAX_CELL: Final = 500
MAX_CELLS: Final = 2_000
"""As many as a file may have columns."""
MAX_ROW: Final = 20_000
"""Characters of all cells together: the rows of one stretch are in the memory at once."""
MAX_OBJECT: Final = 2_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def reject_line(row: "Rejectable", problems: Iterable[RuleProblem], kinds: Sequence[ContactKind | None]) -> str:
    """One line: the row's number, why, and its cells with phones and addresses masked. ``kinds``: by column."""
    reasons = [f"{problem.text(Locale.ZH)} / {problem.text(Locale.EN)}" for problem in problems]
    if not kinds and row.values:  # a JSON object, which has no columns
        shown = [json.dumps(harmless(row.values), ensure_ascii=False, default=str)[:MAX_OBJECT]]
    else:
        shown = [
            _shown(cell, kinds[place] if place < len(kinds) else None)
            for place, cell in enumerate(row.cells[:MAX_CELLS])
        ]
    room = MAX_ROW
    for place, cell in enumerate(shown):
        shown[place] = cell[: max(0, room)]
        room -= len(cell)
    return csv_line([str(row.number), without_contacts("; ".join(reasons)), *shown])


class Rejectable(Protocol):
    """A row as a file holds it."""

    @property
    def number(self) -> int:
        """As a spreadsheet counts."""
        ...

    @property
    def values(self) -> Mapping[str, Any]:
        """By column; empty where the row cannot be read."""
        ...

    @property
    def cells(self) -> tuple[str, ...]:
        """As they stand."""
        ...


def header_line(header: Sequence[str]) -> str:
    """The first line."""
    return csv_line([*FIRST_COLUMNS, *header])


def kinds_of(header: Sequence[str], contacts: Mapping[str, str]) -> list[ContactKind | None]:
    """What each column holds: because the mapping says so (``contacts``: column -> phone or email), or by its name."""
    return [ContactKind(contacts[name]) if name in contacts else contact_kind(name.strip().lower()) for name in header]


def csv_line(cells: Sequence[str]) -> str:
    """Cells as a line that no spreadsheet takes for a formula."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([inert(cell) for cell in cells])
    return buffer.getvalue()


def inert(cell: str) -> str:
    """A cell that a spreadsheet would execute gets an apostrophe (OWASP: CSV injection)."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _shown(cell: str, kind: ContactKind | None) -> str:
    text = cell[:MAX_CELL]
    if kind is not None and text.strip():
        return masked(kind, text)
    return without_contacts(text)
