"""Processes are told apart by their start, not by their id alone."""

import os
import subprocess
import sys

from infra.local import processes

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
