"""``Rules``, ``Schema`` and ``Campaigns``: the drafts that marketers edit, and the streams of their edits."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, unavailable
from yuchi.adapters.dynamodb.accounts import DynamoDBAccounts
from yuchi.domain.account import Account
from yuchi.domain.draft_columns import COLUMNS
from yuchi.services.ports_rules import Edit, Item, Review

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REFUSED: Final = (CONDITION_FAILED, "ValidationException")
"""Answers to writing a review that mean: the item is another one now, or has no room left."""


def read_item(wire: Mapping[str, Any]) -> dict[str, Any]:
    """An item with every type that DynamoDB knows, numbers as Decimal: a draft may hold anything."""
    return {name: _deserializer().deserialize(value) for name, value in wire.items()}


def edits_in(event: Mapping[str, Any]) -> Iterator[tuple[str, Edit]]:
    """The edits of a batch of stream records, each with its sequence number."""
    for record in event["Records"]:
        change = record["dynamodb"]
        keys = read_item(change["Keys"])
        yield (
            change["SequenceNumber"],
            Edit(
                brand=keys["brand"],
                rule_id=next(value for name, value in keys.items() if name != "brand"),
                old=read_item(change["OldImage"]) if "OldImage" in change else None,
                new=read_item(change["NewImage"]) if "NewImage" in change else None,
            ),
        )


def sort_key_in(event: Mapping[str, Any]) -> str:
    """Which table a batch is of, by the name of its sort key; a batch is of one stream."""
    return next((name for record in event["Records"][:1] for name in record["dynamodb"]["Keys"] if name != "brand"), "")


@dataclass(frozen=True, slots=True)
class DynamoDBDrafts:
    """:class:`yuchi.services.ports_rules.DraftStore` on DynamoDB: ``Rules``, or another table that is edited like it.

    ``sort_key`` and ``columns`` (those that count when an item is judged) are of that table.
    """

    client: "DynamoDBClient"
    rules_table: str
    sort_key: str = "rule_id"
    columns: Collection[str] = tuple(COLUMNS)

    def get(self, brand: str, rule_id: str) -> Item | None:
        """The draft as it is now."""
        with unavailable():
            item = self.client.get_item(
                TableName=self.rules_table, Key=self._key(brand, rule_id), ConsistentRead=True
            ).get("Item")
        return read_item(item) if item is not None else None

    def all(self, brand: str) -> list[Item]:
        """Every draft of a brand."""
        with unavailable():
            pages = self.client.get_paginator("query").paginate(
                TableName=self.rules_table,
                KeyConditionExpression="brand = :brand",
                ExpressionAttributeValues={":brand": {"S": brand}},
            )
            return [read_item(item) for page in pages for item in page["Items"]]

    def write_review(self, brand: str, rule_id: str, *, seen: Item, review: Review) -> bool:
        """Set the system's columns if the marketer's are still as in ``seen``."""
        return self.write(brand, rule_id, _review_columns(review), seen=seen)

    def write(
        self,
        brand: str,
        key: str,
        columns: Mapping[str, Any],
        *,
        seen: Item | None = None,
        only_if: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> bool:
        """Set ``columns`` (None: remove) of an item that is there, if ``self.columns`` still are as in ``seen``.

        ``only_if``: further conditions with the values in them.
        """
        guarded = [name for name in self.columns if name not in {"brand", self.sort_key}] if seen is not None else []
        seen = seen or {}
        conditions = ["attribute_exists(#key)", *(only_if or ())] + [
            f"#{name} = :seen_{name}" if name in seen else f"attribute_not_exists(#{name})" for name in guarded
        ]
        sets = [f"#{name} = :{name}" for name, value in columns.items() if value is not None]
        removals = [f"#{name}" for name, value in columns.items() if value is None]
        update = [f"SET {', '.join(sets)}"] * bool(sets) + [f"REMOVE {', '.join(removals)}"] * bool(removals)
        values = {f":seen_{name}": seen[name] for name in guarded if name in seen} | {
            f":{name}": value for name, value in columns.items() if value is not None
        }
        for each in (only_if or {}).values():
            values |= each
        parameters: Any = {"ExpressionAttributeValues": _wire(values)} if values else {}
        try:
            with unavailable(*REFUSED):
                self.client.update_item(
                    TableName=self.rules_table,
                    Key=self._key(brand, key),
                    UpdateExpression=" ".join(update),
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeNames={f"#{name}": name for name in (*guarded, *columns)}
                    | {"#key": self.sort_key},
                    **parameters,
                )
        except ClientError:
            return False
        return True

    def _key(self, brand: str, rule_id: str) -> dict[str, Any]:
        return {"brand": {"S": brand}, self.sort_key: {"S": rule_id}}


@dataclass(frozen=True, slots=True)
class DynamoDBBrandAccounts:
    """:class:`yuchi.services.ports_rules.BrandAccounts`: the few accounts of a deployment, read whole."""

    accounts: DynamoDBAccounts

    def of_brand(self, brand: str) -> tuple[Account, ...]:
        """All accounts of the brand."""
        return tuple(account for account in self.accounts.all() if account.brand == brand)


def _review_columns(review: Review) -> dict[str, Any]:
    return {
        "status": review.status.value,
        "problem": review.problem,
        "hint": review.hint,
        "live_version": review.live_version,
        "reviewed": review.reviewed,
        "reviewed_at": review.reviewed_at,
    }


def _wire(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serializer().serialize(value) for name, value in values.items()}


@lru_cache(maxsize=1)
def _serializer() -> TypeSerializer:
    return TypeSerializer()


@lru_cache(maxsize=1)
def _deserializer() -> TypeDeserializer:
    return TypeDeserializer()
