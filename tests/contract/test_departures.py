"""Who left and is still in the archive, and the archive's objects: the fake keeps them as DynamoDB and S3 do."""

import gzip
from collections.abc import Sequence
from typing import Any

import boto3
import pytest

from tests.contract.aws import CONFIG
from tests.fakes.departures import FakeDepartures
from yuchi.adapters.archive_objects import S3ArchiveObjects
from yuchi.adapters.dynamodb.departures import DynamoDBDepartures
from yuchi.domain.departure import Departure, Pass
from yuchi.services.ports import UnavailableError

BUCKET = "archive-of-many"
DAY = 1_772_600_000
"""Epoch seconds on 4 March 2026."""


@pytest.fixture(params=["memory", "deployed"])
def departures(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return FakeDepartures()
    session: boto3.Session = request.getfixturevalue("session")
    return DynamoDBDepartures(session.client("dynamodb"), "Ledger")


def departure(brand: str, identity: str, **changes: Any) -> Departure:
    return Departure(brand=brand, identity=identity, **{"since": None, "until": DAY, "noted_at": DAY, **changes})


def of(brand: str, found: Sequence[Any]) -> list[Any]:
    return [each for each in found if each.brand == brand]


def test_who_left_is_noted_once_and_struck_off(departures: Any, brand: str) -> None:
    first, other = departure(brand, "wechat:a:1", since=7), departure(brand, "wechat:a:2")
    departures.note([first, other])
    departures.note([first])
    assert of(brand, departures.waiting()) == [first, other]
    departures.done(first)
    departures.done(first)
    assert of(brand, departures.waiting()) == [other]


def test_who_left_anew_is_not_struck_off(departures: Any, brand: str) -> None:
    before, now = departure(brand, "wechat:a:1"), departure(brand, "wechat:a:1", until=DAY + 9, noted_at=DAY + 9)
    departures.note([before])
    departures.note([now])
    departures.done(before)
    assert of(brand, departures.waiting()) == [now]
    departures.done(now)
    assert of(brand, departures.waiting()) == []


def test_a_pass_is_kept_until_it_ends(departures: Any, brand: str) -> None:
    begun = Pass(brand=brand, before=DAY, salt="s")
    departures.keep(begun)
    further = begun.model_copy(update={"cursor": "events/x"})
    departures.keep(further)
    assert of(brand, departures.passes()) == [further]
    departures.end(further)
    departures.end(further)
    assert of(brand, departures.passes()) == []
    assert of(brand, departures.waiting()) == []


@pytest.fixture
def objects(session: boto3.Session) -> S3ArchiveObjects:
    s3: Any = session.client("s3", config=CONFIG)
    if BUCKET not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return S3ArchiveObjects(s3, BUCKET)


def put(objects: S3ArchiveObjects, brand: str, key: str, *lines: bytes) -> str:
    name = f"events/brand={brand}/day={key}"
    body = b"".join(each + b"\n" for each in lines)
    packed = gzip.compress(body) if key.endswith(".gz") else body
    objects.client.put_object(Bucket=BUCKET, Key=name, Body=packed)
    return name


def test_objects_come_by_day_and_from_a_place_on(objects: S3ArchiveObjects, brand: str) -> None:
    days = [f"2026-03-{day:02}/part" for day in (1, 3, 4, 5)]
    names = [put(objects, brand, each, b"{}") for each in reversed(days)][::-1]
    put(objects, brand + "x", "2026-03-04/part", b"{}")
    assert list(objects.keys(brand)) == names
    assert list(objects.keys(brand, since=DAY)) == names[1:]
    assert list(objects.keys(brand, since=DAY, after=names[2])) == names[3:]
    assert list(objects.keys(brand, after=names[0])) == names[1:]
    assert objects.expire(brand, before="2026-03-04") == 2
    assert list(objects.keys(brand)) == names[2:]


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_an_object_is_written_anew_where_something_changes(objects: S3ArchiveObjects, brand: str, ending: str) -> None:
    name = put(objects, brand, f"2026-03-01/part{ending}", b"keep", b"drop", b"change")
    tag = objects.client.head_object(Bucket=BUCKET, Key=name)["ETag"]
    assert objects.rewrite(name, lambda lines: lines) == 0
    assert objects.client.head_object(Bucket=BUCKET, Key=name)["ETag"] == tag
    assert objects.rewrite(name, lambda _: [b"keep", b"changed"]) == 2
    assert objects.lines(name) == [b"keep", b"changed"]
    assert objects.rewrite(name, lambda _: []) == 2
    assert list(objects.keys(brand)) == []
    assert objects.rewrite(name, lambda lines: lines) == 0


def test_two_who_write_at_the_same_time_bring_nothing_back(objects: S3ArchiveObjects, brand: str) -> None:
    """The second comes between the first one's reading and writing."""
    name = put(objects, brand, "2026-03-01/part", b"first", b"second", b"third")
    others = iter([lambda: objects.rewrite(name, lambda lines: [each for each in lines if each != b"second"])])

    def without_first(lines: Sequence[bytes]) -> list[bytes]:
        next(others, lambda: None)()
        return [each for each in lines if each != b"first"]

    assert objects.rewrite(name, without_first) == 1
    assert objects.lines(name) == [b"third"]


def test_twin_writing_whatever_became_of_the_object_brings_lines_back(objects: S3ArchiveObjects, brand: str) -> None:
    class Blind(S3ArchiveObjects):
        def _write(self, key: str, lines: list[bytes], tag: str) -> bool:
            return super()._write(key, lines, self.client.head_object(Bucket=BUCKET, Key=key)["ETag"] if tag else tag)

    blind = Blind(objects.client, BUCKET)
    name = put(objects, brand, "2026-03-01/part", b"first", b"second", b"third")
    others = iter([lambda: objects.rewrite(name, lambda lines: [each for each in lines if each != b"second"])])

    def without_first(lines: Sequence[bytes]) -> list[bytes]:
        next(others, lambda: None)()
        return [each for each in lines if each != b"first"]

    blind.rewrite(name, without_first)
    assert objects.lines(name) == [b"second", b"third"]


def test_a_bucket_that_is_not_there_is_trouble(objects: S3ArchiveObjects) -> None:
    with pytest.raises(UnavailableError):
        list(S3ArchiveObjects(objects.client, "nowhere").keys("demo"))
