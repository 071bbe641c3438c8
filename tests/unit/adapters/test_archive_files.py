import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws import aws
from yuchi.adapters.admin.archive_files import S3ArchiveFiles
from yuchi.adapters.admin.archive_lines import read_lines

LINE = b'{"type":"%s","id":"%d","identities":[%s],"data":{}}\n'


def line(event_type: bytes = b"menu.clicked", number: int = 1, identities: bytes = b"") -> bytes:
    return LINE % (event_type, number, identities)


@pytest.fixture
def s3() -> Iterator[Any]:
    with aws() as session:
        client = session.client("s3")
        client.create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


def put(s3: Any, day: str, name: str, content: bytes, brand: str = "demo") -> None:
    s3.put_object(Bucket="archive", Key=f"events/brand={brand}/day={day}/{name}", Body=content)


def fetch(s3: Any, cache: Path, *, since: str | None = None) -> list[Path]:
    files = S3ArchiveFiles(client=s3, bucket="archive", cache=cache)
    return list(files.fetch("demo", since=since, progress=lambda _done, _total: None))


def test_files_come_by_day_and_their_ending_says_what_they_are(s3: Any, tmp_path: Path) -> None:
    put(s3, "2026-05-02", "2026/05/02/08/b.gz", gzip.compress(line(number=2)))
    put(s3, "2026-05-01", "a.gz", line())  # an emulator that does not compress
    put(s3, "2026-05-01", "x", line(), brand="other")
    put(s3, "2026-05-03", "empty", b"")
    files = fetch(s3, tmp_path)
    assert [(file.parent.name, "".join(file.suffixes)) for file in files] == [
        ("day=2026-05-01", ".jsonl"),
        ("day=2026-05-02", ".jsonl.gz"),
    ]
    assert [record["id"] for record in read_lines(files, None)] == ["1", "2"]
    assert (files[0].stat().st_mode & 0o777) == 0o600


def test_what_is_here_is_not_fetched_again_and_what_changed_is(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(s3, "2026-05-01", "a", line())
    put(s3, "2026-05-01", "b", line(number=2))
    first = fetch(s3, tmp_path)
    put(s3, "2026-05-01", "b", line(number=3))
    asked: list[str] = []
    get = s3.get_object

    def asking(**given: Any) -> Any:
        asked.append(given["Key"])
        return get(**given)

    monkeypatch.setattr(s3, "get_object", asking)
    second = fetch(s3, tmp_path)
    assert len(asked) == 1
    assert {record["id"] for record in read_lines(second, None)} == {"1", "3"}
    assert not all(file.exists() for file in first)


def test_what_was_erased_from_the_bucket_is_erased_here(s3: Any, tmp_path: Path) -> None:
    put(s3, "2026-05-01", "a", line())
    put(s3, "2026-05-02", "b", line())
    (file, kept) = fetch(s3, tmp_path)
    s3.delete_object(Bucket="archive", Key="events/brand=demo/day=2026-05-01/a")
    assert fetch(s3, tmp_path) == [kept]
    assert not file.exists()


def test_since_names_the_first_day(s3: Any, tmp_path: Path) -> None:
    for day in ("2026-04-30", "2026-05-01", "2026-05-02"):
        put(s3, day, "a", line())
    assert [file.parent.name for file in fetch(s3, tmp_path, since="2026-05-01")] == [
        "day=2026-05-01",
        "day=2026-05-02",
    ]
    assert S3ArchiveFiles(client=s3, bucket="archive", cache=tmp_path).days("demo") == [
        "2026-04-30",
        "2026-05-01",
        "2026-05-02",
    ]


def test_lines_of_other_types_are_skipped_unless_they_prove_who_is_who(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    text = rb'{"type":"message.text","id":"4","identities":[],"data":{"content":"\"identities\":[\"x"}}' + b"\n"
    file.write_bytes(
        line()
        + line(b"page.viewed", 2)
        + line(b"page.viewed", 3, b'"unionid:1"')
        + text
        + line(b"menu.clicked", 5, b'"unionid:1"')
        + b'{"type":"menu.clicked","id":"6","ident'
    )
    with file.open("ab") as more:
        more.write(b'\n{"type":"page.viewed","id":"7","identities":["unionid:2"],"tags":["a"],"data":{}}\n')
    assert sorted(record["id"] for record in read_lines([file], frozenset({"menu.clicked"}))) == ["1", "3", "5", "7"]
    assert [record["id"] for record in read_lines([file], None)] == ["1", "2", "3", "4", "5", "7"]
