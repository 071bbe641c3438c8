"""T1 once more on the deployed adapters: every AWS request of sending a message is killed, lost or refused on the wire.

The stores are on moto; botocore's own retries are at work, so a lost answer is followed by a second, equal request.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pytest
from moto.core.models import botocore_stubber

from tests.contract.aws import CONFIG, aws
from tests.contract.conftest import Ports, deployed
from tests.fakes.stores import FakeArchive, FakeCounters, FakeImportCounts, FakeMetrics, FakeRulesets
from tests.fakes.world import ACCOUNT, FakeWeChat, World, rule
from tests.reliability.crash import Killed
from tests.unit.adapters.dynamodb.faults import Faults, no_waiting
from yuchi.adapters.dynamodb.ledger import DynamoDBLedger, entry_from_item
from yuchi.adapters.sqs import SQSQueue
from yuchi.domain.ledger import FINAL_STATES, LedgerEntry, LedgerState
from yuchi.services.perform_action import PerformAction
from yuchi.services.performers import SendMessage
from yuchi.services.ports import ActionMessage, EventMessage
from yuchi.services.process_event import ProcessEvent

HELLO = rule("hello", "message.text", ["score +5", "send 您好"])
FAULTS = ("kill before", "kill after", "lost", "throttled", "dead")


class Wire(Faults):
    """Faults by the number of the request. ``dead``: no answer to it nor to any repetition of it."""

    def __init__(self, *clients: Any) -> None:
        super().__init__(clients[0])
        for client in clients[1:]:
            client.meta.events.register_first("before-send", self)
            client.meta.events.register_last("before-send", lambda **_: setattr(botocore_stubber, "enabled", True))
        self.point, self.fault, self.hit = -1, "", False

    def __call__(self, *, event_name: str, request: Any, **more: Any) -> Any:
        operation = event_name.rsplit(".", 1)[1]
        if len(self.requests) == self.point:
            self.hit = True
            if self.fault == "kill before":
                self.requests.append(operation)
                raise Killed(operation)
            if self.fault == "kill after":
                self.requests.append(operation)
                botocore_stubber(event_name=event_name, request=request)
                raise Killed(operation)
            self.plans[operation] = ["lost"] * 4 if self.fault == "dead" else [self.fault]
        return super().__call__(event_name=event_name, request=request, **more)


class Pipeline:
    """``process_event`` and ``perform_action`` on deployed stores, for one text of one fan."""

    def __init__(self, ports: Ports, session: boto3.Session, fan: str, *, ledger: type[DynamoDBLedger]) -> None:
        self.fan, self.world, self.wechat = fan, World(HELLO), FakeWeChat()
        sqs = session.client("sqs", config=CONFIG)
        queues = {name: sqs.get_queue_url(QueueName=f"{name}.fifo")["QueueUrl"] for name in ("Events", "Actions")}
        self.sent: list[tuple[str, ActionMessage]] = []
        store: Any = ports.store
        self.ledger = ledger(store.client, "Ledger")
        self.wire = Wire(store.client, sqs)
        rulesets: FakeRulesets = self.world.rulesets
        accounts: Any = self.world.accounts
        events: SQSQueue[EventMessage] = SQSQueue(sqs, queues["Events"])
        self.actions: SQSQueue[ActionMessage] = SQSQueue(sqs, queues["Actions"])
        metrics = FakeMetrics()
        self.process = ProcessEvent(
            accounts=accounts,
            profiles=ports.profiles,
            store=ports.store,
            rulesets=rulesets,
            events=events,
            actions=self,
            archive=FakeArchive(),
            counters=FakeCounters(),
            imports=FakeImportCounts(),
            metrics=metrics,
            catalogue=self.world.process.catalogue,
            clock=self.world.clock,
        )
        self.perform = PerformAction(
            accounts=accounts,
            profiles=ports.profiles,
            ledger=self.ledger,
            performers={"send": SendMessage(self.wechat)},
            metrics=metrics,
            clock=self.world.clock,
        )
        self.event = EventMessage(event=self.world.event("message.text", fan))

    def send(self, messages: Sequence[tuple[str, str, ActionMessage]]) -> set[str]:
        """The queue of actions, of which this remembers what is to be delivered."""
        self.sent = [(identifier, message) for identifier, _, message in messages]
        return self.actions.send(messages)

    def run(self, deliveries: int) -> None:
        """Deliveries of everything, each after the leases of the one before."""
        for _ in range(deliveries):
            try:
                self.process.process([("m", self.event)])
                self.perform.perform_all(self.sent)
            except Killed:
                pass
            self.world.pass_time(seconds=200)


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    with aws() as made, no_waiting():
        yield made


def run(session: boto3.Session, fan: str, ledger: type[DynamoDBLedger], point: int = -1, fault: str = "") -> Pipeline:
    pipeline = Pipeline(deployed(session), session, fan, ledger=ledger)
    pipeline.wire.point, pipeline.wire.fault = point, fault
    pipeline.run(deliveries=4)
    return pipeline


def enumerate_requests(session: boto3.Session) -> Iterator[tuple[str, str, Pipeline]]:
    whole = Pipeline(deployed(session), session, "o-whole", ledger=DynamoDBLedger)
    whole.run(deliveries=1)
    assert len(whole.wechat.sent) == 1
    for point, operation in enumerate(whole.wire.requests):
        for fault in FAULTS:
            fan = f"o-{point}-{fault.replace(' ', '-')}"
            yield f"{point} {operation}: {fault}", fault, run(session, fan, DynamoDBLedger, point, fault)


def test_a_fault_on_the_wire_doubles_and_loses_nothing(session: boto3.Session) -> None:
    results: Counter[str] = Counter()
    for label, fault, pipeline in enumerate_requests(session):
        assert pipeline.wire.hit, label
        ((_, message),) = pipeline.sent
        row = stored_row(pipeline, message)
        sent = len(pipeline.wechat.sent)
        assert sent <= 1, label
        assert row.state in FINAL_STATES, label
        assert sent == 1 or row.state is LedgerState.UNKNOWN, label
        people = pipeline.process.profiles.find("demo", [message.subject], consistent=True)
        assert people[message.subject].scores == {"main": 5}, label
        if fault in {"lost", "throttled"}:  # botocore's second try mends these wholly
            assert (sent, row.state) == (1, LedgerState.SENT), label
        results[fault] += 1
    assert len(results) == len(FAULTS)
    assert min(results.values()) >= 9


def stored_row(pipeline: Pipeline, message: ActionMessage) -> LedgerEntry:
    item = pipeline.ledger.client.get_item(
        TableName="Ledger",
        Key={"owner": {"S": f"{ACCOUNT.id}#rule#hello"}, "entry": {"S": message.action.id}},
        ConsistentRead=True,
    )["Item"]
    return entry_from_item(item)


class Overwriting(DynamoDBLedger):
    """Twin: a claim that is a plain write, as after a separate read that found nothing."""

    def _put(self, entry: LedgerEntry, *, condition: str, values: dict[str, Any]) -> LedgerEntry | None:
        return super()._put(entry, condition="attribute_exists(entry) OR attribute_not_exists(entry)", values={})


def test_twin_a_claim_without_its_condition_sends_twice(session: boto3.Session) -> None:
    pipeline = run(session, "o-twin", Overwriting)
    assert len(pipeline.wechat.sent) > 1
