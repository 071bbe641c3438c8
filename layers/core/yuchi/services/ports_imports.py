"""What bringing files in needs from the outside world."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from yuchi.domain.imports import Became, Cursor, ImportJob
from yuchi.domain.mapping import FieldMapping
from yuchi.domain.problem import RuleProblem
from yuchi.domain.words import Words


class ImportMessage(BaseModel):
    """Go on with an import. ``step`` is that of the import when this was sent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = 1
    brand: str
    import_id: str
    step: int = 0


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One content of one file. ``encoding``: what who put it has said of it."""

    key: str
    etag: str
    size: int
    modified: datetime
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row. ``number`` as a spreadsheet counts; ``cells`` as they stand, for people; ``problem``: it cannot be read.

    ``further``: rows of the same order that come behind it, where a mapping groups them.
    """

    number: int
    values: Mapping[str, Any]
    cells: tuple[str, ...]
    problem: RuleProblem | None = None
    further: tuple["FileRow", ...] = ()

    @property
    def all(self) -> tuple["FileRow", ...]:
        """The row and those behind it."""
        return (self, *self.further)


class UnreadableFileError(Exception):
    """The whole file cannot be read; ``words`` says why and what to do."""

    def __init__(self, words: Words) -> None:
        super().__init__("unreadable file")
        self.words = words


class FileGoneError(Exception):
    """The file was deleted, or replaced by another content, since its import began."""


class LeaseLostError(Exception):
    """Somebody else goes on with the import: stop at once and write nothing."""


class Rows(Protocol):
    """A file being read. ``cursor``: where to go on behind the last row that was given."""

    @property
    def cursor(self) -> Cursor:
        """Where to go on."""
        ...

    def __iter__(self) -> Iterator[FileRow]: ...


class Files(Protocol):
    """The bucket. Methods may raise ``UnavailableError``."""

    def facts(self, key: str) -> FileFacts | None:
        """What lies there now."""
        ...

    def rows(self, file: FileFacts, cursor: Cursor) -> Rows:
        """Read on at ``cursor``. It and its rows raise :class:`UnreadableFileError`, :class:`FileGoneError`."""
        ...

    def put(self, key: str, content: bytes, *, kind: str) -> None:
        """Write a file."""
        ...

    def join(self, prefix: str, key: str, first: bytes, *, kind: str) -> None:
        """Write ``first`` and all files below ``prefix``, in the order of their names, as one file."""
        ...


class ImportJobs(Protocol):
    """The table of imports. Methods may raise ``UnavailableError``."""

    def begin(self, job: ImportJob) -> bool:
        """Store a new import; False where it is there already."""
        ...

    def take(self, brand: str, import_id: str, owner: str, *, now: datetime, until: datetime) -> ImportJob | None:
        """Lease it until ``until``, so that nobody else goes on with it; None while somebody else has it."""
        ...

    def get(self, brand: str, import_id: str) -> ImportJob | None:
        """The import as it stands."""
        ...

    def save(self, job: ImportJob, owner: str, *, release: bool = False) -> None:
        """Store where it stands, if the lease is still ours. Raises :class:`LeaseLostError`."""
        ...

    def count(self, brand: str, import_id: str, became: Became) -> None:
        """Add to what its events became."""
        ...

    def all(self, brand: str | None) -> list[ImportJob]:
        """Every import, of one brand or of all."""
        ...


class ImportQueue(Protocol):
    """The queue ``imports``."""

    def send(self, message: ImportMessage, *, delay: int = 0) -> None:
        """Let the import go on after ``delay`` seconds (at most 900). Raises ``UnavailableError``."""
        ...


class Backlog(Protocol):
    """How full ``events.fifo`` is, so that an import does not keep people waiting who write just now."""

    def waiting(self) -> int:
        """About how many events wait."""
        ...


class Mappings(Protocol):
    """Mappings as text."""

    def read(self, text: str) -> FieldMapping:
        """The mapping in a source's item. Raises :class:`~yuchi.domain.problem.RuleProblemError`."""
        ...
