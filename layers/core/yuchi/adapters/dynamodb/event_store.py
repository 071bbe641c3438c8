"""``Timeline`` and what an event changes with it, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from yuchi.adapters.dynamodb.errors import code_of, item_in, unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.adapters.dynamodb.profiles import identity_key, profile_item
from yuchi.adapters.dynamodb.timers import timer_item
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry, Timer
from yuchi.services.ports import AlreadyRecordedError, ProfileConflictError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
class DynamoDBEventStore:
    """:class:`yuchi.services.ports.EventStore` on DynamoDB."""

    client: "DynamoDBClient"
    timeline_table: str
    profiles_table: str
    identities_table: str
    timers_table: str

    def commit(self, entry: TimelineEntry, *, profile: Profile | None, known: bool, timers: Sequence[Timer]) -> None:
        """One transaction; the timeline's condition comes first, so that its reason is looked at first."""
        writes: list[Any] = [
            {
                "Put": {
                    "TableName": self.timeline_table,
                    "Item": entry_item(entry),
                    "ConditionExpression": "attribute_not_exists(moment)",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
        ]
        if profile is not None:
            writes.append({"Put": self._put_profile(profile)})
            if not known and entry.event.subject:
                writes.append({"Put": self._put_identity(profile, entry.event.subject)})
        writes += [{"Put": {"TableName": self.timers_table, "Item": timer_item(timer)}} for timer in timers]
        try:
            self.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if code_of(error) != "TransactionCanceledException":
                raise UnavailableError(code_of(error)) from error
            raise _why_cancelled(error) from error
        except BotoCoreError as error:
            raise UnavailableError(type(error).__name__) from error

    def timeline(self, brand: str, identity: str, *, limit: int) -> list[TimelineEntry]:
        """The newest ``limit`` entries of an identity, newest first."""
        with unavailable():
            answer = self.client.query(
                TableName=self.timeline_table,
                KeyConditionExpression="subject = :subject",
                ExpressionAttributeValues={":subject": {"S": f"{brand}#{identity}"}},
                ScanIndexForward=False,
                Limit=limit,
            )
        return [entry_from_item(item) for item in answer["Items"]]

    def _put_profile(self, profile: Profile) -> dict[str, Any]:
        stored = profile.model_copy(update={"version": profile.version + 1})
        put: dict[str, Any] = {"TableName": self.profiles_table, "Item": profile_item(stored)}
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


def _why_cancelled(error: ClientError) -> Exception:
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code") for reason in reasons]
    if codes and codes[0] == "ConditionalCheckFailed":
        return AlreadyRecordedError(entry_from_item(item_in(reasons[0]) or {}))
    if "ConditionalCheckFailed" in codes or "TransactionConflict" in codes:
        return ProfileConflictError()
    return UnavailableError(", ".join(code for code in codes if code and code != "None"))
