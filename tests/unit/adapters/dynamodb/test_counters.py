from typing import Any

import pytest

from tests.contract.examples import NOW
from tests.unit.adapters.dynamodb.faults import Faults
from yuchi.adapters.dynamodb.counters import FLUSH_SECONDS, DynamoDBCounters
from yuchi.adapters.dynamodb.items import from_item, to_item


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def rule_item(client: Any, brand: str, rule: str) -> dict[str, Any]:
    item = client.get_item(TableName="Rules", Key=to_item({"brand": brand, "rule_id": rule})).get("Item", {})
    return from_item(item)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counters(client: Any, clock: Clock) -> DynamoDBCounters:
    return DynamoDBCounters(client, "Counters", "Rules", monotonic=clock)


def test_counts_are_gathered_and_published_next_to_the_marketers_columns(
    client: Any, counters: DynamoDBCounters, clock: Clock, faults: Faults, brand: str
) -> None:
    client.put_item(TableName="Rules", Item=to_item({"brand": brand, "rule_id": "r", "name": "名"}))
    for second in range(10):
        clock.now = second
        counters.add(brand, {"r": 2}, now=NOW)
    assert faults.requests.count("UpdateItem") == 1
    clock.now = FLUSH_SECONDS
    counters.add(brand, {"r": 1, "gone": 1}, now=NOW)
    counters.publish(now=NOW)
    item = rule_item(client, brand, "r")
    assert (item["name"], item["matched"], item["last_matched_at"]) == ("名", 21, "2026-05-01T08:00:00.000Z")
    assert rule_item(client, brand, "gone") == {}


def test_a_count_that_could_not_be_written_is_written_with_the_next(
    client: Any, counters: DynamoDBCounters, clock: Clock, faults: Faults, brand: str
) -> None:
    client.put_item(TableName="Rules", Item=to_item({"brand": brand, "rule_id": "r"}))
    faults.plans["UpdateItem"] = ["throttled"] * 4
    counters.add(brand, {"r": 3}, now=NOW)
    clock.now = FLUSH_SECONDS
    counters.add(brand, {"r": 4}, now=NOW)
    counters.publish(now=NOW)
    assert rule_item(client, brand, "r")["matched"] == 7


def test_a_draft_without_room_keeps_no_other_from_its_count(
    client: Any, counters: DynamoDBCounters, brand: str
) -> None:
    rules = ("a-full", "b", "c-full", "d")
    for rule in rules:
        names = f"brand{brand}rule_id{rule}garbage"
        padding = {"garbage": "x" * (404_995 - len(names))} if "full" in rule else {}
        client.put_item(TableName="Rules", Item=to_item({"brand": brand, "rule_id": rule, **padding}))
    counters.add(brand, dict.fromkeys(rules, 5), now=NOW)
    counters.publish(now=NOW)
    assert [rule_item(client, brand, rule).get("matched") for rule in rules] == [None, 5, None, 5]


def test_publishing_stops_before_the_function_does_and_each_rule_has_its_turn(
    client: Any, counters: DynamoDBCounters, brand: str
) -> None:
    rules = [f"r{number}" for number in range(6)]
    for rule in rules:
        client.put_item(TableName="Rules", Item=to_item({"brand": brand, "rule_id": rule}))
    counters.add(brand, dict.fromkeys(rules, 1), now=NOW)
    for _ in range(200):
        left = iter([60.0, 0.0])
        counters.publish(now=NOW, seconds_left=left.__next__)
    assert [rule_item(client, brand, rule).get("matched") for rule in rules] == [1] * 6


def test_what_did_not_change_is_not_written_again(client: Any, counters: DynamoDBCounters, brand: str) -> None:
    client.put_item(TableName="Rules", Item=to_item({"brand": brand, "rule_id": "r"}))
    counters.add(brand, {"r": 1}, now=NOW)
    counters.publish(now=NOW)
    client.update_item(
        TableName="Rules",
        Key=to_item({"brand": brand, "rule_id": "r"}),
        UpdateExpression="REMOVE last_matched_at",
    )
    counters.publish(now=NOW)
    assert "last_matched_at" not in rule_item(client, brand, "r")
