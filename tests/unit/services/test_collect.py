"""The door for third parties: who is let in, what is taken of what they say, and what they are answered."""

import base64
import gzip
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.queues import FakeQueue
from tests.fakes.sources import SEALER, FakeSourceCounters, FakeSources, make_source, write_key
from tests.fakes.stores import FakeMetrics
from yuchi.adapters.segment.door import MAX_MESSAGE, SegmentDoor
from yuchi.adapters.segment.json_body import read_json
from yuchi.domain.event import Event
from yuchi.domain.source import Source, SourceKind
from yuchi.services import collect as module
from yuchi.services.collect import MAX_BODY, Collect, DoorAnswer, Request
from yuchi.services.open_source import finish_rotation, with_key
from yuchi.services.ports import EventMessage

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def make_collect(**parts: Any) -> Collect:
    return Collect(
        **{
            "sources": FakeSources({"shop": make_source(), "site": make_source("site", trusted=False)}),
            "door": SegmentDoor(SEALER),
            "read_json": read_json,
            "events": FakeQueue(EventMessage),
            "counters": FakeSourceCounters(),
            "metrics": FakeMetrics(),
            "clock": lambda: NOW,
            **parts,
        }
    )


def basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def post(collect: Collect, call: str, body: Any, *, key: str | None = None, **headers: str) -> DoorAnswer:
    given = basic(write_key("shop") if key is None else key) if key != "" else {}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return collect.receive(
        Request(call, {**given, **{name.replace("_", "-"): each for name, each in headers.items()}}, raw)
    )


def queued(collect: Collect) -> list[Event]:
    queue: Any = collect.events
    return [EventMessage.model_validate_json(body).event for _, _, body in queue.messages]


def track(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": f"m{number}",
        "messageId": f"message-{number}",
        "timestamp": "2026-11-23T03:59:58Z",
        **more,
    }


def test_a_batch_is_queued_and_answered_with_success() -> None:
    collect = make_collect()
    answer = post(collect, "batch", {"batch": [track(1), track(2)], "sentAt": "2026-11-23T04:00:00Z"})
    assert (answer.status, answer.body) == (200, {"success": True})
    assert [event.subject for event in queued(collect)] == ["member:m1", "member:m2"]
    counters: Any = collect.counters
    assert counters.counts == {("shop", "taken"): 2}


def test_the_same_batch_again_has_the_same_ids_and_keys_so_that_it_is_taken_once() -> None:
    collect = make_collect()
    later = make_collect(clock=lambda: NOW + timedelta(minutes=7))
    batch = [track(1), track(2), {**track(3), "timestamp": None}]
    post(collect, "batch", {"batch": batch, "sentAt": "2026-11-23T04:00:00Z"})
    post(later, "batch", {"batch": batch, "sentAt": "2026-11-23T04:07:00Z"})
    first, second = (
        [(each.id, each.subject, each.key_time or each.time) for each in queued(one)] for one in (collect, later)
    )
    assert first == second


def test_the_good_part_of_a_batch_is_taken_and_each_bad_message_named() -> None:
    collect = make_collect()
    bad = [
        {**track(5), "type": "dance"},
        "text",
        {**track(6), "event": " "},
        {**track(7), "userId": None},
        {**track(8), "timestamp": "yesterday"},
        {**track(9), "properties": [1]},
        {**track(10), "properties": {"note": "x" * MAX_MESSAGE}},
        {"type": "alias", "userId": "a"},
    ]
    answer = post(collect, "batch", {"batch": [track(1), *bad, track(2)]})
    assert answer.status == 200
    assert answer.body["accepted"] == 2
    told = [(each["index"], each["code"]) for each in answer.body["rejected"]]
    assert told == [
        (1, "type"),
        (2, "not_an_object"),
        (3, "event_name"),
        (4, "identity"),
        (5, "timestamp"),
        (6, "field"),
        (7, "too_large"),
        (8, "identity"),
    ]
    assert answer.body["rejected"][0]["messageId"] == "message-5"
    assert [event.subject for event in queued(collect)] == ["member:m1", "member:m2"]
    counters: Any = collect.counters
    assert counters.counts["shop", "identity"] == 2


def test_answers_quote_no_value() -> None:
    secret = "13800138000-secret"
    body = {"batch": [{**track(1), name: secret} for name in ("type", "timestamp", "properties", "traits", "context")]}
    assert secret not in json.dumps(post(make_collect(), "batch", body).body)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"batch": [{"type": "track"}]}, 400, "event_name"),
        ({"batch": "x"}, 400, "field"),
        ({}, 400, "field"),
        ([], 400, "invalid_body"),
        (b"{", 400, "invalid_body"),
        (b"\xff\xfe\x00", 400, "invalid_body"),
        (b"[" * 100_000, 400, "invalid_body"),
        (b'{"a":' * 100_000, 400, "invalid_body"),
        (b"{" + b" " * MAX_BODY + b"}", 413, "too_large"),
        ({"batch": []}, 200, None),
    ],
)
def test_bodies_that_say_nothing(body: Any, status: int, code: str | None) -> None:
    collect = make_collect()
    answer = post(collect, "batch", body)
    assert (answer.status, answer.body.get("code")) == (status, code)
    assert queued(collect) == []


@pytest.mark.parametrize("call", ["track", "t"])
def test_a_single_message_takes_its_type_from_the_path(call: str) -> None:
    collect = make_collect()
    assert post(collect, call, {**track(1), "type": "identify"}).body == {"success": True}
    assert queued(collect)[0].type == "order.completed"


def test_a_single_message_that_is_too_large_is_413() -> None:
    answer = post(make_collect(), "track", {**track(1), "properties": {"note": "x" * MAX_MESSAGE}})
    assert answer.status == 413


def test_there_is_no_other_call() -> None:
    assert post(make_collect(), "delete", {}).status == 404


KEY = write_key("shop")


@pytest.mark.parametrize(
    "key",
    [
        KEY[:-1] + "x",
        write_key("other"),
        "wk_shop_short",
        "x",
        "wk_shop_" + "k" * 31 + "\n",
        KEY + "k",
        "wk_SHOP_" + "k" * 32,
    ],
)
def test_a_wrong_key_and_an_unknown_one_are_answered_alike_and_nothing_is_read(key: str) -> None:
    def never(_: bytes) -> Any:
        raise AssertionError("read")

    collect = make_collect(read_json=never)
    answer = post(collect, "batch", b"not even JSON", key=key)
    assert (answer.status, answer.body["code"]) == (401, "unauthorized")
    assert answer == post(collect, "batch", {}, key=write_key("nobody"))
    assert queued(collect) == []
    counters: Any = collect.counters
    assert not counters.counts


@pytest.mark.parametrize(
    "header", ["Basic !!!", "Basic " + base64.b64encode("钥:".encode()).decode(), "Basic", "Basic "]
)
def test_a_malformed_header_is_a_wrong_key(header: str) -> None:
    assert make_collect().receive(Request("track", {"authorization": header}, b"{}")).status == 401


def test_twin_a_source_that_takes_every_key_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Source, "accepts", lambda *_: True)
    assert post(make_collect(), "track", track(1), key=KEY[:-1] + "x").status == 200


def test_the_key_may_be_in_the_body_as_browsers_send_it() -> None:
    collect = make_collect()
    assert post(collect, "t", {**track(1), "writeKey": write_key("site")}, key="").status == 200
    assert queued(collect)[0].source == "/public/site"
    for wrong in ({}, {"writeKey": 5}, {"writeKey": "wk_site_x"}, {"writeKey": None}):
        assert post(collect, "t", {**track(1), **wrong}, key="").status == 401


def test_both_keys_are_good_while_they_are_rotated() -> None:
    new = write_key("shop", "n")
    source = with_key(make_source(), new)
    collect = make_collect(sources=FakeSources({"shop": source}))
    assert [post(collect, "t", track(1), key=key).status for key in (KEY, new)] == [200, 200]
    done = make_collect(sources=FakeSources({"shop": finish_rotation(source)}))
    assert [post(done, "t", track(1), key=key).status for key in (KEY, new)] == [401, 200]


def test_a_key_that_was_just_made_is_found_by_a_second_look() -> None:
    new = write_key("shop", "n")
    sources = FakeSources({"shop": make_source()}, fresh={"shop": with_key(make_source(), new)})
    assert post(make_collect(sources=sources), "t", track(1), key=new).status == 200
    assert sources.asked == ["shop", "shop again"]


def test_a_source_of_another_kind_has_no_write_key() -> None:
    source = make_source().model_copy(update={"kind": SourceKind.WEBHOOK})
    assert post(make_collect(sources=FakeSources({"shop": source})), "t", track(1)).status == 401


def test_what_the_queue_refuses_is_sent_again_by_the_sdk() -> None:
    class Full(FakeQueue[EventMessage]):
        def send(self, messages: Any) -> set[str]:
            super().send(messages[1:])
            return {messages[0][0]}

    queue = Full(EventMessage)
    collect = make_collect(events=queue)
    answer = post(collect, "batch", {"batch": [track(1), track(2)]})
    assert answer.status == 503
    assert {"code", "message"} <= answer.body.keys()
    counters: Any = collect.counters
    assert not counters.counts
    repeated = replace(collect, events=FakeQueue(EventMessage))
    assert post(repeated, "batch", {"batch": [track(1), track(2)]}).status == 200
    assert {event.id for event in queued(repeated)} > {event.id for event in queued(collect)}


def test_sources_that_cannot_be_read_are_asked_for_again() -> None:
    answer = post(make_collect(sources=FakeSources(broken=True)), "t", track(1))
    assert (answer.status, answer.reason) == (503, "not read: Throttling")


def test_gzip_is_read() -> None:
    collect = make_collect()
    body = gzip.compress(json.dumps({"batch": [track(1)]}).encode())
    assert post(collect, "batch", body, content_encoding="gzip").status == 200
    assert len(queued(collect)) == 1


@pytest.fixture(scope="module")
def small_bomb() -> bytes:
    made = zlib.compressobj(9, wbits=31)
    content = b"".join([made.compress(b" " * 1_000_000) for _ in range(100)])
    return content + made.flush()


def test_a_gzip_bomb_is_not_unpacked(small_bomb: bytes) -> None:
    assert len(small_bomb) < MAX_BODY
    answer = post(make_collect(), "batch", small_bomb, content_encoding="gzip")
    assert answer.status == 413


def test_twin_without_a_bound_the_bomb_would_be_unpacked(small_bomb: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BODY", 10**9)
    answer = post(make_collect(), "batch", small_bomb, content_encoding="gzip")
    assert answer.body["code"] == "invalid_body"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"plain", "gzip"),
        (gzip.compress(b"{}" * 100)[:-9], "gzip"),
        (b"", "gzip"),
        (b"{}", "br"),
    ],
    ids=["plain", "cut", "empty", "another"],
)
def test_a_broken_compression_is_told(body: bytes, encoding: str) -> None:
    assert post(make_collect(), "batch", body, content_encoding=encoding).body["code"] == "invalid_body"


def test_no_more_than_the_specification_allows_are_taken() -> None:
    collect = make_collect()
    small = {"type": "page", "userId": "u"}
    answer = post(collect, "batch", {"batch": [{**small, "messageId": f"m{number:04}"} for number in range(2502)]})
    assert (answer.body["accepted"], answer.body["rejected_count"]) == (2500, 2)
    assert answer.body["rejected"][0] == {
        "index": 2500,
        "messageId": "m2500",
        "code": "too_many",
        "message": "a batch has at most 2500 messages",
    }
