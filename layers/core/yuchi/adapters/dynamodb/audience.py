"""``Profiles``, read through for campaigns: a page of a shard at a time, and as little done with each person as can be.

botocore takes twenty times as long to turn DynamoDB's answer into dictionaries as orjson does, for it follows a model of the
answer value by value. A profile's wire form is plain JSON, so its parser is left out for these clients; all else is
botocore's own: signing, retries, checksums, errors. Most conditions ask for tags, attributes and scores, which are read from
the wire as they are; of who belongs to the audience a profile is made, with what it takes to choose the way to the person.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import orjson
from botocore.exceptions import ResponseStreamingError
from botocore.parsers import JSONParser

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import Item, from_wire
from yuchi.adapters.dynamodb.profiles import profile_from_item
from yuchi.domain.campaign.audience import ALWAYS, AudienceTest
from yuchi.domain.language import Context
from yuchi.domain.profile import MAIN_SCORE, Profile
from yuchi.services.ports_campaigns import AudiencePage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_OK: Final = 300


class _PlainParser(JSONParser):
    """Answers as they are on the wire; errors as botocore reads them."""

    def parse(self, response: Any, shape: Any) -> Any:
        if response["status_code"] >= _OK:
            return super().parse(response, shape)
        try:
            parsed = orjson.loads(response["body"])
        except ValueError:
            raise ResponseStreamingError(error="not JSON") from None
        headers = response["headers"]
        parsed["ResponseMetadata"] = {"HTTPStatusCode": response["status_code"], "HTTPHeaders": dict(headers)}
        return parsed


class _PlainParsers:
    """What botocore's endpoint asks for a parser."""

    @staticmethod
    def create_parser(_protocol: str) -> _PlainParser:
        return _PlainParser()


def read_plainly(client: "DynamoDBClient") -> "DynamoDBClient":
    """``client``, made to give items as they are on the wire. Numbers stay texts and binaries stay base64."""
    client._endpoint._response_parser_factory = _PlainParsers()  # type: ignore[attr-defined]  # noqa: SLF001 - no door for it
    return client


@contextmanager
def _no_collection() -> Iterator[None]:
    """A page makes a hundred thousand small objects at once, without cycles: to search them for some costs a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True)
class DynamoDBAudience:
    """:class:`yuchi.services.ports_campaigns.Audience` on DynamoDB. ``client``: one of :func:`read_plainly`."""

    client: "DynamoDBClient"
    profiles_table: str
    test: AudienceTest

    def page(self, brand: str, shard: int, cursor: str | None) -> AudiencePage:
        """One Query, which reads up to a megabyte."""
        partition = f"{brand}#{shard:02d}"
        names, request = {"#shard": "shard"}, dict[str, Any]()
        if self.test.stored is not None:
            names |= {f"#{name}": name for name in self.test.stored}
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in self.test.stored)
        if cursor is not None:
            request["ExclusiveStartKey"] = {"shard": {"S": partition}, "person": {"S": cursor}}
        with _no_collection():
            with unavailable():
                answer = self.client.query(
                    TableName=self.profiles_table,
                    KeyConditionExpression="#shard = :shard",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues={":shard": {"S": partition}},
                    **request,
                )
            last: Any = answer.get("LastEvaluatedKey")
            items: list[Any] = answer["Items"]
            holds = wire_test(self.test)
            found = [_enough(item) for item in items if "merged_into" not in item and holds(item)]
        return AudiencePage(found, len(items), last["person"]["S"] if last else None)


def _enough(item: Item) -> Profile:
    """What it takes to choose the way to a person."""
    return profile_from_item({name: item[name] for name in ALWAYS if name in item})


def wire_test(test: AudienceTest) -> Callable[[Item], bool]:
    """Whether the person behind an item on the wire belongs to the audience. Not for two threads at once."""
    readers = _readers(test)
    if readers is None:
        needed = test.stored
        return lambda item: test.holds(_part(item, needed))
    matches, context = test.condition.matches, Context({}, {}, {}, test.now)
    view, counts = context.profile, bool(test.condition.counted)

    def holds(item: Item) -> bool:
        for name, read in readers:
            view[name] = read(item)
        if counts:
            context.past = from_wire(item["activity"]) if "activity" in item else {}
        return matches(context)

    return holds


def _part(item: Item, needed: tuple[str, ...] | None) -> Profile:
    return profile_from_item(item if needed is None else {name: item[name] for name in needed if name in item})


Read = Callable[[Item], Any]


def _readers(test: AudienceTest) -> tuple[tuple[str, Read], ...] | None:
    """How each field is read from the wire; None where one of them takes the profile."""
    if not test.fields <= READERS.keys():
        return None
    found = [(name, READERS[name](test)) for name in sorted(test.fields)]
    known = [(name, read) for name, read in found if read is not None]
    return tuple(known) if len(known) == len(found) else None


def _tags(test: AudienceTest) -> Read | None:
    if any(name.startswith("profile.tags.") for name in test.condition.fields):
        return None  # when and how often they were given: seldom asked for
    now = int(test.now.timestamp())

    def read(item: Item) -> dict[str, Any]:
        tags = item.get("tags")
        if tags is None:
            return {}
        return {
            name: {}
            for name, tag in tags["M"].items()
            if "expires_at" not in (said := tag["M"]) or int(said["expires_at"]["N"]) > now
        }

    return read


def _attributes(test: AudienceTest) -> Read | None:
    named = test.named("attributes")
    if test.schema.retention.keys() & (named if named is not None else test.schema.retention.keys()):
        return None  # who said it, and when, counts too
    if named is None:
        return _whole("attributes")

    def read(item: Item) -> dict[str, Any]:
        stored = item.get("attributes")
        if stored is None:
            return {}
        values = stored["M"]
        return {name: from_wire(values[name]) for name in named if name in values}

    return read


def _whole(part: str) -> Read:
    return lambda item: from_wire(item[part]) if part in item else {}


def _score(item: Item) -> int:
    scores = item.get("scores")
    main = scores["M"].get(MAIN_SCORE) if scores else None
    return int(main["N"]) if main else 0


def _moment(part: str) -> Read:
    return lambda item: datetime.fromtimestamp(int(item[part]["N"]), UTC) if part in item else None


def _last_active(item: Item) -> datetime | None:
    known = [int(item[part]["N"]) for part in ("last_seen_at", "last_order_at") if part in item]
    return datetime.fromtimestamp(max(known), UTC) if known else _moment("first_seen_at")(item)


def _channel(part: str, *, missing: Any = None) -> Callable[[AudienceTest], Read]:
    """A part of the person on the campaign's account, or on the one followed last: as :meth:`Profile.channel` has it."""

    def of(test: AudienceTest) -> Read:
        account, is_time = test.account, part.endswith("_at")

        def read(item: Item) -> Any:
            channels = item["channels"]["M"].items() if "channels" in item else ()
            there = [
                (_rank(identity, each["M"]), each["M"]) for identity, each in channels if _is_on(each["M"], account)
            ]
            if not there:
                return missing
            value = max(there, key=itemgetter(0))[1].get(part)
            plain = from_wire(value) if value is not None else None
            if is_time:
                return datetime.fromtimestamp(plain, UTC) if plain is not None else None
            return missing if plain is None else plain

        return read

    return of


def _is_on(channel: Item, account: str) -> bool:
    return not account or channel["account"]["S"] == account


def _rank(identity: str, channel: Item) -> tuple[bool, int, str]:
    since = channel.get("subscribed_at", {}).get("N")
    return (channel.get("subscribed", {}).get("BOOL", False), int(since) if since else 0, identity)


def _same(read: Read) -> Callable[[AudienceTest], Read]:
    return lambda _test: read


READERS: Final[Mapping[str, Callable[[AudienceTest], Read | None]]] = {
    "id": _same(lambda item: item["person"]["S"]),
    "tags": _tags,
    "attributes": _attributes,
    "score": _same(_score),
    "scores": _same(_whole("scores")),
    "subscribed": _channel("subscribed", missing=False),
    "subscribed_at": _channel("subscribed_at"),
    "unsubscribed_at": _channel("unsubscribed_at"),
    "scene": _channel("scene"),
    "first_seen_at": _same(_moment("first_seen_at")),
    "last_seen_at": _same(_moment("last_seen_at")),
    "last_active_at": _same(_last_active),
    "new": _same(lambda item: item["version"]["N"] == "0"),
}
"""Field of the view -> how it is read from an item on the wire, None where a condition asks for too much of it. What is read
is what :data:`PROFILE_VIEW` gives, save what is in a tag; a test compares them."""
