"""`yuchi query`: SQL over every event of the archive."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from yuchi.cli.desk import Office, office_of
from yuchi.cli.errors import CommandError, refuse
from yuchi.cli.rule_sources import choose_brand
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal
from yuchi.domain.archive import COLUMNS
from yuchi.domain.archive_sql import FILED, VIEW, NotAQuestionError
from yuchi.domain.durations import parse_duration
from yuchi.domain.placeholders import BEIJING
from yuchi.domain.rejects import inert
from yuchi.domain.words import Words
from yuchi.services.ports_archive import Answer, Progress, QuestionFailedError

THOUSAND: Final = 1000
MAX_SHOWN: Final = 500
"""Rows that a terminal is shown; files and pipes get all."""


class Engine(StrEnum):
    """Who answers."""

    ATHENA = "athena"
    DUCKDB = "duckdb"


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A SELECT over the view events.")],
    brand: Annotated[str | None, typer.Option(help="Whose events (else the only brand there is).")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Only the last days, such as 30d: reads less.")
    ] = None,
    engine: Annotated[
        Engine | None,
        typer.Option(
            help="Who answers: athena in AWS, duckdb on this machine over fetched files (the local stack's way)."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets.")] = False,
) -> None:
    """Ask the archive with SQL: every event of a brand once, as the view events, with brand and day to narrow it by."""
    office = office_of(context)
    desk, terminal = office.desk, office.terminal
    chosen = choose_brand(brand, desk.accounts.all())
    from_day = first_day(since, desk.clock()) if since else None
    on_this_machine = (engine or (Engine.DUCKDB if desk.facts.local else Engine.ATHENA)) is Engine.DUCKDB
    questions = desk.duckdb if on_this_machine else desk.athena
    try:
        with _watched(office, fetches=on_this_machine) as progress:
            answer = questions.ask(sql, brand=chosen, since=from_day, progress=progress)
    except NotAQuestionError:
        raise refuse(
            ("这不是查询", "this is no question"),
            (f"只能写一条 SELECT，从 {VIEW} 里取", f"write one SELECT over the view {VIEW}"),
        ) from None
    except QuestionFailedError as error:
        raise _failed(error) from error
    _tell(answer, terminal, as_json=as_json, as_csv=as_csv)


def first_day(span: str, now: datetime) -> str:
    """The day (Beijing time) so long before ``now``."""
    return (now - since_of(span)).astimezone(BEIJING).date().isoformat()


def since_of(span: str) -> timedelta:
    """A span such as ``30d``."""
    seconds = parse_duration(span)
    if not seconds:
        raise refuse((f"看不懂时间段 {span}", f"cannot read the span {span}"), ("例如 30d、12h", "such as 30d or 12h"))
    return timedelta(seconds=seconds)


@contextmanager
def _watched(office: Office, *, fetches: bool) -> Iterator[Progress]:
    """A bar for files that are fetched; for Athena, how much it has read."""
    terminal = office.terminal
    text = (
        terminal.text("取归档文件……", "Fetching the archive's files ...")
        if fetches
        else terminal.text("查询中……", "Asking ...")
    )
    with terminal.progress(text) as steps:

        def tell(done: int, total: int) -> None:
            if fetches:
                steps.say(f"{text} {done}/{total}" if total else text)
            else:
                steps.say(f"{text} {in_bytes(done)}")

        yield tell


def _failed(error: QuestionFailedError) -> CommandError:
    reason = error.reason.splitlines()[0][:500] if error.reason else ""
    columns = ", ".join((*(each.name for each in COLUMNS), *FILED))
    return CommandError(
        Words("查询没有成功", "the question could not be answered"),
        Words(reason, reason),
        Words(f"{VIEW} 的列：{columns}", f"columns of {VIEW}: {columns}"),
    )


def _tell(answer: Answer, terminal: Terminal, *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        terminal.json([dict(zip(answer.columns, map(_plain, row), strict=True)) for row in answer.rows])
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([inert(name) for name in answer.columns])
        writer.writerows([_inert(value, terminal) for value in row] for row in answer.rows)
    else:
        shown = answer.rows[:MAX_SHOWN] if terminal.out.is_terminal else answer.rows
        columns = [Column(name, free=True) for name in answer.columns]
        terminal.table(columns, ([_cell(value, terminal) for value in row] for row in shown))
        if len(shown) < len(answer.rows):
            rest = len(answer.rows) - len(shown)
            terminal.note(f"还有 {rest} 行，用 --csv 取全部", f"{rest} more rows: --csv gives all")
    count, read, cost = len(answer.rows), in_bytes(answer.scanned), f"{answer.usd:.4f}"
    paid = terminal.text(f"，约 {cost} 美元", f", about {cost} USD") if answer.usd else ""
    terminal.note(
        f"{count} 行，读取 {read}，{answer.seconds:.1f} 秒{paid}",
        f"{count} row{'' if count == 1 else 's'}, read {read}, {answer.seconds:.1f} s{paid}",
    )


def _cell(value: Any, terminal: Terminal) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return terminal.time(value) if value.tzinfo else str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_cell(each, terminal) for each in value) + "]"
    return str(value)


def _inert(value: Any, terminal: Terminal) -> str:
    """A cell of a file for spreadsheets: what people and sites wrote must not be a formula in it. Numbers stay."""
    cell = _cell(value, terminal)
    return inert(cell) if isinstance(value, str | list | tuple) else cell


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def in_bytes(size: float) -> str:
    """``12.3 MB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < THOUSAND:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
