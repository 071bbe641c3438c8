"""Imports: the table and the bucket, in memory and as they are deployed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws import CONFIG, aws
from tests.fakes.imports import FakeFiles, FakeImportJobs
from tests.fakes.world import START
from yuchi.adapters.bucket import ENCODING, S3Files
from yuchi.adapters.dynamodb.imports import DynamoDBImports
from yuchi.adapters.imports_queue import SQSBacklog, SQSImportQueue
from yuchi.domain.imports import Became, Counts, Cursor, ImportJob, ImportState
from yuchi.services.ports_imports import (
    FileGoneError,
    Files,
    ImportJobs,
    ImportMessage,
    LeaseLostError,
    UnreadableFileError,
)

BUCKET = "imports"
JOB = ImportJob(brand="demo", id="i1", source="crm", key="demo/crm/a.csv", size=3, time=START, started_at=START)
SOON = START + timedelta(minutes=2)


@pytest.fixture(params=["fake", "aws"])
def jobs(request: pytest.FixtureRequest) -> Iterator[ImportJobs]:
    if request.param == "fake":
        yield FakeImportJobs()
        return
    with aws() as session:
        yield DynamoDBImports(client=session.client("dynamodb", config=CONFIG), imports_table="Imports")


@pytest.fixture(params=["fake", "aws"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "fake":
        yield FakeFiles(lambda: START)
        return
    with aws() as session:
        client = session.client("s3", config=CONFIG)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield S3Files(client=client, bucket=BUCKET, folder=tmp_path)


def test_an_import_begins_once(jobs: ImportJobs) -> None:
    assert jobs.begin(JOB)
    assert not jobs.begin(JOB)
    assert not jobs.begin(JOB.model_copy(update={"source": "other"}))
    assert jobs.get("demo", "i1") == JOB
    assert jobs.get("demo", "i2") is None
    assert jobs.get("other", "i1") is None


def test_one_worker_has_it_until_the_lease_ends(jobs: ImportJobs) -> None:
    jobs.begin(JOB)
    assert jobs.take("demo", "i1", "a", now=START, until=SOON) == JOB
    assert jobs.take("demo", "i1", "b", now=START, until=SOON) is None
    assert jobs.take("demo", "i1", "b", now=SOON, until=SOON + timedelta(minutes=1)) == JOB
    with pytest.raises(LeaseLostError):
        jobs.save(JOB, "a")
    assert jobs.take("demo", "none", "a", now=START, until=SOON) is None


def test_progress_is_kept_and_the_lease_given_back(jobs: ImportJobs) -> None:
    jobs.begin(JOB)
    jobs.take("demo", "i1", "a", now=START, until=SOON)
    cursor = Cursor(offset=10, row=2, encoding="gb18030", delimiter=",", header=("会员号", "姓名"))
    counts = Counts(read=2, sent=1, rejected=1, reasons={"identity.missing": 1})
    later = JOB.model_copy(update={"cursor": cursor, "counts": counts, "step": 3, "resumes_at": SOON})
    jobs.save(later, "a", release=True)
    assert jobs.get("demo", "i1") == later
    assert jobs.take("demo", "i1", "b", now=START, until=SOON) == later
    done = later.model_copy(update={"state": ImportState.DONE, "finished_at": SOON, "resumes_at": None})
    jobs.save(done, "b", release=True)
    assert jobs.get("demo", "i1") == done


def test_what_became_of_the_events_is_added_beside_the_progress(jobs: ImportJobs) -> None:
    jobs.begin(JOB)
    jobs.take("demo", "i1", "a", now=START, until=SOON)
    jobs.count("demo", "i1", Became(created=2, merged=1))
    jobs.save(JOB.model_copy(update={"step": 1}), "a")
    jobs.count("demo", "i1", Became(created=1, repeated=4))
    jobs.count("demo", "i1", Became())
    found = jobs.get("demo", "i1")
    assert found is not None
    assert (found.step, found.became) == (1, Became(created=3, merged=1, repeated=4))


def test_counting_makes_no_import(jobs: ImportJobs) -> None:
    jobs.count("demo", "forged", Became(created=1))
    assert jobs.get("demo", "forged") is None
    assert jobs.all("demo") == []


def test_imports_are_listed_the_newest_first(jobs: ImportJobs) -> None:
    older = JOB.model_copy(update={"id": "i0", "started_at": START - timedelta(days=1)})
    for each in (older, JOB, JOB.model_copy(update={"brand": "other"})):
        jobs.begin(each)
    assert [job.id for job in jobs.all("demo")] == ["i1", "i0"]
    assert len(jobs.all(None)) == 3


def put(files: Files, key: str, content: bytes) -> None:
    files.put(key, content, kind="text/csv")


def test_files_are_read_by_rows_from_any_of_them(files: Any) -> None:
    put(files, "demo/crm/a.csv", "会员号,姓名\nM1,林\nM2,周\n".encode("gb18030"))
    facts = files.facts("demo/crm/a.csv")
    assert facts is not None
    rows = files.rows(facts, Cursor())
    first = next(iter(rows))
    assert first.values == {"会员号": "M1", "姓名": "林"}
    assert [row.values["姓名"] for row in files.rows(facts, rows.cursor)] == ["周"]
    assert files.facts("demo/crm/none.csv") is None


def test_a_file_that_was_replaced_is_another_one(files: Any) -> None:
    put(files, "demo/crm/a.csv", b"a\n1\n")
    facts = files.facts("demo/crm/a.csv")
    put(files, "demo/crm/a.csv", b"a\n2\n")
    with pytest.raises(FileGoneError):
        list(files.rows(facts, Cursor()))


def test_parts_become_one_file_in_the_order_of_their_names(files: Any) -> None:
    for name in ("work/i1/000000000200.csv", "work/i1/000000000100.csv", "work/i2/1.csv"):
        put(files, name, name.encode() + b"\n")
    files.join("work/i1/", "reports/a", b"head\n", kind="text/csv")
    facts = files.facts("reports/a")
    assert facts is not None
    assert facts.size == len(b"head\n") + 2 * len(b"work/i1/000000000200.csv\n")


def test_spreadsheets_are_read_from_the_disk_and_nothing_stays(tmp_path: Path) -> None:
    from openpyxl import Workbook

    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["a"])
    sheet.append([1])
    workbook.save(tmp_path / "made.xlsx")
    with aws() as session:
        client = session.client("s3", config=CONFIG)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        folder = tmp_path / "disk"
        folder.mkdir()
        files = S3Files(client=client, bucket=BUCKET, folder=folder)
        files.put("demo/crm/a.xlsx", (tmp_path / "made.xlsx").read_bytes(), kind="application/zip")
        facts = files.facts("demo/crm/a.xlsx")
        assert facts is not None
        assert [row.values for row in files.rows(facts, Cursor())] == [{"a": 1}]
        assert list(folder.iterdir()) == []
        again = files.rows(facts, files.rows(facts, Cursor()).cursor)
        assert [row.values for row in again] == [{"a": 1}], "from the file that stayed open"
        with pytest.raises(UnreadableFileError):
            files.rows(facts.__class__("demo/crm/a.pdf", "e", 1, START), Cursor())


def test_what_is_said_of_a_files_encoding_is_known_with_it() -> None:
    with aws() as session:
        client = session.client("s3", config=CONFIG)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        files = S3Files(client=client, bucket=BUCKET)
        for said, known in (("Big5", "big5"), ("GBK", "gb18030"), ("klingon", "")):
            client.put_object(Bucket=BUCKET, Key="demo/crm/a.csv", Body=b"a", Metadata={ENCODING: said})
            facts = files.facts("demo/crm/a.csv")
            assert facts is not None
            assert facts.encoding == known


def test_the_queue_of_imports_and_the_backlog() -> None:
    with aws() as session:
        client = session.client("sqs", config=CONFIG)
        url = client.create_queue(QueueName="Imports")["QueueUrl"]
        queue, message = (
            SQSImportQueue(client=client, queue_url=url),
            ImportMessage(brand="demo", import_id="i1", step=2),
        )
        queue.send(message)
        queue.send(message, delay=60)
        assert SQSBacklog(client=client, queue_url=url).waiting() == 1
        (taken,) = client.receive_message(QueueUrl=url)["Messages"]
        assert ImportMessage.model_validate_json(taken["Body"]) == message
