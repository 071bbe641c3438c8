"""The numbers that WeChat gave to an account's tags, kept beside the ledger for a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import from_item, to_item
from yuchi.domain.ledger import tags_owner

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DynamoDBTagNumbers:
    """:class:`yuchi.adapters.wechat.tags.TagNumbers` in ``Ledger``, a row for each tag."""

    client: "DynamoDBClient"
    ledger_table: str

    def get(self, account: str, name: str, *, now: datetime) -> int | None:
        """The number, if it is known and not too old."""
        key = to_item({"owner": tags_owner(account), "entry": name})
        with unavailable():
            item = self.client.get_item(TableName=self.ledger_table, Key=key).get("Item")
        values = from_item(item) if item else {}
        return int(values["number"]) if values.get("expires_at", 0) > now.timestamp() else None

    def put(self, account: str, name: str, number: int, *, now: datetime) -> None:
        """Keep it."""
        row = {"owner": tags_owner(account), "entry": name, "number": number}
        with unavailable():
            self.client.put_item(
                TableName=self.ledger_table, Item=to_item(row | {"expires_at": int((now + KEPT).timestamp())})
            )
