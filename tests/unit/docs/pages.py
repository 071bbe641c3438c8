"""The pages as text: headings, links, blocks of code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES: Final = [path.relative_to(ROOT).as_posix() for path in PAGES]

_BLOCK: Final = re.compile(r"^[ \t]*```(\w*)\n(.*?)^[ \t]*```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:srcset|src)=\"([^\"]+)\"")
_HEADING: Final = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_INLINE: Final = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code, without its indentation."""

    language: str
    text: str


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str | None = None) -> list[Block]:
    found = [Block(kind, _dedent(body)) for kind, body in _BLOCK.findall(text)]
    return [block for block in found if language is None or block.language == language]


def prose(text: str) -> str:
    return _BLOCK.sub("", text)


def headings(text: str) -> list[tuple[int, str]]:
    return [(len(marks), words) for marks, words in _HEADING.findall(prose(text))]


def links(text: str) -> list[str]:
    return [first or second for first, second in _LINK.findall(prose(text))]


def commands(text: str) -> Iterator[str]:
    """Lines of shell blocks and inline code, without comments."""
    for block in blocks(text, "sh"):
        for line in block.text.splitlines():
            yield line.partition(" # ")[0].strip()
    yield from _INLINE.findall(prose(text))


def _dedent(body: str) -> str:
    lines = body.splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[indent:] for line in lines) + "\n"
