"""Standard queues on SQS: no order, more than once, and fair between groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from yuchi.adapters.sqs import queue_id

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH_LIMIT: Final = 10


@dataclass(frozen=True, slots=True)
class SQSStandardQueue:
    """:class:`yuchi.services.ports_campaigns.Lane` on SQS. Its messages are small, so ten of them always fit a request."""

    client: "SQSClient"
    queue_url: str

    def send(self, messages: Sequence[BaseModel], *, group: str = "", delay: int = 0) -> int:
        """Ten at a time. A group makes the queue fair: one with many messages does not hold up the others."""
        left = 0
        for start in range(0, len(messages), BATCH_LIMIT):
            entries: list[Any] = [
                {
                    "Id": str(index),
                    "MessageBody": message.model_dump_json(exclude_defaults=True),
                    **({"MessageGroupId": queue_id(group)} if group else {}),
                    **({"DelaySeconds": delay} if delay else {}),
                }
                for index, message in enumerate(messages[start : start + BATCH_LIMIT])
            ]
            try:
                answer = self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
            except (ClientError, BotoCoreError):
                left += len(entries)
            else:
                left += len(entries) - len(answer.get("Successful", []))
        return left
