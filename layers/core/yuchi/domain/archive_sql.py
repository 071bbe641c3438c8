"""The view ``events`` over the lines of the archive, in the two dialects that read them, and questions put to it."""

import re
from enum import StrEnum
from typing import Final

from yuchi.domain.archive import COLUMNS

VIEW: Final = "events"
TABLE: Final = "lines"
FILED: Final = ("brand", "day")
"""By what lines are filed; columns of the view, too."""


class Dialect(StrEnum):
    """Who reads."""

    ATHENA = "athena"
    DUCKDB = "duckdb"


_TIME: Final = {
    Dialect.ATHENA: 'CAST(from_iso8601_timestamp("time") AS timestamp)',
    Dialect.DUCKDB: "(CAST(\"time\" AS TIMESTAMPTZ) AT TIME ZONE 'UTC')",
}
"""A moment in UTC without a zone: Athena has no views with zones in them."""
_BEGINNING: Final = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_WITH: Final = re.compile(r"with\s+(recursive\s+)?", re.IGNORECASE)
_QUESTION: Final = re.compile(r"(select|with|values)\b", re.IGNORECASE)


class NotAQuestionError(ValueError):
    """The text is no query: it is empty, or would change something."""


def events_sql(dialect: Dialect, table: str, *, brand: str | None = None, since: str | None = None) -> str:
    """The view's query: each event of ``table`` once, ``time`` as a moment; of one brand, from the day ``since`` on.

    Copies of an event lie in one folder, so that a condition on ``day`` still lets the reader skip the others.
    """
    columns = ", ".join(f'{_TIME[dialect]} AS "time"' if each.name == "time" else f'"{each.name}"' for each in COLUMNS)
    tests = [f"brand = '{_quoted(brand)}'"] if brand else []
    tests += [f"day >= '{_quoted(since)}'"] if since else []
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    numbered = f"*, row_number() OVER (PARTITION BY brand, day, id) AS copy FROM {table}{where}"
    return f"SELECT {columns}, brand, day FROM (SELECT {numbered}) AS numbered WHERE copy = 1"  # noqa: S608 - quoted above


def ask_events(question: str, view: str) -> str:
    """``question`` with ``view`` (a query) known in it as :data:`VIEW`. Raises :class:`NotAQuestionError`."""
    start = _BEGINNING.match(question)
    body = question[start.end() if start else 0 :].rstrip().removesuffix(";").rstrip()
    if not _QUESTION.match(body):
        raise NotAQuestionError
    own = _WITH.match(body)
    if own is None:
        return f"WITH {VIEW} AS ({view}) {body}"
    recursive = "RECURSIVE " if own[1] else ""
    return f"WITH {recursive}{VIEW} AS ({view}), {body[own.end() :]}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
