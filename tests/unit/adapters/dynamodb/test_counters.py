"""Counts on their way: from batches into rows, from rows to the rules' items."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from typing import Any

import pytest

from tests.contract.examples import NOW
from tests.unit.adapters.dynamodb.faults import Faults
from tests.unit.domain.test_tally import entry, failed, fired
from yuchi.adapters.dynamodb.counters import (
    FEW_SECONDS,
    FLUSH_BUDGET_SECONDS,
    FLUSH_SECONDS,
    PASSES_SECONDS,
    DynamoDBCounters,
)
from yuchi.adapters.dynamodb.items import from_item, to_item
from yuchi.domain.event import format_time
from yuchi.domain.timeline import Match, Pass, TimelineEntry


class Clock:
    """``step``: seconds that pass with each look."""

    now = 0.0
    step = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def of(brand: str, *rules: Match | Pass, minutes: float = 0) -> TimelineEntry:
    made = entry(*rules, minutes=minutes)
    return made.model_copy(update={"event": made.event.model_copy(update={"brand": brand})})


def rule_item(client: Any, brand: str, rule: str = "r") -> dict[str, Any]:
    item = client.get_item(TableName="Rules", Key=to_item({"brand": brand, "rule_id": rule})).get("Item", {})
    return from_item(item)


def counted(client: Any, brand: str) -> set[str]:
    items = client.scan(TableName="Counters")["Items"]
    return {row["counter"] for row in map(from_item, items) if row["brand"] == brand}


def draft(client: Any, brand: str, *rules: str) -> None:
    for rule in rules or ("r",):
        client.put_item(TableName="Rules", Item=to_item({"brand": brand, "rule_id": rule, "name": "名"}))


def publish(
    counters: DynamoDBCounters, now: datetime = NOW, *, hourly: bool = False, left: Callable[[], float] = lambda: inf
) -> None:
    counters.publish(now=now, hourly=hourly, seconds_left=left)


@pytest.fixture(autouse=True)
def one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """All counts of a rule go into one row, so that rows are seen to be added to."""
    monkeypatch.setattr("yuchi.adapters.dynamodb.counters.randrange", lambda _shards: 3)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counters(client: Any, clock: Clock) -> DynamoDBCounters:
    return DynamoDBCounters(client, "Counters", "Rules", monotonic=clock)


def test_on_a_quiet_account_each_match_is_on_the_item_with_the_next_minute(
    client: Any, counters: DynamoDBCounters, clock: Clock, faults: Faults, brand: str
) -> None:
    draft(client, brand)
    for number in range(1, 4):
        clock.now += 1
        faults.requests.clear()
        counters.add([of(brand, fired(), minutes=number)], now=NOW, full=False)
        assert faults.requests == ["UpdateItem"] * (2 if number == 1 else 1)
        publish(DynamoDBCounters(client, "Counters", "Rules"))  # another container, which knows only the table
        item = rule_item(client, brand)
        expected = ("名", number, format_time(NOW + timedelta(minutes=number)))
        assert (item["name"], item["matched"], item["last_matched_at"]) == expected


def test_a_container_that_only_gathers_loses_what_it_has_when_it_goes_quiet(
    client: Any, counters: DynamoDBCounters, clock: Clock, brand: str
) -> None:
    """The planted defect: each batch is taken for one of a backlog."""
    draft(client, brand)
    for _ in range(3):
        clock.now += 1
        counters.add([of(brand, fired())], now=NOW, full=True)
    publish(DynamoDBCounters(client, "Counters", "Rules"))
    assert rule_item(client, brand)["matched"] == 1


def test_under_a_backlog_matches_are_gathered_and_the_last_batch_brings_the_rest(
    client: Any, counters: DynamoDBCounters, clock: Clock, faults: Faults, brand: str
) -> None:
    draft(client, brand)
    counters.add([of(brand, fired())], now=NOW, full=False)
    faults.requests.clear()
    for tenth in range(int(FLUSH_SECONDS) * 10 - 1):
        clock.now = (tenth + 1) / 10
        counters.add([of(brand, fired())] * 10, now=NOW, full=True)
    assert faults.requests == []
    clock.now = FLUSH_SECONDS
    counters.add([of(brand, fired())] * 10, now=NOW, full=True)
    assert faults.requests == ["UpdateItem"]
    for _ in range(2):
        clock.now += 0.1
        counters.add([of(brand, fired())] * 10, now=NOW, full=True)
    clock.now += 0.1
    counters.add([], now=NOW, full=False)  # not even a new event
    publish(counters)
    assert rule_item(client, brand)["matched"] == 1 + 200 * 10 + 2 * 10


def test_of_a_rule_that_often_matched_a_few_matches_wait_until_they_are_more_or_minutes_old(
    client: Any, counters: DynamoDBCounters, clock: Clock, faults: Faults, brand: str
) -> None:
    draft(client, brand)
    often = {"brand": brand, "counter": "rule#r#3", "matched": 250, "rule_version": 1, "last_matched_at": ""}
    client.put_item(TableName="Counters", Item=to_item(often))  # one of eight rows: some 2,000 matches

    def matched(times: int) -> list[str]:
        """What one event after the other asks for."""
        faults.requests.clear()
        for _ in range(times):
            clock.now += 1
            counters.add([of(brand, fired())], now=NOW, full=False)
        return faults.requests

    assert matched(1) == ["UpdateItem"]  # nothing is known of the rule yet
    assert matched(2) == []
    assert matched(1) == ["UpdateItem"]
    assert matched(1) == []
    counters.add([of(brand, fired(version=2))], now=NOW, full=False)
    assert set(faults.requests) == {"UpdateItem"}  # the first of an edited rule is seen at once
    faults.requests.clear()
    counters.add([of(brand, fired(version=2))], now=NOW, full=False)
    assert faults.requests == []
    clock.now += FEW_SECONDS
    counters.add([], now=NOW, full=False)
    publish(counters)
    assert rule_item(client, brand)["matched"] == 250 + 1 + 2 + 1 + 1 + 1 + 1


def test_rules_that_were_only_looked_at_wait_for_minutes_but_not_for_a_match(
    client: Any, counters: DynamoDBCounters, clock: Clock, faults: Faults, brand: str
) -> None:
    draft(client, brand, "never")
    passed = of(brand, failed("event.key == 1", rule="never"))
    counters.add([passed], now=NOW, full=False)
    faults.requests.clear()
    for second in range(1, int(PASSES_SECONDS)):
        clock.now = second
        counters.add([passed], now=NOW, full=False)
    assert faults.requests == []
    clock.now = PASSES_SECONDS
    counters.add([passed], now=NOW, full=True)
    publish(counters)
    assert "matched" not in rule_item(client, brand, "never")
    publish(counters, hourly=True)
    item = rule_item(client, brand, "never")
    assert (item["matched"], item["candidates"], item["often_failed"]) == (0, 1 + PASSES_SECONDS, "event.key == 1")
    assert "last_matched_at" not in item


def test_a_rule_that_matches_brings_how_often_it_was_looked_at_along(
    client: Any, counters: DynamoDBCounters, clock: Clock, brand: str
) -> None:
    draft(client, brand)
    counters.add([of(brand, fired())], now=NOW, full=False)
    clock.now = 1
    batch = [of(brand, failed("a")), of(brand, failed("b")), of(brand, failed("b")), of(brand, fired())]
    counters.add(batch, now=NOW, full=False)
    publish(counters, hourly=True)
    item = rule_item(client, brand)
    assert (item["matched"], item["candidates"], item["often_failed"]) == (2, 5, "b")


def test_parts_add_up_over_containers_and_an_edit_begins_them_anew(client: Any, brand: str) -> None:
    draft(client, brand)

    def container(*batch: Match | Pass) -> None:
        DynamoDBCounters(client, "Counters", "Rules").add([of(brand, each) for each in batch], now=NOW, full=False)

    def often_failed() -> Any:
        publish(DynamoDBCounters(client, "Counters", "Rules"), hourly=True)
        return rule_item(client, brand).get("often_failed")

    container(failed('event.key == "a.b #1"'), failed("b"))
    container(failed('event.key == "a.b #1"'), failed("b"), failed("b"))
    assert often_failed() == "b"
    container(failed("c", version=2))
    assert often_failed() == "c"
    container(*[failed("b")] * 9)  # an old container, with the rules of before the edit
    assert often_failed() == "c"
    container(fired(version=3))
    assert often_failed() is None
    assert rule_item(client, brand)["candidates"] == 16


def test_a_count_that_comes_late_does_not_move_the_last_match_back(client: Any, brand: str) -> None:
    draft(client, brand)
    for minutes in (1, 5, 3):
        late = DynamoDBCounters(client, "Counters", "Rules")
        late.add([of(brand, fired(), minutes=minutes)], now=NOW, full=False)
    publish(DynamoDBCounters(client, "Counters", "Rules"))
    item = rule_item(client, brand)
    assert (item["matched"], item["last_matched_at"]) == (3, format_time(NOW + timedelta(minutes=5)))


def test_a_count_that_could_not_be_written_is_written_with_the_next(
    client: Any, counters: DynamoDBCounters, faults: Faults, brand: str
) -> None:
    draft(client, brand)
    faults.plans["UpdateItem"] = ["throttled"] * 4
    counters.add([of(brand, fired())] * 3, now=NOW, full=False)
    publish(counters)
    assert "matched" not in rule_item(client, brand)
    counters.add([of(brand, fired())] * 4, now=NOW, full=False)
    publish(counters)
    assert rule_item(client, brand)["matched"] == 7


def test_writing_takes_no_more_of_an_invocation_than_its_share_and_matches_go_first(
    client: Any, counters: DynamoDBCounters, clock: Clock, faults: Faults, brand: str
) -> None:
    clock.step = FLUSH_BUDGET_SECONDS / 4
    passed = [failed("x", rule=f"passed{number}") for number in range(5)]
    counters.add([of(brand, *passed, *(fired(rule=f"fired{number}") for number in range(3)))], now=NOW, full=False)
    rows = client.query(
        TableName="Counters",
        KeyConditionExpression="brand = :brand",
        ExpressionAttributeValues={":brand": {"S": brand}},
    )["Items"]
    assert [row["counter"]["S"] for row in rows] == [f"rule#fired{number}#3" for number in range(3)]
    clock.step = 0
    counters.add([], now=NOW, full=False)
    assert faults.requests.count("UpdateItem") == 6  # what waits has not matched


def test_rows_of_before_this_version_are_counted_on(client: Any, counters: DynamoDBCounters, brand: str) -> None:
    draft(client, brand)
    old = {"brand": brand, "counter": "rule#r#3", "matched": 40, "last_matched_at": format_time(NOW)}
    client.put_item(TableName="Counters", Item=to_item(old))
    counters.add([of(brand, fired(), failed("x"), minutes=1)], now=NOW, full=False)
    publish(counters, hourly=True)
    item = rule_item(client, brand)
    assert (item["matched"], item["candidates"], item["often_failed"]) == (41, 2, "x")


def test_a_rule_that_is_gone_is_not_made_again(client: Any, counters: DynamoDBCounters, brand: str) -> None:
    counters.add([of(brand, fired(rule="gone"))], now=NOW, full=False)
    publish(counters, hourly=True)
    assert rule_item(client, brand, "gone") == {}


def test_with_a_rule_go_its_rows_and_no_others_within_the_hour(client: Any, brand: str) -> None:
    draft(client, brand, "stays")
    full = {"brand": brand, "rule_id": "full", "garbage": "x" * (404_995 - len(f"brand{brand}rule_idfullgarbage"))}
    client.put_item(TableName="Rules", Item=to_item(full))
    rules = [fired(rule="stays"), fired(rule="gone"), fired(rule="full")]
    DynamoDBCounters(client, "Counters", "Rules").add([of(brand, *rules)], now=NOW, full=False)
    client.put_item(TableName="Counters", Item=to_item({"brand": brand, "counter": "rule#gone#7", "matched": 2}))
    client.put_item(TableName="Counters", Item=to_item({"brand": brand, "counter": "source#gone", "taken": 2}))
    publish(DynamoDBCounters(client, "Counters", "Rules"))
    assert counted(client, brand) == {"rule#full#3", "rule#gone#3", "rule#gone#7", "rule#stays#3", "source#gone"}
    for _ in range(2):  # the second time nothing has changed, which the condition refuses too
        publish(DynamoDBCounters(client, "Counters", "Rules"), hourly=True)
        assert counted(client, brand) == {"rule#full#3", "rule#stays#3", "source#gone"}


def test_a_draft_without_room_keeps_no_other_from_its_count(
    client: Any, counters: DynamoDBCounters, brand: str
) -> None:
    rules = ("a-full", "b", "c-full", "d")
    for rule in rules:
        names = f"brand{brand}rule_id{rule}garbage"
        padding = {"garbage": "x" * (404_995 - len(names))} if "full" in rule else {}
        client.put_item(TableName="Rules", Item=to_item({"brand": brand, "rule_id": rule, **padding}))
    counters.add([of(brand, *(fired(rule=rule) for rule in rules))], now=NOW, full=False)
    publish(counters)
    assert [rule_item(client, brand, rule).get("matched") for rule in rules] == [None, 1, None, 1]


def test_publishing_stops_before_the_function_does_and_each_rule_has_its_turn(
    client: Any, counters: DynamoDBCounters, brand: str
) -> None:
    rules = [f"r{number}" for number in range(6)]
    draft(client, brand, *rules)
    counters.add([of(brand, *(fired(rule=rule) for rule in rules))], now=NOW, full=False)
    for _ in range(200):
        left = iter([60.0, 0.0])
        publish(counters, hourly=True, left=left.__next__)
    assert [rule_item(client, brand, rule).get("matched") for rule in rules] == [1] * 6


def test_between_the_hours_only_what_changed_lately_is_asked_for(
    client: Any, counters: DynamoDBCounters, faults: Faults, brand: str
) -> None:
    draft(client, brand, "r", "old")
    counters.add([of(brand, fired(rule="old"))], now=NOW - timedelta(hours=1), full=False)
    counters.add([of(brand, fired())], now=NOW, full=False)
    for _ in range(3):
        publish(counters)
    assert [rule_item(client, brand, rule).get("matched") for rule in ("old", "r")] == [None, 1]
    faults.requests.clear()
    publish(counters)
    assert faults.requests == ["Scan"]
    publish(counters, hourly=True)
    assert rule_item(client, brand, "old")["matched"] == 1


def test_what_did_not_change_is_not_written_again(client: Any, counters: DynamoDBCounters, brand: str) -> None:
    draft(client, brand)
    counters.add([of(brand, fired())], now=NOW, full=False)
    publish(counters, hourly=True)
    client.update_item(
        TableName="Rules",
        Key=to_item({"brand": brand, "rule_id": "r"}),
        UpdateExpression="REMOVE last_matched_at",
    )
    publish(counters, hourly=True)
    assert "last_matched_at" not in rule_item(client, brand)


def test_a_count_that_a_marketer_overwrote_comes_back_within_the_hour(
    client: Any, counters: DynamoDBCounters, brand: str
) -> None:
    draft(client, brand)
    counters.add([of(brand, fired())] * 5, now=NOW, full=False)
    publish(counters)
    draft(client, brand)  # saved from a form that was opened earlier
    publish(counters, hourly=True)
    assert rule_item(client, brand)["matched"] == 5
