"""``Sources`` and the SSM parameters with their secrets, kept for some minutes in the container."""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import from_item, to_item
from yuchi.domain.source import SOURCE_ID, Source, SourceSecrets
from yuchi.services.ports_sources import UnreadableSourceError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

LOGGER: Final = logging.getLogger(__name__)
KEPT_SECONDS: Final = 300.0
RENEWED_SECONDS: Final = 30.0
"""How old what is known may be where somebody's key does not fit; also how long it is remembered that there is none."""
MAX_UNKNOWN: Final = 1000
"""How many unknown names are remembered, so that a flood of them costs neither reads nor memory."""


@dataclass(slots=True)
class DynamoDBSources:
    """:class:`yuchi.services.ports_sources.Sources` on DynamoDB and SSM."""

    client: "DynamoDBClient"
    ssm: "SSMClient"
    sources_table: str
    parameter_prefix: str
    monotonic: Callable[[], float] = time.monotonic
    _sources: dict[str, tuple[float, Source]] = field(default_factory=dict)
    _secrets: dict[str, tuple[float, SourceSecrets]] = field(default_factory=dict)
    _unknown: dict[str, float] = field(default_factory=dict)

    def get(self, source: str) -> Source | None:
        """The source, at most five minutes old; that there is none is remembered for half a minute."""
        return self._get(source, KEPT_SECONDS)

    def renewed(self, source: str) -> Source | None:
        """The source, at most half a minute old, however many ask."""
        return self._get(source, RENEWED_SECONDS)

    def _get(self, source: str, seconds: float) -> Source | None:
        if not re.fullmatch(SOURCE_ID, source):
            return None
        now = self.monotonic()
        kept = self._sources.get(source)
        if kept and now - kept[0] < seconds:
            return kept[1]
        if source in self._unknown and now - self._unknown[source] < RENEWED_SECONDS:
            return None
        with unavailable():
            item = self.client.get_item(TableName=self.sources_table, Key={"source": {"S": source}}).get("Item")
        if item is None:
            if len(self._unknown) >= MAX_UNKNOWN:
                self._unknown.clear()
            self._unknown[source] = now
            self._sources.pop(source, None)
            return None
        found = _read(from_item(item))
        if found is None:
            raise UnreadableSourceError("UnreadableSource")
        self._sources[source] = (now, found)
        return found

    def secrets(self, source: str) -> SourceSecrets:
        """The source's secrets, at most five minutes old."""
        now = self.monotonic()
        kept = self._secrets.get(source)
        if kept and now - kept[0] < KEPT_SECONDS:
            return kept[1]
        with unavailable():
            parameter = self.ssm.get_parameter(Name=self._parameter(source), WithDecryption=True)["Parameter"]
        found = SourceSecrets.model_validate_json(parameter["Value"])
        self._secrets[source] = (now, found)
        return found

    def forget(self, source: str) -> None:
        """Read the source and its secrets anew when next asked."""
        for kept in (self._sources, self._secrets, self._unknown):
            kept.pop(source, None)

    def all(self) -> list[Source]:
        """Every source. For the command line, not for the way of an event."""
        with unavailable():
            pages = self.client.get_paginator("scan").paginate(TableName=self.sources_table)
            items = [from_item(item) for page in pages for item in page["Items"]]
        return [source for source in map(_read, items) if source is not None]

    def put(self, source: Source, secrets: SourceSecrets | None = None) -> None:
        """Store a source, its secrets first, so that nobody finds a source without them."""
        with unavailable():
            if secrets is not None:
                self.ssm.put_parameter(
                    Name=self._parameter(source.id),
                    Value=json.dumps({name: value.get_secret_value() for name, value in secrets}),
                    Type="SecureString",
                    Overwrite=True,
                )
            item = to_item(source.model_dump(mode="json", by_alias=True))
            self.client.put_item(TableName=self.sources_table, Item=item)
        self.forget(source.id)

    def _parameter(self, source: str) -> str:
        return f"{self.parameter_prefix}/sources/{source}"


def _read(item: Mapping[str, Any]) -> Source | None:
    """The stored source; None for an item that is none, so that the others can still be listed."""
    try:
        return Source.model_validate(item)
    except ValidationError:
        LOGGER.warning("unreadable source %s", item.get("source"))
        return None
