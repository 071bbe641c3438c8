"""Messages of the queue of batches."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of, record
from yuchi.services.ports_campaigns import BatchMessage


class FakeUseCase:
    """Does not manage batch 13."""

    def work(self, message: BatchMessage, *, seconds_left: Callable[[], float]) -> bool:
        assert seconds_left() == 30.0
        return message.batch != 13


def test_only_what_is_not_done_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app: Any = app_of("send_batch")
    monkeypatch.setattr(app, "send_batch", FakeUseCase())
    bodies = [BatchMessage(run="tea#spring#1", batch=batch).model_dump_json() for batch in (1, 13)]
    records = [record(str(number), body) for number, body in enumerate([*bodies, "{}"])]
    answer = app.handler({"Records": records}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": name} for name in ("1", "2")]}
