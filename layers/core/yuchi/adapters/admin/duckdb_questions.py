"""SQL over the archive's files on this machine, by DuckDB."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yuchi.domain.archive import COLUMNS
from yuchi.domain.archive_sql import FILED, TABLE, Dialect, NotAQuestionError, ask_events, events_sql
from yuchi.services.ports_archive import Answer, ArchiveFiles, Progress, QuestionFailedError

if TYPE_CHECKING:
    import duckdb

_MACROS: Final = (
    "CREATE MACRO json_extract_scalar(document, path) AS json_extract_string(document, path)",
    "CREATE MACRO approx_distinct(value) AS approx_count_distinct(value)",
    "CREATE MACRO from_iso8601_timestamp(text) AS CAST(text AS TIMESTAMPTZ)",
)
"""What Athena calls otherwise, so that a question means the same in both."""


@dataclass(frozen=True, slots=True)
class DuckDBQuestions:
    """:class:`yuchi.services.ports_archive.Questions` on this machine: no network but the fetching of files."""

    files: ArchiveFiles

    def ask(self, sql: str, *, brand: str, since: str | None, progress: Progress) -> Answer:
        """The answer."""
        question = ask_events(sql, events_sql(Dialect.DUCKDB, TABLE, brand=brand, since=since))
        return ask_files(question, self.files.fetch(brand, since=since, progress=progress))


def ask_files(question: str, files: Sequence[Path]) -> Answer:
    """The answer to ``question``, which may name the table ``lines``: all lines in ``files``.

    Raises :class:`QuestionFailedError`, ``NotAQuestionError``.
    """
    import duckdb

    connection = connect(files)
    started = time.monotonic()
    try:
        statements = connection.extract_statements(question)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise NotAQuestionError
        found = connection.execute(statements[0])
        columns = tuple(column[0] for column in found.description or ())
        rows = found.fetchall()
    except duckdb.Error as error:
        raise QuestionFailedError(str(error).strip()) from error
    finally:
        connection.close()
    scanned = sum(file.stat().st_size for file in files)
    return Answer(columns=columns, rows=rows, scanned=scanned, seconds=time.monotonic() - started)


def connect(files: Sequence[Path], *, threads: int | None = None) -> "duckdb.DuckDBPyConnection":
    """A database in memory with the table ``lines``. It can read these files' folders and nothing else."""
    import duckdb

    settings: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    connection = duckdb.connect(config=settings | ({"threads": threads} if threads else {}))
    types = {each.name: each.duckdb for each in COLUMNS} | dict.fromkeys(FILED, "VARCHAR")
    if files:
        folders = sorted({str(file.parent) for file in files})
        connection.execute("SET allowed_directories = " + _list(folders))
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        reading = (
            f"read_json({_list(map(str, files))}, format = 'newline_delimited', hive_partitioning = false, "
            f"ignore_errors = true, columns = {{{columns}}})"
        )
        connection.execute(f"CREATE VIEW {TABLE} AS SELECT * FROM {reading}")  # noqa: S608 - paths of ours, quoted
    else:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        connection.execute(f"CREATE TABLE {TABLE} ({columns})")
    for macro in _MACROS:
        connection.execute(macro)
    for setting in ("TimeZone = 'UTC'", "enable_external_access = false", "lock_configuration = true"):
        connection.execute(f"SET {setting}")
    return connection


def _list(texts: Any) -> str:
    return "[" + ", ".join("'" + each.replace("'", "''") + "'" for each in texts) + "]"
