"""Sources with their secrets, the keys of identities, and what is counted of each source."""

from datetime import UTC, datetime

import boto3
import pytest
from pydantic import SecretStr

from tests.contract.aws import CONFIG
from tests.fakes.sources import make_source, write_key
from yuchi.adapters.contacts import ParameterContacts, SealedWrongError
from yuchi.adapters.dynamodb.counters import DynamoDBCounters
from yuchi.adapters.dynamodb.registry import KEPT_SECONDS, RENEWED_SECONDS
from yuchi.adapters.dynamodb.source_counters import DynamoDBSourceCounters
from yuchi.adapters.dynamodb.sources import DynamoDBSources
from yuchi.domain.contacts import ContactKind
from yuchi.domain.source import Source, SourceKind, SourceSecrets
from yuchi.services.open_source import with_key
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_sources import UnreadableSourceError

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sources(session: boto3.Session, clock: Clock) -> DynamoDBSources:
    client, ssm = session.client("dynamodb", config=CONFIG), session.client("ssm")
    return DynamoDBSources(client, ssm, "Sources", "/yuchi/test", clock)


def named(brand: str, **more: object) -> Source:
    return make_source(f"{brand}-shop").model_copy(update={"brand": brand, **more})


def test_a_source_comes_back_as_it_was_put(sources: DynamoDBSources, brand: str) -> None:
    given = named(brand, kind=SourceKind.WEBHOOK, mapping="name: x")
    assert sources.get(given.id) is None
    sources.put(given, SourceSecrets(webhook_secret=SecretStr("whsec_x")))
    assert sources.get(given.id) == given
    assert sources.secrets(given.id).webhook_secret.get_secret_value() == "whsec_x"
    assert given in sources.all()


def test_a_source_that_was_edited_into_none_is_to_be_tried_again(
    sources: DynamoDBSources, session: boto3.Session, brand: str
) -> None:
    sources.put(named(brand))
    session.client("dynamodb").update_item(
        TableName="Sources",
        Key={"source": {"S": f"{brand}-shop"}},
        UpdateExpression="SET kind = :kind",
        ExpressionAttributeValues={":kind": {"S": "webbhook"}},
    )
    with pytest.raises(UnreadableSourceError):
        sources.get(f"{brand}-shop")
    assert f"{brand}-shop" not in {each.id for each in sources.all()}


def test_the_table_holds_no_key(sources: DynamoDBSources, session: boto3.Session, brand: str) -> None:
    given = named(brand)
    sources.put(given)
    item = session.client("dynamodb").get_item(TableName="Sources", Key={"source": {"S": given.id}})["Item"]
    assert write_key(given.id) not in str(item)


def test_a_changed_key_is_seen_at_a_second_look_and_without_one_after_five_minutes(
    sources: DynamoDBSources, session: boto3.Session, clock: Clock, brand: str
) -> None:
    given = named(brand)
    sources.put(given)
    assert sources.get(given.id) == given
    changed = with_key(given, write_key(given.id, "n"))
    DynamoDBSources(session.client("dynamodb", config=CONFIG), session.client("ssm"), "Sources", "/yuchi/test").put(
        changed
    )
    clock.now = RENEWED_SECONDS - 1
    assert sources.renewed(given.id) == sources.get(given.id) == given
    clock.now = RENEWED_SECONDS
    assert sources.get(given.id) == given
    assert sources.renewed(given.id) == sources.get(given.id) == changed
    clock.now += KEPT_SECONDS
    assert sources.get(given.id) == changed


def test_that_there_is_none_is_remembered_for_half_a_minute(
    sources: DynamoDBSources, session: boto3.Session, clock: Clock, brand: str
) -> None:
    given = named(brand)
    assert sources.get(given.id) is None
    other = DynamoDBSources(session.client("dynamodb", config=CONFIG), session.client("ssm"), "Sources", "/yuchi/test")
    other.put(given)
    assert sources.get(given.id) is sources.renewed(given.id) is None
    clock.now = RENEWED_SECONDS
    assert sources.get(given.id) == given


@pytest.mark.parametrize("name", ["", "A", "a" * 41, "a/b", "-a", "a#b"])
def test_a_name_that_somebody_made_up_is_not_looked_up(sources: DynamoDBSources, name: str) -> None:
    sources.registry.table = "NoSuchTable"
    assert sources.get(name) is None


def test_an_item_that_is_no_source_does_not_hide_the_others(
    sources: DynamoDBSources, session: boto3.Session, brand: str
) -> None:
    session.client("dynamodb").put_item(TableName="Sources", Item={"source": {"S": f"{brand}-odd"}})
    sources.put(named(brand))
    assert [each.id for each in sources.all() if each.brand == brand] == [f"{brand}-shop"]
    session.client("dynamodb").delete_item(TableName="Sources", Key={"source": {"S": f"{brand}-odd"}})


@pytest.fixture
def contacts(session: boto3.Session, brand: str) -> ParameterContacts:
    return ParameterContacts(session.client("ssm"), f"/yuchi/{brand}")


def test_keys_are_made_once_and_everybody_reads_the_same(contacts: ParameterContacts) -> None:
    with pytest.raises(UnavailableError):
        contacts.seal(ContactKind.PHONE, "13800138000")
    assert contacts.make_keys()
    sealed = contacts.seal(ContactKind.PHONE, "13800138000")
    assert not contacts.make_keys()
    other = ParameterContacts(contacts.ssm, contacts.parameter_prefix)
    again = other.seal(ContactKind.PHONE, "+86 138 0013 8000")
    assert sealed is not None
    assert again is not None
    assert sealed[0] == again[0]
    assert sealed[1].sealed != again[1].sealed
    assert other.open(sealed[1].sealed) == contacts.open(again[1].sealed) == "+8613800138000"
    assert other.pseudonym("x") == contacts.pseudonym("x") != contacts.pseudonym("y")


def test_what_another_key_sealed_or_somebody_changed_is_not_opened(contacts: ParameterContacts, brand: str) -> None:
    contacts.make_keys()
    other = ParameterContacts(contacts.ssm, f"/yuchi/{brand}-other")
    other.make_keys()
    sealed = contacts.seal(ContactKind.EMAIL, "a@b.cn")
    assert sealed is not None
    for wrong in (sealed[1].sealed[:-4] + "AAA=", "", "%", "AAAA"):
        with pytest.raises(SealedWrongError):
            contacts.open(wrong)
    with pytest.raises(SealedWrongError):
        other.open(sealed[1].sealed)


def test_what_is_counted_of_a_source_is_added_up_and_no_rules_count(
    session: boto3.Session, clock: Clock, brand: str
) -> None:
    client = session.client("dynamodb", config=CONFIG)
    source = named(brand)
    for _ in range(2):
        counters = DynamoDBSourceCounters(client, "Counters", clock)
        counters.add(source, taken=5, refused={"timestamp": 2}, now=NOW)
        counters.add(source, taken=1, refused={}, now=NOW)
        clock.now += 60
        counters.add(source, taken=0, refused={"identity": 1}, now=NOW)
    found = counters.of([source, named(f"{brand}-none")])
    assert found == {
        source.id: {
            "taken": 12,
            "refused_timestamp": 4,
            "refused_identity": 2,
            "last_told_at": "2026-11-23T00:00:00.000Z",
        }
    }
    rules = DynamoDBCounters(client=client, counters_table="Counters", rules_table="Rules")
    rules.publish(now=NOW, hourly=True, seconds_left=lambda: 60.0)


def test_many_names_that_do_not_fit_are_all_counted(session: boto3.Session, clock: Clock, brand: str) -> None:
    client, source = session.client("dynamodb", config=CONFIG), named(brand)
    counters = DynamoDBSourceCounters(client, "Counters", clock)
    counters.note_rejected(brand, source.id, {f"traits.{number:03d}": 2 for number in range(500)}, now=NOW)
    found = counters.of([source])[source.id]
    assert (found["unfit"], found["unfit#traits.499"]) == (1_000, 2)


def test_what_cannot_be_counted_now_is_counted_later(session: boto3.Session, clock: Clock, brand: str) -> None:
    client, source = session.client("dynamodb", config=CONFIG), named(brand)
    counters = DynamoDBSourceCounters(client, "NoSuchTable", clock)
    counters.add(source, taken=3, refused={}, now=NOW)
    counters.counters_table, clock.now = "Counters", 60
    counters.add(source, taken=1, refused={}, now=NOW)
    assert counters.of([source])[source.id]["taken"] == 4
