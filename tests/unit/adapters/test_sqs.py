"""What SQS refuses never reaches it: it takes only characters that XML has."""

import json
from typing import Any

from tests.contract.examples import event
from yuchi.adapters.sqs import SQSQueue
from yuchi.services.ports import EventMessage


class StubClient:
    bodies: list[str]

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        del QueueUrl
        self.bodies = [entry["MessageBody"] for entry in Entries]
        return {"Successful": Entries}


def test_characters_that_sqs_refuses_go_as_escapes_and_come_back_the_same() -> None:
    client = StubClient()
    queue: SQSQueue[EventMessage] = SQSQueue(client, "https://queue")  # type: ignore[arg-type]
    message = EventMessage(event=event("demo", content="a\uffff\ufffe\x00\x0b\x7f\u2028\U0001fffe😀\\"))
    assert queue.send([("id", "group", message)]) == set()
    (body,) = client.bodies
    assert all(each in "\t\n\r" or " " <= each <= "\ufffd" or each > "\uffff" for each in body)
    assert EventMessage.model_validate_json(body) == message
    assert json.loads(body)["event"]["data"]["content"] == message.event.data["content"]
