"""Values of a profile or an event in one cell of a table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from yuchi.cli.terminal import Terminal
from yuchi.domain.problem import Locale

PARTS_SHOWN: Final = 6
"""How many parts of a map stand in one cell."""


def shown(value: Any, terminal: Terminal | None = None) -> str:
    """A value as people read it."""
    if isinstance(value, datetime):
        return terminal.time(value) if terminal else value.isoformat()
    if isinstance(value, bool):
        zh, en = ("是", "yes") if value else ("否", "no")
        return zh if terminal is not None and terminal.locale is Locale.ZH else en
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        parts = [f"{name} {shown(each, terminal)}" for name, each in list(value.items())[:PARTS_SHOWN]]
        return ", ".join(parts) + (" …" if len(value) > PARTS_SHOWN else "")
    if isinstance(value, list | tuple):
        return ", ".join(shown(each, terminal) for each in value)
    return str(value)
