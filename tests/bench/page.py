"""docs/benchmarks.md and its pictures, from what the sections found."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench.measure import machine
from tests.bench.results import Section

_HEAD = """\
<!-- Written by `make bench`; edit tests/bench instead. -->
# Benchmarks

What this costs in time, memory and money, measured by `make bench` beside other engines. Compare the ratios: everything in
one table was measured in one run, on a shared machine where absolute numbers wander by a third.

Machine: {machine}.
Times are medians; CPU time where the text says so, else time on the clock, on one core.

| target | measured | wanted | |
| --- | ---: | ---: | --- |
{targets}
"""


def keep(section: Section, folder: Path, *, on: str) -> None:
    """Keep what a section found on the day ``on``."""
    replace(section, measured=on, machine=machine()).save(folder)


def write(folder: Path, names: Sequence[str], docs: Path) -> Path:
    """Write the page from the kept sections; those never measured are missing."""
    kept = [Section.load(folder / f"{name}.json") for name in names if (folder / f"{name}.json").exists()]
    rows = "\n".join(f"| {' | '.join(target.row)} |" for section in kept for target in section.targets)
    parts = [_HEAD.format(machine="; ".join(dict.fromkeys(section.machine for section in kept)), targets=rows)]
    for section in kept:
        picture = f"images/benchmark-{section.name}.svg"
        (docs / picture).write_text(section.picture, encoding="utf-8")
        head = f"## {section.title}\n\n![{section.title}]({picture})"
        parts.append(f"{head}\n\n{section.body.strip()}\n\nMeasured on {section.measured}.\n")
    page = docs / "benchmarks.md"
    page.write_text("\n".join(parts), encoding="utf-8")
    return page
