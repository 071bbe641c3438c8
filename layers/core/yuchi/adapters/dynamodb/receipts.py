"""``Receipts``: the answer given to a push, kept for a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, item_in, unavailable
from yuchi.adapters.dynamodb.items import to_item
from yuchi.domain.timeline import Answer
from yuchi.services.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DynamoDBReceipts:
    """:class:`yuchi.services.ports.Receipts` on DynamoDB: one conditional write decides who answers."""

    client: "DynamoDBClient"
    receipts_table: str

    def claim(self, key: str, body: str, answer: Answer, *, now: datetime) -> tuple[str, Answer]:
        """Keep ``body``, or return what was kept before."""
        item = {
            "receipt": key,
            "body": body,
            "answer": answer.model_dump_json(),
            "expires_at": int((now + KEPT).timestamp()),
        }
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(
                    TableName=self.receipts_table,
                    Item=to_item(item),
                    ConditionExpression="attribute_not_exists(receipt)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            old = item_in(error.response)
            if old is None:
                raise UnavailableError(CONDITION_FAILED) from error
            return old["body"]["S"], Answer.model_validate_json(old["answer"]["S"])
        return body, answer
