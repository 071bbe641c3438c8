"""The send ledger, read by people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.ledger import entry_from_item
from yuchi.domain.ledger import RULE_MARK, LedgerEntry, rule_owner

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDBLedgerBook:
    """:class:`yuchi.services.ports_operators.LedgerBook` on DynamoDB."""

    client: "DynamoDBClient"
    ledger_table: str

    def of_rule(self, account: str, rule: str) -> Iterator[LedgerEntry]:
        """The rows of one rule on one account."""
        yield from self._rows(
            "query",
            KeyConditionExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": {"S": rule_owner(account, rule)}},
        )

    def all(self) -> Iterator[LedgerEntry]:
        """Every row, by a scan; the use of customer-service windows lies in the same table and is left out."""
        yield from self._rows(
            "scan",
            FilterExpression="contains(#owner, :rule)",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":rule": {"S": RULE_MARK}},
        )

    def _rows(self, operation: Any, **parameters: Any) -> Iterator[LedgerEntry]:
        paginator: Any = self.client.get_paginator(operation)
        with unavailable():
            for page in paginator.paginate(TableName=self.ledger_table, **parameters):
                for item in page["Items"]:
                    yield entry_from_item(item)
