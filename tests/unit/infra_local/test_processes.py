"""Processes are told apart by their start, not by their id alone."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from infra.local import processes, supervisor
from infra.local.stack import StackError, require_end

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_finds_itself_and_its_children() -> None:
    child = subprocess.Popen(SLEEP)
    try:
        assert child.pid in {process.pid for process in processes.children(os.getpid())}
        assert "time.sleep(60)" in processes.command_line(child.pid)
    finally:
        child.kill()
        child.wait()
    assert processes.find(child.pid) is None


def test_ends_what_it_is_given_and_a_stubborn_one_by_force() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        found = processes.find(child.pid)
        assert found is not None

        processes.end([found], patience=0.2)

        assert not found.is_alive()


def test_a_successor_with_the_same_id_is_left_alone() -> None:
    child = subprocess.Popen(SLEEP)
    try:
        processes.end([processes.Process(pid=child.pid, started="some other time")], patience=0.2)
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


# As MiniStack may: told to end, it starts one more worker for a request that was on its way, and is gone.
WORKER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
EMULATOR = f"""
import signal, subprocess, sys
def start(*_):
    subprocess.Popen([sys.executable, "-c", {WORKER!r}])
def end(*_):
    start()
    sys.exit()
signal.signal(signal.SIGTERM, end)
start()
print("started", flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def emulator() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", EMULATOR], stdout=subprocess.PIPE, process_group=0) as parent:
        leader = processes.find(parent.pid)
        assert parent.stdout is not None
        assert leader is not None
        assert parent.stdout.readline() == b"started\n"
        yield parent
        parent.kill()
        parent.wait()
        assert processes.end_group(leader) == []


def test_a_worker_that_starts_while_the_emulator_ends_is_ended_too(emulator: "subprocess.Popen[bytes]") -> None:
    leader = processes.find(emulator.pid)
    assert leader is not None
    assert len(processes.group_of(leader)) == 1

    supervisor.end_emulator(emulator)

    assert processes.group_of(leader) == []


def test_listing_the_workers_once_would_leave_one(emulator: "subprocess.Popen[bytes]") -> None:
    leader = processes.find(emulator.pid)
    assert leader is not None
    workers = processes.children(emulator.pid)
    emulator.terminate()
    processes.end(workers, patience=0.1)
    emulator.wait()
    assert len(processes.group_of(leader)) == 1


def test_what_cannot_be_ended_is_told(emulator: "subprocess.Popen[bytes]") -> None:
    leader = processes.find(emulator.pid)
    assert leader is not None
    (worker,) = processes.group_of(leader)
    with pytest.raises(StackError, match=rf"did not end.*kill -9 {worker.pid}$"):
        require_end([leader], end_group=lambda _: [worker])
    require_end([leader])
    assert processes.group_of(leader) == []


def test_the_group_of_a_successor_with_the_same_id_is_left_alone(emulator: "subprocess.Popen[bytes]") -> None:
    assert processes.group_of(processes.Process(pid=emulator.pid, started="some other time")) == []
    assert emulator.poll() is None
