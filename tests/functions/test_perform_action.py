"""SQS records become action messages; the use case hears how much time is left."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.contract.examples import NOW
from tests.functions.support import CONTEXT, app_of, as_lambda_reads, record
from yuchi.domain.timeline import OutboxAction
from yuchi.services.ports import ActionMessage

MESSAGE = ActionMessage(
    brand="demo",
    account="tea",
    subject="wechat:tea:o",
    person="p",
    event_id="e" * 8,
    event_time=NOW,
    action=OutboxAction(id="e:r:0", kind="send", rule="r", version=1, body={"message": {"type": "text", "text": "hi"}}),
)
BODY = MESSAGE.model_dump_json(exclude_defaults=True)


class FakeUseCase:
    again: set[str] = set()  # noqa: RUF012 - replaced, never changed

    def perform_all(
        self, messages: Sequence[tuple[str, ActionMessage]], *, seconds_left: Callable[[], float]
    ) -> set[str]:
        self.given, self.left = list(messages), seconds_left()
        return self.again


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = app_of("perform_action")
    monkeypatch.setattr(module, "perform_action", FakeUseCase())
    return module


def test_messages_reach_the_use_case_whole_with_the_time_left(app: Any) -> None:
    assert app.handler({"Records": [record("a", BODY)]}, CONTEXT) == {"batchItemFailures": []}
    assert app.perform_action.given == [("a", MESSAGE)]
    assert app.perform_action.left == 30.0


@pytest.mark.parametrize("again", [(), ("a",), ("a", "c")])
def test_what_failed_and_what_is_no_message_come_again(app: Any, again: tuple[str, ...]) -> None:
    app.perform_action.again = set(again)
    records = [record("a", BODY), record("b", '{"brand": 1}'), record("c", BODY)]
    assert as_lambda_reads(app.handler({"Records": records}, CONTEXT), "abc") == {*again, "b"}
    assert [identifier for identifier, _ in app.perform_action.given] == ["a", "c"]


def test_an_empty_batch_is_done(app: Any) -> None:
    assert app.handler({"Records": []}, CONTEXT) == {"batchItemFailures": []}
