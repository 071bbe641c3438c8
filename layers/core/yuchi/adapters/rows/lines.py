"""Lines of a file that is read in ranges, each with the place where it ends."""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from yuchi.adapters.rows.encodings import CODECS, UNSURE, UTF_16, decide, read_line, read_told_line

CHUNK: Final = 1 << 20
MAX_LINE: Final = 1 << 20
"""A longer line is cut: it is no row, and must not fill the memory."""
SHOWN_OF_CUT: Final = 300
HEAD: Final = 1 << 16
ReadRange = Callable[[int, int], bytes]
"""``(start, length)`` -> bytes; fewer at the end of the file, none behind it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its end. ``end``: the offset behind it. ``problem``: the code of what is wrong with it."""

    text: str
    end: int
    problem: str = ""


class Lines:
    """The lines from ``offset`` on. ``encoding`` may lose its question mark on the way; ``told``: people have said it."""

    def __init__(self, read: ReadRange, *, offset: int, encoding: str, newline: str, told: bool = False) -> None:
        self.encoding = encoding
        self._read_line = read_told_line if told else read_line
        self._read = read
        self._offset = offset
        self._newline = newline

    def __iter__(self) -> Iterator[Line]:
        if self.encoding in UTF_16:
            return self._wide()
        return self._narrow()

    def _narrow(self) -> Iterator[Line]:
        """Of encodings whose further bytes are never taken for a newline: UTF-8 and GB18030."""
        newline = self._newline.encode()
        position, end, rest, dropped = self._offset, self._offset, b"", 0
        while chunk := self._read(position, CHUNK):
            position += len(chunk)
            pieces = (rest + chunk).split(newline)
            rest = pieces.pop()
            for piece in pieces:
                end += len(piece) + dropped + 1
                yield self._cut(piece, end) if dropped or len(piece) > MAX_LINE else self._line(piece + newline, end)
                dropped = 0
            if len(rest) > MAX_LINE:
                dropped += len(rest) - SHOWN_OF_CUT
                rest = rest[:SHOWN_OF_CUT]
        if rest or dropped:
            end += len(rest) + dropped
            yield self._cut(rest, end) if dropped else self._line(rest, end)

    def _line(self, data: bytes, end: int) -> Line:
        if data.isascii():
            return _marked(data.decode("ascii"), end)
        if self.encoding.endswith(UNSURE):
            found = decide([data])
            if not found:
                return Line(self._shown(data), end, "encoding.unsure")
            self.encoding = found
        text = self._read_line(data, self.encoding)
        return Line(self._shown(data), end, "encoding.line") if text is None else _marked(text, end)

    def _cut(self, data: bytes, end: int) -> Line:
        return Line(self._shown(data[:SHOWN_OF_CUT]), end, "line.long")

    def _shown(self, data: bytes) -> str:
        return data.decode(CODECS[self.encoding.rstrip(UNSURE)][0], "replace")

    def _wide(self) -> Iterator[Line]:
        """Of UTF-16, where a newline's byte may be half of another character."""
        decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        position, end, rest, dropped = self._offset, self._offset, "", 0
        while chunk := self._read(position, CHUNK):
            position += len(chunk)
            pieces = (rest + decoder.decode(chunk)).split(self._newline)
            rest = pieces.pop()
            for piece in pieces:
                end += self._size(piece) + dropped + 2
                yield _wide_line(piece + self._newline, end, cut=bool(dropped))
                dropped = 0
            if len(rest) > MAX_LINE:
                dropped += self._size(rest[SHOWN_OF_CUT:])
                rest = rest[:SHOWN_OF_CUT]
        rest += decoder.decode(b"", final=True)
        if rest:
            yield _wide_line(rest, position, cut=bool(dropped))

    def _size(self, text: str) -> int:
        return len(text.encode(self.encoding, "surrogatepass"))


def _wide_line(text: str, end: int, *, cut: bool) -> Line:
    if cut or "\ufffd" in text:
        return Line(text, end, "line.long" if cut else "encoding.line")
    return _marked(text, end)


def _marked(text: str, end: int) -> Line:
    """A line as it is, unless it holds zeros, which no table has and many programs end a text at."""
    return Line(text.replace("\0", "\ufffd"), end, "line.zeros") if "\0" in text else Line(text, end)
