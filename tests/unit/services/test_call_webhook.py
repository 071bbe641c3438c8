from typing import Any

import pytest
from pydantic import ValidationError

from yuchi.services.call_webhook import (
    MAX_BODY,
    CallWebhook,
    NoAnswerError,
    Reason,
    WebhookCall,
    WebhookOutcome,
    WebhookResult,
    judge_status,
)

CALL = {"url": "https://hooks.example.com/", "body": "{}", "allowed_hosts": ["hooks.example.com"]}


class FakeClient:
    def __init__(self, result: int | NoAnswerError) -> None:
        self.result = result
        self.calls: list[WebhookCall] = []

    def post(self, call: WebhookCall) -> int:
        self.calls.append(call)
        if isinstance(self.result, NoAnswerError):
            raise self.result
        return self.result


@pytest.mark.parametrize(
    ("statuses", "outcome", "reason"),
    [
        ((200, 201, 202, 204, 299), WebhookOutcome.DELIVERED, Reason.ACCEPTED),
        ((300, 301, 302, 303, 304, 307, 308), WebhookOutcome.REFUSED, Reason.REDIRECTED),
        ((400, 401, 403, 404, 409, 410, 413, 422), WebhookOutcome.REFUSED, Reason.REJECTED),
        ((408, 425, 429), WebhookOutcome.NOT_SENT, Reason.RECEIVER_BUSY),
        ((500, 502, 503, 504, 599), WebhookOutcome.UNKNOWN, Reason.RECEIVER_FAILED),
        ((101, 103, 600, 999), WebhookOutcome.UNKNOWN, Reason.RECEIVER_FAILED),
    ],
)
def test_every_status_has_its_verdict(statuses: tuple[int, ...], outcome: WebhookOutcome, reason: Reason) -> None:
    for status in statuses:
        assert judge_status(status) == WebhookResult(outcome=outcome, status=status, reason=reason)


def test_the_call_is_made_once() -> None:
    client = FakeClient(503)
    result = CallWebhook(client=client).call(WebhookCall.model_validate(CALL))
    assert result.outcome is WebhookOutcome.UNKNOWN
    assert len(client.calls) == 1


def test_a_call_without_an_answer_says_why() -> None:
    client = FakeClient(NoAnswerError(WebhookOutcome.NOT_SENT, Reason.NAME_NOT_FOUND))
    result = CallWebhook(client=client).call(WebhookCall.model_validate(CALL))
    assert result.model_dump(mode="json") == {"outcome": "not_sent", "status": None, "reason": "name_not_found"}


def test_the_deadline_can_be_shortened_and_not_lengthened() -> None:
    assert WebhookCall.model_validate(CALL).timeout_seconds == 3
    assert WebhookCall.model_validate(CALL | {"timeout_seconds": 1}).timeout_seconds == 1
    assert WebhookCall.model_validate(CALL | {"timeout_seconds": 60}).timeout_seconds == 3


def test_header_names_are_lower_case() -> None:
    call = WebhookCall.model_validate(CALL | {"headers": {"Webhook-Id": "m", "Content-Type": "application/json"}})
    assert call.headers == {"webhook-id": "m", "content-type": "application/json"}


@pytest.mark.parametrize(
    "change",
    [
        {"url": ""},
        {"url": "https://hooks.example.com/" + "a" * 2048},
        {"url": "https://hooks.example.com/\ud800"},
        {"url": None},
        {"body": "x" * (MAX_BODY + 1)},
        {"body": "\ud800"},
        {"timeout_seconds": 0},
        {"timeout_seconds": -1},
        {"timeout_seconds": float("nan")},
        {"surprise": 1},
        {"headers": [1]},
        {"headers": {1: "a"}},
        {"headers": {"": "a"}},
        {"headers": {"a b": "c"}},
        {"headers": {"a:": "c"}},
        {"headers": {"a\n": "c"}},
        {"headers": {"a": "b\r\nhost: evil.example"}},
        {"headers": {"a": "b\n"}},
        {"headers": {"a": ""}},
        {"headers": {"a": "值"}},
        {"headers": {"Host": "169.254.169.254"}},
        {"headers": {"TRANSFER-ENCODING": "chunked"}},
        {"headers": {"Content-Length": "0"}},
        {"headers": {"cookie": "a=b"}},
        {"headers": {f"x-{number}": "a" for number in range(31)}},
    ],
)
def test_what_is_not_a_call_is_refused_without_repeating_it(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        WebhookCall.model_validate(CALL | change)
    assert "evil.example" not in str(refused.value)


def test_neither_url_headers_nor_body_are_in_the_representation() -> None:
    call = WebhookCall.model_validate(
        CALL | {"url": "https://a.example/?key=hidden", "body": "hidden", "headers": {"a": "hidden"}}
    )
    assert "hidden" not in repr(call)
