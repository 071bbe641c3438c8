"""What SQS refuses never reaches it: characters that XML does not have, and batches that are too large."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.bench.cost import size_of
from tests.contract.examples import event
from tests.fakes.stores import FakePeople
from tests.fakes.world import World, rule
from tests.unit.adapters.wechat.sealing import ACCOUNT, FAN, GH
from tests.unit.adapters.wechat.test_normalise import RECEIVED
from yuchi.adapters import sqs
from yuchi.adapters.dynamodb.timeline import entry_item
from yuchi.adapters.sqs import BATCH_BYTES, BATCH_LIMIT, SQSQueue
from yuchi.adapters.wechat.normalise import normalise
from yuchi.adapters.wechat.payload import MAX_BODY, read_payload
from yuchi.domain import placeholders
from yuchi.domain.actions.outward import MAX_DATA
from yuchi.domain.actions.values import MAX_NAME
from yuchi.domain.draft_decision import DraftDecision
from yuchi.domain.placeholders import MAX_PLACEHOLDERS
from yuchi.services.ports import EventMessage

ITEM_BYTES = 400 * 1024
Message = tuple[str, str, EventMessage]


class StubClient:
    """Takes what SQS takes: at most ten, and so many bytes together."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []
        self.bodies: list[str] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        del QueueUrl
        bodies = [entry["MessageBody"] for entry in Entries]
        self.requests.append(bodies)
        if len(bodies) > BATCH_LIMIT or sum(len(body.encode()) for body in bodies) > BATCH_BYTES:
            code = "AWS.SimpleQueueService.BatchRequestTooLong"
            raise ClientError({"Error": {"Code": code}}, "SendMessageBatch")
        self.bodies += bodies
        return {"Successful": Entries}


@pytest.fixture
def client() -> StubClient:
    return StubClient()


@pytest.fixture
def queue(client: StubClient) -> SQSQueue[EventMessage]:
    return SQSQueue(client, "https://queue")  # type: ignore[arg-type]


def message(name: str, size: int, group: str = "g") -> Message:
    """Of about ``size`` bytes."""
    return name, group, EventMessage(event=event("demo", name, content="茶" * (size // 3)))


def test_characters_that_sqs_refuses_go_as_escapes_and_come_back_the_same(
    client: StubClient, queue: SQSQueue[EventMessage]
) -> None:
    sent = EventMessage(event=event("demo", content="a\uffff\ufffe\x00\x0b\x7f\u2028\U0001fffe😀\\"))
    assert queue.send([("id", "group", sent)]) == set()
    (body,) = client.bodies
    assert all(each in "\t\n\r" or " " <= each <= "\ufffd" or each > "\uffff" for each in body)
    assert EventMessage.model_validate_json(body) == sent
    assert json.loads(body)["event"]["data"]["content"] == sent.event.data["content"]


SIZES = [1_000, 200_000, 100_000, 100_000, 1_000, *[60_000] * 9, *[10] * 23, 240_000, 240_000]


def test_batches_stay_below_what_sqs_takes_and_keep_their_order(
    client: StubClient, queue: SQSQueue[EventMessage]
) -> None:
    given = [message(f"m{number}", size) for number, size in enumerate(SIZES)]
    assert queue.send(given) == set()
    assert [EventMessage.model_validate_json(body) for body in client.bodies] == [body for _, _, body in given]
    assert [len(each) for each in client.requests] == [2, 4, 4, 10, 10, 8, 1]


def test_cut_by_number_alone_they_would_be_refused(
    monkeypatch: pytest.MonkeyPatch, queue: SQSQueue[EventMessage]
) -> None:
    """The planted defect: nobody looks at bytes."""
    monkeypatch.setattr(sqs, "BATCH_BYTES", 1 << 30)
    assert queue.send([message(f"m{number}", size) for number, size in enumerate(SIZES)]) != set()


def test_a_message_that_is_too_large_goes_alone_and_stops_only_its_own_group(
    client: StubClient, queue: SQSQueue[EventMessage]
) -> None:
    given = [
        message("a", 10),
        message("huge", BATCH_BYTES, "h"),
        message("behind", 10, "h"),
        message("b", 10),
    ]
    assert queue.send(given) == {"huge", "behind"}
    assert [len(each) for each in client.requests] == [1, 1, 1]
    assert len(client.bodies) == 2


@pytest.mark.parametrize("kind", ["text", "a kind that nobody knows"])
@pytest.mark.parametrize("character", ['"', "\\", "茶", "😀"])
def test_the_largest_push_fits(client: StubClient, queue: SQSQueue[EventMessage], kind: str, character: str) -> None:
    head = f"<xml><ToUserName>{GH}</ToUserName><FromUserName>{FAN}</FromUserName><MsgType>{kind}</MsgType><Content>"
    room = (MAX_BODY - len(head) - 100) // len(character.encode())
    body = f"{head}{character * room}</Content></xml>".encode()
    pushed = normalise(ACCOUNT, read_payload(body), RECEIVED)
    assert character * room in repr(pushed.data).replace("\\\\", "\\")
    assert queue.send([(pushed.id, "g", EventMessage(event=pushed))]) == set()
    assert client.bodies


def test_an_unknown_push_with_the_longest_sender_fits(queue: SQSQueue[EventMessage]) -> None:
    sender = '"' * (MAX_BODY - 100)
    body = f"<xml><FromUserName>{sender}</FromUserName><MsgType>no such kind</MsgType></xml>".encode()
    pushed = normalise(ACCOUNT, read_payload(body), RECEIVED)
    assert queue.send([(pushed.id, "g", EventMessage(event=pushed))]) == set()


def refused_of_the_largest(character: str, kind: str) -> tuple[World, set[str]]:
    """What SQS refuses of actions or events when a rule says the longest text of a fan as often as it may."""
    names = [f"{'名' * (MAX_NAME - 2)}{number:02}" for number in range(MAX_DATA)]
    data = dict.fromkeys(names, "{{event.content}}" * MAX_PLACEHOLDERS)
    does = {
        "webhook": {"webhook": {"url": f"https://crm.example.com/{'x' * 900}", "data": data}},
        "send": {"send": {"menu": {"head": "{{event.content}}", "options": ["{{event.content}}"] * 10}}},
        "emit": {"emit": {"type": "trial.requested", "data": data}},
    }[kind]
    waits = rule("waits", "trial.requested", ["score +1"])
    world = World(*(rule(f"r{number}", "message.text", [does] * 5) for number in range(9)), waits)
    world.push("message.text", content=character * (MAX_BODY // len(character.encode())))
    assert world.process.process(world.events.take()) == set()
    made: list[tuple[str, Any]] = [*world.actions.take(), *world.events.take()]
    assert made
    queue: SQSQueue[Any] = SQSQueue(StubClient(), "https://queue")  # type: ignore[arg-type]
    return world, queue.send([(identifier, "g", body) for identifier, body in made])


@pytest.mark.parametrize("kind", ["webhook", "send", "emit"])
@pytest.mark.parametrize("character", ['"', "\\", "茶", "😀", "\ufffe"])
def test_the_largest_action_and_event_fit_in_a_queue_and_all_of_them_in_an_entry(character: str, kind: str) -> None:
    world, refused = refused_of_the_largest(character, kind)
    assert refused == set()
    (entry,) = world.people.entries.values()
    assert size_of(entry_item(entry)) < ITEM_BYTES


@pytest.mark.parametrize("kind", ["webhook", "emit"])
def test_without_a_bound_on_a_filled_text_an_action_would_be_refused_for_ever(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The planted defect: each value is cut, but not the text that twenty of them make."""
    fill_text = placeholders.fill_text

    def uncut(text: str, views: Any, *, channel: Any, **_: Any) -> str:
        return fill_text(text, views, channel=channel)

    monkeypatch.setattr(placeholders, "fill_text", uncut)
    monkeypatch.setattr(DraftDecision, "_has_room", lambda *_: True)
    monkeypatch.setattr(FakePeople, "measure", lambda *_: None)  # the store's own bound, which would step in
    world, refused = refused_of_the_largest("茶", kind)
    assert refused
    (entry,) = world.people.entries.values()
    assert size_of(entry_item(entry)) > ITEM_BYTES


def test_without_a_bound_on_what_an_event_leads_to_its_entry_would_be_refused_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted defect: each action is small enough, but not fifty of them."""
    monkeypatch.setattr(DraftDecision, "_has_room", lambda *_: True)
    monkeypatch.setattr(FakePeople, "measure", lambda *_: None)  # the store's own bound, which would step in
    world, refused = refused_of_the_largest("茶", "webhook")
    assert refused == set()
    (entry,) = world.people.entries.values()
    assert size_of(entry_item(entry)) > ITEM_BYTES
