"""Imports as operators see them, on S3, DynamoDB and SQS."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.bucket import ENCODING, S3Files
from yuchi.adapters.contacts import ParameterContacts
from yuchi.adapters.dynamodb.imports import DynamoDBImports
from yuchi.adapters.dynamodb.sources import DynamoDBSources
from yuchi.adapters.imports_queue import SQSImportQueue
from yuchi.domain.imports import ImportJob
from yuchi.domain.source import Source
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_imports import FileFacts, ImportMessage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True, slots=True)
class AwsImportDesk:
    """:class:`yuchi.services.ports_import_desk.ImportDesk`."""

    s3: "S3Client"
    bucket: str
    sources: DynamoDBSources
    contacts: ParameterContacts
    imports: DynamoDBImports
    queue: SQSImportQueue

    def source(self, source: str) -> Source | None:
        """The source as it is now."""
        self.sources.forget(source)
        return self.sources.get(source)

    def put_source(self, source: Source) -> None:
        """Store a source."""
        self.sources.put(source)

    def make_keys(self) -> None:
        """Make the keys under which phones are kept, where there are none."""
        self.contacts.make_keys()

    def upload(self, path: Path, key: str, sent: Callable[[int], None], *, encoding: str = "") -> FileFacts:
        """Put a file into the bucket, in parts where it is large."""
        with unavailable():
            self.s3.upload_file(
                str(path),
                self.bucket,
                key,
                Callback=sent,
                ExtraArgs={"Metadata": {ENCODING: encoding}} if encoding else None,
            )
        facts = S3Files(client=self.s3, bucket=self.bucket).facts(key)
        if facts is None:
            raise UnavailableError("NoSuchKey")
        return facts

    def start(self, job: ImportJob) -> bool:
        """Begin an import that needs no file."""
        begun = self.imports.begin(job)
        self.queue.send(ImportMessage(brand=job.brand, import_id=job.id))  # a second message finds nothing to do
        return begun

    def job(self, brand: str, import_id: str) -> ImportJob | None:
        """An import as it stands."""
        return self.imports.get(brand, import_id)

    def jobs(self, brand: str | None) -> list[ImportJob]:
        """Every import, the newest first."""
        return self.imports.all(brand)

    def download(self, key: str, path: Path) -> bool:
        """Fetch a file of the bucket."""
        try:
            with unavailable(*_GONE):
                body: Any = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
        except ClientError:
            return False
        with path.open("wb") as file:
            for piece in body.iter_chunks(1 << 20):
                file.write(piece)
        return True
