"""``Counters``: how often rules matched, brought to the rules' items once an hour."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from random import randrange, sample
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, unavailable
from yuchi.adapters.dynamodb.items import from_item, to_item, to_wire
from yuchi.domain.event import format_time
from yuchi.services.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS: Final = 8
FLUSH_SECONDS: Final = 20.0
PUBLISH_RESERVE_SECONDS: Final = 3.0
"""Stop publishing when less than this is left of the invocation."""


@dataclass(slots=True)
class DynamoDBCounters:
    """:class:`yuchi.services.ports.Counters` on DynamoDB: added up in the container, written every 20 seconds."""

    client: "DynamoDBClient"
    counters_table: str
    rules_table: str = ""
    monotonic: Callable[[], float] = time.monotonic
    _pending: dict[str, Counter[str]] = field(default_factory=dict)
    _flushed_at: float = float("-inf")

    def add(self, brand: str, matched: Mapping[str, int], *, now: datetime) -> None:
        """Add to the counts; what cannot be written now is written with the next ones."""
        self._pending.setdefault(brand, Counter()).update(matched)
        if self.monotonic() - self._flushed_at < FLUSH_SECONDS:
            return
        self._flushed_at = self.monotonic()
        for pending_brand, counts in self._pending.items():
            for rule in list(counts):
                try:
                    self._add_one(pending_brand, rule, counts[rule], now)
                except UnavailableError:
                    continue
                del counts[rule]

    def publish(self, *, now: datetime, seconds_left: Callable[[], float] = lambda: inf) -> None:
        """Write ``matched`` and ``last_matched_at`` next to the marketers' own columns, for rules that still exist.

        In another order each time, so that each rule has its turn where time is too short for all.
        """
        del now
        with unavailable():
            pages = self.client.get_paginator("scan").paginate(TableName=self.counters_table)
            totals: dict[tuple[str, str], tuple[int, str]] = {}
            for page in pages:
                for item in page["Items"]:
                    values = from_item(item)
                    _, rule, _ = values["counter"].split("#")
                    matched, last = totals.get((values["brand"], rule), (0, ""))
                    totals[values["brand"], rule] = (
                        matched + values["matched"],
                        max(last, values["last_matched_at"]),
                    )
        for brand, rule in sample(list(totals), len(totals)):
            if seconds_left() < PUBLISH_RESERVE_SECONDS:
                return
            self._publish_one(brand, rule, *totals[brand, rule])

    def _publish_one(self, brand: str, rule: str, matched: int, last: str) -> None:
        # A draft without room for two more columns must not keep the others from theirs.
        with suppress(ClientError), unavailable(CONDITION_FAILED, "ValidationException"):
            self.client.update_item(
                TableName=self.rules_table,
                Key=to_item({"brand": brand, "rule_id": rule}),
                UpdateExpression="SET matched = :matched, last_matched_at = :last",
                ConditionExpression=(
                    "attribute_exists(rule_id) AND (attribute_not_exists(matched) OR matched <> :matched)"
                ),
                ExpressionAttributeValues={":matched": to_wire(matched), ":last": to_wire(last)},
            )

    def _add_one(self, brand: str, rule: str, count: int, now: datetime) -> None:
        shard = randrange(SHARDS)  # noqa: S311 - spreads writes, protects nothing
        with unavailable():
            self.client.update_item(
                TableName=self.counters_table,
                Key=to_item({"brand": brand, "counter": f"rule#{rule}#{shard}"}),
                UpdateExpression="ADD matched :count SET last_matched_at = :now",
                ExpressionAttributeValues={":count": to_wire(count), ":now": to_wire(format_time(now))},
            )
