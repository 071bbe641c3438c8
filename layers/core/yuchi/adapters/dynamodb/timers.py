"""``Timers``: moments to come, spread over a few partitions and read in the order of their time."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import Item, to_item
from yuchi.domain.event import format_time
from yuchi.domain.timeline import Timer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOGGER: Final = logging.getLogger(__name__)
SHARDS: Final = 16


def timer_key(timer: Timer) -> Item:
    """The key of a timer; the same timer has the same key each time."""
    shard = int(sha256(timer.id.encode()).hexdigest()[:8], 16) % SHARDS
    return to_item({"shard": f"{shard:02d}", "due": f"{format_time(timer.due)}#{timer.id}"})


def timer_item(timer: Timer) -> Item:
    """A timer as it is stored."""
    return timer_key(timer) | to_item({"timer": timer.model_dump_json(exclude_defaults=True)})


def read_timer(item: Item) -> Timer | None:
    """The stored timer; None for one that this version of the code cannot read, so that it holds up no other."""
    try:
        return Timer.model_validate_json(item["timer"]["S"])
    except ValidationError:
        LOGGER.warning("unreadable timer due %s", item["due"]["S"].partition("#")[0])
        return None


@dataclass(frozen=True, slots=True)
class DynamoDBTimers:
    """:class:`yuchi.services.ports.Timers` on DynamoDB."""

    client: "DynamoDBClient"
    timers_table: str

    def due(self, now: datetime) -> Iterator[Timer]:
        """All timers whose time has come, partition by partition; each minute another one is the first, so that none
        waits for ever behind those that always have something.
        """
        pages = self.client.get_paginator("query")
        for shard in ((now.minute + number) % SHARDS for number in range(SHARDS)):
            with unavailable():
                for page in pages.paginate(
                    TableName=self.timers_table,
                    KeyConditionExpression="#shard = :shard AND due < :now",
                    ExpressionAttributeNames={"#shard": "shard"},  # a reserved word
                    ExpressionAttributeValues={
                        ":shard": {"S": f"{shard:02d}"},
                        ":now": {"S": format_time(now) + "$"},
                    },
                    PaginationConfig={"PageSize": 100},
                ):
                    for item in page["Items"]:
                        timer = read_timer(item)
                        if timer is not None:
                            yield timer

    def remove(self, timer: Timer) -> None:
        """Delete a timer; deleting twice is harmless."""
        with unavailable():
            self.client.delete_item(TableName=self.timers_table, Key=timer_key(timer))
