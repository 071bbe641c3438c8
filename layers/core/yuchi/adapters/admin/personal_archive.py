"""What the archive holds about one person: lines in objects that hold those of many, so each object is written anew."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import unavailable
from yuchi.domain.archive import PREFIX
from yuchi.domain.placeholders import BEIJING
from yuchi.services.ports_privacy import WholePerson

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE: Final = "NoSuchKey"
GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class PersonalArchive:
    """``Archive``: the objects of the brand from the person's first day on, read one after the other."""

    client: "S3Client"
    bucket: str

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """The lines."""
        for key in self._keys(whole):
            for line in self._lines(key):
                record = _record(line, whole)
                if record is not None and _is_theirs(record, whole):
                    yield record

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """Object by object: the lines go, and in those of others the person's identities. Two erasures at the same time
        might bring back each other's lines, so each object is looked at again until it is clean.
        """
        for key in self._keys(whole):
            yield self._clean(key, whole)

    def _clean(self, key: str, whole: WholePerson) -> int:
        gone = 0
        while True:
            lines = self._lines(key)
            kept = [line_without(line, whole) for line in lines]
            if kept == lines:
                return gone
            gone += sum(line is None or line != old for line, old in zip(kept, lines, strict=True))
            self._write(key, [line for line in kept if line is not None])

    def _keys(self, whole: WholePerson) -> Iterator[str]:
        prefix = f"{PREFIX}brand={whole.brand}/day="
        start: dict[str, Any] = {"StartAfter": prefix + _day_before(whole.since)} if whole.since else {}
        with unavailable():
            for page in self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, **start
            ):
                yield from (each["Key"] for each in page.get("Contents", []) if each["Size"])

    def _lines(self, key: str) -> list[bytes | None]:
        try:
            with unavailable(_GONE):
                content = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError:
            return []
        text = gzip.decompress(content) if content.startswith(GZIP) else content
        return [line for line in text.split(b"\n") if line]

    def _write(self, key: str, lines: Sequence[bytes]) -> None:
        with unavailable():
            if not lines:
                self.client.delete_object(Bucket=self.bucket, Key=key)
                return
            body = b"".join(line + b"\n" for line in lines)
            packed = gzip.compress(body, mtime=0) if key.endswith(".gz") else body
            self.client.put_object(Bucket=self.bucket, Key=key, Body=packed)


def line_without(line: bytes | None, whole: WholePerson) -> bytes | None:
    """The line as it may stay; None where it may not."""
    record = _record(line, whole)
    if line is None or record is None:
        return line
    if _is_theirs(record, whole):
        return None
    others = [each for each in record.get("identities") or () if each not in whole.identities]
    person = None if record.get("person") in whole.persons else record.get("person")  # before a merge was undone
    changed = {**record, "identities": others, "person": person}
    return line if changed == record else json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode()


def _record(line: bytes | None, whole: WholePerson) -> dict[str, Any] | None:
    """The line's content, where anything in it may be about the person."""
    if line is None or not any(_written(name) in line for name in (*whole.identities, *whole.persons)):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _written(name: str) -> bytes:
    return json.dumps(name, ensure_ascii=False)[1:-1].encode("utf-8", "replace")


def _is_theirs(record: Mapping[str, Any], whole: WholePerson) -> bool:
    return record.get("subject") in whole.identities


def _day_before(epoch: int) -> str:
    return (datetime.fromtimestamp(epoch, UTC).astimezone(BEIJING) - timedelta(days=1)).date().isoformat()
