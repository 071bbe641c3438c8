"""A whole Yuchi with one person in every store of the registry, in memory or on moto."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import boto3

from tests.contract.aws import CONFIG
from tests.fakes.privacy import FakePersonalStores, FakePersonBook
from tests.fakes.sources import KEYS, SEALER
from tests.fakes.stores import FakePeople
from tests.fakes.world import ACCOUNT, World, rule
from yuchi.adapters.admin.people import DynamoDBPeople
from yuchi.adapters.admin.person_book import DynamoDBPersonBook
from yuchi.adapters.admin.personal_stores import Deployment, personal_stores
from yuchi.adapters.dynamodb.departures import DynamoDBDepartures
from yuchi.adapters.dynamodb.event_store import DynamoDBEventStore
from yuchi.adapters.dynamodb.ledger import DynamoDBLedger
from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles
from yuchi.adapters.dynamodb.timeline import DynamoDBTimeline
from yuchi.adapters.dynamodb.timers import DynamoDBTimers
from yuchi.adapters.pseudonyms import ParameterPseudonyms
from yuchi.domain.account import Account
from yuchi.domain.archive import archive_day, archive_line
from yuchi.domain.contacts import ContactKind
from yuchi.domain.event import Contact, Event, derive_id, fan_identity
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import subject_of
from yuchi.services.erase_person import ErasePerson
from yuchi.services.performers import make_performers
from yuchi.services.ports import EventMessage
from yuchi.services.ports_operators import People
from yuchi.services.ports_privacy import PersonalStore, PersonBook, WholePerson
from yuchi.services.whole_person import whole_person

RULES = (
    rule(
        "greet",
        "message.text",
        ["tag 问候", "set 城市 = 上海", "score +5", "after 3d later", "send 您好", "reply 收到"],
    ),
    rule("later", "timer.fired", ["send 还好吗"]),
)
PREFIX = "/yuchi/test"
BUCKET = "archive"


class Crowd(FakePeople):
    """People whose timelines can be read."""

    def person(self, brand: str, person: str) -> Profile | None:
        return self.profiles.get((brand, person))

    def timeline(self, brand: str, identity: str) -> Any:
        mine = [entry for (subject, _), entry in self.entries.items() if subject == f"{brand}#{identity}"]
        yield from sorted(mine, key=lambda entry: entry.moment, reverse=True)


@dataclass
class House:
    """``scan``: store -> everything in it, as text."""

    world: World
    people: People
    book: PersonBook
    stores: Mapping[str, PersonalStore]
    scan: Callable[[], dict[str, str]]

    def whole(self, identity: str) -> WholePerson:
        return whole_person(
            self.book, self.people.find(self.world.account.brand, [identity], consistent=True)[identity]
        )

    def erase(self, whole: WholePerson, book: PersonBook | None = None) -> None:
        ErasePerson(
            book=book or self.book,
            people=self.people,
            stores=self.stores,
            clock=self.world.clock,
            wait=lambda seconds: self.world.pass_time(seconds=seconds),
            progress=lambda _name, _count: None,
        ).erase(whole)

    def tell(self, name: str, subject: str, *identities: str, type_: str = "page.viewed", **changes: Any) -> None:
        """An event from a shop's own system."""
        event = Event(
            id=derive_id(name, subject),
            source="/collect/shop",
            type=type_,
            time=self.world.now,
            brand=self.world.account.brand,
            account="",
            subject=subject,
            identities=identities,
            **changes,
        )
        self.world.events.send([(event.id, subject_of(event), EventMessage(event=event))])


def in_memory() -> House:
    world = World(*RULES)
    people = Crowd()
    world.people = people
    world.process = replace(world.process, profiles=people, store=people)
    world.perform = replace(world.perform, profiles=people, performers=_performers(world, people, world.departures))
    world.timers = replace(world.timers, timers=people)
    stores = FakePersonalStores(people, world.ledger, world.archive)

    def scan() -> dict[str, str]:
        return {
            "Identities": repr(people.identities),  # what is suppressed is there under a hash
            "Profiles": repr(people.profiles),
            "Merges": repr(people.merges),
            "Timeline": repr(people.entries),
            "Timers": repr(people.timers),
            "Ledger": repr(world.ledger.rows) + repr(world.ledger.windows),
            "Archive": b"".join(world.archive.lines).decode(),
        }

    return House(world, people, FakePersonBook(people), stores.all(), scan)


def deployed(session: boto3.Session, account: Account = ACCOUNT, *, ready: bool = False) -> House:
    """``ready``: another brand lives there already."""
    world = World(*RULES, account=account)
    make: Any = session.client  # its overloads want the name as a literal
    client, s3, ssm = make("dynamodb", config=CONFIG), make("s3", config=CONFIG), make("ssm", config=CONFIG)
    if not ready:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        keys = {name: value.get_secret_value() for name, value in KEYS}
        ssm.put_parameter(Name=f"{PREFIX}/identity", Value=json.dumps(keys), Type="SecureString")
    pseudonyms = ParameterPseudonyms(lambda: ssm, PREFIX, world.clock)
    profiles = DynamoDBProfiles(client, "Identities", "Profiles", pseudonyms)
    people = DynamoDBPeople(client, profiles, "Timeline")
    ledger, timeline = DynamoDBLedger(client, "Ledger"), DynamoDBTimeline(client, "Timeline")
    store = DynamoDBEventStore(client, "Timeline", "Profiles", "Identities", "Timers", "Merges")
    world.process = replace(world.process, profiles=profiles, store=store, archive=S3Archive(s3))
    departures = DynamoDBDepartures(client, "Ledger")
    performers = _performers(world, timeline, departures)
    world.perform = replace(world.perform, profiles=profiles, ledger=ledger, performers=performers)
    world.timers = replace(world.timers, timers=DynamoDBTimers(client, "Timers"))
    book = DynamoDBPersonBook(client, profiles, "Merges")
    names = {name: name for name in ("Identities", "Profiles", "Merges", "Timeline", "Timers", "Ledger")}
    there = Deployment(
        client=lambda name: {"dynamodb": client, "s3": s3}[name],
        name_of=lambda name: {**names, "Archive": BUCKET}.get(name, ""),
        book=book,
    )

    def scan() -> dict[str, str]:
        found = {
            name: json.dumps(client.scan(TableName=name)["Items"], ensure_ascii=False, default=str) for name in names
        }
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
        bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]
        return {**found, "Archive": b"".join(gzip.decompress(body) for body in bodies).decode()}

    return House(world, people, book, personal_stores(there), scan)


@dataclass
class S3Archive:
    """The archive as Firehose leaves it: the lines of several people in one gzipped object of a day."""

    s3: Any

    def put(self, entries: Mapping[str, Any]) -> set[str]:
        for entry in entries.values():
            key = f"events/brand={entry.event.brand}/day={archive_day(entry)}/part.gz"
            found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=key).get("KeyCount")
            old = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() if found else b""
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=old + gzip.compress(archive_line(entry)))
        return set()


def _performers(world: World, timeline: Any, departures: Any) -> Any:
    return make_performers(
        sender=world.wechat,
        caller=world.wechat,
        board=world.wechat,
        receipts=world.receipts,
        timeline=timeline,
        departures=departures,
        clock=world.clock,
    )


def seed(house: House, fan: str, member: str, phone: str) -> list[str]:
    """One person in every store; returns what it may be known by."""
    world = house.world
    world.push("fan.subscribed", fan, scene=f"scene-{fan}")
    world.push("message.text", fan, content=f"words-{fan}")
    world.run()
    identity, contact = seal(phone)
    house.tell("order", member, type_="order.completed", data={"order_id": f"order-{fan}", "total": 12.5})
    world.run()
    world.pass_time(minutes=1)
    house.tell("signed", member, fan_identity(world.account.id, fan), identity, contacts={identity: contact})
    world.run()
    world.pass_time(minutes=1)
    return [fan, member, identity, contact.masked, contact.sealed, f"scene-{fan}", f"words-{fan}", f"order-{fan}"]


def seal(phone: str) -> tuple[str, Contact]:
    sealed = SEALER.seal(ContactKind.PHONE, phone)
    assert sealed is not None
    return sealed
