"""``Outcomes``: what came of each run, in sixteen partitions a run, and the taps of unknown persons in one of its own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.domain.event import format_time, parse_time
from yuchi.services.ports_links import OutcomeKind, StoredOutcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OUTCOME_DAYS: Final = 400
PARTS: Final = "0123456789abcdef"
TAPS: Final = "taps"


@dataclass(frozen=True, slots=True)
class DynamoDBOutcomes:
    """:class:`yuchi.services.ports_links.Outcomes` on DynamoDB."""

    client: "DynamoDBClient"
    outcomes_table: str

    def put(self, outcome: StoredOutcome, *, now: datetime) -> bool:
        """One conditional write: only earlier than what is there."""
        moment = format_time(outcome.at)
        values = {
            "variant": outcome.variant,
            "at": moment,
            "amount": outcome.amount,
            "expires_at": _expires_at(now),
        }
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(
                    TableName=self.outcomes_table,
                    Item={**_key(outcome), **to_item(values)},
                    ConditionExpression="attribute_not_exists(outcome) OR #at > :at",
                    ExpressionAttributeNames={"#at": "at"},
                    ExpressionAttributeValues={":at": {"S": moment}},
                )
        except ClientError:
            return False
        return True

    def add_taps(self, run: str, variant: str, link: str, *, now: datetime) -> None:
        """One write, not repeated safely: a tap more or less of nobody known."""
        with unavailable():
            self.client.update_item(
                TableName=self.outcomes_table,
                Key={"outcomes": {"S": f"{run}#{TAPS}"}, "outcome": {"S": f"{link}#{variant}"}},
                UpdateExpression="SET expires_at = :expires_at ADD taps :one",
                ExpressionAttributeValues={":one": {"N": "1"}, ":expires_at": {"N": str(_expires_at(now))}},
            )

    def of_run(self, run: str) -> Iterator[StoredOutcome]:
        """Partition by partition."""
        for part in PARTS:
            for item in self._query(f"{run}#{part}"):
                yield _read(item)

    def taps(self, run: str) -> Mapping[tuple[str, str], int]:
        """One partition."""
        found: dict[tuple[str, str], int] = {}
        for item in self._query(f"{run}#{TAPS}"):
            link, _, variant = item["outcome"]["S"].partition("#")
            found[variant, link] = int(item["taps"]["N"])
        return found

    def of_persons(self, run: str, persons: Iterable[str]) -> Iterator[StoredOutcome]:
        """Each kind of row starts with the person, so one query each leads there."""
        for person in persons:
            for kind in OutcomeKind:
                for item in self._query(_partition(run, person), f"{kind.value}#{person}"):
                    found = _read(item)
                    if found.person == person:
                        yield found

    def remove(self, outcome: StoredOutcome) -> None:
        """Nothing where it is not there."""
        with unavailable():
            self.client.delete_item(TableName=self.outcomes_table, Key=_key(outcome))

    def _query(self, partition: str, prefix: str = "") -> Iterator[Item]:
        more = " AND begins_with(outcome, :prefix)" if prefix else ""
        values: dict[str, Any] = {":outcomes": {"S": partition}, **({":prefix": {"S": prefix}} if prefix else {})}
        with unavailable():
            for page in self.client.get_paginator("query").paginate(
                TableName=self.outcomes_table,
                KeyConditionExpression=f"outcomes = :outcomes{more}",
                ExpressionAttributeValues=values,
                ConsistentRead=True,
            ):
                yield from page["Items"]


def _expires_at(now: datetime) -> int:
    return int((now + timedelta(days=OUTCOME_DAYS)).timestamp())


def _partition(run: str, person: str) -> str:
    return f"{run}#{sha256(person.encode()).hexdigest()[0]}"


def _key(outcome: StoredOutcome) -> Item:
    name = f"{outcome.kind.value}#{outcome.person}" + (f"#{outcome.event}" if outcome.event else "")
    return {"outcomes": {"S": _partition(outcome.run, outcome.person)}, "outcome": {"S": name}}


def _read(item: Item) -> StoredOutcome:
    values = from_item(item)
    kind, person, *event = values["outcome"].split("#", 2)
    return StoredOutcome(
        run=values["outcomes"].partition("#")[0],
        kind=OutcomeKind(kind),
        person=person,
        variant=values["variant"],
        at=parse_time(values["at"]),
        event=event[0] if event else "",
        amount=values["amount"],
    )
