"""What sources say of a person becomes attributes, within bounds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from yuchi.domain.event import Event
from yuchi.domain.profile import Profile
from yuchi.domain.traits import MAX_VALUE, ROOM, with_traits

START = datetime(2026, 5, 1, tzinfo=UTC)


def said(traits: Any, *, source: str = "/collect/shop", seconds: int = 0) -> Event:
    return Event(
        id="event-of-traits",
        source=source,
        type="person.identified",
        time=START + timedelta(seconds=seconds),
        brand="demo",
        account="",
        subject="member:1",
        data={"traits": traits},
    )


EMPTY = Profile(brand="demo", person="p1")


@pytest.mark.parametrize("source", ["/collect/shop", "/import/shop"])
def test_traits_become_attributes_of_the_sources_slice(source: str) -> None:
    profile = with_traits(EMPTY, said({"city": "上海", "vip": True}, source=source))
    assert profile.attributes == {"city": "上海", "vip": True}
    assert profile.slices["shop"]["city"].at == int(START.timestamp())


def test_an_earlier_word_that_comes_later_does_not_undo_the_last_one() -> None:
    profile = with_traits(with_traits(EMPTY, said({"city": "b"}, seconds=9)), said({"city": "a"}, seconds=3))
    assert profile.attributes == {"city": "b"}


def test_none_takes_an_attribute_away() -> None:
    profile = with_traits(with_traits(EMPTY, said({"city": "b"})), said({"city": None}, seconds=1))
    assert profile.attributes == {}


@pytest.mark.parametrize(
    "event", [said({}), said("x"), said({"a": 1}, source="/wechat/tea"), said({"a": 1}, source="/rule/x")]
)
def test_other_events_say_nothing(event: Event) -> None:
    assert with_traits(EMPTY, event) is EMPTY


def test_nobody_can_name_any_number_of_attributes() -> None:
    profile = EMPTY
    for start in range(0, 3 * ROOM.attributes, 100):
        profile = with_traits(profile, said({f"name_{number}": 1 for number in range(start, start + 100)}))
    assert len(profile.attributes) == ROOM.attributes
    assert with_traits(profile, said({"name_0": 2}, seconds=1)).attributes["name_0"] == 2


def test_a_value_that_is_too_large_is_left_out() -> None:
    assert with_traits(EMPTY, said({"long": "x" * MAX_VALUE, "short": "y"})).attributes == {"short": "y"}


# ---------------------------------------------------------------------- what WeChat's list says of a follower


def listed(*, seconds: int = 0, **data: Any) -> Event:
    event = said(None, source="/wechat/tea", seconds=seconds)
    return event.model_copy(
        update={"type": "fan.imported", "account": "tea", "subject": "wechat:tea:o1", "historical": True, "data": data}
    )


def test_a_followers_remark_and_way_are_attributes_of_the_account() -> None:
    profile = with_traits(EMPTY, listed(remark="老客户", way="ADD_SCENE_QR_CODE", scene="store-1", language="zh_CN"))
    assert profile.attributes == {
        "remark": "老客户",
        "subscribe_scene": "ADD_SCENE_QR_CODE",
        "qr_scene_str": "store-1",
        "language": "zh_CN",
    }
    assert profile.slices["tea"]["remark"].at == int(START.timestamp())


def test_a_remark_that_was_taken_away_is_gone_and_nothing_is_made_of_nothing() -> None:
    profile = with_traits(with_traits(EMPTY, listed(remark="老客户", way="a")), listed(seconds=9, way="a"))
    assert profile.attributes == {"subscribe_scene": "a"}
    assert with_traits(EMPTY, listed(subscribed_at=1)) is EMPTY


def test_only_wechats_own_list_says_it() -> None:
    for change in ({"source": "/collect/tea"}, {"hops": 1}, {"type": "fan.subscribed"}):
        assert with_traits(EMPTY, listed(remark="x").model_copy(update=change)).attributes == {}
