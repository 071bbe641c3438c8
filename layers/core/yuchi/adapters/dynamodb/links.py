"""``Links``: where the short addresses of campaigns lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import from_item, to_item
from yuchi.domain.campaign.links import LINK_DAYS, Link
from yuchi.domain.campaign.run import RunKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDBLinkBook:
    """:class:`yuchi.services.ports_links.LinkBook` on DynamoDB."""

    client: "DynamoDBClient"
    links_table: str

    def put(self, links: Sequence[Link], *, now: datetime) -> None:
        """One write each; the same link has the same content, and lasts from its last writing on."""
        expires_at = int((now + timedelta(days=LINK_DAYS)).timestamp())
        for link in links:
            values = {
                "link": link.id,
                "brand": RunKey.read(link.run).brand,
                "run": link.run,
                "account": link.account,
                "variant": link.variant,
                "url": link.url,
                "name": link.name,
                "expires_at": expires_at,
            }
            with unavailable():
                self.client.put_item(TableName=self.links_table, Item=to_item(values))

    def get(self, link: str, *, now: datetime) -> Link | None:
        """None also for one that DynamoDB has yet to delete."""
        with unavailable():
            item = self.client.get_item(TableName=self.links_table, Key={"link": {"S": link}}).get("Item")
        if item is None:
            return None
        values = from_item(item)
        if values["expires_at"] <= now.timestamp():
            return None
        return Link(values["link"], values["run"], values["account"], values["variant"], values["url"])
