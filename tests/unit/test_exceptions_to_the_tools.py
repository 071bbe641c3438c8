"""Every exception from a tool's rule says why, in what is shipped."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
SHIPPED: Final = ("layers/core/yuchi", "functions", "infra", "docs")
_SILENT: Final = re.compile(
    r"# (?:noqa(?:: [A-Z]+\d+(?:, [A-Z]+\d+)*)?|type: ignore(?:\[[a-z, -]+\])?)\s*$", re.MULTILINE
)


def test_each_has_its_reason() -> None:
    paths = [path for folder in SHIPPED for path in (ROOT / folder).rglob("*.py")]
    assert len(paths) > 100
    assert {str(path): found for path in paths if (found := _SILENT.findall(path.read_text("utf-8")))} == {}


@pytest.mark.parametrize("line", ["x = 1  # noqa", "x = 1  # noqa: FBT001, FBT002", "x = 1  # type: ignore[arg-type]"])
def test_a_silent_one_is_found(line: str) -> None:
    assert _SILENT.search(f"{line}\ny = 2\n")
