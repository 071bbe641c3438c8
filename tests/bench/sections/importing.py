"""Importing: rows a second, and memory that does not grow with the file."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.bench import charts
from tests.bench.results import Section, Target, number, table

ROOT: Final = Path(__file__).parents[3]
SIZES: Final = (10_000, 100_000, 1_000_000)
MEMORY: Final = 300.0
"""MB, for a million rows."""

Found = dict[str, float]


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    found: dict[str, list[Found]] = {}
    for form, sizes in (("csv", SIZES), ("jsonl", SIZES[:2]), ("xlsx", SIZES[1:])):
        for size in sizes[:1] if quick else sizes:
            step(f"{size:,} rows of {form}")
            found.setdefault(form, []).append(_worker(form, size))
    return _section(found)


def _worker(form: str, size: int) -> Found:
    command = [sys.executable, "-m", "tests.bench.import_worker", form, str(size)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    answer: Found = json.loads(done.stdout)
    return answer


def _section(found: dict[str, list[Found]]) -> Section:
    every = [(form, each) for form, runs in found.items() for each in runs]
    rows = [
        [
            f"{each['rows']:,.0f} rows of {form}",
            f"{number(each['megabytes'])} MB",
            f"{number(each['seconds'])} s",
            f"{each['rows'] / each['seconds']:,.0f}",
            f"{number(each['memory'])} MB",
            f"{number(each['memory'] - each['before'])} MB",
        ]
        for form, each in every
    ]
    most, sheet = found["csv"][-1], found["xlsx"][-1]
    body = "\n".join(
        (
            "Each row is read from a range of the file, put through a mapping (two identities, two attributes, tags), its",
            "phone sealed (hash and ciphertext), and made into the message that the queue gets; one row in a hundred is",
            "rejected and written down. The real service, reader and seals; the queue keeps nothing. CPU of one process.",
            "",
            table(("file", "size", "CPU", "rows/s", "memory at the most", "of it for the file"), rows),
            "",
            f"A message is {number(most['message'])} bytes. In AWS the sending takes longer than the making: ten messages",
            "a request, eight requests at once.",
        )
    )
    picture = charts.lines(
        "Importing: memory and time by rows",
        "rows",
        "MB, and seconds of CPU",
        {
            "memory, MB": [(each["rows"], each["memory"]) for each in found["csv"]],
            "CPU, s": [(each["rows"], each["seconds"]) for each in found["csv"]],
        },
    )
    return Section(
        name="importing",
        title="Importing files",
        body=body,
        targets=(
            Target(f"memory of an import of {most['rows']:,.0f} rows", most["memory"], MEMORY, " MB"),
            Target(
                f"memory of an import of {sheet['rows']:,.0f} rows of a spreadsheet", sheet["memory"], MEMORY, " MB"
            ),
            Target("rows imported per second of CPU", most["rows"] / most["seconds"], 5_000, "", at_least=True),
        ),
        picture=picture,
    )
