"""Pieces of Markdown."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

NOTICE_ZH: Final = "<!-- 本页由 make docs 从代码生成，请改代码，不要改这里。 -->"
NOTICE_EN: Final = "<!-- Made from the code by `make docs`: change the code, not this page. -->"


def page(*blocks: str) -> str:
    """Blocks with an empty line between them."""
    return "\n\n".join(block.strip("\n") for block in blocks if block.strip()) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown without line breaks."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def code(text: str) -> str:
    """Inline code, whatever is in it."""
    fence = "``" if "`" in text else "`"
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def fenced(text: str, language: str = "") -> str:
    """A block of code."""
    return f"```{language}\n{text.strip(chr(10))}\n```"


def anchor(heading: str) -> str:
    """The fragment that GitHub gives to ``heading``."""
    kept = "".join(each for each in heading.lower() if each.isalnum() or each in " -_")
    return kept.strip().replace(" ", "-")


def yaml_item(value: Any, indent: int = 0) -> str:
    """A plain value as YAML, strings in double quotes only where YAML needs them."""
    space = "  " * indent
    if isinstance(value, Mapping):
        return "\n".join(
            f"{space}{name}:\n{yaml_item(each, indent + 1)}"
            if isinstance(each, Mapping | list)
            else f"{space}{name}: {_scalar(each)}"
            for name, each in value.items()
        )
    if isinstance(value, list):
        return "\n".join(
            f"{space}- " + (yaml_item(each, indent + 1).lstrip() if isinstance(each, Mapping) else _scalar(each))
            for each in value
        )
    return f"{space}{_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and value and not _needs_quotes(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _needs_quotes(text: str) -> bool:
    odd = text[0] in "*&!%@`{}[]#|>?-'\" " or text[-1] in " :" or ": " in text or " #" in text or "\\" in text
    return odd or text in {"true", "false", "null", "yes", "no", "on", "off"} or text.replace(".", "").isdigit()


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")
