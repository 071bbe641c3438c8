"""The queue ``imports``: what S3 and we ourselves put onto it; and how many events wait in ``events.fifo``."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field

from yuchi.adapters.aws_errors import unavailable
from yuchi.services.ports_imports import ImportMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class _Object(BaseModel):
    model_config = ConfigDict(extra="ignore")

    key: str


class _Place(BaseModel):
    model_config = ConfigDict(extra="ignore")

    object: _Object


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore")

    s3: _Place


class Notice(BaseModel):
    """A message of S3 about new files, its test message, or one of ours."""

    model_config = ConfigDict(extra="ignore")

    records: list[_Record] = Field(default_factory=list, alias="Records")
    brand: str = ""
    import_id: str = ""
    step: int = 0

    @property
    def keys(self) -> list[str]:
        """The files that were put. S3 writes names as in a query string."""
        return [unquote_plus(each.s3.object.key) for each in self.records]

    @property
    def message(self) -> ImportMessage | None:
        """Our own message."""
        return ImportMessage(brand=self.brand, import_id=self.import_id, step=self.step) if self.import_id else None


@dataclass(frozen=True, slots=True)
class SQSImportQueue:
    """:class:`yuchi.services.ports_imports.ImportQueue` on a standard queue."""

    client: "SQSClient"
    queue_url: str

    def send(self, message: ImportMessage, *, delay: int = 0) -> None:
        """Let the import go on after ``delay`` seconds."""
        with unavailable():
            self.client.send_message(QueueUrl=self.queue_url, MessageBody=message.model_dump_json(), DelaySeconds=delay)


@dataclass(frozen=True, slots=True)
class SQSBacklog:
    """:class:`yuchi.services.ports_imports.Backlog`."""

    client: "SQSClient"
    queue_url: str

    def waiting(self) -> int:
        """About how many events wait."""
        with unavailable():
            found: Any = self.client.get_queue_attributes(
                QueueUrl=self.queue_url, AttributeNames=["ApproximateNumberOfMessages"]
            )
        return int(found["Attributes"]["ApproximateNumberOfMessages"])
