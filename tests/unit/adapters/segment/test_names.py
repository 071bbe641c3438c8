"""Names of events and fields."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.adapters.segment.names import EVENT_TYPES, MAX_TYPE, event_type, snake
from yuchi.domain.event import Event
from yuchi.domain.own_events import OWN_EVENTS
from yuchi.domain.wechat_events import WECHAT_EVENTS


@pytest.mark.parametrize(
    ("name", "snaked"),
    [
        ("orderId", "order_id"), ("Order ID", "order_id"), ("order_id", "order_id"), ("HTTPServer", "http_server"),
        ("firstName", "first_name"), ("会员等级", "会员等级"), ("a.b-c", "a_b_c"), ("!!", "")
    ],
)  # fmt: skip
def test_fields_in_snake_case(name: str, snaked: str) -> None:
    assert snake(name) == snaked


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("order completed", "order.completed"), ("orderCompleted", "order.completed"),
        ("Order Canceled", "order.cancelled"), ("Product Added to Wishlist", "wishlist.added"),
        ("Some Odd Name", "custom.some_odd_name"), ("Signed Up", "person.signed_up"),
    ],
)  # fmt: skip
def test_events(name: str, kind: str) -> None:
    assert event_type(name) == kind


def test_names_that_are_no_type_get_a_digest_that_stays() -> None:
    assert event_type("加入购物车") == event_type(" 加入购物车 ")
    assert event_type("加入购物车") != event_type("移出购物车")
    assert event_type("2nd Visit").startswith("custom.n_2nd_visit_")


@given(st.text(min_size=1, max_size=300))
def test_every_name_becomes_a_type_that_is_none_of_ours(name: str) -> None:
    kind = event_type(name)
    Event.model_validate(
        {"id": "12345678", "source": "/x", "type": kind, "time": "2026-01-01T00:00:00Z", "brand": "b", "account": ""}
    )
    assert len(kind) <= MAX_TYPE + len("custom.")
    assert kind.startswith("custom.") or kind in EVENT_TYPES.values()


def test_no_name_becomes_a_type_of_wechats_or_our_own() -> None:
    reserved = {spec.type for spec in (*WECHAT_EVENTS, *OWN_EVENTS)}
    assert reserved.isdisjoint(EVENT_TYPES.values())


def test_the_table_is_well_formed() -> None:
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", kind) for kind in EVENT_TYPES.values())
    assert all(snake(name) == name for name in EVENT_TYPES)
