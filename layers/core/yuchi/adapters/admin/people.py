"""Persons by their own id, and whole timelines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles, profile_from_item, profile_key
from yuchi.adapters.dynamodb.timeline import DynamoDBTimeline
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDBPeople:
    """:class:`yuchi.services.ports_operators.People` on DynamoDB."""

    client: "DynamoDBClient"
    profiles: DynamoDBProfiles
    timeline_table: str

    def find(self, brand: str, identities: Iterable[str], *, consistent: bool) -> dict[str, Profile]:
        """The profiles of those identities that are known."""
        return self.profiles.find(brand, identities, consistent=consistent)

    def erased(self, brand: str, identities: Iterable[str]) -> dict[str, int]:
        """Those of ``identities`` that were erased, and when."""
        return self.profiles.erased(brand, identities)

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
        return DynamoDBTimeline(client=self.client, timeline_table=self.timeline_table).entries(brand, identity)
