"""Messages of the queue of audiences."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of, record
from yuchi.services.ports_campaigns import AudienceMessage


class FakeUseCase:
    """Does not manage the shard 13."""

    def work(self, message: AudienceMessage, *, seconds_left: Callable[[], float]) -> bool:
        assert seconds_left() == 30.0
        return message.shard != 13


def test_only_what_is_not_done_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app: Any = app_of("select_audience")
    monkeypatch.setattr(app, "select_audience", FakeUseCase())
    bodies = [AudienceMessage(run="tea#spring#1", shard=shard).model_dump_json() for shard in (1, 13)]
    records = [record(str(number), body) for number, body in enumerate([*bodies, "{}", "no JSON"])]
    answer = app.handler({"Records": records}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": name} for name in ("1", "2", "3")]}
