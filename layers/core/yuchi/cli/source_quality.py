"""`yuchi source quality`: how much of what each source tells does not fit the brand's data standard."""

from typing import Annotated, Any

import typer

from yuchi.adapters.dynamodb.source_counters import UNFIT
from yuchi.cli.desk import office_of
from yuchi.cli.errors import refuse


def quality(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Count the values of each source that did not fit the brand's data standard, by name."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    sources = sorted(
        (each for each in desk.sources.all() if source in {None, each.id}), key=lambda each: (each.brand, each.id)
    )
    if source is not None and not sources:
        raise refuse(
            (f"没有来源 {source}", f"there is no source {source}"),
            ("用 yuchi source list 查看", "see yuchi source list"),
        )
    counts = desk.source_counts.of(sources)
    found = [(each, counts.get(each.id, {})) for each in sources]
    if as_json:
        terminal.json(
            [
                {"source": each.id, "brand": each.brand, "taken": counted.get("taken", 0), "unfit": _by_name(counted)}
                for each, counted in found
            ]
        )
        return
    if not found:
        terminal.say("还没有来源：yuchi source add", "No source yet: yuchi source add")
        return
    text = terminal.text
    terminal.table(
        (
            *(text("来源", "source"), text("品牌", "brand"), text("已收", "taken")),
            *(text("不合格", "unfit"), text("哪些", "which")),
        ),
        (
            (
                *(each.id, each.brand, str(counted.get("taken", 0)), str(counted.get(UNFIT, 0))),
                ", ".join(f"{name} {number}" for name, number in _by_name(counted).items()),
            )
            for each, counted in found
        ),
    )


def _by_name(counted: dict[str, Any]) -> dict[str, int]:
    """Name of a value -> how often it did not fit, the worst first."""
    named = {name.partition("#")[2]: int(each) for name, each in counted.items() if name.startswith(f"{UNFIT}#")}
    return dict(sorted(named.items(), key=lambda each: (-each[1], each[0])))
