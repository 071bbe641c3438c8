"""Publishing 10,000 rules, changing one of them, and loading what an event needs in a new container."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.bench import charts
from tests.bench.results import Section, Target, number, table

ROOT: Final = Path(__file__).parents[3]
SIZES: Final = (1_000, 10_000)
TIMES: Final = 5


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    found: dict[int, dict[str, float]] = {}
    for size in SIZES[:1] if quick else SIZES:
        published, loaded = [], []
        for turn in range(2 if quick else TIMES):
            step(f"{size:,} rules, {turn + 1} of {TIMES}")
            with TemporaryDirectory() as folder:
                published.append(_worker("publish", size, folder))
                loaded.append(_worker("load", size, folder))
        found[size] = _medians(published) | {
            "first": statistics.median(max(each["seconds"].values()) for each in loaded),
            "all": statistics.median(sum(each["seconds"].values()) for each in loaded),
            "loaded memory": statistics.median(each["memory"] for each in loaded),
        }
    return _section(found)


def _worker(half: str, size: int, folder: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.publish_worker", half, str(size), folder]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _section(found: dict[int, dict[str, float]]) -> Section:
    size = max(found)
    most = found[size]
    sizes = sorted(found)

    def row(what: str, show: Callable[[dict[str, float]], str]) -> list[str]:
        return [what, *(show(found[each]) for each in sizes)]

    rows = [
        row("read and check the drafts", lambda each: f"{number(each['check'])} s"),
        row("index, cut into chunks, compress", lambda each: f"{number(each['build'])} s"),
        row("memory that this took", lambda each: f"{number(each['memory'])} MB"),
        row("chunks, compressed", lambda each: f"{each['chunks']:.0f}, {each['bytes'] / 1024:,.0f} KB"),
        row("manifest", lambda each: f"{each['manifest'] / 1024:,.1f} KB"),
        row("change one rule: read, check, publish", lambda each: f"{number(each['one'] * 1e3)} ms"),
        row("chunks that this rewrites", lambda each: f"{each['rewritten']:.0f}"),
        row("first event of a type in a new container", lambda each: f"{number(each['first'] * 1e3)} ms"),
        row("all six types", lambda each: f"{number(each['all'] * 1e3)} ms"),
        row("memory of all six", lambda each: f"{number(each['loaded memory'])} MB"),
    ]
    publishing = most["check"] + most["build"]
    return Section(
        name="publish",
        title="Publishing and loading rules",
        body=_BODY.format(table=table(["", *(f"{each:,} rules" for each in sizes)], rows), times=TIMES),
        targets=(
            Target(f"publish {size:,} rules: index, chunks, compression", most["build"], 1.0, " s"),
            Target(f"publish {size:,} rules: the checks of every draft too", publishing, 1.0, " s"),
            Target(f"publish {size:,} rules: memory", most["memory"], 100, " MB"),
            Target(f"first event of a type in a new container, {size:,} rules", most["first"], 0.1, " s"),
        ),
        picture=charts.bars(
            f"Publishing and loading {size:,} rules",
            "ms",
            {
                "all of them": [
                    charts.Bar("read and check the drafts", most["check"] * 1e3, f"{most['check'] * 1e3:,.0f} ms"),
                    charts.Bar("index, chunks, compression", most["build"] * 1e3, f"{most['build'] * 1e3:,.0f} ms"),
                ],
                "what happens often": [
                    charts.Bar("change one rule", most["one"] * 1e3, f"{number(most['one'] * 1e3)} ms"),
                    charts.Bar(
                        "first event of a type, new container", most["first"] * 1e3, f"{number(most['first'] * 1e3)} ms"
                    ),
                    charts.Bar("first events of all six types", most["all"] * 1e3, f"{number(most['all'] * 1e3)} ms"),
                ],
            },
        ),
    )


_BODY: Final = """\
Rules over six types of events, each with a condition of three parts and two actions, from the items that marketers write to
the compressed chunks that functions load; in processes of their own, median of {times}. Nothing is read from or written to
DynamoDB in here. Most of the time goes into the checks: names, types, contradictions, hints. In the running system edits
come one by one, or twenty at a time, and each is checked once.

{table}
"""
