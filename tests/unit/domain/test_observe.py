"""What a bare event says about a person."""

from datetime import UTC, datetime, timedelta

import pytest

from yuchi.domain.account import AccountKind, AccountSettings
from yuchi.domain.event import Event
from yuchi.domain.observe import forget, observe
from yuchi.domain.profile import ACTIVITY_KEPT, Channel, Profile, Tag
from yuchi.domain.standard.model import DEFAULT_SCHEMA
from yuchi.domain.wechat_events import WECHAT_EVENTS

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
SPECS = {spec.type: spec for spec in WECHAT_EVENTS}
FAN = "wechat:tea:o-fan"


def event(event_type: str, seconds: int = 0, **data: object) -> Event:
    return Event(
        id=f"event-{event_type}-{seconds}",
        source="/wechat/tea",
        type=event_type,
        time=START + timedelta(seconds=seconds),
        brand="demo",
        account="tea",
        subject=FAN,
        data=dict(data),
    )


def after(*events: Event, profile: Profile | None = None, counted: dict[str, int | None] | None = None) -> Profile:
    current = profile or Profile(brand="demo", person="p1")
    for each in events:
        current = observe(
            current,
            each,
            spec=SPECS.get(each.type),
            kind=AccountKind.OFFICIAL_ACCOUNT,
            counted=counted or {},
            schema=DEFAULT_SCHEMA,
        )
    return current


def test_following_by_a_code_keeps_the_scene_and_opens_a_window() -> None:
    channel = after(event("fan.subscribed", scene="store-12")).channels[FAN]
    assert (channel.subscribed, channel.scene) == (True, "store-12")
    assert set(channel.windows) & {"follow", "scan"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_last_of_following_and_leaving_counts_whatever_the_order_of_arrival(order: tuple[int, int]) -> None:
    events = [event("fan.subscribed", 0), event("fan.unsubscribed", 60)]
    channel = after(*(events[index] for index in order)).channels[FAN]
    assert channel.subscribed is False


def test_leaving_shuts_the_windows() -> None:
    assert after(event("message.text", content="hi"), event("fan.unsubscribed", 5)).channels[FAN].windows == {}


def test_who_writes_follows_even_if_the_push_of_following_never_came() -> None:
    assert after(event("message.text", content="hi")).channels[FAN].subscribed


def test_a_late_message_does_not_bring_back_who_left() -> None:
    assert not after(event("fan.unsubscribed", 60), event("message.text", 0, content="hi")).channels[FAN].subscribed


def test_a_window_never_moves_backwards() -> None:
    late = after(event("message.text", 100, content="b"), event("message.text", 0, content="a"))
    assert late.channels[FAN].windows["message"] == int(START.timestamp()) + 100


def test_only_counted_types_are_remembered_and_only_so_many() -> None:
    events = [event("menu.clicked", number, key="A") for number in range(ACTIVITY_KEPT + 10)]
    assert after(*events).activity == {}
    remembered = after(*events, counted={"menu.clicked": None}).activity["menu.clicked"]
    assert len(remembered) == ACTIVITY_KEPT
    assert remembered[-1] == int(START.timestamp()) + ACTIVITY_KEPT + 9


def test_what_lies_before_the_longest_window_is_dropped() -> None:
    events = [event("menu.clicked", 0, key="A"), event("menu.clicked", 7200, key="A")]
    assert len(after(*events, counted={"menu.clicked": 3600}).activity["menu.clicked"]) == 1


def personal() -> Profile:
    return Profile(
        brand="demo",
        person="p1",
        tags={"老客户": Tag(since=1, last=1)},
        attributes={"城市": "上海"},
        channels={FAN: Channel(account="tea", subscribed=True)},
    )


def test_leaving_erases_personal_data_by_default() -> None:
    left = after(event("fan.unsubscribed"), profile=personal())
    erased = forget(left, event("fan.unsubscribed"), AccountSettings())
    assert (erased.tags, erased.attributes) == ({}, {})


def test_personal_data_stays_where_the_account_says_so_or_another_account_is_followed() -> None:
    left = after(event("fan.unsubscribed"), profile=personal())
    assert forget(left, event("fan.unsubscribed"), AccountSettings(keep_after_unsubscribe=True)).tags
    other = left.model_copy(
        update={"channels": {**left.channels, "wechat:shop:o-fan": Channel(account="shop", subscribed=True)}}
    )
    assert forget(other, event("fan.unsubscribed"), AccountSettings()).tags


def test_credits_of_subscription_notices() -> None:
    """A yes in a dialog adds one, a notice that arrived takes one, a no in the settings takes all of its template."""
    profile: Profile | None = None
    for event_type, data, left in (
        ("subscription.answered", {"accepted": ["t1", "t2"], "rejected": ["t3"]}, {"t1": 1, "t2": 1}),
        ("subscription.answered", {"accepted": ["t1"], "rejected": ["t2"]}, {"t1": 2, "t2": 1}),
        ("subscription.delivered", {"results": [{"template_id": "t1", "code": 0}, "odd"]}, {"t1": 1, "t2": 1}),
        ("subscription.delivered", {"results": [{"template_id": "t2"}]}, {"t1": 1}),
        ("subscription.changed", {"accepted": ["t9"], "rejected": ["t1"]}, {}),
        ("subscription.answered", {"accepted": "nonsense"}, {}),
    ):
        profile = after(event(event_type, **data), profile=profile)
        assert profile.channels[FAN].credits == left
