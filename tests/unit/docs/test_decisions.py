"""Each decision has its parts, and the reasons for dependencies are complete."""

import re
import tomllib
from pathlib import Path

import pytest

from docs.making.decisions import decisions
from tests.unit.docs.pages import ROOT, headings, read

PARTS = ("Context", "Choice", "Consequence")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("path", decisions(), ids=lambda path: path.name)
def test_a_decision_says_context_choice_and_consequences(path: Path) -> None:
    found = [words.removesuffix("s") for level, words in headings(path.read_text(encoding="utf-8")) if level == 2]
    assert [part for part in found if part in PARTS] == list(PARTS)


def test_numbers_are_given_once_and_without_gaps() -> None:
    assert [int(path.name[:4]) for path in decisions()] == list(range(1, len(decisions()) + 1))


def without_reason(page: str) -> list[str]:
    wanted = [
        *PROJECT["dependencies"],
        *(each for extra in PROJECT["optional-dependencies"].values() for each in extra),
    ]
    names = [re.split(r"[\[<>=~! ]", each)[0] for each in wanted]
    told = page.lower()
    return [name for name in names if name != "yuchi" and not name.startswith("types-") and name.lower() not in told]


def test_every_dependency_has_its_reason() -> None:
    assert without_reason(read("docs/decisions/0008-dependencies.md")) == []


def test_a_dependency_without_a_reason_is_noticed() -> None:
    page = read("docs/decisions/0008-dependencies.md").replace("ahocorasick-rs", "")
    assert without_reason(page) == ["ahocorasick-rs"]
