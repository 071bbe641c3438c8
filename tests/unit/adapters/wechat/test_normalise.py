"""Every kind of push in ``tests/events/wechat`` against what it should become."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.adapters.wechat.sealing import ACCOUNT, FAN, GH
from yuchi.adapters.wechat.normalise import normalise, unparsed
from yuchi.adapters.wechat.payload import read_payload
from yuchi.adapters.wechat.push_table import ROWS
from yuchi.domain.catalogue import EVENT_FIELDS, Kind
from yuchi.domain.event import Event, parse_time
from yuchi.domain.wechat_events import OWN_EVENTS, WECHAT_EVENTS
from yuchi.domain.window import WINDOWS

RECEIVED = datetime(2026, 3, 8, 2, 0, 1, tzinfo=UTC)
FOLDER = Path("tests/events/wechat")
PUSHES = sorted(path.name for path in FOLDER.iterdir() if path.name != "expected.json")
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text())
CATALOGUE = {spec.type: spec for spec in WECHAT_EVENTS}
HELPER = "oYuchiHelper0000000000000001"
KINDS: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.NUMBER: (int, float),
    Kind.BOOLEAN: (bool,),
    Kind.TIME: (str,),
    Kind.LIST: (list,),
    Kind.MAP: (dict,),
}


def event_of(name: str) -> Event:
    return normalise(ACCOUNT, read_payload((FOLDER / name).read_bytes()), RECEIVED)


def fields(**changes: Any) -> dict[str, Any]:
    base = {"ToUserName": GH, "FromUserName": FAN, "CreateTime": "1772935200", "MsgType": "event", "Event": "CLICK"}
    return {**base, "EventKey": "TRIAL", **changes}


@pytest.mark.parametrize("name", PUSHES)
def test_becomes_the_expected_event(name: str) -> None:
    event = event_of(name)

    assert {
        "type": event.type,
        "subject": event.subject,
        **({"identities": list(event.identities)} if event.identities else {}),
        "data": event.data,
    } == EXPECTED[name]
    assert (event.brand, event.account, event.source) == ("demo", "tea", "/wechat/tea")
    assert event.time == datetime(2026, 3, 8, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", PUSHES)
def test_every_field_is_in_the_catalogue_with_its_kind(name: str) -> None:
    event = event_of(name)

    known = CATALOGUE[event.type].fields
    assert set(event.data) <= set(known)
    for field, value in event.data.items():
        assert isinstance(value, KINDS[known[field].kind]), field
        if known[field].kind is Kind.TIME:
            assert parse_time(str(value)).tzinfo is not None


def test_no_push_is_without_an_expectation() -> None:
    assert set(PUSHES) == set(EXPECTED)


def test_every_row_has_a_push_and_every_type_a_row() -> None:
    made = {event_of(name).type for name in PUSHES}

    assert {row.type for row in ROWS.values()} <= made
    assert made | {"wechat.unparsed", "fan.imported"} == set(CATALOGUE)  # the latter from WeChat's list of followers


def test_the_catalogue_names_nothing_twice_and_nothing_reserved() -> None:
    specs = (*WECHAT_EVENTS, *OWN_EVENTS)

    assert len({spec.type for spec in specs}) == len(specs)
    assert not [spec.type for spec in specs if set(EVENT_FIELDS) & set(spec.fields)]
    assert {spec.window for spec in specs if spec.window} <= set(WINDOWS)


@pytest.mark.parametrize("row", sorted(ROWS))
def test_every_field_of_a_row_is_in_the_catalogue(row: str) -> None:
    assert set(ROWS[row].fields) <= set(CATALOGUE[ROWS[row].type].fields)


def test_the_helper_accounts_of_wechat_are_never_a_subject() -> None:
    subjects = {event_of(name).subject for name in PUSHES}

    assert subjects == {f"wechat:tea:{FAN}", None}
    assert HELPER in (FOLDER / "masssendjobfinish.xml").read_text()


@pytest.mark.parametrize("sender", ["", "sys", "mphelper", "weixin", "o" * 65, "o fan", "粉丝"])
def test_what_is_no_openid_is_no_subject(sender: str) -> None:
    assert normalise(ACCOUNT, fields(FromUserName=sender), RECEIVED).subject is None


def test_a_message_keeps_its_id_however_often_it_comes() -> None:
    once = event_of("message.text.xml")
    again = normalise(
        ACCOUNT, {**read_payload((FOLDER / "message.text.xml").read_bytes()), "CreateTime": "1772935205"}, RECEIVED
    )

    assert once.id == again.id


def test_an_event_keeps_its_id_and_others_of_the_same_second_differ() -> None:
    payloads = [
        fields(),
        fields(EventKey="MENU"),
        fields(Event="subscribe", EventKey=""),
        fields(Event="LOCATION", EventKey="", Latitude="1"),
        fields(FromUserName=FAN[:-1] + "2"),
    ]

    ids = [normalise(ACCOUNT, payload, RECEIVED).id for payload in payloads]

    assert ids == [normalise(ACCOUNT, dict(reversed(payload.items())), RECEIVED).id for payload in payloads]
    assert len(set(ids)) == len(payloads)


def test_twin_sender_and_second_alone_merge_different_events() -> None:
    first, second = fields(), fields(Event="subscribe", EventKey="")

    assert (first["FromUserName"], first["CreateTime"]) == (second["FromUserName"], second["CreateTime"])


def test_the_same_push_of_two_accounts_gives_two_events() -> None:
    other = ACCOUNT.model_copy(update={"id": "coffee"})

    assert normalise(ACCOUNT, fields(), RECEIVED).id != normalise(other, fields(), RECEIVED).id


@pytest.mark.parametrize("written", ["", "0", "-1", "soon", "99999999999", "1" * 400])
def test_an_impossible_time_is_replaced_by_the_time_of_receipt(written: str) -> None:
    assert normalise(ACCOUNT, fields(CreateTime=written), RECEIVED).time == RECEIVED


def test_what_could_not_be_read_is_kept_in_part() -> None:
    event = unparsed(ACCOUNT, b"<xml>\xff" + b"x" * 5_000, RECEIVED)

    assert event.type == "wechat.unparsed"
    assert event.subject is None
    assert set(event.data) == set(CATALOGUE["wechat.unparsed"].fields)
    assert (event.data["size"], len(event.data["start"])) == (5_006, 2_000)
    assert event.id == unparsed(ACCOUNT, b"<xml>\xff" + b"x" * 5_000, datetime(2026, 3, 9, tzinfo=UTC)).id
