"""What somebody can do who has nothing but the key out of a page: say things, and change no fact about anybody.

Each attack goes the whole way: the door, the queue, the rules, the profile. Its twin is the same with a server's key.
"""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.sources import SEALER, make_source
from tests.fakes.world import World, rule
from yuchi.adapters.dynamodb.profiles import profile_from_item, profile_item
from yuchi.adapters.segment import door
from yuchi.adapters.segment.door import SegmentDoor
from yuchi.adapters.segment.times import Moment, moment_of
from yuchi.domain import identity, traits
from yuchi.domain.event import parse_time
from yuchi.domain.identity import MAX_ANONYMOUS
from yuchi.domain.profile import Profile
from yuchi.domain.source import Source
from yuchi.domain.timeline import TimelineEntry, subject_of
from yuchi.services.collect import Reading
from yuchi.services.ports import EventMessage

SERVER, SITE = make_source("shop"), make_source("site", trusted=False)
VICTIM = "7"
LONG_AGO = "2026-01-01T00:00:00Z"
RULES = (
    rule("coupon", "order.completed", ["tag 送券"], account="*"),
    rule("refund", "order.refunded", ["tag 退过款"], account="*"),
    rule("goodbye", "consent.revoked", ["tag 退订"], account="*"),
    rule("welcome", "consent.granted", ["tag 同意"], account="*"),
    rule("often", "page.viewed", ["tag 常客"], 'count("order.completed", "30d") >= 2', account="*"),
    rule("viewer", "page.viewed", ["tag 看过"], "event.trusted", account="*"),
)
ATTACKS: dict[str, dict[str, Any]] = {
    "an order": {"type": "track", "event": "Order Completed", "properties": {"orderId": "x", "total": 99999}},
    "an order that is back": {"type": "track", "event": "Order Refunded", "properties": {"orderId": "o1"}},
    "an order that is off": {"type": "track", "event": "Order Cancelled", "properties": {"order_id": "o1"}},
    "another amount": {"type": "track", "event": "Order Updated", "properties": {"order_id": "o1", "total": 0.01}},
    "by another spelling": {"type": "track", "event": "orderCompleted", "properties": {"total": 1}},
    "a payment": {"type": "track", "event": "payment.completed", "properties": {"fee": 5}},
    "an agreement": {"type": "track", "event": "Consent Granted", "properties": {"purpose": "sharing"}},
    "an objection": {"type": "track", "event": "Consent Revoked", "properties": {"purpose": "marketing"}},
    "the end of an authorisation": {"type": "track", "event": "consent.cancelled"},
    "a known attribute": {"type": "identify", "traits": {"level": "gold"}},
    "a known attribute gone": {"type": "identify", "traits": {"level": None}},
    "who it is": {"type": "identify", "traits": {"unionid": "u-evil", "openid": "oE", "wechat_account": "tea"}},
    "a phone": {"type": "identify", "traits": {"phone": "13912345678", "email": "evil@example.com"}},
    "another's number": {"type": "alias", "previousId": "8"},
    "tags": {"type": "identify", "traits": {"tags": ["送券"]}, "tags": ["送券"], "untags": ["*"]},
    "our own events": {"type": "track", "event": "fan.unsubscribed"},
    "a mirrored tag": {"type": "track", "event": "tag.mirrored", "properties": {"tag": "送券"}},
    "a mark of trust": {"type": "page", "properties": {"trusted": True, "source": "/collect/shop", "hops": 0}},
    "a page of long ago": {"type": "page", "timestamp": LONG_AGO, "sentAt": None},
}
FACTS = (
    "orders",
    "order_totals",
    "consents",
    "contacts",
    "channels",
    "first_order_at",
    "last_order_at",
    "first_seen_at",
)


def read(source: Source, world: World, *messages: dict[str, Any]) -> Reading:
    batch = [{"userId": VICTIM, "messageId": f"m{number}", **each} for number, each in enumerate(messages)]
    return SegmentDoor(SEALER).read(source, "batch", {"batch": batch}, world.now)


def tell(source: Source, world: World, *messages: dict[str, Any]) -> None:
    for event in read(source, world, *messages).events:
        world.events.send([(event.id, subject_of(event), EventMessage(event=event))])
    world.run()


def victim(world: World, number: str = VICTIM) -> Profile:
    return world.people.profile_of("demo", f"member:{number}")


def begun() -> World:
    """A member of whom a server told."""
    world = World(*RULES)
    ordered = {"type": "track", "event": "Order Completed", "properties": {"orderId": "o1", "total": 10}}
    agreed = {"type": "track", "event": "Consent Granted", "properties": {"purpose": "marketing"}}
    known = {"type": "identify", "traits": {"level": "silver", "phone": "13812345678"}}
    tell(SERVER, world, ordered, agreed, known, {"type": "page", "userId": "8"})
    world.pass_time(hours=1)
    return world


def changed(before: Profile, after: Profile) -> set[str]:
    """What differs of what must not."""
    told = {name for name in FACTS if getattr(before, name) != getattr(after, name)}
    proven = [{each for each in profile.identities if not each.startswith("anonymous:")} for profile in (before, after)]
    told |= {"identities"} if proven[0] != proven[1] else set()
    told |= {"tags"} if before.tags != after.tags else set()
    return told | ({"level"} if before.attributes["level"] != after.attributes.get("level") else set())


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_public_key_changes_no_fact(attack: str) -> None:
    world = begun()
    before = victim(world)
    tell(SITE, world, ATTACKS[attack])
    assert changed(before, victim(world)) == set()


def test_twin_a_secret_key_changes_them() -> None:
    found: dict[str, set[str]] = {}
    for name, attack in ATTACKS.items():
        world = begun()
        before = victim(world)
        tell(SERVER, world, {**attack, "messageId": "told"})
        found[name] = changed(before, victim(world))
    powerless = {"a payment", "the end of an authorisation", "another's number", "tags", "our own events"}
    assert {name for name, facts in found.items() if not facts} == powerless | {"a mirrored tag"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(ATTACKS)), min_size=2, max_size=6), st.booleans())
def test_nor_do_several_after_each_other(names: list[str], signed_in: bool) -> None:
    """Also when they begin without a name, and the browser becomes the member at the end."""
    world = begun()
    before = victim(world)
    who = {} if signed_in else {"userId": None, "anonymousId": "b1"}
    tell(SITE, world, *({**ATTACKS[name], **who} for name in names))
    tell(SITE, world, {"type": "identify", "messageId": "last", "anonymousId": "b1"})
    assert changed(before, victim(world)) == set()


def test_what_is_claimed_stays_on_the_timeline_under_a_name_of_its_own() -> None:
    world = begun()
    tell(SITE, world, ATTACKS["an order"], {"type": "page"})
    told = [entry.event for entry in world.people.entries.values() if entry.event.source == "/public/site"]
    assert sorted((event.type, event.trusted) for event in told) == [
        ("custom.order_completed", False),
        ("page.viewed", False),
    ]
    world.publish(rule("claims", "custom.order_completed", ["tag 说买了"], "!event.trusted", account="*"))
    tell(SITE, world, {**ATTACKS["an order"], "messageId": "again"})
    assert "说买了" in victim(world).tags  # whoever wants to listen to claims can


def test_a_number_that_a_site_made_up_is_a_person_of_its_own() -> None:
    """Sites name members whom we do not know yet. Nobody is harmed, and nothing can be sent to such a person."""
    world = begun()
    tell(SITE, world, {"type": "page", "userId": "made-up"})
    made_up = victim(world, "made-up")
    assert (made_up.identities, made_up.channels, made_up.contacts) == (("member:made-up",), {}, {})


# --- what anybody could fill


def test_nobody_fills_a_profile_until_nothing_fits_any_more() -> None:
    world = begun()
    for start in range(0, 400, 40):
        wide = {f"名称{start + number}" + "长" * 60: "值" * 300 for number in range(40)}
        tell(SITE, world, {"type": "identify", "traits": wide, "messageId": f"wide{start}"})
    browsers = [{"type": "page", "anonymousId": f"b{number}", "messageId": f"b{number}"} for number in range(120)]
    tell(SITE, world, *browsers)
    filled = victim(world)
    assert len(json.dumps(profile_item(filled), ensure_ascii=False).encode()) < 30_000
    assert sum(each.startswith("anonymous:") for each in filled.identities) == MAX_ANONYMOUS
    tell(SERVER, world, {"type": "identify", "traits": {"unionid": "u1", "level": "gold"}, "messageId": "true"})
    assert "unionid:u1" in victim(world).identities
    assert victim(world).attributes["level"] == "gold"


def test_twin_without_bounds_they_could(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traits, "PUBLIC_ROOM", traits.ROOM)
    monkeypatch.setattr(identity, "MAX_ANONYMOUS", identity.MAX_IDENTITIES)
    with pytest.raises(AssertionError):
        test_nobody_fills_a_profile_until_nothing_fits_any_more()


def test_a_value_that_is_none_can_be_stored_and_read_again() -> None:
    """It was left out of the item, and then nobody could read the profile any more."""
    world = begun()
    tell(SITE, world, {"type": "identify", "traits": {"level": None, "hobby": None}})
    assert profile_from_item(profile_item(victim(world))) == victim(world)


# --- clocks


@pytest.mark.parametrize(
    ("timestamp", "sent_at"),
    [
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2001-01-01T00:00:00Z", None),
    ],
)
@pytest.mark.parametrize("source", [SITE, SERVER], ids=["site", "server"])
def test_no_clock_breaks_a_batch_or_stands_above_all_others(
    source: Source, timestamp: str, sent_at: str | None
) -> None:
    world = begun()
    odd = {"type": "page", "timestamp": timestamp, **({"sentAt": sent_at} if sent_at else {})}
    reading = read(source, world, odd, {"type": "page"})
    assert [event.id for event in reading.events][-1:]  # the good one is taken
    assert len(reading.events) + len(reading.problems) == 2
    for event in reading.events:
        moment = TimelineEntry(event=event).moment
        assert parse_time(moment.partition("#")[0]) <= world.now + timedelta(days=366)


def test_twin_with_a_clock_that_is_believed_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    def believed(*, told: datetime | None, sent_at: datetime | None, received_at: datetime) -> Moment | None:
        if told is None or sent_at is None:
            return moment_of(told=told, sent_at=sent_at, received_at=received_at)
        return Moment(received_at - (sent_at - told), told, historical=False)

    monkeypatch.setattr(door, "moment_of", believed)
    ahead = "9999-12-31T23:59:59Z"
    with pytest.raises(AssertionError):
        test_no_clock_breaks_a_batch_or_stands_above_all_others(SITE, ahead, ahead)
    with pytest.raises(OverflowError):
        test_no_clock_breaks_a_batch_or_stands_above_all_others(SITE, ahead, "0001-01-01T00:00:00Z")


def test_ids_are_of_their_source_and_of_what_they_name() -> None:
    """Whoever knows a message's id cannot stand in front of it with another source, nor with a message that has none."""
    world = begun()
    (real,) = read(SERVER, world, {"type": "page"}).events
    (forged,) = read(SITE, world, {"type": "page"}).events
    assert real.id != forged.id
    bare = {"messageId": None, "type": "page", "userId": VICTIM}
    said = json.dumps({"type": "page", "userId": VICTIM, "messageId": None}, separators=(",", ":"))
    ids = {event.id for event in read(SITE, world, bare, {"type": "page", "messageId": said}).events}
    assert len(ids) == 2
