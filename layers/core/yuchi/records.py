"""SQS records to messages and back to the partial answer that Lambda expects."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
logger = Logger(child=True)


def parse_messages(event: Mapping[str, Any], kind: type[M]) -> tuple[list[tuple[str, M]], set[str]]:
    """The records of ``event`` as ``(message id, message)``, and the ids of those that are no such message.

    What cannot be read is delivered again until it lies in the dead-letter queue, and never stops its neighbours.
    """
    messages: list[tuple[str, M]] = []
    unreadable: set[str] = set()
    for record in event["Records"]:
        try:
            messages.append((record["messageId"], kind.model_validate_json(record["body"])))
        except ValidationError as error:
            unreadable.add(record["messageId"])
            fields = [".".join(map(str, each["loc"])) for each in error.errors(include_input=False)]
            logger.warning("unreadable message", extra={"message_id": record["messageId"], "fields": fields[:10]})
    return messages, unreadable


def failures(message_ids: Iterable[str]) -> dict[str, Any]:
    """The partial batch answer: only these messages come again."""
    return {"batchItemFailures": [{"itemIdentifier": each} for each in sorted(message_ids)]}
