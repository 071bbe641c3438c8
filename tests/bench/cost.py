"""What a million pushes cost on AWS at list price, from what was counted and measured.

Prices: us-east-1, on demand, without the free tier, in USD, as known when this was written (aws.amazon.com/*/pricing).
Check them before you rely on them; each is named once, here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final, NamedTuple

MILLION: Final = 1_000_000

HTTP_API_REQUEST: Final = 1.00 / MILLION
FIFO_REQUEST: Final = 0.50 / MILLION
LAMBDA_REQUEST: Final = 0.20 / MILLION
LAMBDA_GB_SECOND_ARM: Final = 0.0000133334
WRITE_UNIT: Final = 0.625 / MILLION
READ_UNIT: Final = 0.125 / MILLION
LOG_GB: Final = 0.50
ARCHIVED_GB: Final = 0.029
"""Firehose, ingestion; each record counts as full steps of 5 KB."""
PARTITIONED_GB: Final = 0.020
"""Firehose, dynamic partitioning."""
ARCHIVED_STEP: Final = 5 * 1024
TABLE_GB_MONTH: Final = 0.25
BACKUP_GB_MONTH: Final = 0.20
"""Point-in-time recovery."""

GB: Final = 1024**3
WRITE_BYTES: Final = 1024
READ_BYTES: Final = 4096


class Line(NamedTuple):
    """One line of the bill, in USD for a million pushes."""

    what: str
    how: str
    usd: float


def size_of(item: Mapping[str, Any]) -> int:
    """Bytes of an item in DynamoDB's wire format, as AWS documents the counting: names and values, text in UTF-8,
    numbers about one byte for two digits, three bytes for each list or map and one for each element in it.
    """
    return sum(len(name.encode()) + _size_of_value(value) for name, value in item.items())


def _size_of_value(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content.strip("-").replace(".", "")) // 2 + 2
        case "B":
            return len(content)
        case "M":
            return 3 + len(content) + size_of(content)
        case "L":
            return 3 + sum(1 + _size_of_value(each) for each in content)
        case _:
            return 1


def write_units(size: int, *, transactional: bool = False) -> int:
    """Write request units of one item of ``size`` bytes."""
    return max(1, ceil(size / WRITE_BYTES)) * (2 if transactional else 1)


def read_units(size: int, *, consistent: bool) -> float:
    """Read request units of one item of ``size`` bytes; a missing item costs like a small one."""
    return max(1, ceil(size / READ_BYTES)) * (1.0 if consistent else 0.5)


@dataclass(slots=True)
class Usage:
    """What was used: DynamoDB's units by table, requests by kind (``dynamodb.GetItem``, ``sqs.SendMessageBatch``), bytes
    of each archived line.
    """

    writes: Counter[str] = field(default_factory=Counter)
    reads: dict[str, float] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    archived: list[int] = field(default_factory=list)

    def write(self, table: str, size: int, *, transactional: bool = False) -> None:
        """Count one written item."""
        self.writes[table] += write_units(size, transactional=transactional)

    def read(self, table: str, size: int, *, consistent: bool) -> None:
        """Count one read item."""
        self.reads[table] = self.reads.get(table, 0.0) + read_units(size, consistent=consistent)

    def per(self, events: int) -> dict[str, float]:
        """Requests of each kind for one event."""
        return {kind: count / events for kind, count in sorted(self.requests.items())}


def tables(usages: Iterable[tuple[Usage, float]]) -> list[Line]:
    """DynamoDB's lines: ``(usage, how many pushes it was for)`` each, summed by table."""
    writes: dict[str, float] = {}
    reads: dict[str, float] = {}
    for usage, pushes in usages:
        for table, units in usage.writes.items():
            writes[table] = writes.get(table, 0.0) + units / pushes
        for table, read in usage.reads.items():
            reads[table] = reads.get(table, 0.0) + read / pushes
    return [
        Line(
            f"DynamoDB {table}",
            f"{writes.get(table, 0.0):.2f} write and {reads.get(table, 0.0):.2f} read units a push",
            MILLION * (writes.get(table, 0.0) * WRITE_UNIT + reads.get(table, 0.0) * READ_UNIT),
        )
        for table in sorted({*writes, *reads})
    ]


def function(name: str, *, invocations: float, milliseconds: float, memory: int) -> Line:
    """A function that is invoked ``invocations`` times a push for ``milliseconds`` each, with ``memory`` MB."""
    duration = invocations * milliseconds / 1000 * memory / 1024 * LAMBDA_GB_SECOND_ARM
    how = f"{invocations:.2f} invocations a push, {milliseconds:.0f} ms each, {memory} MB arm64"
    return Line(f"Lambda {name}", how, MILLION * (invocations * LAMBDA_REQUEST + duration))


def queue(name: str, *, sent: float, taken: float) -> Line:
    """A FIFO queue: ``sent`` requests a push to fill it, ``taken`` invocations that each receive and delete a batch."""
    how = f"{sent:.2f} requests a push to send, {2 * taken:.2f} to receive and delete"
    return Line(f"SQS {name}", how, MILLION * (sent + 2 * taken) * FIFO_REQUEST)


def gateway() -> Line:
    """The HTTP API."""
    return Line("API Gateway, HTTP API", "1 request a push", MILLION * HTTP_API_REQUEST)


def archive(usage: Usage, pushes: float) -> Line:
    """Firehose: the lines that were archived of ``pushes``."""
    lines = usage.archived
    billed = sum(ceil(size / ARCHIVED_STEP) * ARCHIVED_STEP for size in lines) / pushes
    filed = sum(lines) / pushes
    how = f"{len(lines) / pushes:.2f} lines of {sum(lines) / max(1, len(lines)):,.0f} bytes a push, each billed as 5 KB"
    return Line("Firehose, archive", how, MILLION * (billed * ARCHIVED_GB + filed * PARTITIONED_GB) / GB)


def logs(bytes_per_push: float) -> Line:
    """CloudWatch Logs, ingestion."""
    how = f"{bytes_per_push:,.0f} bytes a push: access log, metrics"
    return Line("CloudWatch Logs", how, MILLION * bytes_per_push / GB * LOG_GB)


def storage(name: str, *, bytes_per_push: float, months: float) -> Line:
    """Keeping what a push leaves behind, with point-in-time recovery."""
    how = f"{bytes_per_push:,.0f} bytes a push for {months:.1f} months, with point-in-time recovery"
    usd = MILLION * bytes_per_push / GB * months * (TABLE_GB_MONTH + BACKUP_GB_MONTH)
    return Line(f"keeping {name}", how, usd)


def total(lines: Sequence[Line]) -> float:
    """The sum in USD."""
    return sum(line.usd for line in lines)
