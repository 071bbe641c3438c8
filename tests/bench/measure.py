"""Clocks: how long work takes, beside other work in the same run."""

import platform
import statistics
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
Clock = Callable[[], float]
Work = Callable[[], int]
"""Does something and says how many items it did."""


def compare(works: Mapping[K, Work], *, rounds: int = 7, clock: Clock = time.perf_counter) -> dict[K, float]:
    """Seconds for one item of each of ``works``: the median of ``rounds`` rounds, in which all take turns."""
    for work in works.values():
        work()
    taken: dict[K, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started = clock()
            items = work()
            taken[name].append((clock() - started) / items)
    return {name: statistics.median(each) for name, each in taken.items()}


def repeated(work: Callable[[], object], items: int, *, seconds: float, clock: Clock = time.perf_counter) -> Work:
    """``work``, which does ``items`` items, as often as it takes to fill ``seconds``."""
    started = clock()
    work()
    times = max(1, round(seconds / max(clock() - started, 1e-9)))

    def run() -> int:
        for _ in range(times):
            work()
        return times * items

    return run


def machine() -> str:
    """What this was measured on, in words."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    cores = 0
    if info.exists():
        lines = info.read_text().splitlines()
        cores = sum(line.startswith("processor") for line in lines)
        cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), cpu)
    return f"{cpu}, {cores or '?'} cores, {platform.system()}, Python {platform.python_version()}"
