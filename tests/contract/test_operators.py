"""What only operators use: the rule book, people by their own id, the ledger for reading, dead-letter queues."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer

from tests.contract.aws import CONFIG
from tests.fakes.world import START
from tests.unit.cli.desk import FakeCrowd, FakeDeadLetters, FakeRuleBook
from tests.unit.services.fakes_rules import FakeDraftStore
from yuchi.adapters.admin.dead_letters import SQSDeadLetters
from yuchi.adapters.admin.inspection import AwsInspection
from yuchi.adapters.admin.ledger_book import DynamoDBLedgerBook
from yuchi.adapters.admin.people import DynamoDBPeople
from yuchi.adapters.admin.rule_book import DynamoDBRuleBook
from yuchi.adapters.dynamodb.event_store import DynamoDBEventStore
from yuchi.adapters.dynamodb.ledger import DynamoDBLedger
from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles
from yuchi.domain.draft import marketer_hash
from yuchi.domain.event import Event, derive_id
from yuchi.domain.ledger import LedgerKey
from yuchi.domain.plain import plain
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry
from yuchi.services.ports import PersonChange, UnavailableError
from yuchi.services.ports_operators import DeadLetter, DeadLetters, People, RuleBook

IDENTITY = "wechat:tea:oFan"


@dataclass
class Shelf:
    """One implementation. ``put`` writes a draft whole, as a marketer or the reviewer does."""

    book: RuleBook
    put: Any


@pytest.fixture(params=["memory", "deployed"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    if request.param == "memory":
        store = FakeDraftStore()
        return Shelf(FakeRuleBook(store), store.put)
    client = request.getfixturevalue("session").client("dynamodb", config=CONFIG)

    def put(item: dict[str, Any]) -> None:
        serialize = TypeSerializer().serialize
        client.put_item(TableName="Rules", Item={name: serialize(value) for name, value in item.items()})

    return Shelf(DynamoDBRuleBook(client, "Rules"), put)


def draft(brand: str, **columns: Any) -> dict[str, Any]:
    return {"brand": brand, "rule_id": "claim", "on": "menu.clicked", "then": ["tag 领取"], **columns}


def test_a_new_rule_is_written_once(shelf: Shelf, brand: str) -> None:
    assert shelf.book.get(brand, "claim") is None
    assert shelf.book.write(draft(brand, priority=5), seen=None)
    assert not shelf.book.write(draft(brand, priority=6), seen=None)
    assert plain(shelf.book.get(brand, "claim")) == draft(brand, priority=5)
    assert [item["rule_id"] for item in shelf.book.all(brand)] == ["claim"]


def test_a_change_leaves_the_systems_columns_and_takes_away_what_is_gone(shelf: Shelf, brand: str) -> None:
    odd = {"limit": "once", "odd": {"list": [Decimal("1.5"), None, True]}}
    shelf.put(draft(brand, matched=41, status="live", **odd))
    seen = shelf.book.get(brand, "claim")
    assert shelf.book.write(draft(brand, name="新", weight={"a": 1.5}), seen=seen)
    assert plain(shelf.book.get(brand, "claim")) == draft(
        brand, name="新", weight={"a": 1.5}, matched=41, status="live"
    )


def test_what_the_system_writes_meanwhile_does_not_matter_what_a_marketer_writes_does(shelf: Shelf, brand: str) -> None:
    shelf.put(draft(brand))
    seen = shelf.book.get(brand, "claim")
    shelf.put(draft(brand, matched=2, status="live"))
    assert shelf.book.write(draft(brand, name="ours"), seen=seen)
    seen = shelf.book.get(brand, "claim")
    assert seen is not None
    for theirs in (draft(brand, name="theirs"), draft(brand, name="ours", limit="once")):
        shelf.put(theirs)
        assert not shelf.book.write(draft(brand, name="again"), seen=seen)
        assert not shelf.book.remove(brand, "claim", seen=seen)
        assert plain(shelf.book.get(brand, "claim")) == theirs
    now = shelf.book.get(brand, "claim")
    assert now is not None
    assert shelf.book.remove(brand, "claim", seen=now)
    assert not shelf.book.write(draft(brand, name="late"), seen=now)
    assert shelf.book.get(brand, "claim") is None


def test_asking_for_a_review_makes_the_mark_of_the_last_one_wrong(shelf: Shelf, brand: str) -> None:
    shelf.put(draft(brand, reviewed=marketer_hash(draft(brand))))
    shelf.book.ask_review(brand, "claim")
    item = shelf.book.get(brand, "claim")
    assert item is not None
    assert item["reviewed"] != marketer_hash(item)
    assert marketer_hash(item) == marketer_hash(draft(brand))


@pytest.fixture(params=["memory", "deployed"])
def crowd(request: pytest.FixtureRequest) -> tuple[People, Any]:
    if request.param == "memory":
        crowd = FakeCrowd()
        return crowd, crowd
    client = request.getfixturevalue("session").client("dynamodb", config=CONFIG)
    people = DynamoDBPeople(client, DynamoDBProfiles(client, "Identities", "Profiles"), "Timeline")
    return people, DynamoDBEventStore(client, "Timeline", "Profiles", "Identities", "Timers", "Merges")


def test_a_person_by_the_own_id_and_the_whole_timeline_newest_first(crowd: tuple[People, Any], brand: str) -> None:
    people, store = crowd
    profile = Profile(brand=brand, person="p1", identities=(IDENTITY,))
    ids = []
    for number in range(120):  # more than one page
        event = Event(
            id=derive_id(str(number)),
            source="/wechat/tea",
            type="menu.clicked",
            time=START + timedelta(seconds=number),
            brand=brand,
            account="tea",
            subject=IDENTITY,
        )
        ids.append(event.id)
        store.commit(
            TimelineEntry(event=event, person="p1"),
            person=PersonChange(profile, links=profile.identities if number == 0 else ()),
            timers=[],
        )
        profile = profile.model_copy(update={"version": profile.version + 1})
    assert people.person(brand, "p1") == profile
    assert people.person(brand, "p2") is None
    assert people.person("another", "p1") is None
    assert people.find(brand, [IDENTITY], consistent=True) == {IDENTITY: profile}
    assert [entry.event.id for entry in people.timeline(brand, IDENTITY)] == ids[::-1]
    assert list(people.timeline("another", IDENTITY)) == []


def test_the_ledger_shows_rows_of_rules_and_not_the_use_of_windows(session: boto3.Session, brand: str) -> None:
    client = session.client("dynamodb", config=CONFIG)
    ledger, book = DynamoDBLedger(client, "Ledger"), DynamoDBLedgerBook(client, "Ledger")
    for rule, number in (("claim", 1), ("claim", 2), ("hello", 3)):
        key = LedgerKey(owner=f"{brand}#rule#{rule}", entry=f"e{number}")
        ledger.claim(key, channel="send", subject=IDENTITY, now=START, repeatable=False)
    client.put_item(TableName="Ledger", Item={"owner": {"S": f"{brand}#window"}, "entry": {"S": IDENTITY}})
    assert [row.key.entry for row in book.of_rule(brand, "claim")] == ["e1", "e2"]
    assert sorted(row.key.entry for row in book.all() if row.key.owner.startswith(brand)) == ["e1", "e2", "e3"]


@dataclass
class Queues:
    """One implementation. ``put`` makes a dead letter, ``source`` takes what was sent back."""

    letters: DeadLetters
    put: Any
    source: Any


@pytest.fixture(params=["memory", "deployed"])
def queues(request: pytest.FixtureRequest) -> Iterator[Queues]:
    if request.param == "memory":
        fake = FakeDeadLetters({"Events": []})

        def hold(body: str, group: str) -> None:
            letters = fake.waiting["Events"]
            letters.append(DeadLetter(id=f"m{len(letters)}", handle="h", body=body, group=group))

        yield Queues(fake, hold, lambda: [letter.body for _, letter in fake.sent])
        return
    sqs = request.getfixturevalue("session").client("sqs", config=CONFIG)
    urls = {name: sqs.get_queue_url(QueueName=f"{name}.fifo")["QueueUrl"] for name in ("Events", "EventsDeadLetters")}
    for url in urls.values():
        sqs.purge_queue(QueueUrl=url)

    def put(body: str, group: str) -> None:
        sqs.send_message(
            QueueUrl=urls["EventsDeadLetters"], MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body
        )

    def source() -> list[str]:
        taken: Any = sqs.receive_message(QueueUrl=urls["Events"], MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in taken]

    yield Queues(SQSDeadLetters(sqs, {"Events": urls["Events"]}, {"Events": urls["EventsDeadLetters"]}), put, source)


def test_dead_letters_go_back_or_show_again(queues: Queues) -> None:
    letters = queues.letters
    assert letters.depth("Events") == 0
    assert list(letters.receive("Events")) == []
    queues.put("first", "a")
    queues.put("second", "b")
    assert letters.depth("Events") == 2
    first, second = letters.receive("Events")
    assert (first.body, first.group, second.body, second.group) == ("first", "a", "second", "b")
    assert list(letters.receive("Events")) == []
    letters.send_back("Events", first)
    letters.remove("Events", first)
    letters.release("Events", second)
    assert queues.source() == ["first"]
    assert letters.depth("Events") == 1
    assert [letter.body for letter in letters.receive("Events")] == ["second"]


def test_what_is_there_is_told_from_what_is_not(session: boto3.Session) -> None:
    made: dict[str, Any] = {}

    def client(name: str) -> Any:
        service: Any = session.client
        return made.setdefault(name, service(name, config=CONFIG))

    inspection = AwsInspection(client)
    rules, ledger = inspection.table("Rules"), inspection.table("Ledger")
    assert rules is not None
    assert ledger is not None
    assert (rules.status, rules.streams, ledger.streams, ledger.recoverable) == ("ACTIVE", True, False, False)
    assert inspection.table("Nothing") is None
    url = client("sqs").get_queue_url(QueueName="Events.fifo")["QueueUrl"]
    assert inspection.queue_exists(url)
    assert not inspection.queue_exists(url.replace("Events", "Nothing"))


def test_what_aws_refuses_is_one_error(session: boto3.Session) -> None:
    book = DynamoDBRuleBook(session.client("dynamodb", config=CONFIG), "Nothing")
    with pytest.raises(UnavailableError):
        book.get("demo", "claim")
    with pytest.raises(UnavailableError):
        book.write(draft("demo"), seen=None)
