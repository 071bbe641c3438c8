"""Files, imports and their queue in memory, beside a whole Yuchi."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import md5
from itertools import count
from typing import Any

from tests.fakes.sources import SEALER, FakeSources
from tests.fakes.world import World
from yuchi.adapters.mapping_text import YamlMappings
from yuchi.adapters.rows.texts import open_text
from yuchi.domain.imports import Became, Cursor, ImportJob, ImportKind, import_id
from yuchi.domain.source import Source, SourceKind
from yuchi.services.import_file import ImportFile
from yuchi.services.import_rows import RowsReader
from yuchi.services.ports_imports import FileFacts, FileGoneError, ImportMessage, LeaseLostError, Rows

MEMBERS = """
type: person.identified
identities: {member: 会员号, phone: 手机号}
attributes: {姓名: 姓名, 城市: 城市}
tags: {from: 标签, type: list}
"""


@dataclass
class FakeFiles:
    """A bucket in a dict."""

    clock: Callable[[], datetime]
    files: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """Key -> encoding that the object's metadata says."""
    read: int = 0

    def drop(self, key: str, content: bytes) -> None:
        self.files[key] = content, self.clock()

    def facts(self, key: str) -> FileFacts | None:
        if key not in self.files:
            return None
        content, modified = self.files[key]
        said = self.said.get(key, "")
        return FileFacts(key=key, etag=_etag(content), size=len(content), modified=modified, encoding=said)

    def rows(self, file: FileFacts, cursor: Cursor) -> Rows:
        return open_text(
            lambda start, length: self._range(file, start, length),
            cursor,
            json_lines="json" in file.key,
            encoding=file.encoding,
        )

    def put(self, key: str, content: bytes, *, kind: str) -> None:
        assert "/" in kind
        self.drop(key, content)

    def join(self, prefix: str, key: str, first: bytes, *, kind: str) -> None:
        parts = [content for name, (content, _) in sorted(self.files.items()) if name.startswith(prefix)]
        self.put(key, b"".join([first, *parts]), kind=kind)

    def text(self, key: str) -> str:
        return self.files[key][0].decode("utf-8-sig")

    def _range(self, file: FileFacts, start: int, length: int) -> bytes:
        content = self.files.get(file.key, (b"", None))[0]
        if _etag(content) != file.etag:
            raise FileGoneError
        self.read += 1
        return content[start : start + length]


def _etag(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest()


@dataclass
class FakeImportJobs:
    """The table of imports. What is stored goes through JSON, as on DynamoDB."""

    jobs: dict[tuple[str, str], str] = field(default_factory=dict)
    became: dict[tuple[str, str], Became] = field(default_factory=dict)
    leases: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)

    def begin(self, job: ImportJob) -> bool:
        if (job.brand, job.id) in self.jobs:
            return False
        self.jobs[job.brand, job.id] = _stored(job)
        return True

    def take(self, brand: str, import_id: str, owner: str, *, now: datetime, until: datetime) -> ImportJob | None:
        key = brand, import_id
        if key not in self.jobs or (key in self.leases and self.leases[key][1] > now):
            return None
        self.leases[key] = owner, until
        return self.get(brand, import_id)

    def get(self, brand: str, import_id: str) -> ImportJob | None:
        found = self.jobs.get((brand, import_id))
        if found is None:
            return None
        job = ImportJob.model_validate_json(found)
        return job.model_copy(update={"became": self.became.get((brand, import_id), Became())})

    def save(self, job: ImportJob, owner: str, *, release: bool = False) -> None:
        key = job.brand, job.id
        if self.leases.get(key, ("", None))[0] != owner:
            raise LeaseLostError
        self.jobs[key] = _stored(job)
        if release:
            del self.leases[key]

    def count(self, brand: str, import_id: str, became: Became) -> None:
        old = self.became.get((brand, import_id), Became())
        added: Any = {name: getattr(old, name) + value for name, value in became.model_dump().items()}
        self.became[brand, import_id] = Became(**added)

    def all(self, brand: str | None) -> list[ImportJob]:
        found = [self.get(*key) for key in self.jobs if brand in {None, key[0]}]
        return sorted((job for job in found if job), key=lambda job: job.started_at, reverse=True)


def _stored(job: ImportJob) -> str:
    return job.model_dump_json(exclude={"became"})


@dataclass
class FakeImportQueue:
    """The queue ``imports``: messages, with the seconds they wait."""

    messages: list[tuple[ImportMessage, int]] = field(default_factory=list)

    def send(self, message: ImportMessage, *, delay: int = 0) -> None:
        self.messages.append((message, delay))


@dataclass
class FakeBacklog:
    """As many events wait as it says."""

    number: int = 0

    def waiting(self) -> int:
        return self.number


class ImportWorld(World):
    """A Yuchi into which files are dropped. ``seconds``: of each invocation; looking at the clock takes one."""

    def __init__(self, mapping: str = MEMBERS, *, stretch: int = 50) -> None:
        super().__init__()
        self.sources = FakeSources()
        self.sources.sources["crm"] = Source(
            id="crm", brand="demo", name="CRM", kind=SourceKind.FILE, trusted=True, mapping=mapping
        )
        self.files = FakeFiles(self.clock)
        self.jobs = FakeImportJobs()
        self.queue = FakeImportQueue()
        self.backlog = FakeBacklog()
        self.process = self.with_imports()
        self.seconds = 1_000.0
        numbers = count()
        self.rows = RowsReader(
            files=self.files,
            sources=self.sources,
            mappings=YamlMappings(),
            contacts=SEALER,
            events=self.events,
            backlog=self.backlog,
            metrics=self.metrics,
            stretch=stretch,
        )
        self.import_file = ImportFile(
            jobs=self.jobs,
            files=self.files,
            readers={ImportKind.FILE: self.rows},
            queue=self.queue,
            metrics=self.metrics,
            clock=self.clock,
            new_owner=lambda: f"owner-{next(numbers)}",
        )

    def with_imports(self) -> Any:
        from dataclasses import replace

        return replace(self.process, imports=self.jobs)

    def seconds_left(self) -> Callable[[], float]:
        left = iter(range(int(self.seconds), -1, -1))
        return lambda: float(next(left))

    def drop(self, content: str | bytes, key: str = "demo/crm/members.csv", encoding: str = "utf-8") -> ImportJob:
        """Put a file, and let everything happen that is to happen."""
        self.put(content, key, encoding)
        self.go_on()
        return self.job(key)

    def put(self, content: str | bytes, key: str = "demo/crm/members.csv", encoding: str = "utf-8") -> bool:
        """Put a file, and let the first invocation run."""
        self.files.drop(key, content.encode(encoding) if isinstance(content, str) else content)
        return self.import_file.dropped(key, seconds_left=self.seconds_left())

    def go_on(self, *, rounds: int = 200) -> None:
        """Let events and further invocations run until nothing waits."""
        for _ in range(rounds):
            self.events.forget()
            self.run()
            if not self.queue.messages:
                return
            (message, delay) = self.queue.messages.pop(0)
            self.pass_time(seconds=delay)
            if not self.import_file.work(message, seconds_left=self.seconds_left()):
                self.pass_time(seconds=720)
                self.queue.messages.append((message, 0))

    def job(self, key: str = "demo/crm/members.csv") -> ImportJob:
        facts = self.files.facts(key)
        assert facts is not None
        found = self.jobs.get(key.partition("/")[0], import_id(key, facts.etag, facts.encoding))
        assert found is not None
        return found
