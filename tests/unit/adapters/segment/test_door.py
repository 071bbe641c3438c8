"""Messages become events: types, names, times, ids, and what a source may prove."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.sources import SEALER, make_source
from tests.fakes.stores import FakePeople
from yuchi.adapters.segment import door as module
from yuchi.adapters.segment.door import SegmentDoor
from yuchi.adapters.segment.times import moment_of
from yuchi.domain.contacts import ContactKind
from yuchi.domain.event import Event
from yuchi.domain.identity import resolve
from yuchi.domain.profile import Profile
from yuchi.services.collect import Reading

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TRUSTED, BROWSER = make_source("shop"), make_source("site", trusted=False)


def read(*batch: Any, source: Any = TRUSTED, at: datetime = NOW, **shared: Any) -> Reading:
    return SegmentDoor(SEALER).read(source, "batch", {"batch": list(batch), **shared}, at)


def event_of(message: dict[str, Any], **more: Any) -> Event:
    reading = read({"userId": "m1", "messageId": "one", **message}, **more)
    assert reading.problems == []
    return reading.events[0]


def refusal_of(message: dict[str, Any]) -> str:
    (problem,) = read(message).problems
    return problem.reason


def test_an_order() -> None:
    event = event_of(
        {
            "type": "track",
            "event": "Order Completed",
            "timestamp": "2026-11-23T03:59:00.000Z",
            "properties": {
                "orderId": "o-1",
                "total": 128.5,
                "currency": "CNY",
                "products": [{"productId": "p1", "name": "Tea", "price": 64.25, "quantity": 2}],
            },
        }
    )
    assert (event.type, event.subject, event.source, event.account) == (
        "order.completed",
        "member:m1",
        "/collect/shop",
        "",
    )
    assert event.data == {
        "order_id": "o-1",
        "total": 128.5,
        "currency": "CNY",
        "products": [{"product_id": "p1", "name": "Tea", "price": 64.25, "quantity": 2}],
    }


def test_traits_of_a_person() -> None:
    event = event_of(
        {"type": "identify", "traits": {"firstName": "雷", "vipLevel": 3}, "context": {"traits": {"city": "上海"}}}
    )
    assert event.type == "person.identified"
    assert event.data == {"traits": {"first_name": "雷", "vip_level": 3, "city": "上海"}}


def test_pages_screens_groups_and_aliases() -> None:
    page = event_of(
        {"type": "page", "name": "Start", "category": "Docs", "properties": {"url": "https://x.cn", "title": "T"}}
    )
    assert (page.type, page.data) == (
        "page.viewed",
        {"name": "Start", "category": "Docs", "url": "https://x.cn", "title": "T"},
    )
    assert event_of({"type": "screen", "name": "Cart"}).type == "screen.viewed"
    group = event_of({"type": "group", "groupId": 7, "traits": {"plan": "gold"}})
    assert (group.type, group.data) == ("group.joined", {"group_id": "7", "group_traits": {"plan": "gold"}})
    alias = event_of({"type": "alias", "previousId": "a-9"})
    assert (alias.type, alias.subject, alias.identities) == ("person.aliased", "member:m1", ("anonymous:a-9",))


def test_somebodys_own_event_keeps_its_name_and_cannot_pretend_to_be_wechats() -> None:
    event = event_of(
        {"type": "track", "event": "fan.subscribed", "properties": {"name": "x", "type": "y", "traits": {"a": 1}}}
    )
    assert event.type == "custom.fan_subscribed"
    assert event.data == {
        "name": "fan.subscribed",
        "property_name": "x",
        "property_type": "y",
        "property_traits": {"a": 1},
    }


def test_where_it_happened_goes_with_the_event_and_the_browser_does_not() -> None:
    context = {
        "ip": "203.0.113.9",
        "userAgent": "Mozilla",
        "campaign": {"source": "wechat", "name": "11.11"},
        "page": {"path": "/cart", "title": 5},
    }
    data = event_of({"type": "track", "event": "Cart Viewed", "context": context}).data
    assert data == {"campaign": {"name": "11.11", "source": "wechat"}, "page": {"path": "/cart"}}


# ---------------------------------------------------------------------- times


def times(told: str | None, sent_at: str | None, *, at: datetime = NOW) -> tuple[datetime, datetime | None, bool]:
    shared = {} if sent_at is None else {"sentAt": sent_at}
    event = event_of({"type": "page", "timestamp": told}, at=at, **shared)
    return event.time, event.key_time, event.historical


def test_a_clock_that_is_wrong_is_corrected_by_the_time_of_sending() -> None:
    time, key_time, historical = times("2027-01-01T00:00:00Z", "2027-01-01T00:00:30Z")
    assert time == NOW - timedelta(seconds=30)
    assert key_time == datetime(2027, 1, 1, tzinfo=UTC)
    assert not historical


def test_without_a_time_of_sending_the_clock_is_believed_but_never_in_the_future() -> None:
    assert times("2026-11-23T03:00:00Z", None) == (NOW - timedelta(hours=1), None, False)
    assert times("2026-11-23T05:00:00Z", None)[0] == NOW
    assert times("2026-11-23T05:00:00Z", "2026-11-23T04:30:00Z")[0] == NOW


def test_a_time_without_a_zone_is_utc_and_others_are_turned_into_it() -> None:
    assert times("2026-11-23T03:00:00", None)[0] == times("2026-11-23T11:00:00+08:00", None)[0]


def test_what_is_told_late_fires_no_rule() -> None:
    assert not times("2026-11-22T04:00:01Z", "2026-11-23T04:00:00Z")[2]
    assert times("2026-11-22T03:59:59Z", "2026-11-23T04:00:00Z")[2]


@pytest.mark.parametrize(
    "told",
    [
        "yesterday",
        "1999-12-31T23:59:59Z",
        1_700_000_000,
        "9999-12-31T23:59:59-23:59",
        ["2026"],
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_times_that_cannot_be(told: Any) -> None:
    assert refusal_of({"type": "page", "userId": "m1", "timestamp": told}) == "timestamp"


def test_the_time_of_the_client_is_that_of_the_client_however_it_is_named() -> None:
    message = {"type": "page", "originalTimestamp": "2026-11-23T03:00:00Z", "timestamp": "2026-11-23T03:59:59Z"}
    assert event_of(message).time == NOW - timedelta(hours=1)


# ---------------------------------------------------------------------- the same message again

LATER = NOW + timedelta(minutes=47)


def row_of(event: Event) -> tuple[str, str | None, datetime]:
    return event.id, event.subject, event.key_time or event.time


@pytest.mark.parametrize(
    "message",
    [
        {"messageId": "x", "timestamp": "2026-11-23T03:00:00Z"},
        {"messageId": "x"},
        {"timestamp": "2026-11-23T03:00:00Z"},
        {"messageId": "x", "timestamp": "2031-11-23T03:00:00Z"},
    ],
)
def test_a_message_that_comes_again_lands_on_the_same_row(message: dict[str, Any]) -> None:
    page = {"type": "page", "userId": "m1", **message}
    first = read(page, sentAt="2026-11-23T04:00:00Z").events[0]
    second = read(page, sentAt="2026-11-23T04:47:00Z", at=LATER).events[0]
    assert row_of(first) == row_of(second)


def test_twin_by_the_corrected_time_it_would_be_another_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def naive(**arguments: Any) -> Any:
        moment = moment_of(**arguments)
        return moment and moment._replace(key_time=moment.time)

    monkeypatch.setattr(module, "moment_of", naive)
    page = {"type": "page", "userId": "m1", "messageId": "x", "timestamp": "2026-11-23T03:00:00Z"}
    first = read(page, sentAt="2026-11-23T04:00:00.000Z").events[0]
    second = read(page, sentAt="2026-11-23T04:47:00.250Z", at=LATER).events[0]
    assert row_of(first) != row_of(second)


def test_without_id_and_time_the_same_words_a_minute_later_are_another_event() -> None:
    page = {"type": "page", "userId": "m1"}
    ids = [read(page, at=NOW + timedelta(seconds=seconds)).events[0].id for seconds in (0, 20, 61)]
    assert ids[0] == ids[1] != ids[2]


def test_ids_differ_by_source_and_message() -> None:
    one = {"type": "page", "userId": "m1", "messageId": "x"}
    ids = {
        read(one).events[0].id,
        read(one, source=BROWSER).events[0].id,
        read({**one, "messageId": "y"}).events[0].id,
    }
    assert len(ids) == 3


# ---------------------------------------------------------------------- who it is

TRAITS = {
    "phone": "138 0013 8000",
    "email": "Li@Example.com",
    "unionid": "u-1",
    "openid": "o-1",
    "wechatAccount": "flagship",
}
PROVEN = {
    "wechat:flagship:o-1",
    "unionid:u-1",
    SEALER.seal(ContactKind.PHONE, "13800138000")[0],  # type: ignore[index]
    SEALER.seal(ContactKind.EMAIL, "li@example.com")[0],  # type: ignore[index]
}


@pytest.mark.parametrize("kind", ["identify", "track"])
def test_a_trusted_source_proves_who_somebody_is(kind: str) -> None:
    said = {"traits": TRAITS} if kind == "identify" else {"context": {"traits": TRAITS}, "event": "Signed In"}
    event = event_of({"type": kind, "anonymousId": "a-1", **said})
    assert event.subject == "member:m1"
    assert set(event.identities) == PROVEN | {"anonymous:a-1"}
    assert {contact.masked for contact in event.contacts.values()} == {"138****8000", "l***@example.com"}


@pytest.mark.parametrize("kind", ["identify", "track"])
def test_a_browser_proves_nothing_but_its_own_anonymous_id(kind: str) -> None:
    said = {"traits": TRAITS} if kind == "identify" else {"context": {"traits": TRAITS}, "event": "Signed In"}
    event = event_of({"type": kind, "anonymousId": "a-1", **said}, source=BROWSER)
    assert (event.subject, event.identities, event.contacts) == ("member:m1", ("anonymous:a-1",), {})


def test_a_browser_cannot_steal_a_profile_by_naming_somebodys_phone_or_openid() -> None:
    people = FakePeople()
    victim = Profile(brand="demo", person="victim", identities=tuple(sorted(PROVEN)), tags={})
    people.profiles["demo", "victim"] = victim
    people.identities |= {("demo", identity): "victim" for identity in PROVEN}

    def taken(source: Any) -> bool:
        event = event_of({"type": "identify", "userId": "thief", "anonymousId": "a-1", "traits": TRAITS}, source=source)
        found = people.find("demo", [event.subject or "", *event.identities], consistent=True)
        resolution = resolve(event, found)
        return "victim" in {resolution.survivor.person, *(each.person for each in resolution.absorbed)}

    assert not taken(BROWSER)
    assert taken(TRUSTED)  # the twin: with a secret key it is the proof that it should be


def test_the_phone_of_somebody_else_proves_nothing() -> None:
    others = {"receiverPhone": "13800138000", "tel": "13800138000", "address": {"phone": "13800138000"}}
    event = event_of({"type": "identify", "traits": others})
    assert (event.identities, event.contacts) == ((), {})
    bought = event_of({"type": "track", "event": "Order Completed", "properties": {"phone": "13800138000"}})
    assert (bought.identities, bought.contacts) == ((), {})


def test_a_message_tells_few_contacts_of_one_person() -> None:
    names = ("phone", "mobile", "cell", "cellphone", "手机", "手机号", "phone_number", "mobile_number")
    event = event_of({"type": "identify", "traits": {name: f"1380013800{each}" for each, name in enumerate(names)}})
    assert len(event.identities) == 5


def test_an_anonymous_id_names_a_browser_until_it_signs_in() -> None:
    event = event_of({"type": "page", "userId": None, "anonymousId": "a-1"})
    assert (event.subject, event.identities) == ("anonymous:a-1", ())


def test_a_trusted_source_may_name_somebody_by_a_phone_alone() -> None:
    event = event_of({"type": "identify", "userId": None, "traits": {"phone": "13800138000"}})
    assert event.subject is not None
    assert event.subject.startswith("phone:")
    reading = read({"type": "identify", "traits": {"phone": "13800138000"}}, source=BROWSER)
    assert [problem.reason for problem in reading.problems] == ["identity"]


@pytest.mark.parametrize("blocked", ["", " ", "null", "undefined", "NaN", "0", None])
def test_what_stands_for_no_id_is_none(blocked: Any) -> None:
    assert refusal_of({"type": "page", "userId": blocked}) == "identity"
    assert event_of({"type": "page", "userId": blocked, "anonymousId": "a"}).subject == "anonymous:a"


@pytest.mark.parametrize("wrong", [True, 1.5, ["a"], {"a": 1}, "x" * 201, "a\nb", "a\x1fb"])
def test_ids_of_other_forms_are_refused(wrong: Any) -> None:
    assert refusal_of({"type": "page", "userId": wrong}) == "identity"


def test_numbers_are_taken_as_text() -> None:
    assert event_of({"type": "page", "userId": 4711}).subject == "member:4711"


@pytest.mark.parametrize("user", ["Li@Example.com", "13800138000", "+8613800138000"])
def test_an_id_that_is_somebodys_address_or_phone_is_kept_as_its_hash(user: str) -> None:
    event = event_of({"type": "page", "userId": user})
    assert "li@" not in event.model_dump_json().lower()
    assert "13800138000" not in event.model_dump_json()
    same = event_of({"type": "page", "userId": user.lower().removeprefix("+86")}, source=BROWSER)
    assert event.subject == same.subject
    assert bool(event.contacts) == ("@" in user)
    assert same.contacts == {}


# ---------------------------------------------------------------------- what is stored

RAW = ("13800138000", "lilei@example.com")


def test_no_phone_and_no_address_passes_the_door() -> None:
    phone, address = RAW
    inside = {
        "billing": {"phone": phone, "contact": {"email": address}},
        "address": {"phone": {"number": phone}, "phones": [phone]},
        "mobile": int(phone),
        "receiverPhone": phone,
        "note": f"call {phone} or write to {address}",
        "url": "https://x.cn/?mail=lilei%40example.com",
        "emails": [address],
        f"{address}": 1,
        "unlikely": phone,
        "contacts": [{"Email": address, "tel": "138-0013-8000"}],
    }
    for source in (TRUSTED, BROWSER):
        for message in (
            {"type": "track", "event": f"Called {phone}", "properties": inside},
            {"type": "identify", "traits": {**inside, "phone": phone, "email": address}},
            {
                "type": "page",
                "name": f"Of {address}",
                "properties": inside,
                "context": {"page": {"url": f"/u/{address}"}},
            },
            {"type": "group", "groupId": address, "traits": inside},
            {"type": "screen", "context": {"campaign": {"name": phone}}},
        ):
            stored = event_of(message, source=source).model_dump_json()
            digits = stored.replace("-", "").replace("_", "")
            assert phone not in digits
            assert "lilei@" not in stored
            assert "lilei%40" not in stored
            assert "lilei_example" not in stored


def test_numbers_of_things_are_no_phones() -> None:
    data = event_of(
        {"type": "track", "event": "Order Completed", "properties": {"orderId": "13800138000", "sku": "13900139000"}}
    ).data
    assert data == {"order_id": "13800138000", "sku": "13900139000"}


def test_values_that_no_store_takes_are_made_into_some_that_it_takes() -> None:
    deep: Any = "end"
    for _ in range(40):
        deep = {"inner": deep}
    data = event_of(
        {
            "type": "track",
            "event": "Odd",
            "properties": {
                "nan": float("nan"),
                "inf": float("inf"),
                "huge": 10**300,
                "big": 1e200,
                "deep": deep,
                "list": list(range(1000)),
                "": 1,
                "!!!": 2,
                "none": None,
            },
        }
    ).data
    assert (data["nan"], data["inf"], data["none"]) == (None, None, None)
    assert data["huge"] == str(10**300)
    assert data["big"] == "1e+200"
    assert len(data["list"]) == 300
    assert str(data["deep"]).count("inner") == 5
    assert "" not in data


def test_long_names_are_cut_before_they_are_kept_anywhere() -> None:
    data = event_of({"type": "track", "event": "Odd", "properties": {"x" * 20_000: 1}}).data
    assert max(map(len, data)) <= 100


def test_what_the_whole_batch_says_holds_for_each_message_unless_it_says_otherwise() -> None:
    reading = read(
        {"type": "page", "userId": "m1", "messageId": "1"},
        {"type": "page", "userId": "m1", "messageId": "2", "context": {"campaign": {"name": "own"}}},
        context={"campaign": {"name": "shared"}},
    )
    assert [event.data["campaign"] for event in reading.events] == [{"name": "shared"}, {"name": "own"}]


def test_only_a_source_with_a_secret_key_may_say_what_people_agree_to() -> None:
    said = {"type": "track", "event": "Consent Revoked", "properties": {"purpose": "marketing"}}
    told = event_of(said)
    assert (told.type, told.data["purpose"]) == ("consent.revoked", "marketing")
    assert event_of({**said, "event": "Consent Granted"}).type == "consent.granted"
    assert event_of({**said, "event": "Consent Granted"}, source=BROWSER).type == "custom.consent_granted"
