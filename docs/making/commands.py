"""The commands of `yuchi`, as their own help tells them."""

from collections.abc import Iterator
from typing import Any, Final

import typer.main

from docs.making.markdown import NOTICE_EN, code, table
from docs.making.markdown import page as make_page


def page() -> str:
    """The page."""
    blocks = [NOTICE_EN, _INTRODUCTION]
    for words, command in commands():
        rows = [
            (code(_usage(each)), _help(each))
            for each in command.params
            if each.name != "help" and not getattr(each, "hidden", False)
        ]
        blocks.append(f"## yuchi {words}")
        blocks.append(_prose(command))
        if rows:
            blocks.append(table(("argument or option", "meaning"), rows))
    return make_page(*blocks)


def commands() -> Iterator[tuple[str, Any]]:
    """``rules check`` and the like, in the order in which they are registered."""
    from yuchi.cli.main import app

    yield from _leaves("", typer.main.get_command(app))


def _leaves(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for name, each in command.commands.items():
            if not each.hidden:
                yield from _leaves(f"{words} {name}".strip(), each)
    else:
        yield words, command


def _usage(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return ", ".join(parameter.opts)


def _help(parameter: Any) -> str:
    return " ".join((getattr(parameter, "help", None) or "").split())


def _prose(command: Any) -> str:
    return " ".join((command.help or "").split("\f")[0].split())


_INTRODUCTION: Final = """\
# The command line

`make install` puts `yuchi` into `.venv/bin`; `yuchi COMMAND --help` says the same as this page."""
