"""Reading pushes: only the declared error, in bounded time and memory, for whatever comes."""

import json
import time
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.adapters.wechat.sealing import ACCOUNT
from yuchi.adapters.wechat.normalise import normalise
from yuchi.adapters.wechat.payload import MAX_BODY, MalformedPayloadError, read_payload

NOW = datetime(2026, 3, 8, tzinfo=UTC)


def test_reads_xml_as_wechat_writes_it() -> None:
    body = b"""<xml>
      <A> <![CDATA[ two words ]]> </A><B>1</B><C></C>
      <D><item><E>1</E></item><item><E>2</E></item></D><F><item><E>1</E></item></F>
      <G><![CDATA[<b>&amp;]]></G><H>&lt;&#20320;</H>
    </xml>"""

    assert read_payload(body) == {
        "A": "two words",
        "B": "1",
        "C": "",
        "D": {"item": [{"E": "1"}, {"E": "2"}]},
        "F": {"item": {"E": "1"}},
        "G": "<b>&amp;",
        "H": "<你",
    }


def test_reads_json_with_the_digits_as_written() -> None:
    body = b'{"a": 24019283746501928, "b": 1.50, "c": true, "d": null, "e": [1, {"f": " x "}], "g": "\\ud800\\u0000y"}'

    assert read_payload(body) == {
        "a": "24019283746501928",
        "b": "1.50",
        "c": "true",
        "d": "",
        "e": ["1", {"f": "x"}],
        "g": "?y",
    }


def test_a_declared_encoding_is_ignored() -> None:
    assert read_payload('<?xml version="1.0" encoding="gbk"?><xml><A>你好</A></xml>'.encode()) == {"A": "你好"}


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE xml><xml><a>1</a></xml>",
        b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd"><xml><a>1</a></xml>',
        b'<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><a>&b;</a></xml>',
        b"<xml><a>&undefined;</a></xml>",
        b"<xml>" + b"<a/>" * 2_001 + b"</xml>",
        b"<xml>" + b"<a>" * 13 + b"1" + b"</a>" * 13 + b"</xml>",
        json.dumps([0] * 3_000).encode(),
        b'{"a":' * 14 + b"1" + b"}" * 14,
        b'{"a":' * 13_000,
        b"x" * (MAX_BODY + 1),
        b"",
    ],
)
def test_refuses_doctypes_entities_and_what_is_too_large(body: bytes) -> None:
    with pytest.raises(MalformedPayloadError):
        read_payload(body)


def test_twin_the_standard_library_takes_doctypes_and_entities() -> None:
    from xml.etree import ElementTree as ET

    tree = ET.fromstring('<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><a>&b;</a></xml>')

    assert tree.findtext("a") == "aaaaaaaa"


WORST = {
    "many elements": b"<xml>" + b"<a/>" * ((MAX_BODY - 11) // 4) + b"</xml>",
    "deep elements": b"<a>" * (MAX_BODY // 3),
    "many attributes": b"<xml " + b" ".join(b'a%d="1"' % n for n in range(6_000)) + b"></xml>",
    "one long attribute": b'<xml a="' + b"x" * 65_000 + b'"></xml>',
    "one long text": b"<xml><a>" + b"x" * 65_000 + b"</a></xml>",
    "many character references": b"<xml><a>" + b"&#65;" * 13_000 + b"</a></xml>",
    "many CDATA sections": b"<xml><a>" + b"<![CDATA[x]]>" * 5_000 + b"</a></xml>",
    "a long comment": b"<!--" + b"x" * 65_000 + b"--><xml/>",
    "many processing instructions": b"<?a?>" * 13_000,
    "an unfinished name": b"<" + b"a" * 65_000,
    "deep JSON": b'{"a":' * 13_000,
    "wide JSON": b'{"a":[' + b"1," * 32_000 + b"1]}",
    "a long number": b'{"a":' + b"9" * 65_000 + b"}",
    "many escapes": b'{"a":"' + b"\\u0041" * 10_900 + b'"}',
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_64_kilobytes_are_cheap(name: str) -> None:
    body = WORST[name][:MAX_BODY]
    tracemalloc.start()
    start = time.perf_counter()
    with suppress(MalformedPayloadError):
        read_payload(body)
    taken = time.perf_counter() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert taken < 0.1
    assert peak < 5_000_000


def test_what_is_over_the_cap_is_not_even_looked_at() -> None:
    body = b"<xml>" + b"<a>" * 5_000_000
    start = time.perf_counter()

    with pytest.raises(MalformedPayloadError):
        read_payload(body)

    assert time.perf_counter() - start < 0.005


def test_twin_a_cap_after_parsing_takes_long() -> None:
    import xmltodict

    body = b"<xml>" + b"<a>1</a>" * 100_000 + b"</xml>"
    start = time.perf_counter()

    xmltodict.parse(body)

    assert time.perf_counter() - start > 0.05


NAMES = st.sampled_from(
    [*("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgId", "MsgID", "List", "item"),
     *("Status", "SendPicsInfo", "PicList", "SubscribeMsgPopupEvent", "PublishEventInfo", "AroundBeacons", "OpenID")]
)  # fmt: skip
KNOWN_WORDS = [
    *("event", "text", "subscribe", "scan", "MASSSENDJOBFINISH", "PUBLISHJOBFINISH", "ShakearoundUserShake"),
    *("subscribe_msg_popup_event", "pic_weixin", "wxa_media_check", "user_get_card", "device_event", "qrscene_"),
    *("scanbarcode|", "err(99999)", "1e999", "nan", "-0", "１２", "]]>"),
]
WORDS = st.one_of(st.text(max_size=20), st.sampled_from([*KNOWN_WORDS, "9" * 30, "\ud800", "\0"]))
TREES: st.SearchStrategy[Any] = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=20
)
PUSHES = st.dictionaries(NAMES, TREES, max_size=10)


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(
            f"<{name}>{_xml(one)}</{name}>"
            for name, item in value.items()
            for one in (item if isinstance(item, list) else [item])
        )
    return "".join(map(_xml, value)) if isinstance(value, list) else f"<![CDATA[{value}]]>"


def _check(push: dict[str, Any], cut: int, *, as_json: bool) -> None:
    text = json.dumps(push) if as_json else f"<xml>{_xml(push)}</xml>"
    body = text.encode(errors="replace")
    for each in (body, body[:-cut] if cut else body):
        try:
            payload = read_payload(each)
        except MalformedPayloadError:
            continue
        event = normalise(ACCOUNT, payload, NOW)
        assert normalise(ACCOUNT, read_payload(each), NOW) == event
        json.dumps(event.model_dump(mode="json"), ensure_ascii=False, allow_nan=False).encode()


@settings(max_examples=500, deadline=None)
@given(push=PUSHES, as_json=st.booleans(), cut=st.integers(0, 400))
def test_any_push_becomes_an_event_or_the_declared_error(push: dict[str, Any], cut: int, *, as_json: bool) -> None:
    _check(push, cut, as_json=as_json)


@pytest.mark.nightly
@settings(max_examples=20_000, deadline=None)
@given(push=PUSHES, as_json=st.booleans(), cut=st.integers(0, 400))
def test_any_of_twenty_thousand_pushes_does(push: dict[str, Any], cut: int, *, as_json: bool) -> None:
    _check(push, cut, as_json=as_json)


@settings(max_examples=600, deadline=None)
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_become_fields_or_the_declared_error(body: bytes) -> None:
    try:
        read_payload(body)
    except MalformedPayloadError:
        return
