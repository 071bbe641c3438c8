"""The one process behind a local stack: `python -m infra.local.supervisor NAME [--lifeline]`.

It serves the simulator and the API, has MiniStack as its child, and ends both and MiniStack's workers when it is told
to, when MiniStack dies, or (with ``--lifeline``) when its standard input ends, that is when whoever started it is gone.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from infra.local import processes
from infra.local.emulator import wait_for_end_of_input
from infra.local.paths import ROOT, RunFolder
from infra.local.settings import StackSettings
from infra.local.simulator.server import Simulator


def main() -> int:
    """Run until told to stop."""
    folder = RunFolder(sys.argv[1])
    settings = StackSettings.load(folder)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    if "--lifeline" in sys.argv:
        threading.Thread(target=_stop_at_end_of_input, args=[stop], daemon=True).start()
    simulator = Simulator(port=settings.port).start()
    emulator = start_emulator(settings)
    try:
        _write_processes(folder, emulator)
        while not stop.wait(0.2):
            if emulator.poll() is not None:
                return 1
        return 0
    finally:
        simulator.stop()
        end_emulator(emulator)
        shutil.rmtree(folder.temporary, ignore_errors=True)
        folder.processes.unlink(missing_ok=True)


def start_emulator(settings: StackSettings) -> "subprocess.Popen[bytes]":
    """MiniStack, with a pipe that ends when this process does."""
    folder = settings.folder
    shutil.rmtree(folder.temporary, ignore_errors=True)
    folder.temporary.mkdir(parents=True)
    with folder.log("ministack").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "infra.local.emulator", str(write_function_python(folder))],
            cwd=ROOT,
            env=settings.emulator_environment(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,  # so that its workers can be found even when it is gone
        )


def write_function_python(folder: RunFolder) -> str:
    """The interpreter of functions: this Python without its site-packages."""
    script = folder.path / "function-python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -s "$@"\n')
    script.chmod(0o755)
    return str(script)


def end_emulator(emulator: "subprocess.Popen[bytes]") -> None:
    """End MiniStack and its workers.

    The workers too, at once and again: MiniStack waits for connections that they keep open, and starts others for
    requests that are still on their way. One that is busy with its function would not notice that MiniStack is gone.
    """
    leader = processes.find(emulator.pid)
    emulator.terminate()
    deadline = time.monotonic() + 8.0
    while emulator.poll() is None and time.monotonic() < deadline:
        if leader:
            processes.end(processes.group_of(leader), patience=0.5)
        with suppress(subprocess.TimeoutExpired):
            emulator.wait(0.1)
    emulator.kill()  # does nothing to one that has ended
    emulator.wait()
    if leader and (left := processes.end_group(leader)):
        print("still alive:", *(process.pid for process in left))


def _stop_at_end_of_input(stop: threading.Event) -> None:
    wait_for_end_of_input()
    stop.set()


def _write_processes(folder: RunFolder, emulator: "subprocess.Popen[bytes]") -> None:
    found: Mapping[str, Any] = {"supervisor": processes.find(os.getpid()), "ministack": processes.find(emulator.pid)}
    described = {name: asdict(process) for name, process in found.items() if process}
    draft = folder.processes.with_suffix(".new")
    draft.write_text(json.dumps(described))
    draft.replace(folder.processes)


if __name__ == "__main__":
    sys.exit(main())
