"""collect: CPU and AWS requests of one event in batches of 100, beside a plain view with Flask and boto3."""

import base64
import io
import json
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import Any, Final

from tests.bench import charts
from tests.bench.aws import Memory
from tests.bench.measure import Work, compare
from tests.bench.results import Section, number, table
from tests.bench.world import ENVIRONMENT, PREFIX, set_environment
from tests.fakes.sources import KEYS, make_source, write_key
from yuchi.adapters.dynamodb.items import to_item

BATCH: Final = 100
BATCHES: Final = 20
OURS: Final = "Yuchi: key, checks, contacts, times, identities, queue"
PLAIN: Final = "Flask + boto3: key, JSON, queue"


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    step("batches")
    set_environment()
    memory = Memory(parameters={f"{PREFIX}/identity": _keys()})
    source = make_source("shop")
    memory.put("Sources", to_item(source.model_dump(mode="json", by_alias=True)))
    from functions.collect import app

    for client in app.application._clients.values():
        memory.attach(client)
    kinds = {"orders": _order, "pages": _page, "people with a phone": _person}
    bodies = {name: [_batch(make, number) for number in range(2 if quick else BATCHES)] for name, make in kinds.items()}
    works: dict[tuple[str, str], Work] = {}
    for name, each in bodies.items():
        works[OURS, name] = _ours(app.handler, each, memory)
        works[PLAIN, name] = _flask(each, memory)
    with redirect_stdout(io.StringIO()):
        taken = compare(works, rounds=3 if quick else 7, clock=lambda: time.process_time() - memory.seconds)
        memory.counting = True
        _ours(app.handler, bodies["orders"], memory)()
    usage = memory.usage.per(len(bodies["orders"]) * BATCH)
    return _section(taken, usage, list(kinds))


def _keys() -> str:
    return json.dumps({name: value.get_secret_value() for name, value in KEYS})


def _batch(make: Callable[[int], dict[str, Any]], number: int) -> bytes:
    now = datetime.now(UTC).isoformat()
    shared = {
        "timestamp": now,
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
        "integrations": {},
    }
    messages = [{**shared, "messageId": f"m-{number}-{each}", **make(each)} for each in range(BATCH)]
    return json.dumps({"batch": messages, "sentAt": now, "writeKey": write_key("shop")}).encode()


def _order(number: int) -> dict[str, Any]:
    products = [
        {"productId": f"p{each}", "name": "明前绿茶", "category": "绿茶", "price": 64.5, "quantity": 1}
        for each in range(3)
    ]
    properties = {"orderId": f"o{number}", "total": 193.5, "currency": "CNY", "products": products}
    return {"type": "track", "event": "Order Completed", "userId": f"m{number}", "properties": properties}


def _page(number: int) -> dict[str, Any]:
    properties = {"url": "https://shop.example.com/tea?from=wechat", "path": "/tea", "title": "茶", "referrer": ""}
    return {"type": "page", "name": "Tea", "anonymousId": f"a{number}", "properties": properties}


def _person(number: int) -> dict[str, Any]:
    traits = {"name": "林小满", "phone": f"138{number:08d}", "city": "杭州", "vip": True}
    return {"type": "identify", "userId": f"m{number}", "anonymousId": f"a{number}", "traits": traits}


def _basic() -> str:
    return "Basic " + base64.b64encode(f"{write_key('shop')}:".encode()).decode()


def _ours(handler: Callable[[Any, Any], Any], bodies: list[bytes], memory: Memory) -> Work:
    events = [
        {
            "pathParameters": {"call": "batch"},
            "headers": {"authorization": _basic(), "content-type": "application/json"},
            "body": body.decode(),
        }
        for body in bodies
    ]

    def run() -> int:
        for event in events:
            answer = handler(event, None)
            assert answer["statusCode"] == 200, answer
        memory.queues.clear()
        return len(events) * BATCH

    return run


def _flask(bodies: list[bytes], memory: Memory) -> Work:
    """What one would write first: it trusts the clock and the contents, and keeps phones as they come."""
    import boto3
    import flask
    from werkzeug.test import EnvironBuilder

    sqs = boto3.client("sqs")
    memory.attach(sqs)
    app = flask.Flask("collector")

    @app.post("/v1/batch")
    def view() -> dict[str, bool]:
        authorization = flask.request.authorization
        if authorization is None or authorization.username != write_key("shop"):
            flask.abort(401)
        messages = flask.request.get_json()["batch"]
        for start in range(0, len(messages), 10):
            entries: Any = [
                {
                    "Id": str(index),
                    "MessageBody": json.dumps(message, ensure_ascii=False),
                    "MessageGroupId": str(message.get("userId") or message["anonymousId"]),
                    "MessageDeduplicationId": message["messageId"],
                }
                for index, message in enumerate(messages[start : start + 10])
            ]
            sqs.send_message_batch(QueueUrl=ENVIRONMENT["EVENTS_QUEUE_URL"], Entries=entries)
        return {"success": True}

    headers = [("Authorization", _basic())]
    prepared = [
        (EnvironBuilder("/v1/batch", method="POST", data=body, headers=headers, content_type="application/json"), body)
        for body in bodies
    ]
    environs = [(builder.get_environ(), body) for builder, body in prepared]

    def run() -> int:
        for environ, body in environs:
            statuses: list[str] = []
            asked = {**environ, "wsgi.input": io.BytesIO(body)}
            answer = b"".join(app.wsgi_app(asked, lambda status, *_, told=statuses: told.append(status)))
            assert statuses == ["200 OK"], answer
        memory.queues.clear()
        return len(environs) * BATCH

    return run


def _section(taken: Mapping[tuple[str, str], float], usage: Mapping[str, float], kinds: list[str]) -> Section:
    rows = [[who, *(f"{number(taken[who, kind] * 1e6)} µs" for kind in kinds)] for who in (OURS, PLAIN)]
    requests = [[kind, number(count)] for kind, count in usage.items()]
    return Section(
        name="collect",
        title="Taking in what other systems tell",
        body=_BODY.format(
            batch=BATCH,
            cpu=table(["CPU of one event", *kinds], rows),
            requests=table(["requests to AWS for one event", "ours"], requests),
        ),
        picture=charts.bars(
            "Taking in events",
            f"CPU for one event, µs, in batches of {BATCH}",
            {
                kind: [
                    charts.Bar(
                        who.partition(":")[0],
                        taken[who, kind] * 1e6,
                        f"{number(taken[who, kind] * 1e6)} µs",
                        ours=who is OURS,
                    )
                    for who in (OURS, PLAIN)
                ]
                for kind in kinds
            },
        ),
    )


_BODY: Final = """\
Batches of {batch} messages as the SDKs send them, through the whole handler; requests to AWS are built and signed, then
answered from memory. Beside it what one would write first: a Flask view that compares the key, parses the JSON and queues
each message as it came. It neither checks a message, nor corrects a clock, nor says who is who, nor keeps a phone out of
what is stored.

{cpu}

{requests}
"""
