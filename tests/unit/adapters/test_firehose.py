import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from tests.contract.aws import aws
from tests.unit.domain.test_archive import event
from yuchi.adapters.firehose import MAX_RECORDS, FirehoseArchive
from yuchi.domain.timeline import TimelineEntry


class FakeFirehose:
    """Remembers what it was asked; ``fail`` names records that are refused, by their place among all."""

    def __init__(self, *, fail: set[int] = frozenset(), error: Exception | None = None) -> None:  # type: ignore[assignment]
        self.asked: list[list[bytes]] = []
        self.fail, self.error = fail, error

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert DeliveryStreamName == "archive"
        before = sum(map(len, self.asked))
        self.asked.append([record["Data"] for record in Records])
        if self.error:
            raise self.error
        answers = [
            {"ErrorCode": "ServiceUnavailableException"} if before + place in self.fail else {"RecordId": "1"}
            for place in range(len(Records))
        ]
        return {"FailedPutCount": sum("ErrorCode" in each for each in answers), "RequestResponses": answers}


def entries(count: int, size: int = 10) -> dict[str, TimelineEntry]:
    return {
        f"m{number}": TimelineEntry(event=event(id=f"event-{number:08d}", data={"text": "x" * size}))
        for number in range(count)
    }


def put(client: Any, given: dict[str, TimelineEntry]) -> set[str]:
    return FirehoseArchive(client=client, stream="archive").put(given)


def test_a_batch_is_one_request() -> None:
    client = FakeFirehose()
    assert put(client, entries(10)) == set()
    (records,) = client.asked
    assert [json.loads(each)["id"] for each in records] == [f"event-{number:08d}" for number in range(10)]


def test_records_that_were_not_taken_are_named() -> None:
    client = FakeFirehose(fail={1, 501})
    assert put(client, entries(MAX_RECORDS + 2)) == {"m1", "m501"}
    assert [len(records) for records in client.asked] == [500, 2]


def test_no_request_is_larger_than_firehose_takes() -> None:
    client = FakeFirehose()
    assert put(client, entries(10, size=900_000)) == set()
    assert max(sum(map(len, records)) for records in client.asked) <= 4 * 1024 * 1024


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ServiceUnavailableException"}}, "PutRecordBatch"),
        ConnectTimeoutError(endpoint_url="https://firehose"),
    ],
)
def test_what_could_not_be_asked_was_not_taken(error: Exception) -> None:
    assert put(FakeFirehose(error=error), entries(2)) == {"m0", "m1"}


def test_nothing_asks_nothing() -> None:
    client = FakeFirehose()
    assert put(client, {}) == set()
    assert client.asked == []


def test_a_stream_takes_it() -> None:
    with aws() as session:
        session.client("s3").create_bucket(
            Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        client = session.client("firehose")
        client.create_delivery_stream(
            DeliveryStreamName="archive",
            S3DestinationConfiguration={"BucketARN": "arn:aws:s3:::archive", "RoleARN": "arn:aws:iam::1:role/stream"},
        )
        assert FirehoseArchive(client=client, stream="archive").put(entries(2)) == set()
        assert FirehoseArchive(client=client, stream="missing").put(entries(1)) == {"m0"}
