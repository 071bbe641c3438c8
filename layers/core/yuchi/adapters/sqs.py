"""The FIFO queues on SQS."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_LIMIT: Final = 10
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SQSQueue(Generic[M]):
    """:class:`yuchi.services.ports.Queue` on an SQS FIFO queue: batches of ten, each entry's answer read."""

    client: "SQSClient"
    queue_url: str

    def send(self, messages: Sequence[tuple[str, str, M]]) -> set[str]:
        """Send ``(deduplication id, group, message)`` each; returns the ids of those that were not taken."""
        refused: set[str] = set()
        blocked: set[str] = set()
        for start in range(0, len(messages), BATCH_LIMIT):
            chunk = []
            for message in messages[start : start + BATCH_LIMIT]:
                (refused.add(message[0]) if message[1] in blocked else chunk.append(message))
            failed = self._send_chunk(chunk) if chunk else set()
            refused |= failed
            blocked |= {group for identifier, group, _ in chunk if identifier in failed}
        return refused

    def _send_chunk(self, chunk: Sequence[tuple[str, str, M]]) -> set[str]:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(index),
                "MessageBody": _body(message.model_dump_json(exclude_defaults=True)),
                "MessageDeduplicationId": queue_id(identifier),
                "MessageGroupId": queue_id(group),
            }
            for index, (identifier, group, message) in enumerate(chunk)
        ]
        try:
            answer = self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
        except (ClientError, BotoCoreError):
            return {identifier for identifier, _, _ in chunk}
        taken = {entry["Id"] for entry in answer.get("Successful", [])}
        return {chunk[index][0] for index in range(len(chunk)) if str(index) not in taken}


def _body(json_text: str) -> str:
    """``json_text`` without the two characters that SQS refuses and JSON can say in another way."""
    return json_text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def queue_id(text: str) -> str:
    """``text`` as SQS takes it for ids and groups (128 ASCII characters), shortened to a digest where needed."""
    plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= 128  # noqa: PLR2004
    return text if plain else sha256(text.encode()).hexdigest()
