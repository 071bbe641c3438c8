"""What readers of the archive need from the outside world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Progress = Callable[[int, int], None]
"""Told how much is done and of how much."""


class QuestionFailedError(Exception):
    """The reader could not answer; ``reason`` is what it says, which may quote the question."""

    def __init__(self, reason: str) -> None:
        super().__init__("the question could not be answered")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of an answer. ``scanned``: bytes that were read; ``seconds``: how long it took; ``usd``: what it cost."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    scanned: int
    seconds: float
    usd: float = 0.0


class Questions(Protocol):
    """Answers SQL over the events of one brand."""

    def ask(self, sql: str, *, brand: str, since: str | None, progress: Progress) -> Answer:
        """The answer to ``sql``, which may name the view ``events``: those of ``brand``, from the day ``since`` on.

        Raises :class:`QuestionFailedError`, ``NotAQuestionError``, ``UnavailableError``.
        """
        ...


class ArchiveFiles(Protocol):
    """The objects of the archive, as files on this machine."""

    def days(self, brand: str) -> Sequence[str]:
        """The days on which something lies, in their order."""
        ...

    def fetch(self, brand: str, *, since: str | None, progress: Progress) -> Sequence[Path]:
        """The files of ``brand`` from the day ``since`` on, by day: gzipped or plain lines, as their ending says."""
        ...
