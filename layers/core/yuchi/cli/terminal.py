"""What people see: colours and tables on a terminal, plain lines in a pipe; in Chinese or English."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from yuchi.cli.tables import Column, fitting
from yuchi.domain.placeholders import BEIJING
from yuchi.domain.problem import Locale
from yuchi.domain.words import Words

PLAIN_WIDTH: Final = 200
"""Characters of a line where there is no terminal: enough that no cell is cut."""
STYLES: Final = {
    "live": "green", "SENT": "green", "good": "green", "new": "green",
    "invalid": "red", "UNKNOWN": "bold red", "bad": "bold red", "removed": "red",
    "off": "dim", "SKIPPED": "dim", "same": "dim",
    "REJECTED": "yellow", "RETRY": "yellow", "CLAIMED": "cyan", "hint": "yellow", "changed": "yellow",
}  # fmt: skip
"""The colour of a word that says how something stands."""


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr, highlight=False, width=None if stream.isatty() else PLAIN_WIDTH, soft_wrap=not stream.isatty()
    )


@dataclass(slots=True)
class Terminal:
    """Results go to ``out``, what is said about the work to ``err``, so that a pipe gets results only."""

    locale: Locale
    out: Console = field(default_factory=lambda: _console(stderr=False))
    err: Console = field(default_factory=lambda: _console(stderr=True))

    def text(self, zh: str, en: str) -> str:
        """The sentence in the reader's language."""
        return Words(zh, en).text(self.locale)

    def say(self, zh: str, en: str, *, style: str = "") -> None:
        """One line of the result."""
        self.line(self.text(zh, en), style=style)

    def line(self, text: str, *, style: str = "") -> None:
        """One line of the result, as it is."""
        self.out.print(Text(safe(text), style=style))

    def note(self, zh: str, en: str) -> None:
        """One line about the work."""
        self.err.print(Text(self.text(zh, en), style="dim"))

    def done(self, zh: str, en: str) -> None:
        """Something was done."""
        self.out.print(Text.assemble(("✓ ", "green"), self.text(zh, en)))

    def warn(self, zh: str, en: str) -> None:
        """Something to look at."""
        self.err.print(Text.assemble(("! ", "yellow"), (self.text(zh, en), "yellow")))

    def fail(self, what: str, why: str = "", mend: str = "") -> None:
        """What happened, why, and what to do."""
        self.err.print(Text.assemble(("✗ ", "bold red"), (what, "bold red")))
        if why:
            self.err.print(Text(f"  {why}"))
        if mend:
            self.err.print(Text.assemble(("  → ", "cyan"), mend))

    def panel(self, title: str, rows: Iterable[tuple[str, str]], *, style: str = "green") -> None:
        """Names and values to read or copy: values stand alone on their lines, whole."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in rows:
            grid.add_row(Text(safe(name)), Text(safe(value)))
        if self.out.is_terminal:
            self.out.print(Panel(grid, title=Text(title), border_style=style, expand=False, padding=(1, 2)))
        else:
            self.line(title)
            self.out.print(grid)

    def table(self, columns: Sequence[str | Column], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
        """A table; without lines in a pipe, where it has all columns, too."""
        known = [each if isinstance(each, Column) else Column(each) for each in columns]
        cells = [[_safe_cell(cell) for cell in row] for row in rows]
        shown = list(range(len(known)))
        if self.out.is_terminal:
            shown = fitting(known, [[cell.plain for cell in row] for row in cells], self.out.width)
        table = Table(
            title=Text(title) if title else None,
            title_justify="left",
            box=Table().box if self.out.is_terminal else None,
            pad_edge=self.out.is_terminal,
            padding=(0, 2 if not self.out.is_terminal else 1),
            header_style="bold",
        )
        for place in shown:
            # Free text gives way first: rich takes from the columns that may wrap.
            table.add_column(Text(known[place].title), overflow="fold", no_wrap=not known[place].free)
        for row in cells:
            table.add_row(*(row[place] for place in shown))
        self.out.print(table)
        left_out = [each.title for place, each in enumerate(known) if place not in shown]
        if left_out:
            names = self.text("、".join(left_out), ", ".join(left_out))
            self.note(f"窗口窄，没有显示：{names}", f"left out, for the window is narrow: {names}")

    def show(self, renderable: RenderableType) -> None:
        """Anything else that rich can draw."""
        self.out.print(renderable)

    def json(self, value: Any) -> None:
        """For programs."""
        self.out.print(json.dumps(value, ensure_ascii=False, indent=2, default=str), markup=False, soft_wrap=True)

    @contextmanager
    def progress(self, text: str, total: int | None = None) -> Iterator["Steps"]:
        """A bar while it lasts, on a terminal; nothing in a pipe.

        Drawn by the console that prints results where that is a terminal, so that they go above the bar, not into it.
        """
        console = self.out if self.out.is_terminal else self.err
        columns: list[Any] = [SpinnerColumn(), TextColumn("{task.description}")]
        if total is not None:
            columns += [BarColumn(), MofNCompleteColumn()]
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            yield Steps(bar, bar.add_task(text, total=total))

    def time(self, moment: datetime | int | None) -> str:
        """A moment in Beijing time; epoch seconds too."""
        if moment is None:
            return ""
        known = datetime.fromtimestamp(moment, BEIJING) if isinstance(moment, int) else moment.astimezone(BEIJING)
        return f"{known:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Steps:
    """A bar that moves on."""

    bar: Progress
    task: Any

    def step(self, count: int = 1) -> None:
        """So much more is done."""
        self.bar.advance(self.task, count)

    def say(self, text: str) -> None:
        """What is done now."""
        self.bar.update(self.task, description=text)


_STEERING: Final = (range(0x20), range(0x7F, 0xA0), range(0x202A, 0x202F), range(0x2066, 0x206A))
_UNSAFE: Final = {code: "\N{REPLACEMENT CHARACTER}" for codes in _STEERING for code in codes if chr(code) not in "\t\n"}


def safe(text: str) -> str:
    """``text`` without what a terminal obeys (escape sequences) and what turns the order of letters round.

    Names, tags and what events say were written by others, who may be anybody.
    """
    return text.translate(_UNSAFE)


def _safe_cell(cell: Any) -> Text:
    if not isinstance(cell, Text):
        return cell_of(cell)
    plain = safe(cell.plain)
    return cell if plain == cell.plain else Text(plain, style=cell.style)


def cell_of(value: Any) -> Text:
    """A cell, in the colour of what it says."""
    text = "" if value is None else safe(str(value))
    return Text(text, style=STYLES.get(text, ""))
