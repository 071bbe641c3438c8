"""An archive on disk behind the command line."""

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.unit.cli.desk import FakeDesk
from yuchi.adapters.admin.duckdb_questions import DuckDBQuestions
from yuchi.domain.archive import archive_day, archive_line
from yuchi.domain.timeline import TimelineEntry


class FakeArchiveFiles:
    """Files of one brand in a folder, gzipped or plain."""

    def __init__(self, folder: Path, brand: str = "demo") -> None:
        self.folder, self.brand = folder, brand

    def put(self, *entries: TimelineEntry, plain: bool = False) -> None:
        for entry in entries:
            line = archive_line(entry)
            place = self.folder / f"day={archive_day(entry)}" / f"{entry.event.id}{len(list(self.folder.rglob('*')))}"
            place.parent.mkdir(parents=True, exist_ok=True)
            if plain:
                place.with_suffix(".jsonl").write_bytes(line)
            else:
                place.with_suffix(".jsonl.gz").write_bytes(gzip.compress(line))

    def days(self, brand: str) -> Sequence[str]:
        return sorted({file.parent.name.removeprefix("day=") for file in self._files(brand)})

    def fetch(self, brand: str, *, since: str | None, progress: Callable[[int, int], None]) -> Sequence[Path]:
        files = [file for file in self._files(brand) if since is None or file.parent.name >= f"day={since}"]
        progress(len(files), len(files))
        return files

    def _files(self, brand: str) -> list[Path]:
        return sorted(self.folder.glob("day=*/*")) if brand == self.brand else []


def with_archive(desk: FakeDesk, folder: Path) -> FakeArchiveFiles:
    """Give ``desk`` an archive, and what answers questions to it."""
    files = FakeArchiveFiles(folder)
    desk.archive_files, desk.duckdb, desk.athena = files, DuckDBQuestions(files), DuckDBQuestions(files)
    return files
