"""Messages of the queue of deliveries."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of, record
from yuchi.services.ports_campaigns import DeliveryMessage

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class FakeUseCase:
    """Does not manage the event e2."""

    def work(self, message: DeliveryMessage) -> bool:
        return message.event_id != "e2"


def test_only_what_is_not_done_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app: Any = app_of("record_delivery")
    monkeypatch.setattr(app, "record_delivery", FakeUseCase())
    messages = [
        DeliveryMessage(
            brand="tea", account="shop", person="p1", subject="s", event_id=name, event_type="link.clicked", at=NOW
        )
        for name in ("e1", "e2")
    ]
    records = [record(str(number), each.model_dump_json()) for number, each in enumerate(messages)]
    answer = app.handler({"Records": [*records, record("2", "{}")]}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": name} for name in ("1", "2")]}
