"""Rows of the first sheet of an XLSX file, which has to lie on a disk. Openpyxl reads it as a stream."""

import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from yuchi.adapters.rows.texts import MAX_COLUMNS
from yuchi.domain.imports import Cursor
from yuchi.domain.mapping.values import as_text
from yuchi.domain.words import Words
from yuchi.services.ports_imports import FileRow, UnreadableFileError

MAX_FILE: Final = 30 * 1024**2
"""A larger one cannot be read within the time of one invocation: it starts at the first row each time."""
MAX_UNPACKED: Final = 400 * 1024**2
MAX_ROWS: Final = 200_000
_EMPTY_ROWS: Final = 1_000
"""After so many empty rows the sheet is over: some programs declare a million of them."""

TOO_LARGE: Final = Words(
    f"表格太大（最多 {MAX_FILE // 1024**2} MB、{MAX_ROWS // 10_000} 万行）；请另存为 CSV（UTF-8）再上传，CSV 不限大小",
    f"the spreadsheet is too large (at most {MAX_FILE // 1024**2} MB and {MAX_ROWS:,} rows); save it as CSV, of any size",
)
_BROKEN: Final = Words("打不开这个表格，可能已损坏", "the spreadsheet cannot be opened; it may be damaged")


class SheetRows:
    """Rows of the first sheet. The cursor's ``offset`` is of no use here: it goes by rows."""

    def __init__(self, path: Path, cursor: Cursor) -> None:
        _refuse_bombs(path)
        try:
            self._book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
            self._sheet = self._book.worksheets[0]
        except (
            BadZipFile,
            InvalidFileException,
            KeyError,
            ValueError,
            IndexError,
            OSError,
            zipfile.LargeZipFile,
        ) as error:
            raise UnreadableFileError(_BROKEN) from error
        self._cursor = cursor
        self._row = cursor.row
        self._header = cursor.header
        self._rows = self._numbered()
        if not self._header:
            self._read_header()

    @property
    def cursor(self) -> Cursor:
        """Behind the last row."""
        return self._cursor.model_copy(update={"row": self._row, "header": self._header, "encoding": "xlsx"})

    def __iter__(self) -> Iterator[FileRow]:
        for number, cells in self._rows:
            if number <= self._row:
                continue
            if number > MAX_ROWS:
                raise UnreadableFileError(TOO_LARGE)
            self._row = number
            if any(cell is not None for cell in cells):
                yield FileRow(number, self._values(cells), tuple(_shown(cell) for cell in cells))

    def _values(self, cells: tuple[Any, ...]) -> Mapping[str, Any]:
        return {
            name: _plain(cell) for name, cell in zip(self._header, cells, strict=False) if name and cell is not None
        }

    def _read_header(self) -> None:
        number, cells = next(((number, cells) for number, cells in self._rows if any(cells)), (0, ()))
        names = [_shown(cell).strip() for cell in cells]
        while names and not names[-1]:
            names.pop()
        if not names:
            raise UnreadableFileError(Words("第一个工作表是空的", "the first sheet is empty"))
        if len(names) > MAX_COLUMNS:
            raise UnreadableFileError(TOO_LARGE)
        self._row, self._header = number, tuple(names)

    def _numbered(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        empty = 0
        rows = self._sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1)
        for number, cells in enumerate(rows, 1):
            empty = 0 if any(cell is not None for cell in cells) else empty + 1
            if empty > _EMPTY_ROWS:
                return
            yield number, cells


def _refuse_bombs(path: Path) -> None:
    """What unpacks to far more than it says, or is no archive at all."""
    try:
        with ZipFile(path) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except (BadZipFile, OSError) as error:
        raise UnreadableFileError(_BROKEN) from error
    if path.stat().st_size > MAX_FILE or unpacked > MAX_UNPACKED:
        raise UnreadableFileError(TOO_LARGE)


def _plain(cell: Any) -> Any:
    """JSON values and datetimes; a time alone becomes text."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - on the writer's own calendar
    if isinstance(cell, time):
        return cell.isoformat()
    return cell if isinstance(cell, str | int | float | bool | datetime) else str(cell)


def _shown(cell: Any) -> str:
    return "" if cell is None else as_text(_plain(cell))
