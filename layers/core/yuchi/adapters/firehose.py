"""The archive behind Amazon Data Firehose."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from yuchi.domain.archive import archive_line
from yuchi.domain.timeline import TimelineEntry

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient

MAX_RECORDS: Final = 500
MAX_BYTES: Final = 4 * 1024 * 1024
"""Of one PutRecordBatch (Amazon Data Firehose, quotas)."""


@dataclass(frozen=True, slots=True)
class FirehoseArchive:
    """:class:`yuchi.services.ports.Archive` on a delivery stream: one request for a batch, each record's answer read."""

    client: "FirehoseClient"
    stream: str

    def put(self, entries: Mapping[str, TimelineEntry]) -> set[str]:
        """Keep ``entries``; returns the keys of those that were not taken."""
        refused: set[str] = set()
        for keys, lines in _chunks(entries):
            refused |= self._put_chunk(keys, lines)
        return refused

    def _put_chunk(self, keys: list[str], lines: list[bytes]) -> set[str]:
        try:
            answer = self.client.put_record_batch(
                DeliveryStreamName=self.stream, Records=[{"Data": line} for line in lines]
            )
        except (ClientError, BotoCoreError):
            return set(keys)
        if not answer["FailedPutCount"]:
            return set()
        told = answer["RequestResponses"]
        return {key for place, key in enumerate(keys) if place >= len(told) or "RecordId" not in told[place]}


def _chunks(entries: Mapping[str, TimelineEntry]) -> Iterator[tuple[list[str], list[bytes]]]:
    keys: list[str] = []
    lines: list[bytes] = []
    size = 0
    for key, entry in entries.items():
        line = archive_line(entry)
        if lines and (len(lines) >= MAX_RECORDS or size + len(line) > MAX_BYTES):
            yield keys, lines
            keys, lines, size = [], [], 0
        keys.append(key)
        lines.append(line)
        size += len(line)
    if lines:
        yield keys, lines
