"""An import in a process of its own, so that its memory is only its own: `python -m tests.bench.import_worker FORMAT ROWS`.

The real service, reader, mapping and seals; the file lies on the disk and is read in ranges, the queue counts bytes
and keeps nothing. Prints one JSON object.
"""

import csv
import json
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from tests.fakes.imports import MEMBERS, FakeBacklog
from tests.fakes.sources import SEALER, FakeSources
from tests.fakes.stores import FakeMetrics
from yuchi.adapters.mapping_text import YamlMappings
from yuchi.adapters.rows.sheet_file import SheetFile
from yuchi.adapters.rows.sheets import SheetRows
from yuchi.adapters.rows.texts import open_text
from yuchi.domain.imports import Cursor, ImportJob
from yuchi.domain.source import Source, SourceKind
from yuchi.services.import_rows import RowsReader
from yuchi.services.ports import EventMessage
from yuchi.services.ports_imports import FileFacts, Rows

HEADER = ("会员号", "手机号", "姓名", "城市", "标签")
START = datetime(2026, 5, 1, 8, tzinfo=UTC)


@dataclass
class CountingQueue:
    """Takes everything as SQS would get it, and keeps the size alone."""

    messages: int = 0
    size: int = 0

    def send(self, messages: Sequence[tuple[str, str, EventMessage]]) -> set[str]:
        self.messages += len(messages)
        self.size += sum(len(message.model_dump_json(exclude_defaults=True)) for _, _, message in messages)
        return set()


@dataclass
class DiskFiles:
    """The bucket is one file. Rejected rows are counted."""

    path: Path
    written: int = 0
    ranges: int = field(default=0)

    def facts(self, key: str) -> FileFacts | None:
        return FileFacts(key=key, etag="e", size=self.path.stat().st_size, modified=START)

    def rows(self, file: FileFacts, cursor: Cursor) -> Rows:
        if file.key.endswith(".xlsx"):
            return SheetRows(SheetFile(self.path, self.path.parent), cursor)
        return open_text(self._range, cursor, json_lines=file.key.endswith(".jsonl"))

    def put(self, key: str, content: bytes, *, kind: str) -> None:
        del key, kind
        self.written += len(content)

    def join(self, prefix: str, key: str, first: bytes, *, kind: str) -> None:
        del prefix, key, first, kind

    def _range(self, start: int, length: int) -> bytes:
        self.ranges += 1
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(length)


def rows(number: int) -> Iterator[tuple[str, ...]]:
    """Members; one in a hundred has no identity and is rejected."""
    for each in range(number):
        known = each % 100 != 0
        yield (f"M{each:08d}" if known else "", f"139{each:08d}" if known else "", f"会员{each}", "杭州", "茶友|常客")


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "_rels/.rels": f'<Relationships><Relationship Id="a" Type="{OFFICE}/officeDocument" Target="xl/b.xml"/></Relationships>',
    "xl/b.xml": f'<workbook xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/b.xml.rels": f'<Relationships><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="s.xml"/>'
    f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="t.xml"/></Relationships>',
}


def write_sheet(path: Path, number: int) -> None:
    """A spreadsheet as Excel writes it: texts in a part of their own, cells that name them; nothing is kept meanwhile."""
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/s.xml", "w") as sheet:
            sheet.write(b"<worksheet><sheetData>")
            for row in range(number + 1):
                cells = "".join(
                    f'<c r="{letter}{row + 1}" t="s"><v>{row * len(HEADER) + place}</v></c>'
                    for place, letter in enumerate("ABCDE")
                )
                sheet.write(f'<row r="{row + 1}" spans="1:5">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
        with archive.open("xl/t.xml", "w") as texts:
            texts.write(b"<sst>")
            for cells_of_row in chain((HEADER,), rows(number)):
                texts.write("".join(f"<si><t>{cell}</t></si>" for cell in cells_of_row).encode())
            texts.write(b"</sst>")


def write(path: Path, number: int) -> None:
    if path.suffix == ".xlsx":
        write_sheet(path, number)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            for row in rows(number):
                file.write(json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) + "\n")
            return
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows(number))


def memory() -> float:
    """The most that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bring_in(path: Path) -> dict[str, float]:
    """One import from its first to its last row."""
    source = Source(id="crm", brand="demo", name="CRM", kind=SourceKind.FILE, trusted=True, mapping=MEMBERS)
    queue, files = CountingQueue(), DiskFiles(path)
    reader = RowsReader(
        files=files,
        sources=FakeSources({"crm": source}),
        mappings=YamlMappings(),
        contacts=SEALER,
        events=queue,
        backlog=FakeBacklog(),
        metrics=FakeMetrics(),
    )
    size = path.stat().st_size
    job = ImportJob(
        brand="demo", id="i1", source="crm", key=f"demo/crm/{path.name}", size=size, time=START, started_at=START
    )
    last = job

    def save(each: ImportJob) -> None:
        nonlocal last
        last = each

    before, started = memory(), time.process_time()
    assert reader.read(job, save, lambda: 900.0) is None
    seconds = time.process_time() - started
    return {
        "rows": last.counts.read,
        "sent": last.counts.sent,
        "rejected": last.counts.rejected,
        "seconds": seconds,
        "memory": memory(),
        "before": before,
        "megabytes": size / 1e6,
        "message": queue.size / max(1, queue.messages),
    }


def main() -> None:
    """Write a file, bring it in, tell."""
    form, number = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"members.{form}"
        write(path, number)
        print(json.dumps(bring_in(path)))  # noqa: T201 - this is how the answer gets out


if __name__ == "__main__":
    main()
