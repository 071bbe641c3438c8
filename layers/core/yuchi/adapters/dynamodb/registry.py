"""Items that few people write and every event asks for, with their secrets in SSM: kept in the container for minutes."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

LOGGER: Final = logging.getLogger(__name__)
KEPT_SECONDS: Final = 300.0
RENEWED_SECONDS: Final = 30.0
"""How long it is remembered that there is no such item; also how old one may be that is asked for anew."""
MAX_UNKNOWN: Final = 1000
"""How many unknown names are remembered, so that a flood of them costs neither reads nor memory."""

Thing = TypeVar("Thing", bound=BaseModel)
Secrets = TypeVar("Secrets", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Form(Generic[Thing, Secrets]):
    """What a registry holds. ``key``: the table's; ``folder``: of the parameters."""

    key: str
    folder: str
    thing: type[Thing]
    secrets: type[Secrets]


@dataclass(slots=True)
class Registry(Generic[Thing, Secrets]):
    """One table and the parameters beside it. Names are checked by who asks: DynamoDB would refuse the longest as keys."""

    form: Form[Thing, Secrets]
    client: "DynamoDBClient"
    ssm: "SSMClient"
    table: str
    parameter_prefix: str
    monotonic: Callable[[], float] = time.monotonic
    unknown: dict[str, float] = field(default_factory=dict)
    _things: dict[str, tuple[float, Thing]] = field(default_factory=dict)
    _secrets: dict[str, tuple[float, Secrets]] = field(default_factory=dict)

    def get(self, name: str, seconds: float = KEPT_SECONDS) -> Thing | None:
        """The thing, at most so old; that there is none is remembered for half a minute. Raises ``ValidationError``."""
        now = self.monotonic()
        kept = self._things.get(name)
        if kept and now - kept[0] < seconds:
            return kept[1]
        if name in self.unknown and now - self.unknown[name] < RENEWED_SECONDS:
            return None
        with unavailable():
            item = self.client.get_item(TableName=self.table, Key={self.form.key: {"S": name}}).get("Item")
        if item is None:
            if len(self.unknown) >= MAX_UNKNOWN:
                self.unknown.clear()
            self.unknown[name] = now
            self._things.pop(name, None)
            return None
        found = self.form.thing.model_validate(from_item(item))
        self._things[name] = (now, found)
        return found

    def secrets(self, name: str) -> Secrets:
        """Its secrets, at most five minutes old."""
        now = self.monotonic()
        kept = self._secrets.get(name)
        if kept and now - kept[0] < KEPT_SECONDS:
            return kept[1]
        with unavailable():
            parameter = self.ssm.get_parameter(Name=self._parameter(name), WithDecryption=True)["Parameter"]
        found = self.form.secrets.model_validate_json(parameter["Value"])
        self._secrets[name] = (now, found)
        return found

    def forget(self, name: str) -> None:
        """Read the thing and its secrets anew when next asked."""
        self._things.pop(name, None)
        self._secrets.pop(name, None)
        self.unknown.pop(name, None)

    def all(self) -> list[Thing]:
        """Every one that can be read. Not for the way of an event."""
        with unavailable():
            pages = self.client.get_paginator("scan").paginate(TableName=self.table)
            items = [from_item(item) for page in pages for item in page["Items"]]
        return [thing for thing in map(self._read, items) if thing is not None]

    def put(self, name: str, thing: Thing, secrets: Secrets | None) -> None:
        """Store it, its secrets first, so that nobody finds it without them."""
        with unavailable():
            if secrets is not None:
                plain = {each: value.get_secret_value() for each, value in secrets if isinstance(value, SecretStr)}
                self.ssm.put_parameter(
                    Name=self._parameter(name), Value=json.dumps(plain), Type="SecureString", Overwrite=True
                )
            self.client.put_item(TableName=self.table, Item=to_item(thing.model_dump(mode="json", by_alias=True)))

    def _parameter(self, name: str) -> str:
        return f"{self.parameter_prefix}/{self.form.folder}/{name}"

    def _read(self, item: Mapping[str, Any]) -> Thing | None:
        """The stored thing; None for an item that is none, so that it costs no other its place."""
        try:
            return self.form.thing.model_validate(item)
        except ValidationError:
            LOGGER.warning("unreadable %s %s", self.form.key, item.get(self.form.key))
            return None
