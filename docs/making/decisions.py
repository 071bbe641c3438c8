"""The index of decisions: number, title, and the first sentence of what was chosen."""

import re
from pathlib import Path
from typing import Final

from docs.making.markdown import NOTICE_EN, table
from docs.making.markdown import page as make_page

FOLDER: Final = Path(__file__).resolve().parents[1] / "decisions"
SECTIONS: Final = ("Context", "Choice", "Consequence")
"""What each page has, in this order."""


def page() -> str:
    """The page."""
    rows = [(f"[{path.name[:4]}]({path.name})", title_of(path)) for path in decisions()]
    return make_page(NOTICE_EN, _INTRODUCTION, table(("number", "decision"), rows))


def decisions() -> list[Path]:
    """The pages, by number."""
    return sorted(path for path in FOLDER.glob("*.md") if re.match(r"\d{4}-", path.name))


def title_of(path: Path) -> str:
    """The heading without its number."""
    heading = path.read_text(encoding="utf-8").partition("\n")[0]
    return re.sub(r"^#\s+(\d+\s*[:.]?\s+)?", "", heading)


_INTRODUCTION: Final = """\
# Decisions

One short page each: what made us choose, what we chose, what follows. A decision that is overturned keeps its page and names
its successor. See [0001](0001-record-decisions.md) for how to add one."""
