"""S3's notices and our own messages become calls, and what could not go on comes again."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of, as_lambda_reads, record
from yuchi.services.ports_imports import ImportMessage

NOTICE = {
    "Records": [
        {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {
                "bucket": {"name": "b"},
                "object": {"key": "demo/crm/%E4%BC%9A%E5%91%98+1.csv", "size": 3, "eTag": "e"},
            },
        }
    ]
}
TEST = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}


@dataclass
class Done:
    """Takes down what it is asked; ``answer`` is what it says."""

    answer: bool = True
    keys: list[str] = field(default_factory=list)
    messages: list[ImportMessage] = field(default_factory=list)

    def dropped(self, key: str, *, seconds_left: Any) -> bool:
        assert seconds_left() == 30
        self.keys.append(key)
        return self.answer

    def work(self, message: ImportMessage, *, seconds_left: Any) -> bool:
        assert seconds_left() == 30
        self.messages.append(message)
        return self.answer


def handle(done: Done, *bodies: str) -> set[str]:
    app = app_of("import_file")
    app.import_file = done
    records = [record(str(number), body) for number, body in enumerate(bodies)]
    return as_lambda_reads(app.handler({"Records": records}, CONTEXT), map(str, range(len(bodies))))


def test_names_are_read_as_s3_writes_them() -> None:
    done = Done()
    assert handle(done, json.dumps(NOTICE)) == set()
    assert done.keys == ["demo/crm/会员 1.csv"]


def test_our_own_message_lets_an_import_go_on() -> None:
    done, message = Done(), ImportMessage(brand="demo", import_id="i1", step=7)
    assert handle(done, message.model_dump_json()) == set()
    assert done.messages == [message]


def test_the_test_message_of_s3_is_nothing() -> None:
    done = Done()
    assert handle(done, json.dumps(TEST)) == set()
    assert (done.keys, done.messages) == ([], [])


@pytest.mark.parametrize("body", [json.dumps(NOTICE), ImportMessage(brand="demo", import_id="i1").model_dump_json()])
def test_what_cannot_go_on_now_comes_again(body: str) -> None:
    assert handle(Done(answer=False), body) == {"0"}


@pytest.mark.parametrize("body", ["", "null", "[]", '{"Records": [{}]}', '{"Records": "x"}'])
def test_what_cannot_be_read_comes_again_and_stops_nobody(body: str) -> None:
    done = Done()
    assert handle(done, body, json.dumps(NOTICE)) == {"0"}
    assert len(done.keys) == 1
