"""`make bench`: measure, and write docs/benchmarks.md. `make bench ARGS=rules` measures one section anew.

Nothing here asserts a time: the page says which targets are met and which are not.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.bench import page
from tests.bench.results import Section
from tests.bench.sections import (
    audience,
    backtest,
    campaigns,
    collect,
    importing,
    person,
    process,
    publish,
    receive,
    rules,
)

Measure = Callable[..., Section]
ROOT: Final = Path(__file__).parents[2]
KEPT: Final = ROOT / ".cache" / "bench" / "results"
SECTIONS: Final[Mapping[str, Measure]] = {
    "rules": rules.measure,
    "receive": receive.measure,
    "process": process.measure,
    "person": person.measure,
    "publish": publish.measure,
    "backtest": backtest.measure,
    "importing": importing.measure,
    "collect": collect.measure,
    "audience": audience.measure,
    "campaigns": campaigns.measure,
}


def main() -> None:
    """Measure what was asked for, then write the page from all that is known."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="what to measure; everything if not said")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works; writes no page")
    options = parser.parse_args()
    console = Console()
    chosen = options.sections or list(SECTIONS)
    started = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        for name in chosen:
            task = progress.add_task(name, total=None)

            def step(what: str, name: str = name, task: object = task) -> None:
                progress.update(task, description=f"{name}: {what}")  # type: ignore[arg-type]  # rich's TaskID

            measured = SECTIONS[name](step, quick=options.quick)
            progress.update(task, description=f"{name}: done", total=1, completed=1)
            show(console, measured)
            if not options.quick:
                page.keep(measured, KEPT, on=datetime.now(UTC).date().isoformat())
    if not options.quick:
        written = page.write(KEPT, list(SECTIONS), ROOT / "docs")
        console.print(f"Written: {written.relative_to(ROOT)}")
    console.print(f"{time.monotonic() - started:.0f} s in all.")


def show(console: Console, section: Section) -> None:
    """The targets of a section, in the terminal."""
    table = Table(title=section.title, title_justify="left")
    for heading in ("", "measured", "target", ""):
        table.add_column(heading, justify="left" if not heading else "right")
    for target in section.targets:
        name, value, limit, _ = target.row
        table.add_row(name, value, limit, "[green]met[/]" if target.met else "[red]not met[/]")
    console.print(table)


main()
