"""The FIFO queues on SQS."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_LIMIT: Final = 10
BATCH_BYTES: Final = 256 * 1024
"""What the bodies of one request may have together. SQS took no more until 2025, and takes 1 MiB today; a smaller batch
is right in every partition.
"""
M = TypeVar("M", bound=BaseModel)


class _Entry(NamedTuple):
    identifier: str
    group: str
    body: str


@dataclass(frozen=True, slots=True)
class SQSQueue(Generic[M]):
    """:class:`yuchi.services.ports.Queue` on an SQS FIFO queue: batches within SQS's limits, each entry's answer read.

    A message that is larger than a batch may be goes alone, and SQS decides. Nothing that is decided about a fan gets so
    large (``MAX_BODY`` of a push, ``MAX_STORED_CHARACTERS`` and ``MAX_DATA`` of an action's data).
    """

    client: "SQSClient"
    queue_url: str

    def send(self, messages: Sequence[tuple[str, str, M]]) -> set[str]:
        """Send ``(deduplication id, group, message)`` each; returns the ids of those that were not taken."""
        refused: set[str] = set()
        blocked: set[str] = set()
        for batch in _batches(messages):
            open_entries = [entry for entry in batch if entry.group not in blocked]
            failed = self._send_batch(open_entries) if open_entries else set()
            refused |= failed | {entry.identifier for entry in batch if entry.group in blocked}
            blocked |= {entry.group for entry in open_entries if entry.identifier in failed}
        return refused

    def _send_batch(self, batch: Sequence[_Entry]) -> set[str]:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(index),
                "MessageBody": entry.body,
                "MessageDeduplicationId": queue_id(entry.identifier),
                "MessageGroupId": queue_id(entry.group),
            }
            for index, entry in enumerate(batch)
        ]
        try:
            answer = self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
        except (ClientError, BotoCoreError):
            return {entry.identifier for entry in batch}
        taken = {entry["Id"] for entry in answer.get("Successful", [])}
        return {entry.identifier for index, entry in enumerate(batch) if str(index) not in taken}


def _batches(messages: Sequence[tuple[str, str, BaseModel]]) -> Iterator[list[_Entry]]:
    """The messages in their order, cut by number and by bytes."""
    batch: list[_Entry] = []
    room = BATCH_BYTES
    for identifier, group, message in messages:
        entry = _Entry(identifier, group, _body(message.model_dump_json(exclude_defaults=True)))
        size = len(entry.body.encode())
        if batch and (len(batch) == BATCH_LIMIT or size > room):
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(entry)
        room -= size
    if batch:
        yield batch


def _body(json_text: str) -> str:
    """``json_text`` without the two characters that SQS refuses and JSON can say in another way."""
    return json_text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def queue_id(text: str) -> str:
    """``text`` as SQS takes it for ids and groups (128 ASCII characters), shortened to a digest where needed."""
    plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= 128  # noqa: PLR2004 - the length of an SQS id
    return text if plain else sha256(text.encode()).hexdigest()
