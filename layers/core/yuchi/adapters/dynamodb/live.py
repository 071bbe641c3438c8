"""``Live``: the published rules, as the reviewer writes them."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, TRANSACTION_CANCELLED, unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.adapters.dynamodb.rulesets import blob_key, manifest_from_item, manifest_item, manifest_key, read_blob
from yuchi.domain.event import format_time, parse_time
from yuchi.domain.manifest import Manifest
from yuchi.domain.rule import Rule
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_rules import RuleHead, RulesetConflictError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONFLICTS: Final = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


@dataclass(frozen=True, slots=True)
class DynamoDBRulesetStore:
    """:class:`yuchi.services.ports_rules.RulesetStore` on DynamoDB."""

    client: "DynamoDBClient"
    live_table: str

    def get_manifest(self, brand: str) -> Manifest:
        """The manifest that is live."""
        item = self._get(manifest_key(brand))
        return Manifest(brand=brand) if item is None else manifest_from_item(item)

    def get_blob(self, brand: str, name: str) -> bytes:
        """One chunk."""
        return read_blob(self.client, self.live_table, brand, name)

    def put_blobs(self, brand: str, blobs: Mapping[str, bytes], *, version: int) -> None:
        """Store chunks, one after the other: whole items, so that none keeps the mark of a retired one."""
        for name, blob in blobs.items():
            item: Item = blob_key(brand, name) | {"blob": {"B": blob}, "version": {"N": str(version)}}
            with unavailable():
                self.client.put_item(TableName=self.live_table, Item=item)

    def retire(self, brand: str, names: Collection[str], *, version: int, expires_at: datetime) -> None:
        """Mark chunks for the table's time to live, each if nobody stored it again meanwhile."""
        for name in names:
            with suppress(ClientError), unavailable(CONDITION_FAILED):
                self.client.update_item(
                    TableName=self.live_table,
                    Key=blob_key(brand, name),
                    UpdateExpression="SET expires_at = :expires_at",
                    # Chunks of before versions were written have none.
                    ConditionExpression="attribute_exists(brand) AND "
                    "(attribute_not_exists(version) OR version < :version)",
                    ExpressionAttributeValues={
                        ":expires_at": {"N": str(int(expires_at.timestamp()))},
                        ":version": {"N": str(version)},
                    },
                )

    def get_heads(self, brand: str, rule_ids: Sequence[str]) -> dict[str, RuleHead]:
        """The heads of those rules that ever were live."""
        found = {rule_id: self._get(_head_key(brand, rule_id)) for rule_id in rule_ids}
        return {rule_id: _head_from_item(rule_id, item) for rule_id, item in found.items() if item is not None}

    def swap(self, manifest: Manifest, heads: Sequence[RuleHead]) -> None:
        """Make ``manifest`` live together with its heads and their history."""
        current: dict[str, Any] = {
            "TableName": self.live_table,
            "Item": manifest_item(manifest),
            "ConditionExpression": "attribute_not_exists(brand)",
        }
        if manifest.version > 1:
            current |= {
                "ConditionExpression": "version = :previous",
                "ExpressionAttributeValues": {":previous": {"N": str(manifest.version - 1)}},
            }
        items = [_head_item(manifest.brand, head) for head in heads]
        history = [
            item | {"item": {"S": f"{item['item']['S']}#{head.version}"}}
            for item, head in zip(items, heads, strict=True)
            if head.rule is not None
        ]
        writes: list[Any] = [current, *({"TableName": self.live_table, "Item": item} for item in (*items, *history))]
        try:
            with unavailable(TRANSACTION_CANCELLED):
                self.client.transact_write_items(TransactItems=[{"Put": write} for write in writes])
        except ClientError as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if reasons & CONFLICTS:
                raise RulesetConflictError from error
            raise UnavailableError(TRANSACTION_CANCELLED) from error

    def _get(self, key: Item) -> Item | None:
        with unavailable():
            found: Item | None = self.client.get_item(TableName=self.live_table, Key=key, ConsistentRead=True).get(
                "Item"
            )
        return found


def _head_key(brand: str, rule_id: str) -> Item:
    return to_item({"brand": brand, "item": f"rule#{rule_id}"})


def _head_item(brand: str, head: RuleHead) -> Item:
    rule = {} if head.rule is None else {"rule": json.dumps(head.rule.dump(), ensure_ascii=False)}
    return _head_key(brand, head.rule_id) | to_item(
        {"version": head.version, "changed_at": format_time(head.changed_at), **rule}
    )


def _head_from_item(rule_id: str, item: Item) -> RuleHead:
    values = from_item(item)
    rule = Rule.load(json.loads(values["rule"])) if "rule" in values else None
    return RuleHead(rule_id=rule_id, version=values["version"], rule=rule, changed_at=parse_time(values["changed_at"]))
