"""Which columns of a table stand in a terminal's width, so that no word is broken in the middle of a cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

LEAST: Final = 16
"""Characters that a column of free text is left at the least."""
FRAME: Final = 3
"""What lines and padding take of each column, and one more for the table."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``free``: its text may run over several lines. ``spare``: the highest goes first; 0 always stays."""

    title: str
    free: bool = False
    spare: int = 0


def fitting(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The places of the columns that are shown in ``width`` characters."""
    wanted = [
        max(cell_len(line) for text in (column.title, *(row[place] for row in rows)) for line in text.split("\n"))
        for place, column in enumerate(columns)
    ]
    least = [min(each, LEAST) if column.free else each for column, each in zip(columns, wanted, strict=True)]
    shown = list(range(len(columns)))
    while sum(least[place] + FRAME for place in shown) + 1 > width:
        out = max(shown, key=lambda place: columns[place].spare)
        if columns[out].spare == 0:
            break
        shown.remove(out)
    return shown
