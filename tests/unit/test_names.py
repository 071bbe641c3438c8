"""A name means one thing: no two public classes of services and adapters share one."""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Final

LIBRARY: Final = Path(__file__).resolve().parents[2] / "layers" / "core" / "yuchi"


def shared(sources: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Public class -> the modules that define it, where there are several."""
    found: dict[str, list[str]] = {}
    for module, text in sources:
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(module)
    return {name: modules for name, modules in found.items() if len(modules) > 1}


def test_no_two_classes_share_a_name() -> None:
    paths = [path for folder in ("services", "adapters") for path in (LIBRARY / folder).rglob("*.py")]
    assert len(paths) > 50
    assert shared((str(path.relative_to(LIBRARY)), path.read_text("utf-8")) for path in paths) == {}


def test_a_shared_name_is_found() -> None:
    assert shared([("a", "class Outcome: pass"), ("b", "class Outcome: pass")]) == {"Outcome": ["a", "b"]}
