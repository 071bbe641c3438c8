"""Profiles read through for campaigns, on DynamoDB: pages, cursors, who is left out, and what goes wrong on the way."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.bench.aws import _Raw
from tests.contract.aws import CONFIG, aws
from yuchi.adapters.dynamodb.audience import DynamoDBAudience, read_plainly
from yuchi.adapters.dynamodb.profiles import profile_item
from yuchi.domain.campaign.audience import AudienceTest
from yuchi.domain.language import parse_condition
from yuchi.domain.profile import SHARDS, Channel, Consent, Profile, Tag
from yuchi.services.ports import UnavailableError

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
BIG = "长" * 60_000
"""Some 180 KB: six profiles are a megabyte."""


def profile(number: int, **changes: Any) -> Profile:
    """A follower with a tag."""
    return Profile(
        brand="tea",
        person=f"p{number:04d}",
        version=3,
        tags={"会员": Tag(since=1, last=1)},
        channels={f"wechat:shop:o{number}": Channel(account="shop", subscribed=True, windows={"message": MOMENT})},
        consents={"marketing": Consent(granted=True, at=1)},
        attributes={"备注": "短"},
    ).model_copy(update=changes)


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    with aws() as made:
        yield made


def store(session: boto3.Session, *profiles: Profile) -> None:
    client = session.client("dynamodb", config=CONFIG)
    for each in profiles:
        client.put_item(TableName="Profiles", Item=profile_item(each))


def audience(session: boto3.Session, text: str) -> DynamoDBAudience:
    client = read_plainly(session.client("dynamodb", config=CONFIG))
    return DynamoDBAudience(client, "Profiles", AudienceTest(parse_condition(text), "", NOW))


def everybody(found: DynamoDBAudience, brand: str = "tea") -> tuple[list[Profile], int, int]:
    """All of a brand, by its cursors: who was found, how many were read, in how many pages."""
    members: list[Profile] = []
    read = pages = 0
    for shard in range(SHARDS):
        cursor: str | None = None
        while True:
            page = found.page(brand, shard, cursor)
            members += page.found
            read, pages, cursor = read + page.read, pages + 1, page.cursor
            if cursor is None:
                break
    return members, read, pages


def test_page_by_page_everybody_comes_once(session: boto3.Session) -> None:
    """Over the end of a megabyte, who was merged being no person; and what is needed to reach them comes with them."""
    brand = "pages"
    given = [profile(each, brand=brand, attributes={"备注": BIG}) for each in range(400)]
    merged = profile(900, brand=brand, merged_into="p0001", channels={})
    other = profile(901, brand=brand, tags={})
    store(session, *given, merged, other)
    members, read, pages = everybody(audience(session, '"会员" in profile.tags'), brand)
    assert sorted(each.person for each in members) == [each.person for each in given]
    assert read == len(given) + 2
    assert pages > SHARDS
    known = {each.person: each for each in given}
    for each in members:
        whole = known[each.person]
        assert (each.channels, each.consents, each.version) == (whole.channels, whole.consents, whole.version)


def test_brands_do_not_meet(session: boto3.Session) -> None:
    """Each has its own partitions."""
    store(session, profile(1, brand="one"), profile(2, brand="two"))
    assert [each.person for each in everybody(audience(session, "true"), "one")[0]] == ["p0001"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('"会员" in profile.tags', {"tags"}),
        ("profile.score > 1", {"scores"}),
        ('count("page.viewed") > 1', {"activity"}),
        ("true", set()),
    ],
)
def test_only_what_is_needed_is_asked_for(session: boto3.Session, text: str, parts: set[str]) -> None:
    """Beside what it takes to choose a way to the person."""
    found, asked = audience(session, text), list[Any]()
    found.client.meta.events.register("before-send", lambda request, **_: asked.append(json.loads(request.body)))
    found.page("tea", 0, None)
    names = asked[0]["ExpressionAttributeNames"].values()
    assert set(names) - {"shard", "brand", "person", "version", "channels", "consents", "merged_into"} == parts


def test_what_may_take_any_part_of_a_profile_is_read_whole(session: boto3.Session) -> None:
    """The stage is whatever the brand says it is."""
    found, asked = audience(session, 'profile.stage == "active"'), list[Any]()
    found.client.meta.events.register("before-send", lambda request, **_: asked.append(json.loads(request.body)))
    found.page("tea", 0, None)
    assert "ProjectionExpression" not in asked[0]


def answer(status: int, content: dict[str, Any], *, spoiled: bool = False) -> Any:
    """What is answered in place of AWS."""
    body = json.dumps(content).encode()
    headers = {"x-amz-crc32": str(crc32(body) ^ spoiled), "content-length": str(len(body))}

    def answering(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), _Raw(body))

    return answering


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ProvisionedThroughputExceededException"),
        (400, "ThrottlingException"),
        (400, "AccessDeniedException"),
        (500, "InternalServerError"),
    ],
)
def test_what_aws_refuses_is_unavailable_and_is_read_as_botocore_reads_it(
    session: boto3.Session, status: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is told, nothing else."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    found = audience(session, "true")
    refused = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "secret text"}
    found.client.meta.events.register_first("before-send", answer(status, refused))
    with pytest.raises(UnavailableError) as told:
        found.page("tea", 0, None)
    assert (code in str(told.value), "secret" in str(told.value)) == (True, False)


def test_a_page_that_was_spoiled_on_the_way_is_asked_for_again(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its checksum, as botocore does; the twin is the page that is not spoiled."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    content = {"Items": [{"person": {"S": "p1"}, "brand": {"S": "tea"}}], "Count": 1, "ScannedCount": 1}
    calls = list[int]()

    def first_spoiled(request: Any, **_: Any) -> Any:
        calls.append(1)
        return answer(200, content, spoiled=len(calls) == 1)(request)

    found = audience(session, "true")
    found.client.meta.events.register_first("before-send", first_spoiled)
    assert [each.person for each in found.page("tea", 0, None).found] == ["p1"]
    assert len(calls) == 2


def test_an_answer_that_is_no_json_is_unavailable(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as the page of a proxy on the way."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    found = audience(session, "true")

    def proxy(request: Any, **_: Any) -> Any:
        return AWSResponse(request.url, 200, HTTPHeaders.from_dict({}), _Raw(b"<html>"))

    found.client.meta.events.register_first("before-send", proxy)
    with pytest.raises(UnavailableError):
        found.page("tea", 0, None)
