"""What an event changes, in one transaction: timeline, profile, identity, timers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import TRANSACTION_CANCELLED, item_in, unavailable
from yuchi.adapters.dynamodb.items import Item, to_item
from yuchi.adapters.dynamodb.merges import merge_item
from yuchi.adapters.dynamodb.profiles import profile_item
from yuchi.adapters.dynamodb.sizes import refuse_large, refuse_large_merge
from yuchi.adapters.dynamodb.timeline import entry_from_item, entry_item
from yuchi.adapters.dynamodb.timers import timer_item
from yuchi.domain.event import identity_key
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry, Timer
from yuchi.services.ports import AlreadyRecordedError, PersonChange, ProfileConflictError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDBEventStore:
    """:class:`yuchi.services.ports.EventStore` on DynamoDB."""

    client: "DynamoDBClient"
    timeline_table: str
    profiles_table: str
    identities_table: str
    timers_table: str
    merges_table: str

    def commit(self, entry: TimelineEntry, *, person: PersonChange | None, timers: Sequence[Timer]) -> None:
        """One transaction; the timeline's condition comes first, so that its reason is looked at first."""
        profile = person.profile if person else None
        recorded, stored = entry_item(entry), profile_item(_next(profile)) if profile else None
        refuse_large(entry, recorded, profile, stored)
        writes: list[Any] = [
            {
                "Put": {
                    "TableName": self.timeline_table,
                    "Item": recorded,
                    "ConditionExpression": "attribute_not_exists(moment)",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
        ]
        if person is not None and stored is not None:
            writes += [{"Put": put} for put in self._puts(person, stored)]
        writes += [{"Put": {"TableName": self.timers_table, "Item": timer_item(timer)}} for timer in timers]
        try:
            with unavailable(TRANSACTION_CANCELLED):
                self.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            raise _why_cancelled(error) from error

    def _puts(self, person: PersonChange, stored: Item) -> Iterator[dict[str, Any]]:
        yield self._put_profile(person.profile, stored)
        for identity in person.links:
            yield self._put_identity(person.profile, identity)
        for absorbed, record in person.merges:
            pointing = absorbed.model_copy(update={"merged_into": person.profile.person})
            yield self._put_profile(absorbed, profile_item(_next(pointing)))
            merged = merge_item(record)
            refuse_large_merge(merged)
            yield {"TableName": self.merges_table, "Item": merged}

    def _put_profile(self, profile: Profile, stored: Item) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self.profiles_table, "Item": stored}
        if profile.version == 0:
            return put | {"ConditionExpression": "attribute_not_exists(person)"}
        return put | {
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": {":read": {"N": str(profile.version)}},
        }

    def _put_identity(self, profile: Profile, identity: str) -> dict[str, Any]:
        return {
            "TableName": self.identities_table,
            "Item": to_item({"identity": identity_key(profile.brand, identity), "person": profile.person}),
            "ConditionExpression": "attribute_not_exists(person) OR person = :person",
            "ExpressionAttributeValues": {":person": {"S": profile.person}},
        }


def _next(profile: Profile) -> Profile:
    return profile.model_copy(update={"version": profile.version + 1})


def _why_cancelled(error: ClientError) -> Exception:
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code") for reason in reasons]
    if codes and codes[0] == "ConditionalCheckFailed":
        return AlreadyRecordedError(entry_from_item(item_in(reasons[0]) or {}))
    if "ConditionalCheckFailed" in codes or "TransactionConflict" in codes:
        return ProfileConflictError()
    return UnavailableError(", ".join(code for code in codes if code and code != "None"))
