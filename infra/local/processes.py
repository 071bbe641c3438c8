"""Processes by id: which are alive, which are the children of which, and how to end exactly those that are ours.

An id alone is not enough, since ids are used again; a process is an id and the time it started.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process. ``started`` is an opaque mark of its start, so that a successor with the same id is told apart."""

    pid: int
    started: str
    parent: int = 0
    group: int = 0

    def is_alive(self) -> bool:
        """Whether exactly this process still runs (a zombie does not)."""
        found = find(self.pid)
        return found is not None and found.started == self.started

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone."""
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def find(pid: int) -> Process | None:
    """The living process with this id."""
    if (_PROC / "self" / "stat").exists():
        return _from_proc(pid)
    return next((each for each in _from_ps(["-p", str(pid)]) if each.pid == pid), None)


def children(pid: int) -> list[Process]:
    """The living direct children of a process."""
    return [each for each in _all() if each.parent == pid]


def group_of(leader: Process) -> list[Process]:
    """The living processes of the group that ``leader`` began, also those that outlived it; without the leader."""
    present = find(leader.pid)
    if present is not None and present.started != leader.started:
        return []  # The id belongs to somebody else by now, and so does a group of that number.
    return [each for each in _all() if each.group == leader.pid != each.pid]


def end_group(leader: Process, *, seconds: float = 5.0) -> list[Process]:
    """End the group of ``leader``, asking again who is in it until nobody is: it may grow meanwhile.

    Returns who still lives after ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while (members := group_of(leader)) and time.monotonic() < deadline:
        end(members, patience=0.5)
    return members


def end(processes: Iterable[Process], *, patience: float) -> None:
    """Ask every process to end, wait up to ``patience`` seconds, then kill those that did not."""
    ending = list(processes)
    for process in ending:
        process.signal(signal.SIGTERM)
    if not wait_for_end(ending, patience=patience):
        for process in ending:
            process.signal(signal.SIGKILL)
        wait_for_end(ending, patience=2.0)


def wait_for_end(processes: Iterable[Process], *, patience: float) -> bool:
    """Wait until none of them is alive. False when ``patience`` seconds were not enough."""
    ending, deadline = list(processes), time.monotonic() + patience
    while any(process.is_alive() for process in ending):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _all() -> list[Process]:
    if (_PROC / "self" / "stat").exists():
        return [each for entry in _PROC.iterdir() if entry.name.isdigit() and (each := _from_proc(int(entry.name)))]
    return _from_ps(["-A"])


def _from_proc(pid: int) -> Process | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name of the program stands in brackets and may hold anything; the fields after it are fixed (proc(5)).
    state, parent, group, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else Process(pid=pid, started=rest[16], parent=int(parent), group=int(group))


def _from_ps(select: list[str]) -> list[Process]:
    command = ["ps", *select, "-o", "pid=,ppid=,pgid=,state=,lstart="]
    found = []
    for line in subprocess.run(command, check=False, capture_output=True, text=True).stdout.splitlines():
        pid, parent, group, state, started = line.split(maxsplit=4)
        if not state.startswith("Z"):
            found.append(Process(pid=int(pid), started=started.strip(), parent=int(parent), group=int(group)))
    return found


def command_line(pid: int) -> str:
    """How a process was started; empty when it is gone."""
    if (_PROC / "self" / "stat").exists():
        try:
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    command = ["ps", "-p", str(pid), "-o", "command="]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
