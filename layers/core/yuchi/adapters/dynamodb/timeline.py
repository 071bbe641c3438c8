"""``Timeline``: the record of each person's events."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.domain.event import format_time, identity_key
from yuchi.domain.timeline import FORGOTTEN, TimelineEntry, without_content

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE: Final = 50
FORGET_RESERVE_SECONDS: Final = 5.0
"""Stop erasing when less than this is left of the invocation."""


def entry_item(entry: TimelineEntry) -> Item:
    """A timeline entry as it is stored: what people read as attributes, the whole record as one JSON text."""
    return to_item(
        {
            "subject": entry.subject,
            "moment": entry.moment,
            "type": entry.event.type,
            "matched": [f"{match.rule}@{match.version}" for match in entry.matched],
            "expires_at": int(entry.expires_at.timestamp()),
            "record": entry.model_dump_json(exclude_defaults=True),
        }
        | ({"person": entry.person} if entry.person else {})
    )


def entry_from_item(item: Item) -> TimelineEntry:
    """The stored entry."""
    return TimelineEntry.model_validate_json(from_item({"record": item["record"]})["record"])


@dataclass(frozen=True, slots=True)
class DynamoDBTimeline:
    """:class:`yuchi.services.ports.Timeline` on DynamoDB."""

    client: "DynamoDBClient"
    timeline_table: str

    def entries(self, brand: str, identity: str) -> Iterator[TimelineEntry]:
        """What happened to an identity, newest first, page after page."""
        with unavailable():
            pages = self.client.get_paginator("query").paginate(
                TableName=self.timeline_table,
                KeyConditionExpression="subject = :subject",
                ExpressionAttributeValues={":subject": {"S": identity_key(brand, identity)}},
                ScanIndexForward=False,
                PaginationConfig={"PageSize": PAGE},
            )
            for page in pages:
                for item in page["Items"]:
                    yield entry_from_item(item)

    def forget(
        self, brand: str, identity: str, *, until: datetime, sparing: str, seconds_left: Callable[[], float]
    ) -> bool:
        """Take the content out of an identity's entries up to ``until``, oldest first."""
        pages = self.client.get_paginator("query")
        with unavailable():
            for page in pages.paginate(
                TableName=self.timeline_table,
                KeyConditionExpression="subject = :subject AND moment < :until",
                ExpressionAttributeValues={
                    ":subject": {"S": identity_key(brand, identity)},
                    ":until": {"S": format_time(until) + "$"},
                },
            ):
                for item in page["Items"]:
                    if seconds_left() < FORGET_RESERVE_SECONDS:
                        return False
                    entry = entry_from_item(item)
                    if FORGOTTEN not in entry.notes and entry.event.id != sparing:
                        self._blank(entry)
        return True

    def _blank(self, entry: TimelineEntry) -> None:
        """Store the entry without its content; not where it was erased altogether meanwhile."""
        with suppress(self.client.exceptions.ConditionalCheckFailedException):
            self.client.put_item(
                TableName=self.timeline_table,
                Item=entry_item(without_content(entry)),
                ConditionExpression="attribute_exists(moment)",
            )
