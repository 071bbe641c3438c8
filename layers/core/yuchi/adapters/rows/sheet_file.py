"""An XLSX file on the disk: its first sheet, its styles, and its shared texts, which may be larger than the memory."""

import mmap
import posixpath
import struct
import tempfile
import weakref
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from yuchi.adapters.rows.sheet_values import Styles
from yuchi.adapters.rows.sheet_xml import MAX_SMALL, BrokenSheetError, SheetReader, Tag, shared_texts, tags
from yuchi.domain.words import Words
from yuchi.services.ports_imports import UnreadableFileError

MAX_FILE: Final = 256 * 1024**2
"""It has to fit onto the disk of a function, and be there soon."""
MAX_SHEET: Final = 2 * 1024**3
"""Bytes of XML of the sheet: reading goes on in the middle, but has to unpack what stands before."""
MAX_TEXTS: Final = 512 * 1024**2
"""Bytes of XML of the shared texts: they have to be read before the first row, in one invocation."""
MAX_TEXT_COUNT: Final = 16_000_000
MAX_RATIO: Final = 100
"""How many times larger a part may be than what it is packed into; tables are five to thirty times larger."""
SMALL_ENOUGH: Final = 200 * 1024**2
"""Up to this size the ratio does not matter."""
MAX_ENTRIES: Final = 4 << 20
"""Bytes of the archive's list of its parts."""
MAX_ROWS: Final = 1_048_576

TOO_LARGE: Final = Words(
    f"表格太大（文件最多 {MAX_FILE // 1024**2} MB，展开后最多 {MAX_SHEET // 1024**3} GB）；请另存为 CSV（UTF-8）再上传，"
    "CSV 不限大小",
    f"the spreadsheet is too large (at most {MAX_FILE // 1024**2} MB, and {MAX_SHEET // 1024**3} GB when it is unpacked); "
    "save it as CSV, of any size",
)
_BROKEN: Final = Words("打不开这个表格，可能已损坏", "the spreadsheet cannot be opened; it may be damaged")
_LOCKED: Final = Words(
    "这是加密的表格，或旧的 .xls；请去掉密码，另存为 XLSX",
    "this spreadsheet has a password, or is an old .xls; save it as XLSX without one",
)
_NO_SHEET: Final = Words("这个文件里没有工作表", "this file has no sheet")

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22


@contextmanager
def told() -> Iterator[None]:
    """What is wrong with a spreadsheet, in words."""
    try:
        yield
    except (BadZipFile, BrokenSheetError, KeyError, IndexError, ValueError, EOFError, zlib.error) as error:
        raise UnreadableFileError(_BROKEN) from error
    except (NotImplementedError, RuntimeError) as error:  # zipfile: another packing, or a password
        raise UnreadableFileError(_LOCKED) from error


class SheetFile:
    """An open spreadsheet. The file itself may be deleted meanwhile; ``folder``: where the shared texts are kept."""

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        """Raises :class:`UnreadableFileError`."""
        self.size = path.stat().st_size
        self._texts = Texts(folder)
        with told():
            _check(path, self.size)
            self._archive = ZipFile(path)
            self._let_go = weakref.finalize(self, self._archive.close)
            self._part = self._first_sheet()
            self.sheet_size = self._limited(self._part, MAX_SHEET).file_size
            self.styles = self._styles()
            self._read_texts()

    def reader(self) -> SheetReader:
        """Of the first sheet."""
        return SheetReader(lambda: self._archive.open(self._part))

    def text(self, number: str) -> str:
        """A shared text."""
        return self._texts[int(number)]

    def close(self) -> None:
        """Let go of the disk's space."""
        self._let_go()
        self._texts.close()

    def _first_sheet(self) -> str:
        book = "xl/workbook.xml"
        for tag in self._tags("_rels/.rels"):
            if tag.attributes.get("Type", "").endswith("/officeDocument"):
                book = _target("", tag.attributes["Target"])
        folder, name = posixpath.split(book)
        related = {
            tag.attributes["Id"]: tag.attributes
            for tag in self._tags(f"{folder}/_rels/{name}.rels")
            if tag.name == "Relationship"
        }
        self._related = {each["Type"].rpartition("/")[2]: _target(folder, each["Target"]) for each in related.values()}
        found = self._tags(book)
        self._since_1904 = any(
            tag.name == "workbookPr" and tag.attributes.get("date1904") in {"1", "true"} for tag in found
        )
        for tag in found:
            sheet = related.get(tag.attributes.get("id", "")) if tag.name == "sheet" else None
            if sheet and sheet["Type"].endswith("/worksheet"):
                return _target(folder, sheet["Target"])
        raise UnreadableFileError(_NO_SHEET)

    def _styles(self) -> Styles:
        part = self._related.get("styles", "")
        found = self._tags(part) if part in self._archive.namelist() else []
        formats = {
            tag.attributes["numFmtId"]: tag.attributes.get("formatCode", "") for tag in found if tag.name == "numFmt"
        }
        used = [tag.attributes.get("numFmtId", "0") for tag in found if (tag.name, tag.within) == ("xf", "cellXfs")]
        return Styles(formats, used, since_1904=self._since_1904)

    def _read_texts(self) -> None:
        part = self._related.get("sharedStrings", "")
        if part in self._archive.namelist():
            self._limited(part, MAX_TEXTS)
            with self._archive.open(part) as file:
                self._texts.fill(shared_texts(file))

    def _tags(self, part: str) -> list[Tag]:
        self._limited(part, MAX_SMALL)
        with self._archive.open(part) as file:
            return tags(file)

    def _limited(self, part: str, most: int) -> ZipInfo:
        """The part's entry. It never gives more bytes than it says there."""
        entry = self._archive.getinfo(part)
        bomb = entry.file_size > SMALL_ENOUGH and entry.file_size > MAX_RATIO * max(1, entry.compress_size)
        if entry.file_size > most or bomb:
            raise UnreadableFileError(TOO_LARGE)
        return entry


class Texts:
    """Texts by their numbers, on the disk."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._ends = array("Q", [0])
        self._all: mmap.mmap | bytes = b""

    def fill(self, texts: Iterator[str]) -> None:
        """Keep these."""
        end = 0
        with tempfile.TemporaryFile(dir=self._folder) as file:
            for text in texts:
                end += file.write(text.encode(errors="replace"))
                self._ends.append(end)
                if len(self._ends) > MAX_TEXT_COUNT:
                    raise UnreadableFileError(TOO_LARGE)
            file.flush()
            if end:
                self._all = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # outlives the file

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise BrokenSheetError
        return self._all[self._ends[number] : self._ends[number + 1]].decode()

    def close(self) -> None:
        """Let go of the disk's space."""
        if isinstance(self._all, mmap.mmap):
            self._all.close()


def _target(folder: str, target: str) -> str:
    """The name of a part in the archive, as its relations tell it."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _check(path: Path, size: int) -> None:
    """Refuse what is no archive, or has a list of parts that alone would fill the memory."""
    if size > MAX_FILE:
        raise UnreadableFileError(TOO_LARGE)
    with path.open("rb") as file:
        if file.read(len(_OLE)) == _OLE:
            raise UnreadableFileError(_LOCKED)
        file.seek(max(0, size - _END_SIZE - 0xFFFF))
        tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise BadZipFile
    (listed,) = struct.unpack_from("<L", tail, place + 12)
    if listed > MAX_ENTRIES:
        raise UnreadableFileError(TOO_LARGE)
