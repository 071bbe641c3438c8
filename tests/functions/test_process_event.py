"""SQS records become event messages, and what must come again is named."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.contract.examples import ANSWER, event
from tests.functions.support import CONTEXT, app_of, as_lambda_reads, record
from yuchi.services.ports import EventMessage

MESSAGE = EventMessage(event=event("demo"), answer=ANSWER)
BODY = MESSAGE.model_dump_json(exclude_defaults=True)
UNREADABLE = [
    "",
    "null",
    "[]",
    "{}",
    "{",
    "你好",
    json.dumps({"event": {}}),
    json.dumps({"event": json.loads(BODY)["event"] | {"time": "yesterday"}}),
    "[" * 5_000,
]


class FakeUseCase:
    def __init__(self, *again: str) -> None:
        self.again, self.given = set(again), []  # type: ignore[var-annotated]

    def process(self, messages: Sequence[tuple[str, EventMessage]]) -> set[str]:
        self.given += messages
        return self.again


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = app_of("process_event")
    monkeypatch.setattr(module, "process_event", FakeUseCase())
    return module


def test_messages_reach_the_use_case_whole_and_in_order(app: Any) -> None:
    answer = app.handler({"Records": [record("a", BODY), record("b", BODY)]}, CONTEXT)
    assert app.process_event.given == [("a", MESSAGE), ("b", MESSAGE)]
    assert answer == {"batchItemFailures": []}


@pytest.mark.parametrize("again", [(), ("a",), ("b", "a"), ("a", "b", "c")])
def test_what_failed_is_named(app: Any, again: tuple[str, ...]) -> None:
    app.process_event.again = set(again)
    answer = app.handler({"Records": [record(each, BODY) for each in "abc"]}, CONTEXT)
    assert as_lambda_reads(answer, "abc") == set(again)


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_is_no_message_comes_again_alone(app: Any, body: str) -> None:
    answer = app.handler({"Records": [record("a", BODY), record("b", body), record("c", BODY)]}, CONTEXT)
    assert as_lambda_reads(answer, "abc") == {"b"}
    assert [identifier for identifier, _ in app.process_event.given] == ["a", "c"]


def test_an_empty_batch_is_done(app: Any) -> None:
    assert app.handler({"Records": []}, CONTEXT) == {"batchItemFailures": []}


def test_messages_of_a_later_version_are_read_as_far_as_they_are_known(app: Any) -> None:
    newer = json.dumps(json.loads(BODY) | {"schema_version": 2, "more": {"x": 1}})
    assert app.handler({"Records": [record("a", newer)]}, CONTEXT) == {"batchItemFailures": []}
    assert app.process_event.given[0][1].event == MESSAGE.event
