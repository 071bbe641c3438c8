"""The ports twice: in memory, as most tests use them, and as they are deployed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import boto3
import pytest

from tests.contract.aws import CONFIG, aws
from tests.fakes.queues import FakeQueue
from tests.fakes.stores import FakeAccounts, FakeLedger, FakePeople, FakeReceipts
from tests.fakes.world import START
from tests.reliability.queue_model import FifoQueue
from tests.unit.adapters.wechat.token_store import MemoryTokenStore
from tests.unit.services.fakes_rules import FakeRulesetStore
from yuchi.adapters.dynamodb.accounts import DynamoDBAccounts
from yuchi.adapters.dynamodb.event_store import DynamoDBEventStore
from yuchi.adapters.dynamodb.ledger import DynamoDBLedger
from yuchi.adapters.dynamodb.live import DynamoDBRulesetStore
from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles
from yuchi.adapters.dynamodb.receipts import DynamoDBReceipts
from yuchi.adapters.dynamodb.timeline import DynamoDBTimeline
from yuchi.adapters.dynamodb.timers import DynamoDBTimers
from yuchi.adapters.dynamodb.tokens import DynamoDBTokenStore
from yuchi.adapters.pseudonyms import ParameterPseudonyms
from yuchi.adapters.sqs import SQSQueue
from yuchi.domain.account import Account, AccountSecrets
from yuchi.services.ports import (
    Accounts,
    EventMessage,
    EventStore,
    Ledger,
    Profiles,
    Queue,
    Receipts,
    Timeline,
    Timers,
)
from yuchi.services.ports_rules import RulesetStore


@dataclass
class Ports:
    """One implementation of each port. ``queued`` takes what lies in the queue: (group, message)."""

    accounts: Accounts
    put_account: Callable[[Account, AccountSecrets], None]
    profiles: Profiles
    store: EventStore
    timeline: Timeline
    timers: Timers
    receipts: Receipts
    ledger: Ledger
    rulesets: RulesetStore
    tokens: Any
    queue: Queue[EventMessage]
    queued: Callable[[], list[tuple[str, EventMessage]]]


def in_memory(queue: str) -> Ports:
    people, accounts = FakePeople(), FakeAccounts()

    def put_account(account: Account, secrets: AccountSecrets) -> None:
        accounts.accounts[account.id], accounts.secret[account.id] = account, secrets

    model = FifoQueue(EventMessage, lambda: START, timedelta(seconds=60))
    made: Any = FakeQueue(EventMessage) if queue == "fake" else model

    def queued() -> list[tuple[str, EventMessage]]:
        messages = [
            (each[1], each[2]) if isinstance(each, tuple) else (each.group, each.body) for each in made.messages
        ]
        return [(group, EventMessage.model_validate_json(body)) for group, body in messages]

    return Ports(
        accounts=accounts,
        put_account=put_account,
        profiles=people,
        store=people,
        timeline=people,
        timers=people,
        receipts=FakeReceipts(),
        ledger=FakeLedger(),
        rulesets=FakeRulesetStore(),
        tokens=MemoryTokenStore(),
        queue=made,
        queued=queued,
    )


def deployed(session: boto3.Session) -> Ports:
    client, sqs = session.client("dynamodb", config=CONFIG), session.client("sqs", config=CONFIG)
    url = sqs.get_queue_url(QueueName="Events.fifo")["QueueUrl"]
    pseudonyms = ParameterPseudonyms(lambda: session.client("ssm"), "/yuchi/test", lambda: START)
    accounts = DynamoDBAccounts(client, session.client("ssm"), "Accounts", "/yuchi/test")

    def queued() -> list[tuple[str, EventMessage]]:
        found = []
        while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId"]
        ).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                event = EventMessage.model_validate_json(message["Body"])
                found.append((message["Attributes"]["MessageGroupId"], event))
        return found

    return Ports(
        accounts=accounts,
        put_account=accounts.put,
        profiles=DynamoDBProfiles(client, "Identities", "Profiles", pseudonyms),
        store=DynamoDBEventStore(client, "Timeline", "Profiles", "Identities", "Timers", "Merges"),
        timeline=DynamoDBTimeline(client, "Timeline"),
        timers=DynamoDBTimers(client, "Timers"),
        receipts=DynamoDBReceipts(client, "Receipts"),
        ledger=DynamoDBLedger(client, "Ledger"),
        rulesets=DynamoDBRulesetStore(client, "Live"),
        tokens=DynamoDBTokenStore(client, "Tokens"),
        queue=SQSQueue(sqs, url),
        queued=queued,
    )


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    """An AWS for the tests of one file: moto must not catch calls of tests that mean another endpoint."""
    with aws() as made:
        yield made


@pytest.fixture(params=["memory", "deployed"])
def ports(request: pytest.FixtureRequest) -> Ports:
    if request.param == "memory":
        return in_memory("fake")
    return deployed(request.getfixturevalue("session"))


@pytest.fixture(params=["fake", "model", "deployed"])
def queue_ports(request: pytest.FixtureRequest) -> Ports:
    if request.param == "deployed":
        return deployed(request.getfixturevalue("session"))
    return in_memory(request.param)


_NUMBERS = count(1)


@pytest.fixture
def brand() -> str:
    """A brand of its own for each test: the tables are shared."""
    return f"brand-{next(_NUMBERS)}"
