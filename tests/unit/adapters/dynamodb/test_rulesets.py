from typing import Any

import pytest

from tests.contract.examples import NOW
from tests.fakes.world import rule
from tests.unit.adapters.dynamodb.faults import Faults
from yuchi.adapters.dynamodb.live import DynamoDBRulesetStore
from yuchi.adapters.dynamodb.rulesets import FRESH_SECONDS, DynamoDBRulesets, blob_key
from yuchi.domain.ruleset import Change, build, publish
from yuchi.services.ports import UnavailableError

HELLO = rule("hello", "message.text", ["tag 来过"])
BYE = rule("bye", "menu.clicked", ["score +1"], when='count("message.text", "7d") > 1')


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(client: Any) -> DynamoDBRulesetStore:
    return DynamoDBRulesetStore(client, "Live")


@pytest.fixture
def rulesets(client: Any, clock: Clock) -> DynamoDBRulesets:
    return DynamoDBRulesets(client, "Live", monotonic=clock)


def go_live(store: DynamoDBRulesetStore, brand: str) -> None:
    made = build(brand, [HELLO])
    store.put_blobs(brand, made.blobs, version=made.manifest.version)
    store.swap(made.manifest, [])


def test_without_rules_there_is_no_bucket(rulesets: DynamoDBRulesets, brand: str) -> None:
    assert rulesets.bucket(brand, "tea", "message.text") is None
    assert (rulesets.version(brand), dict(rulesets.counted(brand)), rulesets.watched(brand)) == (0, {}, ())


def test_what_comes_by_time_alone_is_known_until_the_next_version(
    store: DynamoDBRulesetStore, rulesets: DynamoDBRulesets, clock: Clock, brand: str
) -> None:
    go_live(store, brand)
    assert rulesets.watched(brand) == ()
    late = rule("late", "no menu.clicked for 7d", ["score +1"])
    second = publish(store.get_manifest(brand), [Change(None, late)], lambda name: store.get_blob(brand, name))
    store.put_blobs(brand, second.blobs, version=second.manifest.version)
    store.swap(second.manifest, [])
    assert rulesets.watched(brand) == ()
    clock.now = FRESH_SECONDS + 1
    assert rulesets.watched(brand) == ("no menu.clicked for 7d",)
    assert rulesets.bucket(brand, "tea", "no menu.clicked for 7d") is not None


def test_an_edit_is_seen_when_the_manifest_is_not_fresh_any_more(
    store: DynamoDBRulesetStore, rulesets: DynamoDBRulesets, clock: Clock, faults: Faults, brand: str
) -> None:
    go_live(store, brand)
    assert rulesets.bucket(brand, "tea", "menu.clicked") is None
    second = publish(store.get_manifest(brand), [Change(None, BYE)], lambda name: store.get_blob(brand, name))
    store.put_blobs(brand, second.blobs, version=second.manifest.version)
    store.swap(second.manifest, [])
    assert rulesets.bucket(brand, "tea", "menu.clicked") is None
    clock.now = FRESH_SECONDS + 1
    bucket = rulesets.bucket(brand, "tea", "menu.clicked")
    assert bucket is not None
    assert [entry.rule_id for entry in bucket.entries] == ["bye"]
    assert dict(rulesets.counted(brand)) == {"message.text": 7 * 86400}
    faults.requests.clear()
    for _ in range(9):
        rulesets.bucket(brand, "tea", "menu.clicked")
    assert faults.requests == []


def test_in_an_outage_the_rules_of_before_go_on(
    store: DynamoDBRulesetStore, rulesets: DynamoDBRulesets, clock: Clock, faults: Faults, brand: str
) -> None:
    go_live(store, brand)
    assert rulesets.bucket(brand, "tea", "message.text") is not None
    clock.now = FRESH_SECONDS + 1
    faults.plans["GetItem"] = ["throttled"] * 4
    assert rulesets.bucket(brand, "tea", "message.text") is not None


def test_without_any_rules_read_before_an_outage_is_one(rulesets: DynamoDBRulesets, faults: Faults, brand: str) -> None:
    faults.plans["GetItem"] = ["throttled"] * 4
    with pytest.raises(UnavailableError):
        rulesets.bucket(brand, "tea", "message.text")


def test_a_missing_chunk_is_an_outage_and_not_a_smaller_ruleset(
    store: DynamoDBRulesetStore, rulesets: DynamoDBRulesets, brand: str
) -> None:
    store.swap(build(brand, [HELLO]).manifest, [])
    with pytest.raises(UnavailableError):
        rulesets.bucket(brand, "tea", "message.text")


def test_a_retired_chunk_carries_a_mark_until_it_is_stored_again(
    client: Any, store: DynamoDBRulesetStore, brand: str
) -> None:
    made = build(brand, [HELLO])
    (name,) = made.blobs

    def mark() -> Any:
        item = client.get_item(TableName="Live", Key=blob_key(brand, name), ConsistentRead=True)["Item"]
        assert bytes(item["blob"]["B"]) == made.blobs[name]
        return item.get("expires_at")

    store.put_blobs(brand, made.blobs, version=1)
    store.retire(brand, [name], version=2, expires_at=NOW)
    assert mark() == {"N": str(int(NOW.timestamp()))}
    store.put_blobs(brand, made.blobs, version=3)
    assert mark() is None
    store.retire(brand, [name], version=2, expires_at=NOW)  # who replaced it in version 2 was slow
    store.retire(brand, [name], version=3, expires_at=NOW)
    assert mark() is None
    store.retire(brand, ["gone"], version=4, expires_at=NOW)
    assert "Item" not in client.get_item(TableName="Live", Key=blob_key(brand, "gone"))


def test_a_chunk_of_before_versions_were_written_is_retired_too(
    client: Any, store: DynamoDBRulesetStore, faults: Faults, brand: str
) -> None:
    client.put_item(TableName="Live", Item=blob_key(brand, "old") | {"blob": {"B": b"..."}})
    store.retire(brand, ["old"], version=2, expires_at=NOW)
    assert "expires_at" in client.get_item(TableName="Live", Key=blob_key(brand, "old"))["Item"]
    faults.plans["UpdateItem"] = ["throttled"] * 4
    with pytest.raises(UnavailableError):
        store.retire(brand, ["old"], version=3, expires_at=NOW)
