"""HTTP API requests (payload 2.0) become pushes, and answers go back as WeChat wants them."""

import base64
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.support import CONTEXT, ROOT, RUNTIME, app_of, environment_of
from yuchi.services.receive_callback import Response


class FakeUseCase:
    response = Response(200, "success")

    def verify(self, account: str, query: Any) -> Response:
        self.given = ("verify", account, query)
        return self.response

    def receive(self, account: str, query: Any, body: bytes) -> Response:
        self.given = ("receive", account, query, body)  # type: ignore[assignment]
        return self.response


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = app_of("receive_callback")
    monkeypatch.setattr(module, "receive_callback", FakeUseCase())
    return module


def request(method: str, query: str = "", **more: Any) -> dict[str, Any]:
    return {
        "pathParameters": {"account": "tea"},
        "rawQueryString": query,
        "requestContext": {"http": {"method": method}},
        **more,
    }


def test_get_is_the_handshake(app: Any) -> None:
    app.receive_callback.response = Response(200, "echo")
    answer = app.handler(request("GET", "signature=a%2B&echostr=&nonce=1&nonce=2"), CONTEXT)
    assert app.receive_callback.given == ("verify", "tea", {"signature": ["a+"], "echostr": [""], "nonce": ["1", "2"]})
    assert answer == {"statusCode": 200, "headers": {"content-type": "text/plain; charset=utf-8"}, "body": "echo"}


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        ({"body": "<xml>你</xml>"}, "<xml>你</xml>".encode()),
        ({"body": base64.b64encode(b"\xff\0").decode(), "isBase64Encoded": True}, b"\xff\0"),
        ({}, b""),
        ({"body": None}, b""),
    ],
)
def test_post_is_a_push_with_its_very_bytes(app: Any, sent: dict[str, Any], body: bytes) -> None:
    answer = app.handler(request("POST", "msg_signature=x", **sent), CONTEXT)
    assert app.receive_callback.given == ("receive", "tea", {"msg_signature": ["x"]}, body)
    assert answer["body"] == "success"


@pytest.mark.parametrize("status", [200, 403, 404, 503])
def test_every_response_has_the_three_parts_that_the_api_takes(app: Any, status: int) -> None:
    app.receive_callback.response = Response(status, "x" * (status == 200), "application/xml", reason="told to the log")
    answer = app.handler(request("POST"), CONTEXT)
    assert answer == {
        "statusCode": status,
        "headers": {"content-type": "application/xml"},
        "body": "x" * (status == 200),
    }


HEAVY = ("requests", "wechatpy", "typer", "rich", "yaml", "yuchi.adapters.webhooks", "yuchi.services.perform_action")


def test_it_starts_without_what_it_does_not_need(record_property: Callable[[str, object], None]) -> None:
    program = (
        "import runpy, sys, time\n"
        "start = time.perf_counter()\n"
        "import boto3\n"
        "boto = time.perf_counter() - start\n"
        f"runpy.run_path({str(ROOT / 'functions' / 'receive_callback' / 'app.py')!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
        "print((time.perf_counter() - start) / boto)"
    )
    environment = {**RUNTIME, **environment_of("receive_callback"), "PYTHONPATH": str(ROOT / "layers" / "core")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    heavy, _, ratio = done.stdout.strip().partition("\n")
    assert heavy == "[]", done.stderr
    # told, not asserted: how many times as long as boto3 alone the whole cold start takes (junit property)
    record_property("cold_start_in_boto3_imports", float(ratio))


def test_its_calls_end_within_wechats_five_seconds(app: Any) -> None:
    config = app_of("receive_callback").application.client("dynamodb").meta.config
    assert config.connect_timeout + config.read_timeout <= 1.5
    assert config.retries["total_max_attempts"] == 2
