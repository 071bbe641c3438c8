"""What is generated says what the code says."""

import shutil
from pathlib import Path

import pytest

from docs.generate import PAGES, ROOT, differing, write


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_what_the_code_says(path: str) -> None:
    written = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).is_file() else ""
    assert written == PAGES[path](), f"{path} is out of date: run `make docs`"


def test_making_a_page_twice_gives_the_same() -> None:
    assert {path: make() for path, make in PAGES.items()} == {path: make() for path, make in PAGES.items()}


def test_a_page_that_was_touched_or_is_missing_is_noticed_and_mended(tmp_path: Path) -> None:
    for path in PAGES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    touched, missing = "docs/marketers/limits.md", "docs/images/flow.dark.svg"
    (tmp_path / touched).write_text("# 限制\n", encoding="utf-8")
    (tmp_path / missing).unlink()
    assert set(differing(tmp_path)) >= {touched, missing}
    assert set(write(tmp_path)) >= {touched, missing}
    assert differing(tmp_path) == []
