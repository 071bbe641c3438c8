"""Rows of the first sheet of an XLSX file, read on from any row, in memory that does not grow with the file."""

from collections.abc import Iterator
from typing import Any

from yuchi.adapters.rows.sheet_file import MAX_ROWS, TOO_LARGE, SheetFile, told
from yuchi.adapters.rows.sheet_values import value_of
from yuchi.adapters.rows.sheet_xml import RawCell, RawRow
from yuchi.adapters.rows.texts import MAX_COLUMNS, too_many_columns
from yuchi.domain.imports import Cursor
from yuchi.domain.mapping.values import NOT_WORKED_OUT, as_text
from yuchi.domain.words import Words
from yuchi.services.ports_imports import FileRow, UnreadableFileError


class SheetRows:
    """Rows of the first sheet. The cursor's ``place`` is the byte of the XML at which the last row begins that was given;
    its ``offset`` is the same as a share of the packed file, so that people see how far it is.
    """

    def __init__(self, file: SheetFile, cursor: Cursor) -> None:
        self._file = file
        self._cursor = cursor
        self._row, self._header = cursor.row, cursor.header
        self._place = int(cursor.place or 0)
        with told():
            self._rows = self._file.reader().rows_from(self._place, self._row)
        if not self._header:
            self._read_header()

    @property
    def cursor(self) -> Cursor:
        """Behind the last row."""
        return self._cursor.model_copy(
            update={
                "row": self._row,
                "header": self._header,
                "encoding": "xlsx",
                "place": str(self._place),
                "offset": self._file.size * self._place // max(1, self._file.sheet_size),
            }
        )

    def __iter__(self) -> Iterator[FileRow]:
        while (found := self._next()) is not None:
            row, cells = found
            if row.number <= self._cursor.row:  # the last one that was given before
                continue
            self._row, self._place = row.number, row.place
            if cells:
                yield self._made(row.number, cells)

    def _made(self, number: int, cells: dict[int, Any]) -> FileRow:
        header = self._header
        values = {header[place]: value for place, value in cells.items() if place < len(header) and header[place]}
        width = max(len(header), min(max(cells) + 1, MAX_COLUMNS))
        return FileRow(number, values, tuple(_shown(cells.get(place)) for place in range(width)))

    def _next(self) -> tuple[RawRow, dict[int, Any]] | None:
        """The next row, with the values of its cells that are not empty."""
        with told():
            row = next(self._rows, None)
            if row is None:
                return None
            cells = {cell.column: value for cell in row.cells if (value := self._value(cell)) is not None}
        if row.number > MAX_ROWS:
            raise UnreadableFileError(TOO_LARGE)
        return row, cells

    def _value(self, cell: RawCell) -> Any:
        if cell.kind == "s" and cell.text is not None:
            return self._file.text(cell.text) or None
        return value_of(cell.kind, cell.text, cell.style, formula=cell.formula, styles=self._file.styles)

    def _read_header(self) -> None:
        while (found := self._next()) is not None:
            row, cells = found
            names = {place: name for place, value in cells.items() if (name := _shown(value).strip())}
            if not names:
                continue
            if max(names) >= MAX_COLUMNS:
                raise too_many_columns(max(names) + 1)
            self._row, self._place = row.number, row.place
            self._header = tuple(names.get(place, "") for place in range(max(names) + 1))
            return
        raise UnreadableFileError(Words("第一个工作表是空的", "the first sheet is empty"))


def _shown(value: Any) -> str:
    return "" if value is None or value == NOT_WORKED_OUT else as_text(value)
