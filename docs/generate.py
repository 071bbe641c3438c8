"""Write the pages that are made from code and templates: `make docs`.

What a page says about code, it says from the code's own tables, so that it cannot be wrong; a test compares the files
with what this would write. `python -m docs.generate --check` writes nothing and names the files that differ.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from docs.making import (
    actions,
    alarms,
    campaigns,
    commands,
    conditions,
    decisions,
    definitions,
    errors,
    events,
    flow,
    limits,
    modules,
    problems,
    rule_item,
    stack,
)
from yuchi.domain.mapping.schema import mapping_schema_text
from yuchi.domain.schema import schema_text
from yuchi.domain.standard.json_schema import definition_schema_text

ROOT: Final = Path(__file__).resolve().parents[1]

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/images/flow.light.svg": lambda: flow.picture("en", dark=False),
    "docs/images/flow.dark.svg": lambda: flow.picture("en", dark=True),
    "docs/images/flow.zh-CN.light.svg": lambda: flow.picture("zh", dark=False),
    "docs/images/flow.zh-CN.dark.svg": lambda: flow.picture("zh", dark=True),
    "docs/marketers/rule-item.md": rule_item.page,
    "docs/marketers/definitions.md": definitions.page,
    "docs/marketers/campaigns.md": campaigns.page,
    "docs/marketers/events.md": events.page,
    "docs/marketers/conditions.md": conditions.page,
    "docs/marketers/actions.md": actions.page,
    "docs/marketers/problems.md": problems.page,
    "docs/marketers/limits.md": limits.page,
    "docs/operators/parameters.md": stack.page,
    "docs/operators/alarms.md": alarms.page,
    "docs/operators/wechat-errors.md": errors.page,
    "docs/contributors/modules.md": modules.page,
    "docs/decisions/README.md": decisions.page,
    "rules/rule.schema.json": schema_text,
    "rules/definition.schema.json": definition_schema_text,
    "rules/mapping.schema.json": mapping_schema_text,
    "docs/operators/commands.md": commands.page,
}
"""Path from the root -> what makes its content."""


def differing(root: Path = ROOT) -> list[str]:
    """The pages whose file is missing or says something else."""
    return [path for path, make in PAGES.items() if _read(root / path) != make()]


def write(root: Path = ROOT) -> list[str]:
    """Write the pages that differ, one by one, and name them."""
    changed = []
    for path, make in PAGES.items():
        content = make()
        if _read(root / path) != content:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description="Write the generated pages.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page differs")
    if parser.parse_args().check:
        stale = differing()
        sys.stdout.writelines(f"out of date: {path} (run `make docs`)\n" for path in stale)
        return 1 if stale else 0
    changed = write()
    sys.stdout.writelines(f"wrote {path}\n" for path in changed)
    sys.stdout.write(f"{len(PAGES)} pages are up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
