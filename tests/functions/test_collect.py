"""HTTP API requests (payload 2.0) become requests to the door, and answers go back as SDKs and browsers read them."""

import base64
import json
from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of
from yuchi.services.collect import DoorAnswer, Request, failure


class FakeUseCase:
    response = DoorAnswer(200, {"success": True})

    def receive(self, request: Request) -> DoorAnswer:
        self.given = request
        return self.response


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = app_of("collect")
    monkeypatch.setattr(module, "collect", FakeUseCase())
    return module


def request(call: str = "batch", **more: Any) -> dict[str, Any]:
    return {
        "pathParameters": {"call": call},
        "headers": {"Authorization": "Basic abc", "content-type": "text/plain"},
        **more,
    }


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        ({"body": '{"你":1}'}, '{"你":1}'.encode()),
        ({"body": base64.b64encode(b"\x1f\x8b\0").decode(), "isBase64Encoded": True}, b"\x1f\x8b\0"),
        ({}, b""),
        ({"body": None}, b""),
    ],
)
def test_a_request_with_its_very_bytes(app: Any, sent: dict[str, Any], body: bytes) -> None:
    answer = app.handler(request(**sent), CONTEXT)
    assert app.collect.given == Request("batch", {"authorization": "Basic abc", "content-type": "text/plain"}, body)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"success": True}
    assert answer["headers"]["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "response", [failure(401, "unauthorized", "no"), failure(503, "unavailable", "again", reason="x")]
)
def test_refusals_go_back_without_their_reason(app: Any, response: DoorAnswer) -> None:
    app.collect.response = response
    answer = app.handler(request(), CONTEXT)
    assert answer["statusCode"] == response.status
    assert "reason" not in answer["body"]


def test_its_calls_end_within_the_functions_time(app: Any) -> None:
    config = app_of("collect").application.client("dynamodb").meta.config
    assert config.connect_timeout + config.read_timeout <= 1.5


def test_a_webhook_goes_to_its_own_use_case(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class FakeWebhooks:
        def receive(self, *given: Any) -> DoorAnswer:
            self.given = given
            return DoorAnswer(200, {"success": True})

    webhooks = FakeWebhooks()
    monkeypatch.setattr(app, "webhooks", lambda: webhooks)
    sent = request(pathParameters={"source": "till"}, headers={"Webhook-Id": "m"}, body="{}")
    assert app.handler(sent, CONTEXT)["statusCode"] == 200
    assert webhooks.given == ("till", {"webhook-id": "m"}, b"{}")
    assert not hasattr(app.collect, "given")


def test_both_use_cases_are_wired() -> None:
    assert app_of("collect").webhooks().verify is not None
