"""The bucket of imports on S3: files are read in ranges, reports are written beside them."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.rows.encodings import known_encoding
from yuchi.adapters.rows.texts import open_text
from yuchi.domain.imports import FORMATS, Cursor
from yuchi.domain.words import Words
from yuchi.services.ports_imports import FileFacts, FileGoneError, Rows, UnreadableFileError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from yuchi.adapters.rows.sheet_file import SheetFile

ENCODING: Final = "encoding"
"""The object's own metadata (``x-amz-meta-encoding``) that says which encoding a file is in."""
MAX_JOINED: Final = 1 << 30
_GONE: Final = frozenset({"NoSuchKey", "404", "NotFound", "PreconditionFailed", "412"})
_BEHIND: Final = frozenset({"InvalidRange", "416"})
_PARTS: Final = 1 << 20


@dataclass(slots=True)
class S3Files:
    """:class:`yuchi.services.ports_imports.Files` on one bucket. Spreadsheets are read from ``folder``.

    The last one stays open, since the next invocation mostly goes on with it.
    """

    client: "S3Client"
    bucket: str
    folder: Path = Path(tempfile.gettempdir())
    _opened: "tuple[str, str, SheetFile] | None" = None

    def facts(self, key: str) -> FileFacts | None:
        """What lies there now."""
        try:
            with unavailable(*_GONE):
                found = self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError:
            return None
        return FileFacts(
            key=key,
            etag=found["ETag"].strip('"'),
            size=found["ContentLength"],
            modified=found["LastModified"],
            encoding=known_encoding(found.get("Metadata", {}).get(ENCODING, "")),
        )

    def rows(self, file: FileFacts, cursor: Cursor) -> Rows:
        """Read on at ``cursor``, by the ending of the name."""
        ending = next((each for each in FORMATS if file.key.lower().endswith(each)), "")
        if not ending:
            raise UnreadableFileError(
                Words("只能读 CSV、XLSX 和 JSONL 文件", "only CSV, XLSX and JSONL files can be read")
            )
        if ending != ".xlsx":
            return open_text(
                lambda start, length: self._range(file, start, length),
                cursor,
                json_lines=ending in {".jsonl", ".ndjson"},
                encoding=file.encoding,
            )
        return self._sheet(file, cursor)

    def put(self, key: str, content: bytes, *, kind: str) -> None:
        """Write a file."""
        with unavailable():
            self.client.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=kind)

    def join(self, prefix: str, key: str, first: bytes, *, kind: str) -> None:
        """Write ``first`` and all files below ``prefix`` as one, by way of the disk: as much as has room there."""
        with tempfile.TemporaryFile(dir=self.folder) as joined:
            joined.write(first)
            with unavailable():
                for part in self._below(prefix):
                    if joined.tell() > MAX_JOINED:
                        break
                    _copy(self.client.get_object(Bucket=self.bucket, Key=part)["Body"], joined)
                joined.seek(0)
                self.client.put_object(Bucket=self.bucket, Key=key, Body=joined, ContentType=kind)

    def _below(self, prefix: str) -> Iterator[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            yield from (each["Key"] for each in page.get("Contents", []))

    def _range(self, file: FileFacts, start: int, length: int) -> bytes:
        if start >= file.size:
            return b""
        try:
            with unavailable(*_GONE, *_BEHIND):
                answer = self.client.get_object(
                    Bucket=self.bucket, Key=file.key, Range=f"bytes={start}-{start + length - 1}", IfMatch=file.etag
                )
                return answer["Body"].read()
        except ClientError as error:
            raise FileGoneError from error

    def _sheet(self, file: FileFacts, cursor: Cursor) -> Rows:
        # Only spreadsheets need openpyxl, and it takes its time to be imported.
        from yuchi.adapters.rows.sheet_file import MAX_FILE, TOO_LARGE, SheetFile
        from yuchi.adapters.rows.sheets import SheetRows

        if file.size > MAX_FILE:
            raise UnreadableFileError(TOO_LARGE)
        if self._opened is None or self._opened[:2] != (file.key, file.etag):
            if self._opened is not None:
                self._opened[2].close()
                self._opened = None
            path = self._fetch(file)
            try:
                self._opened = file.key, file.etag, SheetFile(path, self.folder)
            finally:
                with suppress(OSError):
                    path.unlink()  # the open archive keeps it alive, and nothing of it is left behind
        return SheetRows(self._opened[2], cursor)

    def _fetch(self, file: FileFacts) -> Path:
        path = self.folder / f"import-{file.etag}.xlsx"
        try:
            with unavailable(*_GONE), path.open("wb") as copy:
                _copy(self.client.get_object(Bucket=self.bucket, Key=file.key, IfMatch=file.etag)["Body"], copy)
        except ClientError as error:
            raise FileGoneError from error
        return path


def _copy(body: Any, file: IO[bytes]) -> None:
    for piece in body.iter_chunks(_PARTS):
        file.write(piece)
