"""``Counters``: how often rules were looked at and matched, gathered in the container, added up in rows of their own."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import randrange
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, item_in, unavailable
from yuchi.adapters.dynamodb.counts_publisher import CountsPublisher
from yuchi.adapters.dynamodb.items import from_item, to_item, to_wire
from yuchi.domain.event import format_time
from yuchi.domain.tally import RuleKey, Tally, count
from yuchi.domain.timeline import TimelineEntry
from yuchi.services.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS: Final = 8
FLUSH_SECONDS: Final = 20.0
"""How long a busy container gathers matches."""
PASSES_SECONDS: Final = 3600.0
"""How long any container gathers what it knows of rules that were only looked at; that is published hourly."""
FEW_SECONDS: Final = 300.0
"""How long matches may wait that are few beside those counted before."""
FEW: Final = 0.001
"""What part of a rule's matches a container may gather, and lose: nobody sees it in the count of one that often matches."""
FLUSH_BUDGET_SECONDS: Final = 2.0
"""What one flush may take of its invocation; the rest is written by the next one."""


@dataclass(slots=True)
class DynamoDBCounters:
    """:class:`yuchi.services.ports.Counters` on DynamoDB.

    Lambda freezes a container between batches and drops it without a word, so what stays in memory may be lost. Matches
    are therefore written before the batch ends, unless the batch was full and the last write is less than
    ``FLUSH_SECONDS`` ago: then there is a backlog, and the container's next batch is near. Lost are only the matches of a
    container that is killed in the middle of its invocation, that gets no batch after its full ones, or that finds the
    table out of order at its last; and, of a rule that matched thousands of times, what is less than ``FEW`` of that: such
    few wait until they are more, or for ``FEW_SECONDS``.

    Requests: one UpdateItem (one write unit) for each rule that matched in a batch that was not full; two for the first
    count of a rule's new version in a row (there are ``SHARDS`` rows for each rule). Under load, one for each rule that
    matched in ``FLUSH_SECONDS`` and container; for rules that often match, one in ``FEW_SECONDS`` or for a thousandth.
    Rules that were only looked at are gathered for ``PASSES_SECONDS``, and cost one UpdateItem each then; the first batch
    of a container writes them at once, so that they are counted on accounts where nothing ever matches too. These are
    statistics: what a container knows of them when it is dropped, up to ``PASSES_SECONDS`` of it, is not counted.
    """

    client: "DynamoDBClient"
    counters_table: str
    rules_table: str = ""
    monotonic: Callable[[], float] = time.monotonic
    _pending: dict[RuleKey, Tally] = field(default_factory=dict)
    _known: dict[RuleKey, tuple[int, int]] = field(default_factory=dict)
    _flushed_at: float = float("-inf")
    _passes_flushed_at: float = float("-inf")
    _few_flushed_at: float = float("-inf")
    _publisher: CountsPublisher = field(init=False)

    def __post_init__(self) -> None:
        """Make the other half, which brings the counts to the rules' items."""
        self._publisher = CountsPublisher(self.client, self.counters_table, self.rules_table)

    def add(self, entries: Iterable[TimelineEntry], *, now: datetime, full: bool) -> None:
        """Count ``entries``; what cannot be written now is written with the next ones."""
        for entry in entries:
            count(self._pending, entry)
        started = self.monotonic()
        passes = started - self._passes_flushed_at >= PASSES_SECONDS
        if passes:
            self._passes_flushed_at = started
        elif full and started - self._flushed_at < FLUSH_SECONDS:
            return
        self._flushed_at = started
        few = passes or started - self._few_flushed_at >= FEW_SECONDS
        if few:
            self._few_flushed_at = started
        due = [
            key
            for key, tally in self._pending.items()
            if passes or (tally.matched and (few or not self._may_wait(key, tally)))
        ]
        for key in sorted(due, key=lambda each: not self._pending[each].matched):
            if self.monotonic() - started >= FLUSH_BUDGET_SECONDS:
                return
            try:
                self._write(key, self._pending[key], now)
            except UnavailableError:
                continue
            del self._pending[key]

    def publish(self, *, now: datetime, hourly: bool, seconds_left: Callable[[], float]) -> None:
        """Bring the counts to the rules' items."""
        self._publisher.publish(now=now, hourly=hourly, seconds_left=seconds_left)

    def _may_wait(self, key: RuleKey, tally: Tally) -> bool:
        """Whether these matches are few beside those that this container knows to be counted, of the same version."""
        version, matched = self._known.get(key, (0, 0))
        return tally.version == version and tally.matched < FEW * matched

    def _write(self, key: RuleKey, tally: Tally, now: datetime) -> None:
        """Add to one row of the rule: at once if it is of this version and nothing later matched, else by what it says."""
        brand, rule = key
        shard = randrange(SHARDS)  # noqa: S311 - spreads writes, protects nothing
        row = {"brand": brand, "counter": f"rule#{rule}#{shard}"}
        expected = {"rule_version": tally.version, "last_matched_at": ""}
        condition = "rule_version = :version"
        if tally.last_matched_at:
            condition += " AND (attribute_not_exists(last_matched_at) OR last_matched_at <= :last)"
        try:
            with unavailable(CONDITION_FAILED):
                in_row = self._update(row, tally, now, old=expected, condition=condition)
        except ClientError as refusal:
            found = from_item(item_in(refusal.response) or {})
            with unavailable():
                in_row = self._update(row, tally, now, old=found)
        self._known[key] = (tally.version, in_row * SHARDS)

    def _update(
        self, row: Mapping[str, str], tally: Tally, now: datetime, *, old: Mapping[str, Any], condition: str = ""
    ) -> int:
        """Add to a row; returns how many matches are in it now."""
        names: dict[str, str] = {}
        sets = ["counted_at = :now"]
        values: dict[str, Any] = {":matched": tally.matched, ":candidates": tally.candidates, ":now": format_time(now)}
        if condition:
            values[":version"] = tally.version
        last = format_time(tally.last_matched_at) if tally.last_matched_at else ""
        if last > old.get("last_matched_at", ""):
            sets.append("last_matched_at = :last")
            values[":last"] = last
        old_version = old.get("rule_version", -1)
        if tally.version > old_version:
            sets.append("rule_version = :version, failed_parts = :parts")
            values |= {":version": tally.version, ":parts": dict(tally.failed)}
        elif tally.version == old_version:
            for number, (part, times) in enumerate(tally.failed.items()):
                path = f"failed_parts.#part{number}"
                sets.append(f"{path} = if_not_exists({path}, :zero) + :times{number}")
                names[f"#part{number}"] = part
                values |= {":zero": 0, f":times{number}": times}
        options: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        if condition:
            options |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        answer = self.client.update_item(
            TableName=self.counters_table,
            Key=to_item(row),
            UpdateExpression=f"ADD matched :matched, candidates :candidates SET {', '.join(sets)}",
            ExpressionAttributeValues={name: to_wire(value) for name, value in values.items()},
            ReturnValues="UPDATED_NEW",
            **options,
        )
        return int(from_item(answer.get("Attributes", {})).get("matched", 0))
