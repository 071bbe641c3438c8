"""In-memory stand-ins for the ports of reviewing edits. They pass the same contract tests as the DynamoDB adapters."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yuchi.domain.account import Account
from yuchi.domain.draft_columns import COLUMNS
from yuchi.domain.manifest import Manifest
from yuchi.domain.plain import plain
from yuchi.domain.rule import Rule
from yuchi.services.ports_rules import Edit, Review, RuleHead, RulesetConflictError


@dataclass
class FakeRulesetStore:
    """``Live`` in a dictionary. ``before_swap`` lets a test publish in between; ``swaps`` counts what succeeded."""

    manifests: dict[str, str] = field(default_factory=dict)
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    heads: dict[tuple[str, str], RuleHead] = field(default_factory=dict)
    history: dict[tuple[str, str, int], dict[str, Any]] = field(default_factory=dict)
    stored_for: dict[tuple[str, str], int] = field(default_factory=dict)
    expiring: dict[tuple[str, str], datetime] = field(default_factory=dict)
    before_swap: Callable[[], None] | None = None
    before_retire: Callable[[], None] | None = None
    swaps: int = 0

    def get_manifest(self, brand: str) -> Manifest:
        text = self.manifests.get(brand)
        return Manifest.read(text) if text else Manifest(brand=brand)

    def get_blob(self, brand: str, name: str) -> bytes:
        return self.blobs[brand, name]

    def put_blobs(self, brand: str, blobs: Mapping[str, bytes], *, version: int) -> None:
        for name, blob in blobs.items():
            self.blobs[brand, name] = blob
            self.stored_for[brand, name] = version
            self.expiring.pop((brand, name), None)

    def retire(self, brand: str, names: Collection[str], *, version: int, expires_at: datetime) -> None:
        if self.before_retire is not None:
            hook, self.before_retire = self.before_retire, None
            hook()
        for name in names:
            if (brand, name) in self.blobs and self.stored_for[brand, name] < version:
                self.expiring[brand, name] = expires_at

    def expire(self, now: datetime) -> None:
        """What the table's time to live does."""
        for key in [key for key, moment in self.expiring.items() if moment <= now]:
            del self.blobs[key], self.stored_for[key], self.expiring[key]

    def get_heads(self, brand: str, rule_ids: Sequence[str]) -> dict[str, RuleHead]:
        assert len(rule_ids) <= 20
        return {rule_id: self.heads[brand, rule_id] for rule_id in rule_ids if (brand, rule_id) in self.heads}

    def swap(self, manifest: Manifest, heads: Sequence[RuleHead]) -> None:
        assert len(heads) <= 20
        if self.before_swap is not None:
            hook, self.before_swap = self.before_swap, None
            hook()
        if self.get_manifest(manifest.brand).version != manifest.version - 1:
            raise RulesetConflictError
        for head in heads:
            self.heads[manifest.brand, head.rule_id] = head
            if head.rule is not None:
                key = (manifest.brand, head.rule_id, head.version)
                assert key not in self.history, "history is never written over"
                self.history[key] = head.rule.dump()
        needed = [*manifest.all_hashes(), *filter(None, [manifest.schema])]
        missing = [name for name in needed if (manifest.brand, name) not in self.blobs]
        assert not missing, "a manifest that names a chunk which is not stored"
        self.manifests[manifest.brand] = manifest.dump()
        self.swaps += 1

    def live(self, brand: str, rule_id: str) -> Rule | None:
        head = self.heads.get((brand, rule_id))
        return head.rule if head else None


@dataclass
class FakeDraftStore:
    """``Rules`` in a dictionary, with its stream: each write appends an :class:`Edit`."""

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    stream: list[Edit] = field(default_factory=list)
    key: str = "rule_id"
    columns: Collection[str] = tuple(COLUMNS)
    before_get: Callable[[], None] | None = None
    before_review: Callable[[], None] | None = None

    def put(self, item: Mapping[str, Any]) -> None:
        key = (item["brand"], item[self.key])
        old = self.items.get(key)
        self.items[key] = dict(item)
        self.stream.append(Edit(*key, old=old, new=dict(item)))

    def delete(self, brand: str, rule_id: str) -> None:
        old = self.items.pop((brand, rule_id), None)
        self.stream.append(Edit(brand, rule_id, old=old, new=None))

    def get(self, brand: str, rule_id: str) -> dict[str, Any] | None:
        if self.before_get is not None:
            hook, self.before_get = self.before_get, None
            hook()
        item = self.items.get((brand, rule_id))
        return dict(item) if item is not None else None

    def write_review(self, brand: str, rule_id: str, *, seen: Mapping[str, Any], review: Review) -> bool:
        if self.before_review is not None:
            hook, self.before_review = self.before_review, None
            hook()
        item = self.items.get((brand, rule_id))
        if item is None or any(plain(item.get(column)) != plain(seen.get(column)) for column in self.columns):
            return False
        system = {
            "status": review.status.value,
            "problem": review.problem,
            "hint": review.hint,
            "live_version": review.live_version,
            "reviewed": review.reviewed,
            "reviewed_at": review.reviewed_at,
        }
        kept = {name: value for name, value in item.items() if name not in system}
        self.put(kept | {name: value for name, value in system.items() if value is not None})
        return True

    def drain(self) -> list[Edit]:
        edits, self.stream = self.stream, []
        return edits


@dataclass
class FakeBrandAccounts:
    """Accounts in a list."""

    accounts: list[Account] = field(default_factory=list)

    def of_brand(self, brand: str) -> tuple[Account, ...]:
        return tuple(account for account in self.accounts if account.brand == brand)
