"""The page about the archive names the columns there are."""

import re
from pathlib import Path

from yuchi.domain.archive import COLUMNS
from yuchi.domain.archive_sql import FILED
from yuchi.domain.backtest.applying import NOTED

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_columns_are_those_of_the_view() -> None:
    page = (DOCS / "operators/archive.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [\w()]+ \| (.+) \|$", page, flags=re.MULTILINE)
    assert [name for name, _ in rows] == [*(column.name for column in COLUMNS), *FILED]
    assert {name: meaning for name, meaning in rows if name not in FILED} == {each.name: each.en for each in COLUMNS}


def test_both_pages_say_what_is_given() -> None:
    for page in ("operators/archive.md", "marketers/backtest.md"):
        text = (DOCS / page).read_text(encoding="utf-8")
        assert all(f"`{kind}`" in text for kind in NOTED), page
