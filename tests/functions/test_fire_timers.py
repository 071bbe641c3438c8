"""A tick of the schedule."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of


class FakeUseCase:
    def fire(self, *, seconds_left: Callable[[], float]) -> int:
        self.left = seconds_left()
        return 7


class FakeMeasuring:
    def tick(self, *, seconds_left: Callable[[], float]) -> int:
        assert seconds_left() > 0
        return 2


def test_a_tick_fires_and_tells_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    app: Any = app_of("fire_timers")
    monkeypatch.setattr(app, "fire_timers", FakeUseCase())
    monkeypatch.setattr(app, "measure_brands", FakeMeasuring())
    assert app.handler({"source": "aws.events"}, CONTEXT) == {"fired": 7, "measured": 2}
    assert app.fire_timers.left == 30.0
