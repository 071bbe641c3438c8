"""The agenda in ``Runs``: which campaigns need looking at, and from when on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import Item, to_item
from yuchi.domain.event import format_time, parse_time
from yuchi.services.ports_campaigns import AgendaEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AGENDA: Final = "agenda"


@dataclass(frozen=True, slots=True)
class DynamoDBAgenda:
    """:class:`yuchi.services.ports_campaigns.Agenda`: a row for each campaign that needs looking at, in one partition."""

    client: "DynamoDBClient"
    runs_table: str

    def put(self, entry: AgendaEntry) -> None:
        """In place of the one before."""
        key = _agenda_key(entry.brand, entry.campaign_id)
        item = {**key, **to_item({"due": format_time(entry.due), "active": entry.run})}
        with unavailable():
            self.client.put_item(TableName=self.runs_table, Item=item)

    def remove(self, brand: str, campaign_id: str) -> None:
        """Nothing where there is none."""
        with unavailable():
            self.client.delete_item(TableName=self.runs_table, Key=_agenda_key(brand, campaign_id))

    def due(self, now: datetime) -> Iterator[AgendaEntry]:
        """Few: only campaigns that are ready, approved or running have a row."""
        with unavailable():
            pages = self.client.get_paginator("query").paginate(
                TableName=self.runs_table,
                KeyConditionExpression="#run = :agenda",
                FilterExpression="due <= :now",
                ExpressionAttributeNames={"#run": "run"},
                ExpressionAttributeValues={":agenda": {"S": AGENDA}, ":now": {"S": format_time(now)}},
            )
            items = [item for page in pages for item in page["Items"]]
        for item in items:
            brand, campaign_id = item["part"]["S"].split("#")
            yield AgendaEntry(brand, campaign_id, parse_time(item["due"]["S"]), item["active"]["S"])


def _agenda_key(brand: str, campaign_id: str) -> Item:
    return {"run": {"S": AGENDA}, "part": {"S": f"{brand}#{campaign_id}"}}
