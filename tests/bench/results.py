"""What a section of the benchmarks found, as data and as Markdown."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Target:
    """A number that was aimed at. ``limit`` is the highest good value, or with ``at_least`` the lowest."""

    name: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the measured value is on the good side."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def row(self) -> list[str]:
        """As a row of a table."""
        sign = "≥" if self.at_least else "≤"
        return [
            self.name,
            f"{number(self.value)}{self.unit}",
            f"{sign} {number(self.limit)}{self.unit}",
            "met" if self.met else "**not met**",
        ]


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page: ``body`` is Markdown under the heading ``title``; ``measured`` is a date."""

    name: str
    title: str
    body: str
    targets: tuple[Target, ...] = ()
    picture: str = ""
    measured: str = ""
    machine: str = ""

    def save(self, folder: Path) -> None:
        """Keep it, so that one section can be measured anew and the page still has them all."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        (folder / f"{self.name}.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Self:
        """The inverse of :meth:`save`."""
        stored = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**stored, "targets": tuple(Target(**each) for each in stored["targets"])})


def number(value: float) -> str:
    """Three digits that count, thousands with commas."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is aligned to the right."""
    ruler = ["---"] + ["---:"] * (len(columns) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in (columns, ruler, *rows))
