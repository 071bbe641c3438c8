"""What the command line needs of imports."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from yuchi.domain.imports import ImportJob
from yuchi.domain.source import Source
from yuchi.services.ports_imports import FileFacts


class ImportDesk(Protocol):
    """Imports of one deployment. Methods may raise ``UnavailableError``."""

    def source(self, source: str) -> Source | None:
        """The source as it is now."""
        ...

    def put_source(self, source: Source) -> None:
        """Store a source."""
        ...

    def make_keys(self) -> None:
        """Make the keys under which phones are kept, where there are none."""
        ...

    def upload(self, path: Path, key: str, sent: Callable[[int], None], *, encoding: str = "") -> FileFacts:
        """Put a file into the bucket; ``sent`` is told of bytes as they go. ``encoding``: what is said of it."""
        ...

    def start(self, job: ImportJob) -> bool:
        """Begin an import that needs no file; False where it was begun before."""
        ...

    def job(self, brand: str, import_id: str) -> ImportJob | None:
        """An import as it stands."""
        ...

    def jobs(self, brand: str | None) -> list[ImportJob]:
        """Every import, the newest first."""
        ...

    def download(self, key: str, path: Path) -> bool:
        """Fetch a file of the bucket; False where there is none."""
        ...
