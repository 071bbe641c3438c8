"""``Sources`` and the SSM parameters with their secrets, kept for some minutes in the container."""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from yuchi.adapters.dynamodb.registry import KEPT_SECONDS, RENEWED_SECONDS, Form, Registry
from yuchi.domain.source import SOURCE_ID, Source, SourceSecrets
from yuchi.services.ports_sources import UnreadableSourceError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

_FORM: Final = Form("source", "sources", Source, SourceSecrets)


class DynamoDBSources:
    """:class:`yuchi.services.ports_sources.Sources` on DynamoDB and SSM."""

    def __init__(
        self,
        client: "DynamoDBClient",
        ssm: "SSMClient",
        sources_table: str,
        parameter_prefix: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.registry = Registry(_FORM, client, ssm, sources_table, parameter_prefix, monotonic)
        self.secrets = self.registry.secrets
        self.forget = self.registry.forget
        self.all = self.registry.all

    def get(self, source: str) -> Source | None:
        """The source, at most five minutes old; that there is none is remembered for half a minute."""
        return self._get(source, KEPT_SECONDS)

    def renewed(self, source: str) -> Source | None:
        """The source, at most half a minute old, however many ask."""
        return self._get(source, RENEWED_SECONDS)

    def put(self, source: Source, secrets: SourceSecrets | None = None) -> None:
        """Store a source, its secrets first, so that nobody finds a source without them."""
        self.registry.put(source.id, source, secrets)
        self.registry.forget(source.id)

    def _get(self, source: str, seconds: float) -> Source | None:
        if not re.fullmatch(SOURCE_ID, source):
            return None
        try:
            return self.registry.get(source, seconds)
        except ValidationError:
            raise UnreadableSourceError("UnreadableSource") from None
