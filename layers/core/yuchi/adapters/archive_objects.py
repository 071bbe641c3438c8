"""The objects of the archive on S3, written anew where something in them must go."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import unavailable
from yuchi.domain.archive import PREFIX
from yuchi.domain.placeholders import BEIJING
from yuchi.services.ports_departures import Rewrite

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GZIP: Final = b"\x1f\x8b"
_GONE: Final = "NoSuchKey"
_CHANGED: Final = ("PreconditionFailed", "ConditionalRequestConflict", _GONE)
"""Somebody else wrote the object since it was read (S3, conditional writes)."""


@dataclass(frozen=True, slots=True)
class S3ArchiveObjects:
    """:class:`yuchi.services.ports_departures.ArchiveObjects` on one bucket."""

    client: "S3Client"
    bucket: str

    def keys(self, brand: str, *, since: int | None = None, after: str = "") -> Iterator[str]:
        """The objects in their order, which is that of the days."""
        prefix = f"{PREFIX}brand={brand}/day="
        first = max(prefix + _day_before(since) if since is not None else "", after)
        start: dict[str, Any] = {"StartAfter": first} if first else {}
        with unavailable():
            for page in self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, **start
            ):
                yield from (each["Key"] for each in page.get("Contents", []) if each["Size"])

    def lines(self, key: str) -> list[bytes]:
        """What is in an object; nothing where it is gone."""
        return self._read(key)[0]

    def rewrite(self, key: str, change: Rewrite) -> int:
        """Read, change and write, until nobody came in between; an object without lines is deleted."""
        while True:
            lines, tag = self._read(key)
            kept = list(change(lines))
            if kept == lines:
                return 0
            if self._write(key, kept, tag):
                left = set(kept)
                return sum(line not in left for line in lines)

    def expire(self, brand: str, *, before: str) -> int:
        """The days lie in their order, so that nothing behind the last is listed."""
        last, gone = f"{PREFIX}brand={brand}/day={before}", 0
        for key in self.keys(brand):
            if key >= last:
                break
            with unavailable():
                self.client.delete_object(Bucket=self.bucket, Key=key)
            gone += 1
        return gone

    def _read(self, key: str) -> tuple[list[bytes], str]:
        try:
            with unavailable(_GONE):
                answer = self.client.get_object(Bucket=self.bucket, Key=key)
                content = answer["Body"].read()
        except ClientError:
            return [], ""
        text = gzip.decompress(content) if content.startswith(GZIP) else content
        return [line for line in text.split(b"\n") if line], answer["ETag"]

    def _write(self, key: str, lines: list[bytes], tag: str) -> bool:
        if not lines:
            with unavailable():
                self.client.delete_object(Bucket=self.bucket, Key=key)
            return True
        body = b"".join(line + b"\n" for line in lines)
        packed = gzip.compress(body, mtime=0) if key.endswith(".gz") else body
        try:
            with unavailable(*_CHANGED):
                self.client.put_object(Bucket=self.bucket, Key=key, Body=packed, IfMatch=tag)
        except ClientError:
            return False
        return True


def _day_before(epoch: int) -> str:
    return (datetime.fromtimestamp(epoch, UTC).astimezone(BEIJING) - timedelta(days=1)).date().isoformat()
