"""`yuchi import --dry-run`: what would become of the first rows, without any deployment."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from rich.text import Text

from yuchi.adapters.rows.texts import open_text
from yuchi.cli.errors import refuse
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal
from yuchi.domain.contacts import ContactKind, masked
from yuchi.domain.event import ALL_OTHERS
from yuchi.domain.harmless import harmless
from yuchi.domain.imports import Cursor
from yuchi.domain.mapping import FieldMapping, Mapped, Rejected, Skipped
from yuchi.domain.mapping.applying import SECRET
from yuchi.services.group_rows import grouped
from yuchi.services.import_rows import check_header
from yuchi.services.ports_imports import FileRow, Rows, UnreadableFileError

SHOWN: Final = 120


def try_rows(file: Path, mapping: FieldMapping, terminal: Terminal, number: int, *, encoding: str = "") -> None:
    """Show what the mapping makes of the first rows of ``file``."""
    text = terminal.text
    try:
        rows = grouped(_open(file, encoding or mapping.encoding), mapping)
        check_header(mapping, rows.cursor.header)
        told = [_told(row, mapping, terminal) for row in islice(_each(rows), number)]
    except UnreadableFileError as error:
        raise refuse(
            (f"{file.name} 读不了", f"{file.name} cannot be read"), (error.words.zh, error.words.en)
        ) from error
    columns = (
        text("行", "row"),
        text("结果", "outcome"),
        Column(text("谁", "who"), free=True),
        Column(text("内容", "content"), free=True),
    )
    terminal.table(columns, told)
    encoding = rows.cursor.encoding.rstrip("?")
    terminal.note(f"编码 {encoding}；什么也没有上传", f"encoding {encoding}; nothing was uploaded")


def _open(file: Path, encoding: str) -> Rows:
    if file.suffix.lower() == ".xlsx":
        from yuchi.adapters.rows.sheet_file import SheetFile
        from yuchi.adapters.rows.sheets import SheetRows

        return SheetRows(SheetFile(file), Cursor())

    def read(start: int, length: int) -> bytes:
        with file.open("rb") as opened:
            opened.seek(start)
            return opened.read(length)

    return open_text(read, Cursor(), json_lines=file.suffix.lower() in {".jsonl", ".ndjson"}, encoding=encoding)


def _each(rows: Rows) -> Iterator[FileRow]:
    return iter(rows)


def _told(row: FileRow, mapping: FieldMapping, terminal: Terminal) -> list[object]:
    outcome = (
        Rejected((row.problem,)) if row.problem else mapping.apply(row.values, [each.values for each in row.further])
    )
    if isinstance(outcome, Skipped):
        return [row.number, Text(terminal.text("跳过", "skipped"), style="dim"), "", ""]
    if isinstance(outcome, Rejected):
        reasons = "\n".join(problem.text(terminal.locale) for problem in outcome.problems)
        return [row.number, Text(terminal.text("退回", "rejected"), style="red"), "", Text(reasons, style="red")]
    return [row.number, Text(outcome.type, style="green"), _who(outcome), _content(outcome, terminal)]


def _who(mapped: Mapped) -> str:
    return "\n".join(
        f"{name}:{masked(ContactKind(name), value) if name in SECRET else value}"
        for name, value in mapped.identities.items()
    )


def _content(mapped: Mapped, terminal: Terminal) -> str:
    parts = [f"{name}={value}" for name, value in harmless({**mapped.data, **mapped.attributes}).items()]
    if mapped.tags:
        parts.append(terminal.text("标签=", "tags=") + "、".join(mapped.tags))
    if mapped.untags:
        names = (terminal.text("其余的", "all others") if each == ALL_OTHERS else each for each in mapped.untags)
        parts.append(terminal.text("去掉标签=", "without tags=") + "、".join(names))
    shown = ", ".join(parts)
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
