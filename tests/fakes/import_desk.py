"""Imports as the command line sees them, in memory: what is uploaded is brought in while somebody waits."""

from collections.abc import Callable
from pathlib import Path

from tests.fakes.imports import ImportWorld
from yuchi.domain.imports import ImportJob
from yuchi.domain.source import Source
from yuchi.services.ports_imports import FileFacts


class FakeImportDesk:
    """:class:`yuchi.services.ports_import_desk.ImportDesk` over an :class:`ImportWorld`."""

    def __init__(self) -> None:
        self.world = ImportWorld()
        self.world.sources.sources.clear()
        self.keys_made = 0
        self.waiting: list[str] = []
        self.started: list[ImportJob] = []

    def source(self, source: str) -> Source | None:
        return self.world.sources.sources.get(source)

    def put_source(self, source: Source) -> None:
        self.world.sources.sources[source.id] = source

    def make_keys(self) -> None:
        self.keys_made += 1

    def upload(self, path: Path, key: str, sent: Callable[[int], None], *, encoding: str = "") -> FileFacts:
        content = path.read_bytes()
        self.world.files.said[key] = encoding
        sent(len(content))
        self.world.files.drop(key, content)
        self.waiting.append(key)
        facts = self.world.files.facts(key)
        assert facts is not None
        return facts

    def start(self, job: ImportJob) -> bool:
        self.started.append(job)
        return self.world.jobs.begin(job)

    def job(self, brand: str, import_id: str) -> ImportJob | None:
        return self.world.jobs.get(brand, import_id)

    def jobs(self, brand: str | None) -> list[ImportJob]:
        return self.world.jobs.all(brand)

    def download(self, key: str, path: Path) -> bool:
        if key not in self.world.files.files:
            return False
        path.write_bytes(self.world.files.files[key][0])
        return True

    def work(self) -> None:
        """What ``import_file`` does with the files so far."""
        for key in self.waiting:
            self.world.import_file.dropped(key, seconds_left=self.world.seconds_left())
        self.waiting.clear()
        self.world.go_on()
