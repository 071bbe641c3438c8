"""A tick of the schedule, and a call by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of


class FakeUseCase:
    def tick(self, *, seconds_left: Callable[[], float], at_once: bool) -> int:
        self.told = (seconds_left(), at_once)
        return 7


@pytest.mark.parametrize(
    ("event", "at_once"), [({"source": "aws.events"}, False), ({"at_once": True}, True), ({"at_once": "no"}, False)]
)
def test_a_tick_goes_on_and_tells_how_many_lines(
    monkeypatch: pytest.MonkeyPatch, event: dict[str, Any], *, at_once: bool
) -> None:
    app: Any = app_of("clean_archive")
    monkeypatch.setattr(app, "clean_archive", FakeUseCase())
    assert app.handler(event, CONTEXT) == {"changed": 7}
    assert app.clean_archive.told == (30.0, at_once)
