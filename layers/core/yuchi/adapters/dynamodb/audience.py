"""``Profiles``, read through for campaigns: a page of a shard at a time, and as little done with each person as can be.

botocore takes ten times as long to turn DynamoDB's answer into dictionaries as json does, for it follows a model of the
answer value by value. A profile's wire form is plain JSON, so its parser is left out for these clients; all else is
botocore's own: signing, retries, checksums, errors. Most conditions ask for tags, attributes and scores, which are read from
the wire as they are; a profile is made only of who belongs to the audience, or where a condition asks for more.
"""

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from botocore.parsers import JSONParser

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import Item, from_wire
from yuchi.adapters.dynamodb.profiles import profile_from_item
from yuchi.domain.campaign.audience import AudienceTest
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
        with _no_collection():
            parsed = json.loads(response["body"])
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
        found = [profile for profile in map(self._member, items) if profile is not None]
        return AudiencePage(found, len(items), last["person"]["S"] if last else None)

    def _member(self, item: Item) -> Profile | None:
        """The profile of who belongs to the audience."""
        if "merged_into" in item:
            return None
        if self._readers is None:
            profile = profile_from_item(item)
            return profile if self.test.holds(profile) else None
        now = self.test.now.timestamp()
        view = {name: read(item, now) for name, read in self._readers.items()}
        past = from_wire(item["activity"]) if self.test.condition.counted and "activity" in item else {}
        return profile_from_item(item) if self.test.holds_of(view, past) else None

    @cached_property
    def _readers(self) -> Mapping[str, Callable[[Item, float], Any]] | None:
        """How each field is read from the wire; None where one of them takes the whole profile."""
        possible = self.test.fields <= READERS.keys() and not (
            ("tags" in self.test.fields and _looks_into_tags(self.test)) or self.test.schema.retention
        )
        return {name: READERS[name] for name in self.test.fields} if possible else None


def _looks_into_tags(test: AudienceTest) -> bool:
    """Whether the condition asks for more of a tag than that it is there."""
    return any(name.startswith("profile.tags.") for name in test.condition.fields)


def _tags(item: Item, now: float) -> dict[str, Any]:
    tags = item.get("tags")
    if tags is None:
        return {}
    return {
        name: {}
        for name, tag in tags["M"].items()
        if "expires_at" not in tag["M"] or int(tag["M"]["expires_at"]["N"]) > int(now)
    }


def _plain(part: str) -> Callable[[Item, float], Any]:
    def read(item: Item, _now: float) -> Any:
        return from_wire(item[part]) if part in item else {}

    return read


def _score(item: Item, _now: float) -> int:
    scores = item.get("scores")
    main = scores["M"].get(MAIN_SCORE) if scores else None
    return int(main["N"]) if main else 0


READERS: Final[Mapping[str, Callable[[Item, float], Any]]] = {
    "tags": _tags,
    "attributes": _plain("attributes"),
    "scores": _plain("scores"),
    "score": _score,
}
"""Field of the view -> how it is read from an item on the wire. They give what :data:`PROFILE_VIEW` gives, save what is in a
tag; a test compares them."""
