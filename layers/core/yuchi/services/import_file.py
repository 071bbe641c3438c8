"""Bring in files and followers: go on for as long as there is time, then pass on to the next invocation by a message.

Progress is written behind the sending: what a crash in between lets be sent again has the same ids, and is found on the
timeline. The lease on an import keeps a second worker from it.
"""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from yuchi.domain.imports import (
    REPORTS,
    WORK,
    ImportJob,
    ImportKind,
    ImportState,
    import_id,
    place_of_key,
    report_key,
)
from yuchi.domain.problem import Locale, RuleProblemError
from yuchi.domain.words import Words
from yuchi.services.import_rows import NotTakenError, Save
from yuchi.services.places import place_of
from yuchi.services.ports import Clock, Metrics, UnavailableError
from yuchi.services.ports_imports import (
    FileGoneError,
    Files,
    ImportJobs,
    ImportMessage,
    ImportQueue,
    LeaseLostError,
    UnreadableFileError,
)

LOGGER: Final = logging.getLogger(__name__)

LEASE_SPARE: Final = timedelta(seconds=30)
"""A lease outlives the invocation by this much, and ends before its message comes again."""
LONGEST_PAUSE: Final = 60
"""Seconds until an import that waits looks again; at first it looks sooner."""
LONGEST_DELAY: Final = 900
"""Seconds for which SQS keeps a message back. An import that waits for longer is woken, and waits again."""
SETTLING_WAITS: Final = 40
"""How often an import looks whether all its events were processed (half an hour), before it is reported as it is."""


class Reader(Protocol):
    """Brings in one kind of thing."""

    def read(self, job: ImportJob, save: Save, seconds_left: Callable[[], float]) -> ImportJob | None:
        """Go on; the import as it stands, or None when everything was sent."""
        ...


@dataclass(frozen=True, slots=True)
class ImportFile:
    """The use case behind ``functions/import_file``."""

    jobs: ImportJobs
    files: Files
    readers: Mapping[ImportKind, Reader]
    queue: ImportQueue
    metrics: Metrics
    clock: Clock
    new_owner: Callable[[], str] = lambda: secrets.token_hex(8)

    def dropped(self, key: str, *, seconds_left: Callable[[], float]) -> bool:
        """A file was put at ``key``. Whether the message about it is done with; else it is to come again."""
        if key.startswith((REPORTS, WORK)):
            return True
        file = self.files.facts(key)
        if file is None:
            return True
        brand, source = place_of_key(key) or ("", "")
        job = ImportJob(
            brand=brand,
            id=import_id(key, file.etag, file.encoding),
            source=source,
            key=key,
            etag=file.etag,
            size=file.size,
            encoding=file.encoding,
            time=file.modified,
            started_at=self.clock(),
        )
        if not brand:
            self._report(job.failed(_NO_PLACE, self.clock()))
            return True
        self.jobs.begin(job)
        message = ImportMessage(brand=brand, import_id=job.id)
        return self.work(message, seconds_left=seconds_left, again=True)

    def work(self, message: ImportMessage, *, seconds_left: Callable[[], float], again: bool = False) -> bool:
        """Go on with an import for as long as there is time. Whether the message is done with.

        ``again``: one that failed is taken up where it stopped, since somebody put the file once more.
        """
        now, owner = self.clock(), self.new_owner()
        until = now + timedelta(seconds=seconds_left()) + LEASE_SPARE
        job = self.jobs.take(message.brand, message.import_id, owner, now=now, until=until)
        if job is None:
            return self._is_elsewhere(message)
        if again and job.state is ImportState.FAILED:
            job = job.model_copy(update={"state": ImportState.READING, "problem": {}, "finished_at": None, "waits": 0})
        try:
            self._go_on(job, owner, seconds_left)
        except LeaseLostError:
            return True  # whoever took it over has a message of its own
        except (UnavailableError, NotTakenError) as error:
            LOGGER.warning("import %s waits: %s", job.id, type(error).__name__)
            self._let_go(message, owner)
            return False
        return True

    def _is_elsewhere(self, message: ImportMessage) -> bool:
        """Somebody else has it. A message behind the progress is done with: who made the progress has sent another."""
        found = self.jobs.get(message.brand, message.import_id)
        return found is None or found.is_over or found.step > message.step

    def _let_go(self, message: ImportMessage, owner: str) -> None:
        """End our lease, as far as possible, so that the message finds the import free when it comes again."""
        try:
            job = self.jobs.get(message.brand, message.import_id)
            if job is not None:
                self.jobs.save(job, owner, release=True)
        except (UnavailableError, LeaseLostError) as error:
            LOGGER.warning("lease of an import kept until it ends: %s", place_of(error))

    def _go_on(self, job: ImportJob, owner: str, seconds_left: Callable[[], float]) -> None:
        if job.is_over:
            self.jobs.save(job, owner, release=True)
            return
        try:
            after = self._advance(job, owner, seconds_left)
        except (UnreadableFileError, RuleProblemError, FileGoneError) as error:
            current = self.jobs.get(job.brand, job.id) or job  # what was taken before stays
            after = current.failed(_words_of(error), self.clock())
        if after.is_over:
            self._report(after)
            self.jobs.save(after, owner, release=True)
            return
        after = after.model_copy(update={"step": after.step + 1})
        self.jobs.save(after, owner, release=True)
        # A crash here lets the message behind this step come again, which then goes on from what was saved.
        self.queue.send(
            ImportMessage(brand=after.brand, import_id=after.id, step=after.step), delay=_pause(after, self.clock())
        )

    def _advance(self, job: ImportJob, owner: str, seconds_left: Callable[[], float]) -> ImportJob:
        if job.state is ImportState.READING:
            more = self.readers[job.kind].read(job, lambda each: self.jobs.save(each, owner), seconds_left)
            if more is not None:
                return more
        return self._settled(self.jobs.get(job.brand, job.id) or job)

    def _settled(self, job: ImportJob) -> ImportJob:
        """Everything was sent: done when every event was processed, or when that takes far too long."""
        waits = job.waits if job.state is ImportState.SETTLING else 0
        if job.became.processed >= job.counts.sent or waits >= SETTLING_WAITS:
            return job.model_copy(update={"state": ImportState.DONE, "finished_at": self.clock()})
        return job.model_copy(update={"state": ImportState.SETTLING, "waits": waits + 1})

    def _report(self, job: ImportJob) -> None:
        content = json.dumps(job.report(), ensure_ascii=False, indent=2).encode()
        if job.kind is ImportKind.FILE:
            self.files.put(report_key(job.key, "report.json"), content, kind="application/json")
        self.metrics.count("ImportFinished" if job.state is ImportState.DONE else "ImportFailed")


def _pause(job: ImportJob, now: datetime) -> int:
    """Seconds before the next step: none while there is work, longer and longer while it waits."""
    if job.resumes_at is not None:
        return min(LONGEST_DELAY, max(1, int((job.resumes_at - now).total_seconds())))
    return min(LONGEST_PAUSE, int(2 ** min(job.waits, 10))) if job.waits else 0


def _words_of(error: Exception) -> Words:
    if isinstance(error, UnreadableFileError):
        return error.words
    if isinstance(error, FileGoneError):
        return Words("导入途中文件被删除或替换了", "the file was deleted or replaced while it was brought in")
    problems = error.problems if isinstance(error, RuleProblemError) else ()
    return Words(
        "字段映射有问题：" + "；".join(problem.text(Locale.ZH) for problem in problems),
        "the mapping has problems: " + "; ".join(problem.text(Locale.EN) for problem in problems),
    )


_NO_PLACE: Final = Words("文件要放在 <品牌>/<数据源>/ 下面", "files belong below <brand>/<source>/")
