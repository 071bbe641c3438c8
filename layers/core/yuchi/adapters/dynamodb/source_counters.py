"""``Counters``: how much each source told us, one row a source (``source#<id>``)."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.counters import FLUSH_SECONDS
from yuchi.adapters.dynamodb.items import from_item, to_item, to_wire
from yuchi.domain.event import format_time
from yuchi.domain.source import Source
from yuchi.services.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TAKEN: Final = "taken"
REFUSED: Final = "refused_"
UNFIT: Final = "unfit"
"""How many values did not fit the data standard; ``unfit#<name>`` how many of one name."""
NAMES_AT_ONCE: Final = 100
"""How many names one update counts: the text of an update may have 4 KB, and a batch of events may tell of 500."""


@dataclass(slots=True)
class DynamoDBSourceCounters:
    """:class:`yuchi.services.ports_sources.SourceCounters` on DynamoDB: added up in the container, then written."""

    client: "DynamoDBClient"
    counters_table: str
    monotonic: Callable[[], float] = time.monotonic
    _pending: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _flushed_at: float = float("-inf")

    def add(self, source: Source, *, taken: int, refused: Mapping[str, int], now: datetime) -> None:
        """Add to the counts; what cannot be written now is written with the next ones."""
        counts = self._pending.setdefault((source.brand, source.id), Counter())
        counts.update({TAKEN: taken, **{f"{REFUSED}{reason}": number for reason, number in refused.items()}})
        if self.monotonic() - self._flushed_at < FLUSH_SECONDS:
            return
        self._flushed_at = self.monotonic()
        for key in list(self._pending):
            try:
                self._write(key, self._pending[key], now)
            except UnavailableError:
                continue
            del self._pending[key]

    def note_rejected(self, brand: str, source: str, rejected: Mapping[str, int], *, now: datetime) -> None:
        """Add values that did not fit the brand's data standard: name -> number. What cannot be written is lost."""
        counts = {UNFIT: sum(rejected.values()), **{f"{UNFIT}#{name}": number for name, number in rejected.items()}}
        with suppress(UnavailableError):
            each = iter(counts.items())
            while some := dict(islice(each, NAMES_AT_ONCE)):
                self._write((brand, source), some, now)

    def of(self, sources: Iterable[Source]) -> dict[str, dict[str, Any]]:
        """The counts of each source that has some: source -> column -> value. For the command line."""
        found = {}
        for source in sources:
            with unavailable():
                item = self.client.get_item(
                    TableName=self.counters_table, Key=_key(source.brand, source.id), ConsistentRead=True
                ).get("Item")
            if item:
                values = from_item(item)
                found[source.id] = {name: value for name, value in values.items() if name not in {"brand", "counter"}}
        return found

    def _write(self, key: tuple[str, str], counts: Mapping[str, int], now: datetime) -> None:
        names = [name for name, number in counts.items() if number]
        if not names:
            return
        with unavailable():
            self.client.update_item(
                TableName=self.counters_table,
                Key=_key(*key),
                UpdateExpression=f"ADD {', '.join(f'#{i} :{i}' for i in range(len(names)))} SET last_told_at = :now",
                ExpressionAttributeNames={f"#{i}": name for i, name in enumerate(names)},
                ExpressionAttributeValues={
                    ":now": to_wire(format_time(now)),
                    **{f":{i}": to_wire(counts[name]) for i, name in enumerate(names)},
                },
            )


def _key(brand: str, source: str) -> dict[str, Any]:
    return to_item({"brand": brand, "counter": f"source#{source}"})
