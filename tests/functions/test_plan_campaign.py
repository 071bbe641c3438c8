"""Ticks of the schedule, and what the streams of campaigns and approvals say."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of
from yuchi.services.ports import UnavailableError


class FakeUseCase:
    """Cannot look at the campaign ``broken``."""

    def __init__(self) -> None:
        self.looked: list[tuple[str, str]] = []

    def tick(self, *, seconds_left: Callable[[], float]) -> int:
        assert seconds_left() == 30.0
        return 3

    def look(self, brand: str, campaign_id: str) -> None:
        if campaign_id == "broken":
            raise UnavailableError("fault")
        self.looked.append((brand, campaign_id))


def change(number: int, **keys: str) -> dict[str, Any]:
    """One record of a stream."""
    return {
        "dynamodb": {
            "SequenceNumber": str(number),
            "Keys": {name: {"S": value} for name, value in keys.items()},
        }
    }


def test_a_tick_and_records_of_both_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    app: Any = app_of("plan_campaign")
    case = FakeUseCase()
    monkeypatch.setattr(app, "plan_campaign", case)
    assert app.handler({"source": "aws.events"}, CONTEXT) == {"looked": 3}
    asked = [change(1, brand="tea", campaign_id="spring"), change(2, campaign="tea#autumn", hash="0" * 16)]
    assert app.handler({"Records": asked}, CONTEXT) == {"batchItemFailures": []}
    assert case.looked == [("tea", "spring"), ("tea", "autumn")]
    broken = [change(1, brand="tea", campaign_id="broken"), change(2, brand="tea", campaign_id="spring")]
    assert app.handler({"Records": broken}, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
