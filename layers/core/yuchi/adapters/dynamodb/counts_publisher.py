"""Brings the counts of rules from their rows to the rules' own items, where marketers see them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from random import sample
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, code_of, item_in, unavailable
from yuchi.adapters.dynamodb.items import from_item, to_item, to_wire
from yuchi.domain.event import format_time
from yuchi.domain.tally import RuleKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RECENT: Final = timedelta(minutes=10)
"""How far back a count may have been written to be published between the hours: minutes may be skipped under load."""
TOO_LARGE: Final = "ValidationException"
PUBLISH_RESERVE_SECONDS: Final = 3.0
"""Stop publishing when less than this is left of the invocation."""


@dataclass(slots=True)
class _Total:
    """The rows of one rule added up; ``failed`` of its latest version only."""

    matched: int = 0
    candidates: int = 0
    last_matched_at: str = ""
    counted_at: str = ""
    version: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    rows: list[str] = field(default_factory=list)

    def add(self, row: Mapping[str, Any]) -> None:
        self.rows.append(row["counter"])
        self.matched += row.get("matched", 0)
        self.candidates += row.get("candidates", 0)
        self.last_matched_at = max(self.last_matched_at, row.get("last_matched_at", ""))
        self.counted_at = max(self.counted_at, row.get("counted_at", ""))
        version = row.get("rule_version", 0)
        if version > self.version:
            self.version, self.failed = version, Counter()
        if version == self.version:
            self.failed.update(row.get("failed_parts", {}))

    @property
    def often_failed(self) -> str:
        """The part that failed most often; of two the first in the order of their texts, so that it does not flicker."""
        return min(self.failed, key=lambda part: (-self.failed[part], part), default="")


@dataclass(slots=True)
class CountsPublisher:
    """Reads all rows at each call: one read unit for 8 KB, which is some 40 rows or five rules that match often.

    Writes ``matched`` and ``last_matched_at`` of the rules that were counted lately and changed since this container wrote
    them, one UpdateItem each. Hourly it looks at all rules and writes ``candidates`` and ``often_failed`` too; what did not
    change is refused by a condition, and the rows of rules that were deleted are deleted.

    A published count is never reviewed as an edit, but passes the stream of edits.
    """

    client: "DynamoDBClient"
    counters_table: str
    rules_table: str
    _published: dict[RuleKey, int] = field(default_factory=dict)

    def publish(self, *, now: datetime, hourly: bool, seconds_left: Callable[[], float] = lambda: inf) -> None:
        """Write the columns of rules that still exist, next to the marketers' own.

        In another order each time, so that each rule has its turn where time is too short for all.
        """
        totals = self._totals()
        recent = format_time(now - RECENT)
        due = [
            key
            for key, total in totals.items()
            if hourly or (total.counted_at >= recent and self._published.get(key) != total.matched and total.matched)
        ]
        for key in sample(due, len(due)):
            if seconds_left() < PUBLISH_RESERVE_SECONDS:
                return
            self._publish_one(key, totals[key], hourly=hourly)
            self._published[key] = totals[key].matched

    def _totals(self) -> dict[RuleKey, _Total]:
        totals: dict[RuleKey, _Total] = {}
        with unavailable():
            for page in self.client.get_paginator("scan").paginate(TableName=self.counters_table):
                for row in map(from_item, page["Items"]):
                    kind, rule, *_ = row["counter"].split("#")
                    if kind != "rule":
                        continue  # the counts of sources, which stay where they are
                    totals.setdefault((row["brand"], rule), _Total()).add(row)
        return totals

    def _publish_one(self, key: RuleKey, total: _Total, *, hourly: bool) -> None:
        brand, rule = key
        columns: dict[str, Any] = {"matched": total.matched}
        if total.last_matched_at:
            columns["last_matched_at"] = total.last_matched_at
        changed = "attribute_not_exists(matched) OR matched <> :matched"
        update = ""
        if hourly:
            columns["candidates"] = total.candidates
            changed += " OR attribute_not_exists(candidates) OR candidates <> :candidates"
            if part := total.often_failed:
                columns["often_failed"] = part
            else:
                update = " REMOVE often_failed"
        update = "SET " + ", ".join(f"{name} = :{name}" for name in columns) + update
        try:
            with unavailable(CONDITION_FAILED, TOO_LARGE):
                self.client.update_item(
                    TableName=self.rules_table,
                    Key=to_item({"brand": brand, "rule_id": rule}),
                    UpdateExpression=update,
                    ConditionExpression=f"attribute_exists(rule_id) AND ({changed})",
                    ExpressionAttributeValues={f":{name}": to_wire(value) for name, value in columns.items()},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as refusal:
            # A draft without room for more columns must not keep the others from theirs.
            is_deleted = code_of(refusal) == CONDITION_FAILED and item_in(refusal.response) is None
            if hourly and is_deleted:
                self._delete(brand, total.rows)

    def _delete(self, brand: str, rows: Iterable[str]) -> None:
        """Delete what was counted of a rule that is gone. Counts that come late make a row that goes next time."""
        for row in rows:
            with unavailable():
                self.client.delete_item(TableName=self.counters_table, Key=to_item({"brand": brand, "counter": row}))
