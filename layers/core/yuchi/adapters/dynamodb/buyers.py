"""Buyers of a brand, a sample of them, for measuring; and where what was measured is written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import from_item, to_item, to_wire
from yuchi.domain.event import format_time
from yuchi.domain.orders import COUNT, REFUNDS, SPENT
from yuchi.domain.rfm import RfmBounds
from yuchi.services.measure_brands import Buyer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEM: Final = "rfm"
_NAMES: Final = {"#shard": "shard", "#totals": "order_totals", "#count": COUNT, "#spent": SPENT, "#refunded": REFUNDS}


@dataclass(frozen=True, slots=True)
class DynamoDBBuyers:
    """:class:`yuchi.services.measure_brands.Buyers` on DynamoDB: one Query for each shard of ``Profiles``."""

    client: "DynamoDBClient"
    profiles_table: str
    schema_table: str

    def sample(self, brand: str, shards: Iterable[int], *, seconds_left: Callable[[], float]) -> Iterator[Buyer]:
        """The buyers in ``shards``; it ends early where the time does."""
        for shard in shards:
            with unavailable():
                pages = self.client.get_paginator("query").paginate(
                    TableName=self.profiles_table,
                    KeyConditionExpression="#shard = :shard",
                    FilterExpression="attribute_exists(last_order_at) AND attribute_not_exists(merged_into)",
                    ProjectionExpression="last_order_at, #totals.#count, #totals.#spent, #totals.#refunded",
                    ExpressionAttributeNames=_NAMES,
                    ExpressionAttributeValues={":shard": {"S": f"{brand}#{shard:02d}"}},
                )
                for page in pages:
                    for item in page["Items"]:
                        yield _buyer(from_item(item))
                    if seconds_left() < 0:
                        return

    def write(self, brand: str, bounds: RfmBounds, *, buyers: int, now: datetime) -> None:
        """Put what was measured beside what the marketer may have written, which it does not touch."""
        values = {
            **{f"measured_{name}": list(edges) for name, edges in bounds.model_dump().items()},
            "measured_at": format_time(now),
            "measured_buyers": buyers,
        }
        with unavailable():
            self.client.update_item(
                TableName=self.schema_table,
                Key=to_item({"brand": brand, "item": ITEM}),
                UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
                ExpressionAttributeValues={f":{name}": to_wire(value) for name, value in values.items()},
            )


def _buyer(values: dict[str, Any]) -> Buyer:
    totals = values.get("order_totals", {})
    return Buyer(
        last_order_at=values["last_order_at"],
        orders=totals.get(COUNT, 0),
        spent=totals.get(SPENT, 0) - totals.get(REFUNDS, 0),
    )
