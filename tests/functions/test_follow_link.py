"""Taps over the HTTP API."""

from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of
from yuchi.services.follow_link import LinkAnswer, Tap


class FakeUseCase:
    """Leads everybody to one place."""

    def follow(self, tap: Tap) -> LinkAnswer:
        self.tap = tap
        return LinkAnswer(302, {"location": "https://shop.example.com/"})


@pytest.mark.parametrize("query", [{"r": "mark"}, None])
def test_a_tap_is_handed_on_and_answered(monkeypatch: pytest.MonkeyPatch, query: dict[str, str] | None) -> None:
    app: Any = app_of("follow_link")
    case = FakeUseCase()
    monkeypatch.setattr(app, "follow_link", case)
    event = {
        "requestContext": {"http": {"method": "GET"}},
        "pathParameters": {"link": "abc"},
        "headers": {"User-Agent": "MicroMessenger"},
    } | ({"queryStringParameters": query} if query else {})
    answer = app.handler(event, CONTEXT)
    assert answer == {"statusCode": 302, "headers": {"location": "https://shop.example.com/"}, "body": ""}
    assert case.tap == Tap("GET", "abc", "mark" if query else "", {"user-agent": "MicroMessenger"})
