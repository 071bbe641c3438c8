"""Identities, profiles and merges, changed by operators."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, TRANSACTION_CANCELLED, unavailable
from yuchi.adapters.dynamodb.items import Item, to_item
from yuchi.adapters.dynamodb.merges import merge_from_item
from yuchi.adapters.dynamodb.profiles import (
    DynamoDBProfiles,
    profile_from_item,
    profile_item,
    profile_key,
    suppression_key,
)
from yuchi.domain.event import identity_key
from yuchi.domain.merging import Merge
from yuchi.domain.profile import Profile
from yuchi.services.ports import UnavailableError
from yuchi.services.undo_merge import in_order

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRANSACTION_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class DynamoDBPersonBook:
    """:class:`yuchi.services.ports_privacy.PersonBook` on DynamoDB."""

    client: "DynamoDBClient"
    profiles: DynamoDBProfiles
    merges_table: str

    def behind(self, brand: str, identities: Iterable[str]) -> dict[str, str]:
        """Identity -> the person that its item names."""
        return self.profiles.links(brand, identities, consistent=True)

    def read(self, brand: str, persons: Iterable[str]) -> list[Profile]:
        """These persons as they are stored."""
        found = []
        for person in dict.fromkeys(persons):
            with unavailable():
                item = self.client.get_item(
                    TableName=self.profiles.profiles_table, Key=profile_key(brand, person), ConsistentRead=True
                ).get("Item")
            found += [profile_from_item(item)] if item else []
        return found

    def merges(self, brand: str, person: str) -> Sequence[Merge]:
        """The merges on record, oldest first."""
        with unavailable():
            pages = self.client.get_paginator("query").paginate(
                TableName=self.merges_table,
                KeyConditionExpression="survivor = :survivor",
                ExpressionAttributeValues={":survivor": {"S": identity_key(brand, person)}},
                ConsistentRead=True,
            )
            return in_order([merge_from_item(item) for page in pages for item in page["Items"]])

    def suppress(self, brand: str, identities: Iterable[str], at: int) -> None:
        """One item for each identity, under its pseudonym."""
        for identity in identities:
            pseudonym = self.profiles.pseudonym(identity_key(brand, identity))
            if pseudonym is None:
                raise UnavailableError("ParameterNotFound")
            with unavailable():
                self.client.put_item(
                    TableName=self.profiles.identities_table,
                    Item=suppression_key(brand, pseudonym) | to_item({"erased_at": at}),
                )

    def replace(self, profile: Profile) -> Profile | None:
        """One write on the version that was read."""
        stored = _next(profile)
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(**self._put(profile))
        except ClientError:
            return None
        return stored

    def remove(self, profile: Profile, identities: Sequence[str]) -> bool:
        """The person with its links in one transaction; where that is too large, the links beyond it go before."""
        deletes = [self._unlink(profile, identity) for identity in identities]
        last = len(deletes) - (TRANSACTION_LIMIT - 1)
        for start in range(0, max(last, 0), TRANSACTION_LIMIT):
            if not self._transact(deletes[start : min(start + TRANSACTION_LIMIT, last)]):
                return False
        person: Any = {
            "Delete": {
                "TableName": self.profiles.profiles_table,
                "Key": profile_key(profile.brand, profile.person),
                "ConditionExpression": "version = :read",
                "ExpressionAttributeValues": {":read": {"N": str(profile.version)}},
            }
        }
        return self._transact([person, *deletes[max(last, 0) :]])

    def undo(self, merge: Merge, survivor: Profile, absorbed: Profile) -> bool:
        """Two profiles and the record, in one transaction."""
        record: Any = {
            "Delete": {
                "TableName": self.merges_table,
                "Key": to_item({"survivor": identity_key(merge.brand, merge.survivor), "absorbed": merge.absorbed}),
                "ConditionExpression": "attribute_exists(absorbed)",
            }
        }
        return self._transact([{"Put": self._put(survivor)}, {"Put": self._put(absorbed)}, record])

    def _put(self, profile: Profile) -> Any:
        return {
            "TableName": self.profiles.profiles_table,
            "Item": profile_item(_next(profile)),
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": {":read": {"N": str(profile.version)}},
        }

    def _unlink(self, profile: Profile, identity: str) -> Any:
        key: Item = to_item({"identity": identity_key(profile.brand, identity)})
        return {
            "Delete": {
                "TableName": self.profiles.identities_table,
                "Key": key,
                "ConditionExpression": "attribute_not_exists(person) OR person = :person",
                "ExpressionAttributeValues": {":person": {"S": profile.person}},
            }
        }

    def _transact(self, writes: Sequence[Any]) -> bool:
        try:
            with unavailable(TRANSACTION_CANCELLED):
                self.client.transact_write_items(TransactItems=list(writes))
        except ClientError as error:
            codes = {reason.get("Code") for reason in _reasons(error)} - {"None"}
            if codes <= {"ConditionalCheckFailed", "TransactionConflict"}:
                return False
            raise UnavailableError(", ".join(sorted(code for code in codes if code))) from error
        return True


def _reasons(error: ClientError) -> Sequence[Any]:
    answer: Any = error.response
    found: Sequence[Any] = answer.get("CancellationReasons", [])
    return found


def _next(profile: Profile) -> Profile:
    return profile.model_copy(update={"version": profile.version + 1})
