"""Questions to the operator; secrets come in hidden, from the environment or from a file, never as an option's value."""

import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import typer

from yuchi.cli.account_answers import judge_id, judge_name
from yuchi.cli.errors import refuse
from yuchi.cli.terminal import Terminal

Judge = Callable[[str], tuple[str, str] | None]
"""What is wrong with an answer, in Chinese and English; None where nothing is."""


def confirm(terminal: Terminal, zh: str, en: str, *, yes: bool) -> None:
    """Go on only after a yes. Raises ``typer.Abort``."""
    if not yes:
        typer.confirm(terminal.text(zh, en), abort=True, err=True)


def ask(
    terminal: Terminal,
    given: str | None,
    *,
    question: tuple[str, str],
    option: str,
    judge: Judge,
    default: str | None = None,
) -> str:
    """``given`` if it is good, else ask until the answer is. An option that is wrong is refused."""
    if given is not None:
        problem = judge(given.strip())
        if problem is not None:
            raise refuse((f"{option} 不对：{problem[0]}", f"{option} is wrong: {problem[1]}"))
        return given.strip()
    while True:
        answer: str = typer.prompt(terminal.text(*question), default=default, err=True)
        problem = judge(answer.strip())
        if problem is None:
            return answer.strip()
        terminal.warn(*problem)


def ask_brand(terminal: Terminal, given: str | None, *, old: str | None, brands: Collection[str]) -> str:
    """The brand: that of what is there already, or the only one there is, where nothing else is said."""
    default = old or (next(iter(brands)) if len(brands) == 1 else None)
    return ask(terminal, given, question=("品牌编号", "Brand"), option="--brand", judge=judge_id, default=default)


def ask_name(terminal: Terminal, given: str | None, *, default: str) -> str:
    """A name for people."""
    return ask(terminal, given, question=("名称", "Name"), option="--name", judge=judge_name, default=default)


def ask_secret(
    terminal: Terminal,
    *,
    question: tuple[str, str],
    variable: str,
    file: Path | None,
    judge: Judge,
    may_be_empty: bool = False,
) -> str:
    """A secret from ``file`` (``-`` is the standard input), the environment's ``variable``, or typed without being shown."""
    given = _from_file(file) if file is not None else os.environ.get(variable)
    if given is not None:
        problem = judge(given.strip())
        if problem is not None:
            place = str(file) if file is not None else variable
            raise refuse((f"{place} 里的值不对：{problem[0]}", f"the value in {place} is wrong: {problem[1]}"))
        return given.strip()
    more: dict[str, Any] = {"default": "", "show_default": False} if may_be_empty else {}
    while True:
        answer: str = typer.prompt(terminal.text(*question), hide_input=True, err=True, **more)
        problem = judge(answer.strip()) if answer.strip() or not may_be_empty else None
        if problem is None:
            return answer.strip()
        terminal.warn(*problem)


def _from_file(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.readline()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse((f"读不了 {file}", f"{file} cannot be read"), ("检查路径", "is the path right?")) from error
