from datetime import timedelta
from typing import Any

import pytest

from tests.contract.examples import NOW, entry, event
from yuchi.adapters.dynamodb.event_store import DynamoDBEventStore
from yuchi.adapters.dynamodb.timeline import DynamoDBTimeline
from yuchi.domain.timeline import FORGOTTEN

FAN = "wechat:tea:o-1"


@pytest.fixture
def timeline(client: Any, brand: str) -> DynamoDBTimeline:
    store = DynamoDBEventStore(client, "Timeline", "Profiles", "Identities", "Timers", "Merges")
    for number in range(5):
        made = event(brand, str(number), at=NOW + timedelta(minutes=number), content=str(number))
        store.commit(entry(brand, event=made), person=None, timers=())
    return DynamoDBTimeline(client, "Timeline")


def contents(timeline: DynamoDBTimeline, brand: str) -> list[str]:
    return [each.event.data.get("content", "") for each in timeline.entries(brand, FAN)]


def test_the_newest_come_first(timeline: DynamoDBTimeline, brand: str) -> None:
    assert contents(timeline, brand) == ["4", "3", "2", "1", "0"]
    assert list(timeline.entries(f"{brand}0", FAN)) == []


def test_what_happened_after_the_person_left_is_not_forgotten(timeline: DynamoDBTimeline, brand: str) -> None:
    assert timeline.forget(brand, FAN, until=NOW + timedelta(minutes=2), sparing="", seconds_left=lambda: 60.0)
    assert contents(timeline, brand) == ["4", "3", "", "", ""]


def test_forgetting_stops_in_time_and_goes_on_where_it_was(timeline: DynamoDBTimeline, brand: str) -> None:
    left = iter([60.0, 60.0, 1.0])
    assert not timeline.forget(brand, FAN, until=NOW + timedelta(days=1), sparing="", seconds_left=lambda: next(left))
    assert contents(timeline, brand) == ["4", "3", "2", "", ""]
    assert timeline.forget(brand, FAN, until=NOW + timedelta(days=1), sparing="", seconds_left=lambda: 60.0)
    assert all(FORGOTTEN in each.notes for each in timeline.entries(brand, FAN))
