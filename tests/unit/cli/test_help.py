"""The help of every command and of every option is a sentence."""

from typing import Any

import pytest

from docs.making.commands import commands

COMMANDS = dict(commands())


def fragments(command: Any) -> list[str]:
    """What has no help, or help that does not end."""
    told = {
        "": command.help,
        **{each.name: getattr(each, "help", None) for each in command.params if each.name != "help"},
    }
    return [name for name, text in told.items() if not (text or "").rstrip().endswith((".", ").", "]", "..."))]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_option_is_explained_in_a_sentence(words: str) -> None:
    assert fragments(COMMANDS[words]) == []


def test_a_fragment_is_found() -> None:
    class Command:
        help = "List them"
        params = ()

    assert fragments(Command) == [""]
