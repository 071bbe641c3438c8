"""What the tables hold about one person, handed out and erased. Never by a scan: each has a way that leads there."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.departures import departure_key
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.adapters.dynamodb.merges import merge_from_item
from yuchi.adapters.dynamodb.timeline import entry_from_item
from yuchi.adapters.dynamodb.timers import SHARDS, read_timer
from yuchi.domain.event import identity_key
from yuchi.domain.identity import namespace_of
from yuchi.domain.ledger import rule_owner, window_owner
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import FORGOTTEN, TimelineEntry
from yuchi.services.ports_privacy import PersonBook, WholePerson
from yuchi.services.whole_person import members

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH: Final = 25
FILTERED: Final = 100
"""How many identities one filter names: its text may have 4 KB."""


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """Queries and deletions, which all tables here share."""

    client: "DynamoDBClient"
    table: str

    def query(self, condition: str, values: Mapping[str, str], **more: Any) -> Iterator[Item]:
        """The items of one key."""
        with unavailable():
            for page in self.client.get_paginator("query").paginate(
                TableName=self.table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
                ConsistentRead=True,
                **more,
            ):
                yield from page["Items"]

    def delete(self, keys: Iterator[Item]) -> Iterator[int]:
        """Delete one after the other; says it of each."""
        for key in keys:
            with unavailable():
                self.client.delete_item(TableName=self.table, Key=key)
            yield 1


@dataclass(frozen=True, slots=True)
class PersonalTimeline:
    """``Timeline``: the partition of each identity."""

    table: PersonalTable

    def entries(self, whole: WholePerson) -> Iterator[TimelineEntry]:
        """What happened to all identities."""
        yield from map(entry_from_item, self._items(whole))

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """The entries."""
        for entry in self.entries(whole):
            yield entry.model_dump(mode="json", exclude_defaults=True)

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """Entry by entry."""
        names = ("subject", "moment")
        yield from self.table.delete({name: item[name] for name in names} for item in self._items(whole))

    def _items(self, whole: WholePerson) -> Iterator[Item]:
        for identity in whole.identities:
            yield from self.table.query("subject = :subject", {":subject": identity_key(whole.brand, identity)})


@dataclass(frozen=True, slots=True)
class PersonalTimers:
    """``Timers``: they lie in the order of their time, so all partitions are read and the service picks out ours."""

    table: PersonalTable

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """The timers."""
        for item in self._items(whole):
            timer = read_timer(item)
            if timer is not None:
                yield timer.model_dump(mode="json", exclude_defaults=True)

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """Timer by timer."""
        yield from self.table.delete({name: item[name] for name in ("shard", "due")} for item in self._items(whole))

    def _items(self, whole: WholePerson) -> Iterator[Item]:
        for start in range(0, len(whole.identities), FILTERED):
            chunk = whole.identities[start : start + FILTERED]
            values = {f":i{number}": json.dumps(identity, ensure_ascii=False) for number, identity in enumerate(chunk)}
            within = " OR ".join(f"contains(timer, {name})" for name in values)
            for shard in range(SHARDS):
                yield from self._of(whole, f"{shard:02d}", within, values)

    def _of(self, whole: WholePerson, shard: str, within: str, values: Mapping[str, str]) -> Iterator[Item]:
        for item in self.table.query(
            "#shard = :shard",
            {":shard": shard, **values},
            FilterExpression=within,
            ExpressionAttributeNames={"#shard": "shard"},  # a reserved word
        ):
            timer = read_timer(item)
            if timer is None or (timer.event.brand == whole.brand and timer.event.subject in whole.identities):
                yield item


@dataclass(frozen=True, slots=True)
class PersonalMerges:
    """``Merges``: the partition of the person, and of each whom it absorbed."""

    table: PersonalTable

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """The records."""
        for item in self._items(whole):
            yield merge_from_item(item).model_dump(mode="json", exclude_defaults=True)

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """Record by record."""
        names = ("survivor", "absorbed")
        yield from self.table.delete({name: item[name] for name in names} for item in self._items(whole))

    def _items(self, whole: WholePerson) -> Iterator[Item]:
        for person in whole.persons:
            yield from self.table.query("survivor = :survivor", {":survivor": identity_key(whole.brand, person)})


class CampaignSends(Protocol):
    """What leads to the rows of campaigns."""

    def keys(self, whole: WholePerson) -> Iterator[Item]:
        """The keys of rows that may be there."""
        ...


@dataclass(frozen=True, slots=True)
class PersonalLedger:
    """``Ledger``: the timeline says which rules did something for which event, and that is where the rows lie; ``sends``
    leads to those of campaigns.

    Rows stay, without the name: that a message was sent is the brand's own record, and keeps it from being sent twice.
    """

    table: PersonalTable
    timeline: PersonalTimeline
    sends: CampaignSends | None = None

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """The rows, the use of the windows, and that somebody left whom the archive still names."""
        for item in self._rows(whole):
            yield from_item(item)
        for key in self._named(whole):
            with unavailable():
                found = self.table.client.get_item(TableName=self.table.table, Key=key).get("Item")
            if found:
                yield from_item(found)

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """Row by row."""
        for item in self._rows(whole):
            with unavailable():
                self.table.client.update_item(
                    TableName=self.table.table,
                    Key={name: item[name] for name in ("owner", "entry")},
                    UpdateExpression="REMOVE subject ADD version :one",
                    ExpressionAttributeValues={":one": {"N": "1"}},
                )
            yield 1
        yield from self.table.delete(self._named(whole))

    def _rows(self, whole: WholePerson) -> Iterator[Item]:
        for entry in self.timeline.entries(whole):
            rules = {action.rule for action in entry.outbox}
            if FORGOTTEN in entry.notes:
                rules |= {match.rule for match in entry.matched}
            for rule in sorted(rules):
                yield from self.table.query(
                    "#owner = :owner AND begins_with(entry, :event)",
                    {":owner": rule_owner(entry.event.account, rule), ":event": f"{entry.event.id}:"},
                    ExpressionAttributeNames={"#owner": "owner"},
                )

        for key in self.sends.keys(whole) if self.sends else ():
            with unavailable():
                found = self.table.client.get_item(TableName=self.table.table, Key=key).get("Item")
            if found:
                yield found

    def _named(self, whole: WholePerson) -> Iterator[Item]:
        for identity in whole.identities:
            yield departure_key(whole.brand, identity)
            if namespace_of(identity) == "wechat":
                account = identity.split(":")[1]
                yield to_item({"owner": window_owner(account), "entry": identity})


@dataclass(frozen=True, slots=True)
class PersonalProfiles:
    """``Profiles``: the person and all who were absorbed. They are deleted with their identities, by the book."""

    book: PersonBook

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """The profiles as they are stored, the living one first."""
        for each in sorted(members(self.book, whole), key=lambda profile: bool(profile.merged_into)):
            yield each.model_dump(mode="json", exclude_defaults=True)

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """All of them, with the links that lead there."""
        behind = self.book.behind(whole.brand, whole.identities)
        for each in members(self.book, whole):
            yield self._remove(each, [identity for identity, person in behind.items() if person == each.person])

    def _remove(self, profile: Profile, identities: list[str]) -> int:
        return 1 if self.book.remove(profile, identities) else 0


@dataclass(frozen=True, slots=True)
class PersonalIdentities:
    """``Identities``: one item for each."""

    book: PersonBook

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """Which identity leads to whom."""
        for identity, person in self.book.behind(whole.brand, whole.identities).items():
            yield {"identity": identity, "person": person}

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """They go with the person that they lead to, in its transaction."""
        del whole
        yield from ()
