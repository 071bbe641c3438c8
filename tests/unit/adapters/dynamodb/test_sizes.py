"""Sizes as DynamoDB counts them, and when something is measured at all."""

import pytest

from tests.contract.examples import entry, profile
from yuchi.adapters.dynamodb import sizes
from yuchi.adapters.dynamodb.items import Item, item_size, to_item
from yuchi.adapters.dynamodb.profiles import profile_item
from yuchi.adapters.dynamodb.sizes import ITEM_BYTES, MANY_PARTS, RULES_BYTES, refuse_large
from yuchi.adapters.dynamodb.timeline import entry_item
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry
from yuchi.services.ports import TooLargeError

LARGEST = "𠮷" * 1_000
"""The largest value that an attribute can have, of characters with four bytes each."""


@pytest.mark.parametrize(
    ("value", "size"),
    [("", 1), ("abc", 4), ("茶", 4), (None, 2), (True, 2), (7, 3), (1234, 4), ([], 4), (["a", 1], 9), ({"k": "v"}, 7)],
)
def test_an_item_is_measured_as_dynamodb_does(value: object, size: int) -> None:
    assert item_size(to_item({"a": value})) == size


def full(count: int) -> Profile:
    return profile("demo", attributes={"名" * 60 + str(number): LARGEST for number in range(count)})


def refused(entry_: TimelineEntry, profile_: Profile | None) -> str | None:
    try:
        refuse_large(entry_, entry_item(entry_), profile_, profile_item(profile_) if profile_ else None)
    except TooLargeError as error:
        return error.part
    return None


def test_a_profile_is_refused_sooner_where_rules_fired() -> None:
    assert RULES_BYTES < item_size(profile_item(full(80))) < ITEM_BYTES
    assert refused(entry("demo"), full(80)) == "profile"
    assert refused(entry("demo", matched=()), full(80)) is None
    assert refused(entry("demo", matched=()), full(100)) == "profile"


def test_an_entry_is_refused_too() -> None:
    assert refused(entry("demo", notes=("茶" * 110_000,)), None) == "entry"
    assert refused(entry("demo", notes=("茶" * 90_000,)), None) is None
    assert refused(entry("demo", notes=("茶" * 110_000,), matched=()), None) is None


def test_what_is_not_measured_cannot_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    assert item_size(profile_item(full(MANY_PARTS))) < RULES_BYTES
    measured: list[Item] = []

    def measuring(item: Item) -> int:
        measured.append(item)
        return item_size(item)

    monkeypatch.setattr(sizes, "item_size", measuring)
    assert refused(entry("demo"), full(MANY_PARTS - 1)) is None  # its identity is a part too
    assert measured == []
    assert refused(entry("demo"), full(MANY_PARTS)) is None
    assert len(measured) == 1
