"""Signed messages in a system's own words: who is let in, what becomes of them, what is answered."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from pydantic import SecretStr

from tests.fakes.queues import FakeQueue
from tests.fakes.sources import SEALER, FakeSourceCounters, FakeSources
from tests.fakes.stores import FakeMetrics
from yuchi.adapters.mapping_text import YamlMappings
from yuchi.adapters.rule_files import read_yaml
from yuchi.adapters.segment.json_body import read_json
from yuchi.adapters.webhooks import verification
from yuchi.adapters.webhooks.signature import signed_headers
from yuchi.adapters.webhooks.verification import TOLERANCE_SECONDS, verify
from yuchi.domain.event import Event
from yuchi.domain.source import Source, SourceKind, SourceSecrets
from yuchi.services.collect import MAX_BODY, DoorAnswer
from yuchi.services.ports import EventMessage
from yuchi.services.receive_webhook import ReceiveWebhook, SignatureWrongError

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SECRET, OLD, STRANGE = (
    f"whsec_{letter * 43}=" for letter in "ABC"
)  # the same in each worker: they are in the tests' names
MAPPING = """
name: till
type: {from: kind, values: {sale: order.completed, noise: skip}}
id: number
time: at
identities: {member: card, phone: mobile}
data:
  order_id: number
  total: {from: paid, unit: 元}
attributes:
  city: shop.city
"""
SALE = {
    "kind": "sale",
    "number": "n-1",
    "at": "2026-11-23T03:00:00Z",
    "card": "c-1",
    "mobile": "13800138000",
    "paid": "12.50",
    "shop": {"city": "上海"},
}


def make_receiver(**parts: Any) -> ReceiveWebhook:
    till = Source(id="till", brand="demo", name="Till", kind=SourceKind.WEBHOOK, mapping=MAPPING)
    shop = Source(id="shop", brand="demo", name="Shop")
    secrets = SourceSecrets(webhook_secret=SecretStr(f"{SECRET} {OLD}"))
    return ReceiveWebhook(
        **{
            "sources": FakeSources({"till": till, "shop": shop}, secret={"till": secrets, "shop": secrets}),
            "verify": verify,
            "mappings": YamlMappings(),
            "contacts": SEALER,
            "read_json": read_json,
            "events": FakeQueue(EventMessage),
            "counters": FakeSourceCounters(),
            "metrics": FakeMetrics(),
            "clock": lambda: NOW,
            **parts,
        }
    )


def send(
    receiver: ReceiveWebhook,
    content: Any,
    *,
    source: str = "till",
    secret: str = SECRET,
    at: datetime = NOW,
    **headers: str,
) -> DoorAnswer:
    body = content if isinstance(content, str) else json.dumps(content)
    signed = signed_headers(body, message_id="msg_1", moment=at, secrets=secret)
    return receiver.receive(
        source, {**signed, **{name.replace("_", "-"): each for name, each in headers.items()}}, body.encode()
    )


def queued(receiver: ReceiveWebhook) -> list[Event]:
    queue: Any = receiver.events
    return [EventMessage.model_validate_json(body).event for _, _, body in queue.messages]


def test_a_signed_message_becomes_an_event() -> None:
    receiver = make_receiver()
    assert send(receiver, SALE).body == {"success": True}
    (event,) = queued(receiver)
    assert (event.type, event.source, event.subject) == ("order.completed", "/collect/till", "member:c-1")
    assert event.data == {"order_id": "n-1", "total": 12.5, "traits": {"city": "上海"}}
    assert event.identities[0].startswith("phone:")
    assert "13800138000" not in event.model_dump_json()


def test_what_the_reference_library_signs_is_taken() -> None:
    receiver, body = make_receiver(), json.dumps(SALE)
    signature = standardwebhooks.Webhook(SECRET).sign(msg_id="msg_9", timestamp=NOW, data=body)
    headers = {
        "webhook-id": "msg_9",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1a,xxx {signature}",
    }
    assert receiver.receive("till", headers, body.encode()).status == 200


def test_a_message_that_comes_again_has_the_same_row() -> None:
    def rows(at: datetime, content: Any) -> list[Any]:
        receiver = make_receiver(clock=lambda: at)
        assert send(receiver, content, at=at).status == 200
        return [(event.id, event.subject, event.key_time or event.time) for event in queued(receiver)]

    ahead = {**SALE, "at": "2026-11-23T04:00:30Z"}
    for content in (SALE, ahead, [SALE, {**SALE, "number": "n-2"}]):
        assert rows(NOW, content) == rows(NOW + timedelta(minutes=17), content)


def test_without_a_business_key_the_message_id_tells_them_apart() -> None:
    mapping = MAPPING.replace("\nid: number\n", "\n").replace("time: at\n", "")
    till = Source(id="till", brand="demo", name="T", kind=SourceKind.WEBHOOK, mapping=mapping)
    secrets = {"till": SourceSecrets(webhook_secret=SecretStr(SECRET))}

    def rows(at: datetime) -> list[Any]:
        receiver = make_receiver(sources=FakeSources({"till": till}, secret=secrets), clock=lambda: at)
        assert send(receiver, [SALE, SALE], at=at).status == 200
        return [(event.id, event.key_time or event.time) for event in queued(receiver)]

    first = rows(NOW)
    assert len(set(first)) == 2
    assert first == rows(NOW + timedelta(hours=3))


def test_what_is_told_late_fires_no_rule_and_nothing_happens_in_the_future() -> None:
    receiver = make_receiver()
    late, ahead = {**SALE, "at": "2026-11-20T00:00:00Z"}, {**SALE, "number": "n-2", "at": "2026-11-24T00:00:00Z"}
    send(receiver, [late, ahead])
    first, second = queued(receiver)
    assert first.historical
    assert (second.historical, second.time) == (False, NOW)


def test_the_good_part_of_a_list_is_taken_and_each_bad_message_named() -> None:
    receiver = make_receiver()
    content = [SALE, {**SALE, "kind": "dance"}, {"kind": "noise"}, 7, {**SALE, "paid": "much"}]
    answer = send(receiver, content)
    assert (answer.status, answer.body["accepted"]) == (200, 1)
    assert [(each["index"], each["code"]) for each in answer.body["rejected"]] == [
        (1, "type.unknown"),
        (3, "not_an_object"),
        (4, "number.unreadable"),
    ]
    counters: Any = receiver.counters
    assert counters.counts["till", "type_unknown"] == 1


@pytest.mark.parametrize(
    ("source", "secret", "at", "headers"),
    [
        ("till", STRANGE, NOW, {}),
        ("nobody", SECRET, NOW, {}),
        ("shop", SECRET, NOW, {}),
        ("till", SECRET, NOW - timedelta(seconds=TOLERANCE_SECONDS + 1), {}),
        ("till", SECRET, NOW + timedelta(seconds=TOLERANCE_SECONDS + 1), {}),
        ("till", SECRET, NOW, {"webhook_id": "msg_2"}),
        ("till", SECRET, NOW, {"webhook_id": ""}),
        ("till", SECRET, NOW, {"webhook_timestamp": "now"}),
        ("till", SECRET, NOW, {"webhook_timestamp": "-1"}),
        ("till", SECRET, NOW, {"webhook_signature": ""}),
        ("till", SECRET, NOW, {"webhook_signature": "v1,"}),
        ("till", SECRET, NOW, {"webhook_signature": "v1,签"}),
    ],
)
def test_who_cannot_sign_is_not_let_in_and_all_are_answered_alike(
    source: str, secret: str, at: datetime, headers: dict[str, str]
) -> None:
    receiver = make_receiver()
    answer = send(receiver, SALE, source=source, secret=secret, at=at, **headers)
    assert (answer.status, answer.body["message"]) == (401, "the signature is not valid")
    assert queued(receiver) == []


def test_a_body_that_was_changed_is_refused() -> None:
    body = json.dumps(SALE)
    headers = signed_headers(body, message_id="msg_1", moment=NOW, secrets=SECRET)
    with pytest.raises(SignatureWrongError):
        verify(body.replace("12.50", "99.50").encode(), headers, secrets=SECRET, now=NOW)


def test_twin_without_a_window_an_old_message_could_be_played_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "TOLERANCE_SECONDS", 10**9)
    assert send(make_receiver(), SALE, at=NOW - timedelta(days=30)).status == 200


def test_both_secrets_are_good_while_they_are_rotated() -> None:
    assert send(make_receiver(), SALE, secret=OLD).status == 200


def test_a_secret_that_is_none_lets_nobody_in() -> None:
    with pytest.raises(SignatureWrongError):
        verify(b"{}", signed_headers("{}", message_id="m", moment=NOW, secrets=SECRET), secrets="whsec_x", now=NOW)
    with pytest.raises(SignatureWrongError):
        verify(b"{}", signed_headers("{}", message_id="m", moment=NOW, secrets=SECRET), secrets="", now=NOW)


@pytest.mark.parametrize(("content", "status"), [("{", 400), ('"x"', 400), ("[]", 200), (" " * (MAX_BODY + 1), 413)])
def test_bodies_that_say_nothing(content: str, status: int) -> None:
    assert send(make_receiver(), content).status == status


def test_a_mapping_that_is_broken_makes_the_sender_come_again() -> None:
    till = Source(id="till", brand="demo", name="T", kind=SourceKind.WEBHOOK, mapping="type: [")
    sources = FakeSources({"till": till}, secret={"till": SourceSecrets(webhook_secret=SecretStr(SECRET))})
    answer = send(make_receiver(sources=sources), SALE)
    assert (answer.status, answer.reason) == (503, "mapping: mapping.yaml")


def test_what_the_queue_refuses_is_sent_again() -> None:
    class Full(FakeQueue[EventMessage]):
        def send(self, messages: Any) -> set[str]:
            return {each[0] for each in messages}

    assert send(make_receiver(events=Full(EventMessage)), SALE).status == 503


ROOT = Path(__file__).parents[3] / "rules" / "mappings"


@pytest.mark.parametrize("name", sorted(each.name for each in ROOT.iterdir() if (each / "tests.yaml").exists()))
def test_the_mappings_that_come_along_take_their_examples(name: str) -> None:
    text = (ROOT / name / "mapping.yaml").read_text(encoding="utf-8")
    source = Source(id="till", brand="demo", name="T", kind=SourceKind.WEBHOOK, mapping=text)
    sources = FakeSources({"till": source}, secret={"till": SourceSecrets(webhook_secret=SecretStr(SECRET))})
    examples: Any = read_yaml((ROOT / name / "tests.yaml").read_text(encoding="utf-8"))
    rows = [each["row"] for each in (examples if isinstance(examples, list) else examples["tests"])]
    answer = send(make_receiver(sources=sources), json.dumps(rows, default=str))
    assert answer.status in {200, 400}
    assert answer.body.get("code") not in {"mapping", "unavailable"}
