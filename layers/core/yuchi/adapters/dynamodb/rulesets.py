"""``Live``: the published rules, as events read them."""

import time
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import Item
from yuchi.domain.language import Bucket
from yuchi.domain.manifest import Manifest
from yuchi.domain.ruleset import load
from yuchi.domain.standard.model import DEFAULT_SCHEMA, BrandSchema
from yuchi.domain.standard.publishing import Definitions
from yuchi.services.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FRESH_SECONDS: Final = 4.0
"""How long a manifest is taken as current: an edit is live within ten seconds, its review included."""

KEPT_BUCKETS: Final = 256


def manifest_key(brand: str) -> Item:
    """The item that says which version is live."""
    return {"brand": {"S": brand}, "item": {"S": "current"}}


def blob_key(brand: str, name: str) -> Item:
    """The item of one chunk of rules."""
    return {"brand": {"S": brand}, "item": {"S": f"bucket#{name}"}}


def manifest_item(manifest: Manifest) -> Item:
    """The manifest as it is stored: compressed, for every container reads it every few seconds."""
    return manifest_key(manifest.brand) | {
        "version": {"N": str(manifest.version)},
        "rules": {"N": str(manifest.rules)},
        "manifest": {"B": zlib.compress(manifest.dump().encode(), 9)},
    }


def manifest_from_item(item: Item) -> Manifest:
    """The stored manifest."""
    return Manifest.read(zlib.decompress(item["manifest"]["B"]).decode())


def read_blob(client: "DynamoDBClient", live_table: str, brand: str, name: str) -> bytes:
    """One chunk of rules. Raises ``UnavailableError``, also where it is not there (yet)."""
    with unavailable():
        item = client.get_item(TableName=live_table, Key=blob_key(brand, name), ConsistentRead=True).get("Item")
    if item is None:
        raise UnavailableError("a chunk of the ruleset is missing")
    return bytes(item["blob"]["B"])


@dataclass(slots=True)
class DynamoDBRulesets:
    """:class:`yuchi.services.ports.Rulesets` on DynamoDB: one small read every few seconds, a bucket when it changed."""

    client: "DynamoDBClient"
    live_table: str
    monotonic: Callable[[], float] = time.monotonic
    _manifests: dict[str, tuple[float, Manifest]] = field(default_factory=dict)
    _counted: dict[tuple[str, int], Mapping[str, int | None]] = field(default_factory=dict)
    _watched: dict[tuple[str, int], Sequence[str]] = field(default_factory=dict)
    _schemas: dict[str, tuple[str, BrandSchema]] = field(default_factory=dict)
    _buckets: dict[tuple[str, tuple[str, ...]], Bucket | None] = field(default_factory=dict)

    def bucket(self, brand: str, account: str, event_type: str) -> Bucket | None:
        """The rules that an event of ``event_type`` on ``account`` may match."""
        hashes = self._manifest(brand).hashes(account, event_type)
        if not hashes:
            return None
        key = (brand, hashes)
        if key not in self._buckets:
            if len(self._buckets) >= KEPT_BUCKETS:
                self._buckets.clear()
            self._buckets[key] = load([read_blob(self.client, self.live_table, brand, name) for name in hashes])
        return self._buckets[key]

    def counted(self, brand: str) -> Mapping[str, int | None]:
        """The event types that conditions count."""
        manifest = self._manifest(brand)
        key = (brand, manifest.version)
        if key not in self._counted:
            self._counted.clear()
            self._counted[key] = manifest.counted()
        return self._counted[key]

    def watched(self, brand: str) -> Sequence[str]:
        """What rules wait for that time alone may bring about."""
        manifest = self._manifest(brand)
        key = (brand, manifest.version)
        if key not in self._watched:
            self._watched.clear()
            self._watched[key] = manifest.watched()
        return self._watched[key]

    def schema(self, brand: str) -> BrandSchema:
        """What the brand defined for itself."""
        name = self._manifest(brand).schema
        if not name:
            return DEFAULT_SCHEMA
        known = self._schemas.get(brand)
        if known is None or known[0] != name:
            definitions = Definitions.read(read_blob(self.client, self.live_table, brand, name))
            known = self._schemas[brand] = (name, definitions.schema())
        return known[1]

    def listening(self, brand: str, listened_to: str) -> Collection[str]:
        """The accounts that have rules for it."""
        return self._manifest(brand).listening(listened_to)

    def goals(self, brand: str) -> Mapping[str, Mapping[str, int]]:
        """What campaigns wait for."""
        return self._manifest(brand).goals

    def version(self, brand: str) -> int:
        """The version that is live."""
        return self._manifest(brand).version

    def _manifest(self, brand: str) -> Manifest:
        now = self.monotonic()
        known = self._manifests.get(brand)
        if known and now < known[0]:
            return known[1]
        try:
            manifest = self._read_manifest(brand, known[1] if known else None)
        except UnavailableError:
            if known is None:
                raise
            manifest = known[1]  # the rules of a moment ago are better than no answer
        self._manifests[brand] = (now + FRESH_SECONDS, manifest)
        return manifest

    def _read_manifest(self, brand: str, known: Manifest | None) -> Manifest:
        with unavailable():
            item = self.client.get_item(TableName=self.live_table, Key=manifest_key(brand)).get("Item")
        if item is None:
            return Manifest(brand=brand)
        if known is not None and int(item["version"]["N"]) == known.version:
            return known
        return manifest_from_item(item)
