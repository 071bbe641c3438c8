"""``Ledger``: the send ledger and the use of customer-service windows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, TRANSACTION_CANCELLED, item_in, unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item, to_wire
from yuchi.domain.ledger import (
    KEPT,
    LEASE,
    ClaimDecision,
    LedgerEntry,
    LedgerKey,
    LedgerState,
    judge_claim,
    window_owner,
)
from yuchi.domain.window import WindowUse, take_place
from yuchi.services.ports import ClaimHeldError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WINDOW_ATTEMPTS: Final = 5
WINDOW_KEPT: Final = timedelta(days=3)


def entry_item(entry: LedgerEntry) -> Item:
    """A ledger row as it is stored."""
    values = entry.model_dump(mode="json", exclude={"key"}, exclude_none=True)
    expires_at = entry.updated_at + int(KEPT.total_seconds())
    return to_item({"owner": entry.key.owner, "entry": entry.key.entry, **values, "expires_at": expires_at})


def entry_from_item(item: Item) -> LedgerEntry:
    """The stored row."""
    values = from_item(item)
    return LedgerEntry.model_validate({**values, "key": LedgerKey(owner=values["owner"], entry=values["entry"])})


@dataclass(frozen=True, slots=True)
class DynamoDBLedger:
    """:class:`yuchi.services.ports.Ledger` on DynamoDB. Each change is one write on the version that was read."""

    client: "DynamoDBClient"
    ledger_table: str

    def claim(
        self, key: LedgerKey, *, channel: str, subject: str, now: datetime, repeatable: bool
    ) -> LedgerEntry | None:
        """Claim with one conditional write; the old row comes back with a refusal, so nothing is read first."""
        fresh = LedgerEntry(
            key=key,
            state=LedgerState.CLAIMED,
            lease_until=int((now + LEASE).timestamp()),
            updated_at=int(now.timestamp()),
            claimed_by=uuid4().hex,
            channel=channel,
            subject=subject,
        )
        old = self._put(fresh, condition="attribute_not_exists(entry)", values={})
        if old is None:
            return fresh
        decision = judge_claim(old, now, repeatable=repeatable)
        if decision is ClaimDecision.DONE:
            return None
        if decision is ClaimDecision.BUSY:
            raise ClaimHeldError
        if decision is ClaimDecision.LOST:
            return self.settle(old, LedgerState.UNKNOWN, now=now, reason="worker_lost")
        return self._replace(
            old.model_copy(
                update={
                    "state": LedgerState.CLAIMED,
                    "attempt": old.attempt + 1,
                    "claimed_by": fresh.claimed_by,
                    "lease_until": fresh.lease_until,
                    "updated_at": fresh.updated_at,
                }
            )
        )

    def get(self, key: LedgerKey) -> LedgerEntry | None:
        """The row as it is now, None where there is none (any more)."""
        with unavailable():
            item = self.client.get_item(
                TableName=self.ledger_table,
                Key=to_item({"owner": key.owner, "entry": key.entry}),
                ConsistentRead=True,
            ).get("Item")
        return entry_from_item(item) if item else None

    def settle(
        self, entry: LedgerEntry, state: LedgerState, *, now: datetime, code: int | None = None, reason: str = ""
    ) -> LedgerEntry:
        """Move the row on, if it is still as we know it."""
        return self._replace(
            entry.model_copy(
                update={"state": state, "updated_at": int(now.timestamp()), "code": code, "reason": reason}
            )
        )

    def take_place(
        self, entry: LedgerEntry, *, account: str, subject: str, triggers: Mapping[str, int], now: datetime
    ) -> LedgerEntry | None:
        """Count one message into the fan's windows and mark the row, in one transaction."""
        window = {"owner": {"S": window_owner(account)}, "entry": {"S": subject}}
        for _ in range(WINDOW_ATTEMPTS):
            with unavailable():
                stored = self.client.get_item(TableName=self.ledger_table, Key=window, ConsistentRead=True).get(
                    "Item", {}
                )
            values = from_item(stored)
            uses = {kind: WindowUse(**use) for kind, use in values.get("uses", {}).items()}
            taken = take_place(triggers, uses, now)
            if taken is None:
                return None
            placed = entry.model_copy(update={"place_taken": True, "version": entry.version + 1})
            version = values.get("version", 0)
            row = window | to_item(
                {
                    "version": version + 1,
                    "uses": {kind: {"opened_at": use.opened_at, "used": use.used} for kind, use in taken.items()},
                    "expires_at": int((now + WINDOW_KEPT).timestamp()),
                }
            )
            puts = [
                self._versioned_put(row, version),
                self._versioned_put(entry_item(placed), entry.version),
            ]
            try:
                with unavailable(TRANSACTION_CANCELLED):
                    self.client.transact_write_items(TransactItems=[{"Put": put} for put in puts])
            except ClientError as error:
                if _row_in_conflict(error) == placed:
                    return placed  # this very write, whose answer got lost
                continue
            return placed
        raise UnavailableError("the fan's windows are changing too fast")

    def _versioned_put(self, item: Item, version: int) -> Any:
        put: dict[str, Any] = {
            "TableName": self.ledger_table,
            "Item": item,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if version == 0:
            return put | {"ConditionExpression": "attribute_not_exists(entry)"}
        return put | {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": to_wire(version)},
        }

    def _replace(self, entry: LedgerEntry) -> LedgerEntry:
        """Write ``entry`` as the version after the one it was read at."""
        changed = entry.model_copy(update={"version": entry.version + 1})
        if self._put(changed, condition="version = :version", values={":version": to_wire(entry.version)}):
            raise ClaimHeldError
        return changed

    def _put(self, entry: LedgerEntry, *, condition: str, values: dict[str, Any]) -> LedgerEntry | None:
        """Write the row if ``condition`` holds, else give back the row that is there.

        A write whose answer got lost is made again by botocore and then finds itself: that is no refusal.
        """
        names: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(
                    TableName=self.ledger_table,
                    Item=entry_item(entry),
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **names,
                )
        except ClientError as error:
            item = item_in(error.response)
            old = entry_from_item(item) if item else None
            return None if old == entry else old or entry
        return None


def _row_in_conflict(error: ClientError) -> LedgerEntry | None:
    """The ledger row that stood in the way of taking a place, if it was the row."""
    reasons: Any = error.response.get("CancellationReasons", [])
    item = item_in(reasons[-1]) if reasons else None
    return entry_from_item(item) if item else None
