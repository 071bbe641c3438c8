from datetime import timedelta
from typing import Any

from tests.contract.examples import NOW, event
from yuchi.adapters.dynamodb.items import from_item
from yuchi.adapters.dynamodb.timers import SHARDS, DynamoDBTimers, timer_item, timer_key
from yuchi.domain.timeline import Timer


def test_each_minute_another_partition_is_the_first_so_that_none_waits_for_ever(client: Any, brand: str) -> None:
    by_shard: dict[str, Timer] = {}
    for number in range(400):
        timer = Timer(due=NOW, event=event(brand, f"timer-{number}"))
        by_shard.setdefault(from_item(timer_key(timer))["shard"], timer)
    assert len(by_shard) == SHARDS
    for timer in by_shard.values():
        client.put_item(TableName="Timers", Item=timer_item(timer))
    timers = DynamoDBTimers(client, "Timers")
    first = {next(iter(timers.due(NOW + timedelta(minutes=minute)))).id for minute in range(1, 1 + SHARDS)}
    assert first == {timer.id for timer in by_shard.values()}
    assert {each.id for each in timers.due(NOW) if each.event.brand == brand} == first
