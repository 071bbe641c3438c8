"""Every command that a page names exists."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from docs.making.commands import commands as registered
from tests.unit.docs.pages import NAMES, commands, read

TARGETS: Final = frozenset(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.MULTILINE))
YUCHI: Final = frozenset(words for words, _ in registered())
_MAKE: Final = re.compile(r"(?:^|&& )make ([a-z][a-z-]*)")
_YUCHI: Final = re.compile(r"(?:^|&& )yuchi ((?:[a-z]+ ?)+)")
_OPTION: Final = re.compile(r" (--[a-z-]+)")


def unknown(text: str) -> Iterator[str]:
    """Commands of a page that do not exist."""
    options = {words: {option for each in command.params for option in each.opts} for words, command in registered()}
    for line in commands(text):
        for target in _MAKE.findall(line):
            if target not in TARGETS:
                yield f"make {target}"
        for words in _YUCHI.findall(line):
            known = next((each for each in YUCHI if f"{words.strip()} ".startswith(f"{each} ")), None)
            if known is None and words.strip() not in {"rules", "account", "profile", "source"}:
                yield f"yuchi {words}"
            elif known is not None:
                yield from (f"yuchi {known} {each}" for each in _OPTION.findall(line) if each not in options[known])


@pytest.mark.parametrize("name", NAMES)
def test_every_command_exists(name: str) -> None:
    assert list(unknown(read(name))) == []


@pytest.mark.parametrize("line", ["make everything", "yuchi rules guess", "yuchi doctor --nowhere"])
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    assert len(list(unknown(f"`{line}`"))) == 1
