"""Rows of CSV files and JSON lines."""

import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

from yuchi.adapters.rows.encodings import sniff, told
from yuchi.adapters.rows.lines import HEAD, Line, Lines, ReadRange
from yuchi.domain.imports import Cursor
from yuchi.domain.problem import RuleProblem
from yuchi.domain.words import Words
from yuchi.services.ports_imports import FileRow, UnreadableFileError

MAX_LINES: Final = 200
"""How many lines one row may go over. More is a quotation mark that nobody closed."""
MAX_RECORD: Final = 1 << 20
MAX_COLUMNS: Final = 2_000
DELIMITERS: Final = (",", "\t", ";", "|")

PROBLEMS: Final = {
    code: RuleProblem(code, zh, en)
    for code, zh, en in (
        ("encoding.line", "这一行的编码与整个文件不同，读不出来", "this line has another encoding than the file"),
        (
            "encoding.unsure",
            "看不出这一行是什么编码，请在映射里写 encoding",
            "the line does not say which encoding it is in; write encoding in the mapping",
        ),
        ("line.zeros", "这一行里有零字节，文件可能已损坏", "this line has zero bytes; the file may be damaged"),
        ("line.long", "这一行超过 1 MB", "this line is longer than 1 MB"),
        ("quote.open", "引号没有成对", "a quotation mark is not closed"),
        ("columns.many", "这一行的列比表头多", "this row has more columns than the header"),
        (
            "columns.few",
            "这一行的列比表头少，可能被截断",
            "this row has fewer columns than the header, perhaps cut off",
        ),
        ("json.broken", "这一行不是完整的 JSON", "this line is no complete JSON"),
        ("json.object", "这一行不是 JSON 对象", "this line is no JSON object"),
    )
}


csv.field_size_limit(MAX_RECORD)  # its own limit is less, and what it says of a long cell is that the row is broken


class _OpenQuoteError(Exception):
    """A row goes on for too long."""


def open_text(read: ReadRange, cursor: Cursor, *, json_lines: bool, encoding: str = "") -> "CsvRows | JsonRows":
    """The rows from ``cursor`` on. ``encoding``: what people have said of it. Raises :class:`UnreadableFileError`."""
    if not cursor.encoding:
        head = read(0, HEAD)
        found, mark, newline = told(encoding, head) if encoding else sniff(head, whole=len(head) < HEAD)
        cursor = cursor.model_copy(update={"encoding": found, "offset": mark, "newline": newline})
    lines = Lines(read, offset=cursor.offset, encoding=cursor.encoding, newline=cursor.newline, told=bool(encoding))
    return JsonRows(lines, cursor) if json_lines else CsvRows(lines, cursor)


class CsvRows:
    """Rows of a CSV file (RFC 4180, and tabs, semicolons and bars)."""

    def __init__(self, lines: Lines, cursor: Cursor) -> None:
        self._lines = lines
        self._cursor = cursor
        self._source = iter(lines)
        self._waiting: deque[Line] = deque()
        self._taken: list[Line] = []
        self._row, self._offset = cursor.row, cursor.offset
        self._header, self._delimiter = cursor.header, cursor.delimiter
        if not self._header:
            self._read_header()

    @property
    def cursor(self) -> Cursor:
        """Behind the last row."""
        return self._cursor.model_copy(
            update={
                "offset": self._offset,
                "row": self._row,
                "encoding": self._lines.encoding,
                "header": self._header,
                "delimiter": self._delimiter,
            }
        )

    def __iter__(self) -> Iterator[FileRow]:
        for cells, broken in self._records():
            if broken is None and not any(map(str.strip, cells)):
                continue
            problem = broken or self._width(cells)
            yield FileRow(self._row, {} if problem else self._values(cells), tuple(cells), problem)

    def _values(self, cells: Sequence[str]) -> dict[str, str]:
        return {name: cell for name, cell in zip(self._header, cells, strict=False) if name}

    def _width(self, cells: Sequence[str]) -> RuleProblem | None:
        if len(cells) < len(self._header):
            return PROBLEMS["columns.few"]
        return PROBLEMS["columns.many"] if any(map(str.strip, cells[len(self._header) :])) else None

    def _read_header(self) -> None:
        first = next(self._source, None)
        while first is not None and (not first.text.strip() or _SAYS_DELIMITER.fullmatch(first.text.strip())):
            self._row, self._offset = self._row + 1, first.end
            first = next(self._source, None)
        if first is None:
            raise UnreadableFileError(Words("文件是空的", "the file is empty"))
        self._waiting.append(first)
        self._delimiter = max(DELIMITERS, key=lambda each: _outside_quotes(first.text).count(each))
        cells, problem = next(self._records())
        names = [cell.strip().strip("\ufeff") for cell in cells]
        while names and not names[-1]:
            names.pop()
        if len(names) > MAX_COLUMNS:
            raise too_many_columns(len(names))
        if problem or not any(names):
            zh, en = (problem.zh, problem.en) if problem else ("第一行必须是表头", "it has to be the header")
            raise UnreadableFileError(Words(f"第一行读不出列名：{zh}", f"the first line has no names of columns: {en}"))
        self._header = tuple(names)

    def _records(self) -> Iterator[tuple[list[str], RuleProblem | None]]:
        reader = self._reader()
        while True:
            self._taken = []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _OpenQuoteError):
                first, *others = self._taken
                self._waiting.extendleft(reversed(others))
                self._taken = [first]
                reader = self._reader()
                self._behind()
                code = first.problem or "quote.open"
                yield first.text.rstrip("\r\n").split(self._delimiter)[:MAX_COLUMNS], PROBLEMS[code]
                continue
            self._behind()
            bad = next((line.problem for line in self._taken if line.problem), "")
            yield cells, PROBLEMS[bad] if bad else None

    def _behind(self) -> None:
        self._row += 1
        self._offset = self._taken[-1].end

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._feed(), delimiter=self._delimiter, strict=True)

    def _feed(self) -> Iterator[str]:
        size = 0
        while True:
            line = self._waiting.popleft() if self._waiting else next(self._source, None)
            if line is None:
                return
            size = len(line.text) if not self._taken else size + len(line.text)
            self._taken.append(line)
            if (
                len(self._taken) > MAX_LINES
                or size > MAX_RECORD
                or (line.problem == "line.long" and len(self._taken) > 1)
            ):
                raise _OpenQuoteError
            yield line.text.replace("\r", "\n") if self._cursor.newline == "\r" else line.text


class JsonRows:
    """One JSON object a line."""

    def __init__(self, lines: Lines, cursor: Cursor) -> None:
        self._lines = lines
        self._cursor = cursor
        self._row, self._offset = cursor.row, cursor.offset

    @property
    def cursor(self) -> Cursor:
        """Behind the last row."""
        return self._cursor.model_copy(
            update={"offset": self._offset, "row": self._row, "encoding": self._lines.encoding}
        )

    def __iter__(self) -> Iterator[FileRow]:
        for line in self._lines:
            self._row, self._offset = self._row + 1, line.end
            text = line.text.strip()
            if not text:
                continue
            values, code = _object(text) if not line.problem else ({}, line.problem)
            yield FileRow(self._row, values, (text[:2000],), PROBLEMS[code] if code else None)


def too_many_columns(number: int) -> UnreadableFileError:
    """The whole file is refused: what it lists by columns belongs into rows."""
    return UnreadableFileError(
        Words(f"有 {number:,} 列，最多 {MAX_COLUMNS:,} 列", f"{number:,} columns are too many, at most {MAX_COLUMNS:,}")
    )


def _object(text: str) -> tuple[dict[str, Any], str]:
    try:
        found = json.loads(text, parse_constant=_no_constant)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()  # half of a pair is no character, and cannot be stored
    except (ValueError, RecursionError):
        return {}, "json.broken"
    return (found, "") if isinstance(found, dict) else ({}, "json.object")


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_SAYS_DELIMITER: Final = re.compile(r"sep=[,;|\t]?")
"""What some programs write above the header for Excel. The header tells the same."""


def _outside_quotes(text: str) -> str:
    return "".join(text.split('"')[::2])
