"""Lines of a file that is read in ranges, each with the place where it ends. Encodings: see :func:`sniff`."""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from yuchi.domain.words import Words
from yuchi.services.ports_imports import UnreadableFileError

CHUNK: Final = 1 << 20
MAX_LINE: Final = 1 << 20
"""A longer line is cut: it is no row, and must not fill the memory."""
SHOWN_OF_CUT: Final = 300
HEAD: Final = 1 << 16
UNSURE: Final = "?"
"""Behind an encoding: so far there were only ASCII characters."""
UTF_16: Final = frozenset({"utf-16-le", "utf-16-be"})
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

ReadRange = Callable[[int, int], bytes]
"""``(start, length)`` -> bytes; fewer at the end of the file, none behind it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its end. ``end``: the offset behind it. ``problem``: the code of what is wrong with it."""

    text: str
    end: int
    problem: str = ""


def sniff(head: bytes, *, whole: bool) -> tuple[str, int, str]:
    """``(encoding, bytes of its mark, newline)`` from the first bytes; ``whole``: there are no more.

    Raises :class:`UnreadableFileError` for what is no text.
    """
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark), _newline(head, encoding)
    if head[:4] == b"PK\x03\x04" or head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _no_text()
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 > len(head) // 2 and min(even, odd) * 20 < max(even, odd):
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        return encoding, 0, _newline(head, encoding)
    if head.isascii():
        return "utf-8" + UNSURE, 0, _newline(head, "utf-8")
    lines = head.splitlines() if whole else head.splitlines()[:-1] or [head[:-4]]
    telling = [line for line in lines if not line.isascii()]
    for encoding in ("utf-8", "gb18030"):
        # By most of the lines: a few may be broken, or in another encoding, and are judged alone later.
        if sum(_is_in(line, encoding) for line in telling) * 2 > len(telling):
            return encoding, 0, _newline(head, encoding)
    if not telling:
        return "utf-8" + UNSURE, 0, _newline(head, "utf-8")
    raise _no_text()


def _is_in(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _newline(head: bytes, encoding: str) -> str:
    text = head.decode(encoding, "replace")
    return "\r" if "\n" not in text and "\r" in text else "\n"


def _no_text() -> UnreadableFileError:
    return UnreadableFileError(
        Words(
            "这不是文本文件；请另存为 CSV（UTF-8）、XLSX 或每行一个 JSON 的 JSONL",
            "this is no text; save it as CSV (UTF-8), XLSX or JSONL (one JSON a line)",
        )
    )


class Lines:
    """The lines from ``offset`` on. ``encoding`` may lose its question mark on the way."""

    def __init__(self, read: ReadRange, *, offset: int, encoding: str, newline: str) -> None:
        self.encoding = encoding
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
            return Line(data.decode("ascii"), end)
        unsure = self.encoding.endswith(UNSURE)
        for encoding in ("utf-8", "gb18030") if unsure else (self.encoding,):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            self.encoding = encoding
            return Line(text, end)
        return Line(data.decode(self.encoding.rstrip(UNSURE), "replace"), end, "encoding.line")

    def _cut(self, data: bytes, end: int) -> Line:
        return Line(data[:SHOWN_OF_CUT].decode(self.encoding.rstrip(UNSURE), "replace"), end, "line.long")

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
                problem = "line.long" if dropped else "encoding.line" if "\ufffd" in piece else ""
                yield Line(piece + self._newline, end, problem)
                dropped = 0
            if len(rest) > MAX_LINE:
                dropped += self._size(rest[SHOWN_OF_CUT:])
                rest = rest[:SHOWN_OF_CUT]
        rest += decoder.decode(b"", final=True)
        if rest:
            yield Line(rest, position, "line.long" if dropped else "encoding.line" if "\ufffd" in rest else "")

    def _size(self, text: str) -> int:
        return len(text.encode(self.encoding, "surrogatepass"))
