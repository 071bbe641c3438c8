"""A worker of an import dies before or after any of its calls: every row still counts once, and none is lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.fakes.imports import ImportWorld
from yuchi.domain.imports import ImportJob, ImportState
from yuchi.services import import_rows
from yuchi.services.import_rows import RowsReader, Stretch
from yuchi.services.ports_imports import FileRow, ImportMessage, Rows

KEY = "demo/crm/members.csv"
ROWS = 23
FILE = "会员号,姓名\n" + "".join(f"M{each},会员{each}\n" if each % 7 else f",佚名{each}\n" for each in range(ROWS))
GOOD = sum(1 for each in range(ROWS) if each % 7)


class WorkerDiedError(BaseException):
    """No code of ours may catch it."""


@dataclass
class Death:
    """Dies at one call: before it, or after it was carried out."""

    at: int
    before: bool
    calls: int = 0

    def around(self, call: Callable[..., Any], *args: Any, **more: Any) -> Any:
        self.calls += 1
        mine = self.calls == self.at
        if mine and self.before:
            raise WorkerDiedError
        answer = call(*args, **more)
        if mine:
            raise WorkerDiedError
        return answer


class Mortal:
    """A port whose calls may be the last."""

    def __init__(self, port: Any, death: Death) -> None:
        self._port, self._death = port, death

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return (lambda *args, **more: self._death.around(found, *args, **more)) if callable(found) else found


def world_with(death: Death, reader: type[RowsReader] = RowsReader) -> ImportWorld:
    world = ImportWorld(stretch=5)
    world.seconds = 22  # two stretches in each invocation
    ports = {name: Mortal(getattr(world, name), death) for name in ("jobs", "files", "events", "queue")}
    fields = {name: getattr(world.rows, name) for name in RowsReader.__dataclass_fields__}
    rows = reader(**{**fields, "files": ports["files"], "events": ports["events"]})
    (kind,) = world.import_file.readers
    world.import_file = replace(
        world.import_file, jobs=ports["jobs"], files=ports["files"], queue=ports["queue"], readers={kind: rows}
    )
    return world


def play(world: ImportWorld) -> None:
    """Drop the file; what dies comes again after its time, as SQS has it, until nothing waits."""
    world.files.drop(KEY, FILE.encode())
    waiting: list[Callable[[], bool]] = [lambda: world.import_file.dropped(KEY, seconds_left=world.seconds_left())]
    for _ in range(100):
        world.events.forget()
        world.run()
        waiting += [_going_on(world, message) for message, _ in world.queue.messages]
        world.queue.messages.clear()
        if not waiting:
            return
        invocation = waiting.pop(0)
        try:
            done = invocation()
        except WorkerDiedError:
            done = False
        world.pass_time(seconds=720)
        if not done:
            waiting.append(invocation)
    raise AssertionError("the import never ends")


def _going_on(world: ImportWorld, message: ImportMessage) -> Callable[[], bool]:
    return lambda: world.import_file.work(message, seconds_left=world.seconds_left())


def calls_of_a_quiet_life() -> int:
    death = Death(at=0, before=True)
    play(world_with(death))
    return death.calls


CALLS = calls_of_a_quiet_life()


def judge(world: ImportWorld) -> None:
    job = world.job(KEY)
    assert job.state is ImportState.DONE
    assert (job.counts.read, job.counts.sent, job.counts.rejected) == (ROWS, GOOD, ROWS - GOOD)
    assert len(world.people.entries) == GOOD
    assert all(profile.version == 1 for profile in world.people.profiles.values()), "each row once"
    lines = world.files.text(f"reports/{KEY}.rejects.csv").splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == [str(each + 2) for each in range(ROWS) if not each % 7]
    assert f"reports/{KEY}.report.json" in world.files.files


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_a_worker_may_die_at_any_call(at: int, *, before: bool) -> None:
    world = world_with(Death(at, before))
    play(world)
    judge(world)


class ProgressFirst(RowsReader):
    """The planted defect: the progress is written before the rows are sent."""

    def read(self, job: ImportJob, save: import_rows.Save, seconds_left: Callable[[], float]) -> ImportJob | None:
        object.__setattr__(self, "_save", save)
        return super().read(job, save, seconds_left)

    def _take(self, job: ImportJob, chunk: Sequence[FileRow], rows: Rows, judge: Any) -> ImportJob:
        done = Stretch()
        for row in chunk:
            if problems := judge.judge(row, job, done):
                done.reject(row, problems, [])
        after = job.model_copy(update={"cursor": rows.cursor, "counts": job.counts.plus(done.total())})
        self._save(after)  # type: ignore[attr-defined]
        import_rows.send_all(done.events, self.events)
        return after


def test_twin_progress_before_sending_loses_rows() -> None:
    lost = 0
    for at in range(1, CALLS + 1):
        world = world_with(Death(at, before=True), ProgressFirst)
        play(world)
        lost += len(world.people.entries) < GOOD
    assert lost


def test_twin_ids_that_are_new_each_time_count_rows_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    from itertools import count

    from yuchi.domain.mapping import Mapped

    numbers = count()
    monkeypatch.setattr(Mapped, "event_id", lambda *_: f"event-{next(numbers):08d}")
    doubled = 0
    for at in range(1, CALLS + 1):
        world = world_with(Death(at, before=False))
        play(world)
        doubled += len(world.people.entries) > GOOD
    assert doubled
