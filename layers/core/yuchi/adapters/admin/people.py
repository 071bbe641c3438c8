"""Persons by their own id, and whole timelines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles, profile_from_item, profile_key
from yuchi.adapters.dynamodb.timeline import entry_from_item
from yuchi.domain.event import identity_key
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE = 50


@dataclass(frozen=True, slots=True)
class DynamoDBPeople:
    """:class:`yuchi.services.ports_operators.People` on DynamoDB."""

    client: "DynamoDBClient"
    profiles: DynamoDBProfiles
    timeline_table: str

    def find(self, brand: str, identities: Iterable[str], *, consistent: bool) -> dict[str, Profile]:
        """The profiles of those identities that are known."""
        return self.profiles.find(brand, identities, consistent=consistent)

    def person(self, brand: str, person: str) -> Profile | None:
        """The profile by its own id."""
        with unavailable():
            item = self.client.get_item(
                TableName=self.profiles.profiles_table,
                Key=profile_key(brand, person),
                ConsistentRead=True,
            ).get("Item")
        return profile_from_item(item) if item else None

    def timeline(self, brand: str, identity: str) -> Iterator[TimelineEntry]:
        """What happened to an identity, newest first."""
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
