"""Read a file's rows, send each as an event, and write the progress after each stretch of them."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from yuchi.domain.contacts import ContactKind, without_contacts
from yuchi.domain.event import Event
from yuchi.domain.imports import WORK, Counts, ImportJob, part_key, report_key
from yuchi.domain.mapping import FieldMapping, Mapped, Rejected, Skipped
from yuchi.domain.mapping.applying import columns_missing
from yuchi.domain.problem import RuleProblem
from yuchi.domain.rejects import header_line, kinds_of, reject_line
from yuchi.domain.timeline import subject_of
from yuchi.domain.words import Words
from yuchi.services.group_rows import grouped
from yuchi.services.places import place_of
from yuchi.services.ports import EventMessage, Metrics, Queue, UnavailableError
from yuchi.services.ports_imports import Backlog, FileFacts, FileRow, Files, Mappings, Rows, UnreadableFileError
from yuchi.services.ports_sources import Contacts, Sources, UnreadableSourceError
from yuchi.services.told_events import Circumstances, make_event

LOGGER: Final = logging.getLogger(__name__)

STRETCH: Final = 2_000
"""Rows between two notes of the progress."""
RESERVE_SECONDS: Final = 20.0
"""No stretch is begun with less than this left of the invocation."""
MAX_BACKLOG: Final = 20_000
"""An import waits while more events than this do: people who write just now come behind them."""
MAX_REJECTS: Final = 100_000
"""Rows that are written to the file of rejected rows; the counts go on."""
SEND_ATTEMPTS: Final = 4

SHOWN_OF_HEADER: Final = 200
"""Characters of a header that does not fit, in which phones and addresses are masked: it may be no header at all."""
MAX_EVENT: Final = 20_000
"""Bytes of one event: ten of them fit into one request to the queue."""
TOO_LARGE: Final = RuleProblem(
    "row.large", f"这一行的内容超过 {MAX_EVENT // 1000} KB", f"the row says more than {MAX_EVENT // 1000} KB"
)
CLOCKS_APART: Final = timedelta(days=1)
"""How much later than its file a row may be: clocks and time zones differ by less. It is then taken for as old as the file,
for a time to come would stand above all that is told later.
"""
FUTURE: Final = RuleProblem(
    "time.future",
    "时间比文件本身还晚一天以上，是不是选错了列或时区？",
    "the time is more than a day later than the file itself; is it the right column, and the right zone?",
    field="time",
)
UNEXPECTED: Final = RuleProblem(
    "row.unexpected", "这一行让程序出了意外，请反馈", "something unexpected happened with this row, please report it"
)

Save = Callable[[ImportJob], None]
"""Writes an import's progress. Raises ``LeaseLostError``."""


class NotTakenError(Exception):
    """The queue of events did not take everything: the stretch is done again, later."""


def imported_by(source: str) -> str:
    """``Event.source`` of what came in a file."""
    return f"/import/{source}"


def send_all(events: Sequence[Event], queue: Queue[EventMessage]) -> None:
    """Send all of them, or raise :class:`NotTakenError`: some are then sent again, and found to be there."""
    waiting = {event.id: event for event in events}
    for _ in range(SEND_ATTEMPTS):
        if not waiting:
            return
        refused = queue.send([(each.id, subject_of(each), EventMessage(event=each)) for each in waiting.values()])
        waiting = {identifier: event for identifier, event in waiting.items() if identifier in refused}
    if waiting:
        raise NotTakenError


@dataclass(frozen=True, slots=True)
class Judge:
    """What one row is: an event, a skipped row, or a rejected one."""

    mapping: FieldMapping
    contacts: Contacts
    source: str

    def judge(self, row: FileRow, job: ImportJob, done: "Stretch") -> tuple[RuleProblem, ...]:
        """Put the row to what was done; its problems where it is rejected. Raises ``UnavailableError``."""
        done.counts["read"] += len(row.all)
        try:
            return self._judge(row, job, done)
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other rows must not suffer
            _tell_us(error, row, job)
            return (UNEXPECTED,)

    def _judge(self, row: FileRow, job: ImportJob, done: "Stretch") -> tuple[RuleProblem, ...]:
        if row.problem is not None:
            return (row.problem,)
        outcome = self.mapping.apply(row.values, [each.values for each in row.further])
        if isinstance(outcome, Rejected):
            return outcome.problems
        if isinstance(outcome, Skipped):
            done.counts["skipped"] += len(row.all)
            return ()
        return self._tell(outcome, row, job, done)

    def _tell(self, mapped: Mapped, row: FileRow, job: ImportJob, done: "Stretch") -> tuple[RuleProblem, ...]:
        around = Circumstances(
            brand=job.brand,
            source=imported_by(self.source),
            time=job.time,
            historical=True,
            provenance={"import": job.id, "row": row.number},
        )
        event_id = mapped.event_id(job.brand, self.source, job.id, str(row.number))
        told = make_event(mapped, self.mapping, self.contacts, event_id, around)
        done.counts["unsealed"] += told.unsealed
        if told.problem is not None:
            return (told.problem,)
        if told.event is not None:
            if told.event.time > job.time + CLOCKS_APART:
                return (FUTURE,)
            event = _no_later_than(job, told.event)
            if len(event.model_dump_json(exclude_defaults=True).encode()) > MAX_EVENT:
                return (TOO_LARGE,)
            done.counts["sent"] += 1
            done.events.append(event)
        return ()


def _no_later_than(job: ImportJob, event: Event) -> Event:
    """In keys stands what the row says, so that it is the same event in the next file."""
    return event if event.time <= job.time else event.model_copy(update={"time": job.time, "key_time": event.time})


def _tell_us(error: Exception, row: FileRow, job: ImportJob) -> None:
    """Into the log goes where it happened: the error's own text may quote data."""
    LOGGER.error("row %s of import %s: %s", row.number, job.id, place_of(error))


@dataclass(slots=True)
class Stretch:
    """What came of some rows."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    events: list[Event] = field(default_factory=list)
    rejects: list[str] = field(default_factory=list)

    def reject(self, row: FileRow, problems: Sequence[RuleProblem], kinds: Sequence[ContactKind | None]) -> None:
        """One more row that cannot be taken, with those of the same order."""
        for each in row.all:
            self.counts["rejected"] += 1
            self.reasons.update({problem.code for problem in problems})
            self.rejects.append(reject_line(each, problems, kinds))

    def total(self) -> Counts:
        """The numbers."""
        return Counts(**self.counts, reasons=dict(self.reasons))


@dataclass(frozen=True, slots=True)
class RowsReader:
    """Reads files."""

    files: Files
    sources: Sources
    mappings: Mappings
    contacts: Contacts
    events: Queue[EventMessage]
    backlog: Backlog
    metrics: Metrics
    stretch: int = STRETCH

    def read(self, job: ImportJob, save: Save, seconds_left: Callable[[], float]) -> ImportJob | None:
        """Read on until time is short or too many events wait; None when the last row is behind us.

        Raises ``UnreadableFileError``, ``FileGoneError``, ``RuleProblemError``, :class:`NotTakenError`.
        """
        judge = self._judge_of(job)
        encoding = job.encoding or judge.mapping.encoding
        file = FileFacts(key=job.key, etag=job.etag, size=job.size, modified=job.time, encoding=encoding)
        rows = grouped(self.files.rows(file, job.cursor), judge.mapping)
        check_header(judge.mapping, rows.cursor.header)
        reading = iter(rows)
        while seconds_left() > RESERVE_SECONDS:
            if self.backlog.waiting() > MAX_BACKLOG:
                return job.model_copy(update={"waits": job.waits + 1})
            chunk = _some(reading, self.stretch)
            if not chunk:
                self._join_rejects(job)
                return None
            job = self._take(job, chunk, rows, judge)
            save(job)
        return job

    def _take(self, job: ImportJob, chunk: Sequence[FileRow], rows: Rows, judge: Judge) -> ImportJob:
        """Some rows: judged, sent, the rejected ones written; then they are behind us."""
        kinds = kinds_of(rows.cursor.header, judge.mapping.contact_columns)
        done = Stretch()
        for row in chunk:
            problems = judge.judge(row, job, done)
            if problems:
                done.reject(row, problems, kinds)
        send_all(done.events, self.events)
        if done.rejects and job.counts.rejected < MAX_REJECTS:
            self.files.put(
                part_key(job, job.cursor.row), "".join(done.rejects).encode(errors="replace"), kind="text/csv"
            )
        self.metrics.count("ImportRow", done.counts["read"])
        self.metrics.count("ImportRowRejected", len(done.rejects))
        return job.model_copy(update={"cursor": rows.cursor, "counts": job.counts.plus(done.total()), "waits": 0})

    def _join_rejects(self, job: ImportJob) -> None:
        if job.counts.rejected:
            first = ("\ufeff" + header_line(job.cursor.header)).encode()
            self.files.join(f"{WORK}{job.id}/", report_key(job.key, "rejects.csv"), first, kind="text/csv")

    def _judge_of(self, job: ImportJob) -> Judge:
        try:
            source = self.sources.get(job.source)
        except UnreadableSourceError as error:
            raise UnreadableFileError(
                Words(
                    f"数据源 {job.source} 的设置被改坏了，先修好再重新上传",
                    f"the settings of the source {job.source} were edited and cannot be read; mend them, then upload again",
                )
            ) from error
        if source is None or source.brand != job.brand:
            raise UnreadableFileError(
                Words(
                    f"品牌 {job.brand} 没有数据源 {job.source}，文件要放在 <品牌>/<数据源>/ 下面",
                    f"the brand {job.brand} has no source {job.source}; files belong below <brand>/<source>/",
                )
            )
        if not source.mapping.strip():
            raise UnreadableFileError(
                Words(f"数据源 {source.id} 没有字段映射", f"the source {source.id} has no field mapping")
            )
        return Judge(mapping=self.mappings.read(source.mapping), contacts=self.contacts, source=source.id)


def _some(rows: Iterator[FileRow], number: int) -> list[FileRow]:
    """The next rows, about ``number`` with those of the same orders."""
    chunk: list[FileRow] = []
    size = 0
    while size < number and (row := next(rows, None)) is not None:
        chunk.append(row)
        size += len(row.all)
    return chunk


def check_header(mapping: FieldMapping, header: Sequence[str]) -> None:
    """Raise ``UnreadableFileError`` where the header cannot be meant by the mapping."""
    if not header:
        return
    twice = sorted(name for name, count in Counter(header).items() if count > 1 and name in mapping.columns)
    if twice:
        raise UnreadableFileError(
            Words(f"表头里有重复的列：{'、'.join(twice)}", f"the header has columns twice: {', '.join(twice)}")
        )
    missing = columns_missing(mapping, header)
    if len(missing) == len(mapping.columns):
        there = without_contacts(", ".join(name for name in header if name))[:SHOWN_OF_HEADER]
        raise UnreadableFileError(
            Words(
                f"表头里没有映射需要的任何一列（{'、'.join(missing[:10])}）；文件的第一行是：{there}。"
                "是不是放错了数据源，或者表头上面还有标题？",
                f"the header has none of the mapping's columns ({', '.join(missing[:10])}); the file's first line is: "
                f"{there}. Is this the right source, and the header the first line?",
            )
        )
