"""Whatever an outsider sends: an answer of a closed list, no exception, and nothing that breaks who reads it afterwards."""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.fakes.queues import FakeQueue
from tests.fakes.sources import SEALER, FakeSourceCounters, FakeSources, make_source, write_key
from tests.fakes.stores import FakeMetrics
from tests.fakes.world import World, rule
from yuchi.adapters.dynamodb.profiles import profile_from_item, profile_item
from yuchi.adapters.dynamodb.timeline import entry_from_item, entry_item
from yuchi.adapters.mapping_text import YamlMappings
from yuchi.adapters.segment.door import SegmentDoor
from yuchi.adapters.segment.json_body import read_json
from yuchi.adapters.webhooks.signature import signed_headers
from yuchi.adapters.webhooks.verification import verify
from yuchi.domain.archive import archive_line
from yuchi.domain.source import Source, SourceKind, SourceSecrets
from yuchi.services.collect import Collect, DoorAnswer, Request
from yuchi.services.ports import EventMessage
from yuchi.services.receive_webhook import ReceiveWebhook

SECRET = f"whsec_{'D' * 43}="
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ODD = st.sampled_from(
    [
        *(None, True, False, 0, -1, 7, 10**30, -(10**40), 1.5, 1e-200, 1e308, -0.0, "", " ", "0", "null", "7"),
        *("a#b", "a:b", "#", "é", "\u202e", "\x00", "\x1b[2J", "\ufffe", "\ud83d", "😀" * 80, "x" * 300, "=1+1"),
        *("<script>", "{{name}}", "${x}", "../..", "13812345678", "a@b.cn", "9999-12-31T23:59:59Z"),
        *("0001-01-01T00:00:00Z", "2026-11-23T04:00:00+23:59", "2026-11-22", "Order Completed", "Consent Granted"),
        *("wechat", "erased:x", "member:8", "track", "identify", "page", "alias"),
    ]
)
VALUES = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD.map(str), inner, max_size=4), max_leaves=12
)
FIELDS = st.sampled_from(
    [
        *(
            "type",
            "messageId",
            "userId",
            "anonymousId",
            "previousId",
            "groupId",
            "event",
            "name",
            "category",
            "timestamp",
        ),
        *(
            "originalTimestamp",
            "sentAt",
            "properties",
            "traits",
            "context",
            "integrations",
            "writeKey",
            "batch",
            "channel",
        ),
    ]
)
MAPS = st.dictionaries(ODD.map(str), VALUES, max_size=6)
GOOD = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias"]),
        "event": st.sampled_from(["x", "Order Completed", "Order Refunded", "Consent Revoked", "\x00", "é" * 100]),
        "userId": st.sampled_from(["7", "8", "a#b", "a:b", "x" * 200, "13812345678", "a@b.cn", "{{name}}"]),
        "previousId": st.sampled_from(["7", "b1", "x#y"]),
        "groupId": st.sampled_from(["g", "=1+1"]),
    },
    optional={
        "anonymousId": st.sampled_from(["b1", "b2", "7"]),
        "messageId": ODD,
        "properties": MAPS,
        "traits": MAPS,
        "context": st.dictionaries(st.sampled_from(["page", "campaign", "traits"]), MAPS),
        "timestamp": ODD,
        "sentAt": ODD,
    },
)
MESSAGES = GOOD | st.dictionaries(FIELDS, VALUES, max_size=8) | VALUES
BATCHES = st.fixed_dictionaries(
    {}, optional={"batch": st.lists(MESSAGES, max_size=4), "sentAt": ODD, "context": VALUES}
)
STATUSES = {200, 400, 401, 413}


def make_collect(queue: FakeQueue[EventMessage]) -> Collect:
    return Collect(
        sources=FakeSources({"shop": make_source(), "site": make_source("site", trusted=False)}),
        door=SegmentDoor(SEALER),
        read_json=read_json,
        events=queue,
        counters=FakeSourceCounters(),
        metrics=FakeMetrics(),
        clock=lambda: NOW,
    )


def post(collect: Collect, call: str, body: bytes, source: str = "site", **headers: str) -> DoorAnswer:
    key = base64.b64encode(f"{write_key(source)}:".encode()).decode()
    given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return collect.receive(Request(call, {"authorization": f"Basic {key}"} | given_headers, body))


def live_on(queue: FakeQueue[EventMessage]) -> None:
    """Everything that was taken is processed, stored, read and archived."""
    world = World(rule("all", "custom.x", ["tag x"], "event.name == 'x'", account="*"))
    world.now = NOW + timedelta(minutes=1)
    world.events = queue
    world.process = replace(world.process, events=queue)
    count = len(queue.messages)
    world.run()
    assert world.metrics.counts["EventFailed"] == 0
    assert queue.messages == []
    assert len(world.people.entries) <= count
    for entry in world.people.entries.values():
        assert entry_from_item(entry_item(entry)) == entry
        json.loads(archive_line(entry))
    for profile in world.people.profiles.values():
        item = profile_item(profile)
        assert list(unstorable(item)) == []
        assert profile_item(profile_from_item(item)) == item


def unstorable(item: Any) -> Iterator[Any]:
    """What DynamoDB refuses in an item, which no fake does."""
    if isinstance(item, dict):
        if "N" in item and not (float(item["N"]) == 0 or 1e-130 < abs(float(item["N"])) < 1e126):
            yield item
        yield from (name for name in item if name == "")
        for each in item.values():
            yield from unstorable(each)
    elif isinstance(item, list):
        for each in item:
            yield from unstorable(each)


def signing() -> FakeSources:
    till = Source(id="till", brand="demo", name="Till", kind=SourceKind.WEBHOOK, mapping=TILL)
    return FakeSources({"till": till}, secret={"till": SourceSecrets(webhook_secret=SecretStr(SECRET))})


def send(receiver: ReceiveWebhook, content: Any) -> DoorAnswer:
    body = json.dumps(content)
    return receiver.receive("till", signed_headers(body, message_id="msg_1", moment=NOW, secrets=SECRET), body.encode())


def make_receiver(queue: FakeQueue[EventMessage]) -> ReceiveWebhook:
    return ReceiveWebhook(
        sources=signing(),
        verify=verify,
        mappings=YamlMappings(),
        contacts=SEALER,
        read_json=read_json,
        events=queue,
        counters=FakeSourceCounters(),
        metrics=FakeMetrics(),
        clock=lambda: NOW,
    )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BATCHES, st.sampled_from(["site", "shop"]))
def test_any_batch_is_answered_and_lived_with(batch: dict[str, Any], source: str) -> None:
    queue = FakeQueue(EventMessage)
    said = {**batch, "batch": [{"type": "page", "userId": "7", "timestamp": None}, *batch.get("batch", [])]}
    answer = post(make_collect(queue), "batch", json.dumps(said).encode(), source)
    assert answer.status in STATUSES
    json.dumps(answer.body).encode()
    live_on(queue)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["track", "identify", "page", "screen", "group", "alias"]), MESSAGES)
def test_any_message_is(call: str, message: Any) -> None:
    queue = FakeQueue(EventMessage)
    assert post(make_collect(queue), call, json.dumps(message).encode()).status in STATUSES
    live_on(queue)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200), st.sampled_from(["identity", "gzip", "br", ""]), st.sampled_from(["batch", "t", "nothing"])
)
def test_any_bytes_are(body: bytes, encoding: str, call: str) -> None:
    collect = make_collect(FakeQueue(EventMessage))
    for each in (body, gzip.compress(body)):
        assert post(collect, call, each, content_encoding=encoding).status in STATUSES | {404}


TILL = """
name: till
type: {from: kind, values: {sale: order.completed, page: page.viewed}, else: page.viewed}
id: number
time: at
identities: {member: card, phone: mobile, unionid: union}
data: {order_id: number, total: paid, things: things}
attributes: {city: city, more: more}
tags: [labels]
"""
SALES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["sale", "page", "x"]),
        "card": st.sampled_from(["c-1", "c#2", "erased:x", 7]),
        "number": st.sampled_from(["n-1", "n#2", 5]),
        "at": st.sampled_from(["2026-11-22", "2026-11-23T03:00:00Z", "2000-01-02", "2099-01-01"]),
    },
    optional=dict.fromkeys(("things", "more"), VALUES),
)
ODD_SALES = st.builds(
    lambda sale, odd: {**sale, **odd},
    SALES,
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("number", "at", "mobile", "union", "paid", "labels", "city"), VALUES)
    ),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SALES, st.lists(ODD_SALES | VALUES, max_size=2))
def test_any_signed_message_is(sale: dict[str, Any], others: list[Any]) -> None:
    queue = FakeQueue(EventMessage)
    assert send(make_receiver(queue), [sale, *others]).status == 200
    assert queue.messages
    live_on(queue)


@pytest.mark.parametrize("body", [b"[" * 400_000, b'{"a":' * 80_000, b'{"batch":' + b"[" * 400 + b"]" * 400 + b"}"])
def test_nesting_ends_no_function(body: bytes) -> None:
    assert post(make_collect(FakeQueue(EventMessage)), "batch", body).status == 400


def test_twin_a_number_as_it_came_could_never_be_stored() -> None:
    assert list(unstorable({"said": {"M": {"x": {"N": repr(1e-200)}, "": {"S": ""}}}})) == ["", {"N": "1e-200"}]
