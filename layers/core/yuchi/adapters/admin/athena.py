"""SQL over the archive in S3, by Athena."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from yuchi.adapters.aws_errors import unavailable
from yuchi.domain.archive_sql import TABLE, Dialect, ask_events, events_sql
from yuchi.services.ports_archive import Answer, Progress, QuestionFailedError

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_athena.type_defs import QueryExecutionTypeDef

USD_PER_TERABYTE: Final = 5.0
LEAST_BYTES: Final = 10 * 1000 * 1000
"""Athena's price, us-east-1: by what is read, rounded up to 10 MB for each question."""
FIRST_WAIT, LONGEST_WAIT = 0.3, 2.0
_OVER: Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class AthenaQuestions:
    """:class:`yuchi.services.ports_archive.Questions` on Athena. ``wait`` lets seconds pass."""

    client: "AthenaClient"
    work_group: str
    database: str
    wait: Callable[[float], None]

    def ask(self, sql: str, *, brand: str, since: str | None, progress: Progress) -> Answer:
        """The answer. Whoever interrupts this stops the query, which is billed by what it read so far."""
        view = events_sql(Dialect.ATHENA, f'"{self.database}"."{TABLE}"', brand=brand, since=since)
        with unavailable("InvalidRequestException"):
            identifier = self._start(ask_events(sql, view))
            try:
                done = self._wait_for(identifier, progress)
            except QuestionFailedError:
                raise
            except BaseException:
                self.client.stop_query_execution(QueryExecutionId=identifier)
                raise
            columns, rows = self._rows(identifier)
        statistics = done.get("Statistics", {})
        scanned = statistics.get("DataScannedInBytes", 0)
        return Answer(
            columns=columns,
            rows=rows,
            scanned=scanned,
            seconds=statistics.get("TotalExecutionTimeInMillis", 0) / 1000,
            usd=max(scanned, LEAST_BYTES) / 1e12 * USD_PER_TERABYTE,
        )

    def _start(self, sql: str) -> str:
        try:
            answer = self.client.start_query_execution(
                QueryString=sql, QueryExecutionContext={"Database": self.database}, WorkGroup=self.work_group
            )
        except self.client.exceptions.InvalidRequestException as error:
            raise QuestionFailedError(str(error.response.get("Error", {}).get("Message", ""))) from error
        return answer["QueryExecutionId"]

    def _wait_for(self, identifier: str, progress: Progress) -> "QueryExecutionTypeDef":
        pause = FIRST_WAIT
        while True:
            found = self.client.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
            progress(found.get("Statistics", {}).get("DataScannedInBytes", 0), 0)
            status = found.get("Status", {})
            if status.get("State") == "SUCCEEDED":
                return found
            if status.get("State") in _OVER:
                raise QuestionFailedError(status.get("StateChangeReason", ""))
            self.wait(pause)
            pause = min(LONGEST_WAIT, pause * 1.5)

    def _rows(self, identifier: str) -> tuple[tuple[str, ...], Sequence[tuple[Any, ...]]]:
        columns: list[tuple[str, str]] = []
        rows: list[tuple[Any, ...]] = []
        for page in self.client.get_paginator("get_query_results").paginate(QueryExecutionId=identifier):
            result = page["ResultSet"]
            found = result["Rows"]
            if not columns:
                columns = [(each["Name"], each["Type"]) for each in result["ResultSetMetadata"]["ColumnInfo"]]
                found = found[1:]  # the first row of the first page has the names
            rows += (
                tuple(
                    _value(cell.get("VarCharValue"), kind) for cell, (_, kind) in zip(row["Data"], columns, strict=True)
                )
                for row in found
            )
        return tuple(name for name, _ in columns), rows


def _value(text: str | None, kind: str) -> Any:
    return text if text is None else _READERS.get(kind, str)(text)


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), int),
    **dict.fromkeys(("float", "double"), float),
    "boolean": lambda text: text == "true",
}
"""Athena tells every value as text."""
