"""An import: one file, or one account's followers, on its way in. Everything that must survive a crash is here."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from yuchi.domain.event import derive_id
from yuchi.domain.words import Words

REPORTS: Final = "reports/"
"""Where reports and rejected rows are put, beside the brands' own folders."""
WORK: Final = "work/"
"""Where rejected rows are gathered until the end."""
FORMATS: Final = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".xlsx")


class ImportKind(StrEnum):
    """What is brought in."""

    FILE = "file"
    FOLLOWERS = "followers"
    TAGS = "tags"


class ImportState(StrEnum):
    """How far it is."""

    READING = "reading"
    SETTLING = "settling"
    """All rows are sent; the events are still being processed."""
    DONE = "done"
    FAILED = "failed"


FINAL: Final = frozenset({ImportState.DONE, ImportState.FAILED})


class Cursor(BaseModel):
    """Where to go on: ``offset`` bytes into the file, at the border of two rows, and what was learnt of the file.

    ``row``: the number of the last row behind us, as a spreadsheet counts (the header is 1). ``place``: of followers, the
    last openid behind us.
    """

    model_config = ConfigDict(frozen=True)

    offset: int = 0
    row: int = 0
    encoding: str = ""
    delimiter: str = ""
    newline: str = "\n"
    header: tuple[str, ...] = ()
    place: str = ""


class Counts(BaseModel):
    """What became of the rows so far. ``reasons``: code of a problem -> rows with it; ``unsealed``: contacts left out."""

    model_config = ConfigDict(frozen=True)

    read: int = 0
    sent: int = 0
    skipped: int = 0
    rejected: int = 0
    unsealed: int = 0
    reasons: Mapping[str, int] = Field(default_factory=dict)

    def plus(self, more: "Counts") -> "Counts":
        """Both together."""
        reasons = {
            code: self.reasons.get(code, 0) + more.reasons.get(code, 0) for code in (*self.reasons, *more.reasons)
        }
        return Counts(
            read=self.read + more.read,
            sent=self.sent + more.sent,
            skipped=self.skipped + more.skipped,
            rejected=self.rejected + more.rejected,
            unsealed=self.unsealed + more.unsealed,
            reasons=reasons,
        )


class Became(BaseModel):
    """What the events became, counted where they are processed: a crash there may count one twice, or as ``repeated``."""

    model_config = ConfigDict(frozen=True)

    created: int = 0
    merged: int = 0
    updated: int = 0
    repeated: int = 0

    @property
    def processed(self) -> int:
        """All of them."""
        return self.created + self.merged + self.updated + self.repeated


class ImportJob(BaseModel):
    """One import. ``key``: of the file in the bucket, or the account. ``time``: of rows that say none."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    brand: str
    id: str
    kind: ImportKind = ImportKind.FILE
    source: str
    key: str
    etag: str = ""
    size: int = 0
    encoding: str = ""
    """What was said of the file, where somebody said it."""
    state: ImportState = ImportState.READING
    step: int = 0
    waits: int = 0
    """How often it only waited, for events to be processed or for tomorrow's quota."""
    cursor: Cursor = Cursor()
    counts: Counts = Counts()
    became: Became = Became()
    time: AwareDatetime
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    resumes_at: AwareDatetime | None = None
    problem: Mapping[str, str] = Field(default_factory=dict)
    """``zh`` and ``en``: why it failed."""

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.key.rpartition("/")[2]

    @property
    def is_over(self) -> bool:
        """Nothing more happens to it."""
        return self.state in FINAL

    def failed(self, problem: Words, now: datetime) -> "ImportJob":
        """Given up for good."""
        told = {"zh": problem.zh, "en": problem.en}
        return self.model_copy(update={"state": ImportState.FAILED, "problem": told, "finished_at": now})

    def report(self) -> dict[str, Any]:
        """The content of the report, as JSON values."""
        return {
            "import": self.id,
            "brand": self.brand,
            "source": self.source,
            "file": self.key,
            "state": self.state,
            "rows": {
                "read": self.counts.read,
                "sent": self.counts.sent,
                "skipped": self.counts.skipped,
                "rejected": self.counts.rejected,
            },
            "events": {**self.became.model_dump(), "waiting": max(0, self.counts.sent - self.became.processed)},
            "reasons": dict(self.counts.reasons),
            "contacts_not_understood": self.counts.unsealed,
            "encoding": self.cursor.encoding.rstrip("?"),
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "problem": dict(self.problem),
        }


def import_id(key: str, etag: str, encoding: str = "") -> str:
    """The id of one content of one file: dropped again unchanged it is the same import, and nothing happens.

    Said to be in another ``encoding``, it is another content.
    """
    return derive_id("import", key, etag.strip('"'), *([encoding] if encoding else []))[:16]


def place_of_key(key: str) -> tuple[str, str] | None:
    """``(brand, source)`` of ``<brand>/<source>/<name>``; None for another key."""
    parts = key.split("/")
    if len(parts) < 3 or not all(parts) or key.startswith((REPORTS, WORK)):  # noqa: PLR2004 - brand, source, name
        return None
    return parts[0], parts[1]


def report_key(key: str, ending: str) -> str:
    """Where the report (``report.json``) or the rejected rows (``rejects.csv``) of the file ``key`` are put."""
    return f"{REPORTS}{key}.{ending}"


def part_key(job: ImportJob, row: int) -> str:
    """Where the rejected rows of one stretch are kept until the end; a stretch done again overwrites its own."""
    return f"{WORK}{job.id}/{row:012d}.csv"
