"""Fans who left and whom the archive still names, kept beside the ledger until it does not any more."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.domain.departure import Departure, Pass
from yuchi.domain.event import identity_key
from yuchi.domain.ledger import DEPARTURES, PASSES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def departure_key(brand: str, identity: str) -> Item:
    """Where it is noted that somebody left."""
    return to_item({"owner": DEPARTURES, "entry": identity_key(brand, identity)})


@dataclass(frozen=True, slots=True)
class DynamoDBDepartures:
    """:class:`yuchi.services.ports_departures.Departures` in ``Ledger``. Its rows do not expire: they are work to do."""

    client: "DynamoDBClient"
    ledger_table: str

    def note(self, departures: Iterable[Departure]) -> None:
        """One item for each."""
        for each in departures:
            with unavailable():
                self.client.put_item(
                    TableName=self.ledger_table,
                    Item=departure_key(each.brand, each.identity) | to_item(each.model_dump(exclude_none=True)),
                )

    def waiting(self) -> Sequence[Departure]:
        """All of them."""
        return [Departure.model_validate({"since": None, **row}) for row in self._rows(DEPARTURES)]

    def done(self, departure: Departure) -> None:
        """Delete it as it was read."""
        try:
            with unavailable(CONDITION_FAILED):
                self.client.delete_item(
                    TableName=self.ledger_table,
                    Key=departure_key(departure.brand, departure.identity),
                    ConditionExpression="noted_at = :read",
                    ExpressionAttributeValues={":read": {"N": str(departure.noted_at)}},
                )
        except ClientError:
            return

    def passes(self) -> Sequence[Pass]:
        """Those under way."""
        return [Pass.model_validate(row) for row in self._rows(PASSES)]

    def keep(self, under_way: Pass) -> None:
        """Put it."""
        row = {"owner": PASSES, "entry": under_way.brand, **under_way.model_dump()}
        with unavailable():
            self.client.put_item(TableName=self.ledger_table, Item=to_item(row))

    def end(self, finished: Pass) -> None:
        """Delete it."""
        with unavailable():
            self.client.delete_item(
                TableName=self.ledger_table, Key=to_item({"owner": PASSES, "entry": finished.brand})
            )

    def _rows(self, owner: str) -> Iterator[dict[str, Any]]:
        with unavailable():
            for page in self.client.get_paginator("query").paginate(
                TableName=self.ledger_table,
                KeyConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": owner}},
                ConsistentRead=True,
            ):
                yield from map(from_item, page["Items"])
