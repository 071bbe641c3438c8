"""Dead-letter queues on SQS, message by message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from yuchi.adapters.aws_errors import unavailable
from yuchi.services.ports_operators import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

HIDDEN_SECONDS: Final = 300
BATCH: Final = 10


@dataclass(frozen=True, slots=True)
class SQSDeadLetters:
    """:class:`yuchi.services.ports_operators.DeadLetters` on SQS. ``sources`` and ``dead``: name -> URL."""

    client: "SQSClient"
    sources: Mapping[str, str]
    dead: Mapping[str, str]

    def depth(self, source: str) -> int:
        """Waiting and hidden messages together, approximately."""
        with unavailable():
            found = self.client.get_queue_attributes(
                QueueUrl=self.dead[source],
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )
        return sum(int(number) for number in found["Attributes"].values())

    def receive(self, source: str) -> Sequence[DeadLetter]:
        """Up to ten messages."""
        with unavailable():
            answer = self.client.receive_message(
                QueueUrl=self.dead[source],
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["All"],
            )
        return [
            DeadLetter(
                id=message["MessageId"],
                handle=message["ReceiptHandle"],
                body=message["Body"],
                group=message.get("Attributes", {}).get("MessageGroupId", ""),
            )
            for message in answer.get("Messages", [])
        ]

    def send_back(self, source: str, letter: DeadLetter) -> None:
        """Under the dead message's id: the event's own may still be within the five minutes of de-duplication, and SQS
        would take the message and drop it. A queue without order has neither group nor de-duplication.
        """
        ordered: dict[str, Any] = {}
        if letter.group:
            ordered = {"MessageGroupId": letter.group, "MessageDeduplicationId": letter.id}
        with unavailable():
            self.client.send_message(QueueUrl=self.sources[source], MessageBody=letter.body, **ordered)

    def remove(self, source: str, letter: DeadLetter) -> None:
        """Delete it."""
        with unavailable():
            self.client.delete_message(QueueUrl=self.dead[source], ReceiptHandle=letter.handle)

    def release(self, source: str, letter: DeadLetter) -> None:
        """Show it again."""
        with unavailable():
            self.client.change_message_visibility(
                QueueUrl=self.dead[source], ReceiptHandle=letter.handle, VisibilityTimeout=0
            )
