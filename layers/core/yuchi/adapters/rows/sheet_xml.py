"""The rows in the XML of a sheet, as a stream, from any row on. Expat reads it; the place of each row is a byte's number.

Own code, because no reader of spreadsheets goes on in the middle of one: a million rows take longer than an invocation.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any, Final, NamedTuple
from xml.parsers import expat

from yuchi.adapters.rows.sheet_values import unescape

PIECE: Final = 1 << 16
MAX_HEAD: Final = 4 << 20
"""Bytes before the first row: widths of columns and the like."""
MAX_SMALL: Final = 16 << 20
"""Bytes of a part that is read whole: the list of sheets, styles."""


class BrokenSheetError(Exception):
    """The XML is none, or ends in the middle, or holds what no spreadsheet has."""


class RawCell(NamedTuple):
    """A cell as it is written. ``text`` None: it holds no value. ``column`` from 0."""

    column: int
    kind: str
    style: str
    text: str | None
    formula: bool


class RawRow(NamedTuple):
    """A row. ``place``: the byte that it begins at."""

    number: int
    place: int
    cells: Sequence[RawCell]


class Tag(NamedTuple):
    """The beginning of an element. ``within``: the name of the one around it."""

    name: str
    within: str
    attributes: Mapping[str, str]


def tags(file: IO[bytes]) -> list[Tag]:
    """All elements of a small part."""
    found: list[Tag] = []
    path: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append(
            Tag(_local(name), path[-1] if path else "", {_local(key): text for key, text in attributes.items()})
        )
        path.append(_local(name))

    def end(_name: str) -> None:
        path.pop()

    parser = _parser(start, end)
    _parse(parser, file.read(MAX_SMALL), last=True)
    return found


class SheetReader:
    """The rows of one sheet. ``open_part`` opens its XML from the beginning."""

    def __init__(self, open_part: Callable[[], IO[bytes]]) -> None:
        self._open = open_part
        self._rows: list[RawRow] = []
        self._base = 0
        self._over = False
        self._number = 0
        self._place = 0
        self._cells: list[RawCell] = []
        self._column = -1
        self._kind = self._style = ""
        self._text: list[str] | None = None
        self._value: str | None = None
        self._formula = False
        self._silent = 0
        self._parser = self._new_parser()

    def rows_from(self, place: int, number: int) -> Iterator[RawRow]:
        """The rows from the one on that begins at ``place`` and has this ``number``; from the first one on for 0."""
        head = self._head()
        self._parser = self._new_parser()
        self._rows, self._over, self._number = [], False, number - 1 if place else 0
        with self._open() as file:
            _parse(self._parser, head)
            start = max(place, len(head))
            self._base = start - len(head)
            _skip(file, start)
            while not self._over:
                piece = file.read(PIECE)
                _parse(self._parser, piece, last=not piece)
                yield from self._rows
                self._rows = []
                if not piece and not self._over:
                    raise BrokenSheetError

    def _head(self) -> bytes:
        """What stands before the first row, so that reading can begin at any."""
        head = b""
        self._base, self._rows, self._over, self._number, self._place = 0, [], False, 0, -1
        self._parser = self._new_parser()
        with self._open() as file:
            while len(head) < MAX_HEAD and (piece := file.read(PIECE)):
                head += piece
                _parse(self._parser, piece)
                if self._first >= 0 or self._over:
                    return head[: self._first] if self._first >= 0 else head
        raise BrokenSheetError

    def _new_parser(self) -> Any:
        self._first = -1
        parser = _parser(self._start, self._end)
        parser.CharacterDataHandler = self._characters
        return parser

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "c":
            self._begin_cell(attributes)
        elif name in {"v", "t"}:
            self._text = []
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._begin_row(attributes)
        elif name == "rPh":  # how the text is pronounced
            self._silent += 1

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        place = self._parser.CurrentByteIndex
        if self._first < 0:
            self._first = place
        said = attributes.get("r", "")
        number = int(said) if said.isdecimal() else self._number + 1
        if number <= self._number:
            raise BrokenSheetError
        self._number, self._place, self._cells, self._column = number, self._base + place, [], -1

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        said = attributes.get("r", "")
        self._column = _column(said.rstrip("0123456789")) if said else self._column + 1
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._value, self._formula = None, False

    def _end(self, name: str) -> None:
        name = _local(name)
        if name in {"v", "t"}:
            if self._text is not None and not self._silent:
                self._value = (self._value or "") + "".join(self._text)
            self._text = None
        elif name == "c":
            if self._value is not None or self._formula:
                self._cells.append(RawCell(self._column, self._kind, self._style, self._value, self._formula))
        elif name == "row":
            self._rows.append(RawRow(self._number, self._place, self._cells))
        elif name == "rPh":
            self._silent -= 1
        elif name == "sheetData":
            self._over = True

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


class _SharedTexts:
    """Gathers the texts that cells share."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._inside, self._silent = False, 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "t":
            self._inside = not self._silent
        elif name == "rPh":
            self._silent += 1

    def end(self, name: str) -> None:
        name = _local(name)
        if name == "si":
            self.found.append(unescape("".join(self._parts)))
            self._parts.clear()
        elif name == "t":
            self._inside = False
        elif name == "rPh":
            self._silent -= 1

    def characters(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)


def shared_texts(file: IO[bytes]) -> Iterator[str]:
    """The texts that cells share, in their order."""
    gathered = _SharedTexts()
    parser = _parser(gathered.start, gathered.end)
    parser.CharacterDataHandler = gathered.characters
    while piece := file.read(PIECE):
        _parse(parser, piece)
        yield from gathered.found
        gathered.found.clear()
    _parse(parser, b"", last=True)


def _parser(start: Callable[[str, dict[str, str]], None], end: Callable[[str], None]) -> Any:
    parser = expat.ParserCreate(None, "}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = _no_doctype  # no spreadsheet has one, and entities can unpack to anything
    return parser


def _no_doctype(*_: Any) -> None:
    raise BrokenSheetError


def _parse(parser: Any, piece: bytes, *, last: bool = False) -> None:
    try:
        parser.Parse(piece, last)
    except (expat.ExpatError, ValueError) as error:
        raise BrokenSheetError from error


_LOCAL: Final[dict[str, str]] = {}


def _local(name: str) -> str:
    """The name without its namespace, of which there are two: that of Excel, and that of the strict standard."""
    found = _LOCAL.get(name)
    if found is None:
        found = name.rpartition("}")[2]
        if len(_LOCAL) < 1_000:  # noqa: PLR2004 - an archive may hold any names
            _LOCAL[name] = found
    return found


_COLUMNS: Final[dict[str, int]] = {}
_LAST_COLUMN: Final = 16_384


def _column(letters: str) -> int:
    """``A`` is 0, ``AA`` is 26."""
    found = _COLUMNS.get(letters)
    if found is None:
        found = 0
        for letter in letters.upper():
            found = found * 26 + ord(letter) - 64
        if not 0 < found <= _LAST_COLUMN or not letters.isalpha():
            raise BrokenSheetError
        found -= 1
        _COLUMNS[letters] = found
    return found


def _skip(file: IO[bytes], number: int) -> None:
    while number > 0 and (piece := file.read(min(number, 1 << 20))):
        number -= len(piece)
