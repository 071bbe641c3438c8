"""Rows that could not be taken, as a file that people open in a spreadsheet, mend and send again."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from yuchi.domain.contacts import ContactKind, contact_kind, masked, without_contacts
from yuchi.domain.problem import Locale, RuleProblem

FIRST_COLUMNS: Final = ("行号 row", "原因 reason")
MAX_CELL: Final = 500
MAX_CELLS: Final = 200
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def reject_line(
    number: int, problems: Iterable[RuleProblem], cells: Sequence[str], kinds: Sequence[ContactKind | None]
) -> str:
    """One line: the row's number, why, and its cells with phones and addresses masked."""
    reasons = [f"{problem.text(Locale.ZH)} / {problem.text(Locale.EN)}" for problem in problems]
    shown = [_shown(cell, kinds[place] if place < len(kinds) else None) for place, cell in enumerate(cells[:MAX_CELLS])]
    return csv_line([str(number), without_contacts("; ".join(reasons)), *shown])


def header_line(header: Sequence[str]) -> str:
    """The first line."""
    return csv_line([*FIRST_COLUMNS, *header])


def kinds_of(header: Sequence[str], contacts: frozenset[str]) -> list[ContactKind | None]:
    """What each column holds: by its name, and because the mapping says so (``contacts``: its phones and addresses)."""
    return [contact_kind(name.strip().lower()) or (ContactKind.PHONE if name in contacts else None) for name in header]


def csv_line(cells: Sequence[str]) -> str:
    """Cells as a line that no spreadsheet takes for a formula."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()


def harmless(cell: str) -> str:
    """A cell that a spreadsheet would execute gets an apostrophe (OWASP: CSV injection)."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _shown(cell: str, kind: ContactKind | None) -> str:
    text = cell[:MAX_CELL]
    if kind is not None and text.strip():
        return masked(kind, text)
    return without_contacts(text)
