"""A tick of the schedule refreshes all accounts, a sender's call one of them; tokens never leave by this way."""

from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of
from yuchi.services.refresh_tokens import RefreshReport


class FakeUseCase:
    def refresh_all(self) -> RefreshReport:
        return RefreshReport(fresh=2, failed=["coffee"])

    def refresh_one(self, account: str) -> RefreshReport:
        return RefreshReport(fresh=0, failed=[account])


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        ({"source": "aws.events", "account": 123456789012}, {"fresh": 2, "failed": ["coffee"]}),
        ({"account": "tea"}, {"fresh": 0, "failed": ["tea"]}),
        ({}, {"fresh": 2, "failed": ["coffee"]}),
    ],
)
def test_one_or_all(monkeypatch: pytest.MonkeyPatch, event: dict[str, Any], answer: dict[str, Any]) -> None:
    app: Any = app_of("refresh_tokens")
    monkeypatch.setattr(app, "refresh_tokens", FakeUseCase())
    assert app.handler(event, CONTEXT) == answer
