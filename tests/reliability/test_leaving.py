"""Who unsubscribes leaves the archive too: nothing in it names the fan or says what the fan said, also after redelivery."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.aws import CONFIG, aws
from tests.fakes.departures import FakeArchiveObjects, FakeDepartures
from tests.reliability.house import BUCKET, House, deployed, in_memory
from yuchi.adapters.archive_objects import S3ArchiveObjects
from yuchi.adapters.dynamodb.departures import DynamoDBDepartures
from yuchi.domain.event import Event, derive_id
from yuchi.domain.timeline import FORGOTTEN, TimelineEntry
from yuchi.services.clean_archive import CleanArchive
from yuchi.services.perform_action import Job
from yuchi.services.performers import Forget
from yuchi.services.ports import EventMessage
from yuchi.services.ports_departures import ArchiveObjects, Departures

FAN, OTHER = "oLeaver000000000000000000000001", "oStays0000000000000000000000002"
WORDS = "我的订单到哪了"


@dataclass
class Leaving:
    """A house, and what cleans its archive."""

    house: House
    departures: Departures
    objects: ArchiveObjects

    def clean(self) -> int:
        world = self.house.world
        cleaning = CleanArchive(
            departures=self.departures,
            objects=self.objects,
            metrics=world.metrics,
            clock=world.clock,
            new_salt=lambda: "salt",
            kept=timedelta(days=400),
        )
        return cleaning.tick(seconds_left=lambda: 800.0)

    def archive(self) -> str:
        return self.house.scan()["Archive"]


class LinesOfWorld(FakeArchiveObjects):
    """The lines of a world in memory as one object."""

    def __init__(self, house: House) -> None:
        super().__init__({("demo", "2026"): house.world.archive.lines})

    def rewrite(self, key: str, change: Any) -> int:
        lines = self.objects["demo", "2026"]
        old = list(lines)
        lines[:] = [each + b"\n" for each in change([each.rstrip(b"\n") for each in old])]
        return sum(one != other for one, other in zip(old, lines, strict=True))

    def expire(self, brand: str, *, before: str) -> int:
        del brand, before
        return 0


@pytest.fixture(params=["memory", "deployed"])
def leaving(request: pytest.FixtureRequest) -> Iterator[Leaving]:
    if request.param == "memory":
        house = in_memory()
        yield Leaving(house, house.world.departures, LinesOfWorld(house))
        return
    with aws() as session:
        make: Any = session.client
        dynamodb, s3 = make("dynamodb", config=CONFIG), make("s3", config=CONFIG)
        house = deployed(session)
        yield Leaving(house, DynamoDBDepartures(dynamodb, "Ledger"), S3ArchiveObjects(s3, BUCKET))


def live(house: House) -> list[Event]:
    """The fan writes, is known to the shop, and leaves; somebody else stays. Returns what WeChat pushed of the fan."""
    world = house.world
    pushed = []
    for fan in (OTHER, FAN):
        pushed = [world.push("fan.subscribed", fan, scene="door"), world.push("message.text", fan, content=WORDS)]
        world.run()
        world.pass_time(minutes=1)
    house.tell("order", "member:7", f"wechat:tea:{FAN}", type_="order.completed", data={"order_id": "A1", "total": 9})
    world.run()
    world.pass_time(minutes=1)
    late = world.event("menu.clicked", FAN, key="LATE")
    world.pass_time(minutes=1)
    pushed.append(world.push("fan.unsubscribed", FAN))
    world.run()
    return [*pushed, late]


def test_who_leaves_is_nowhere_in_the_archive(leaving: Leaving) -> None:
    house, world = leaving.house, leaving.house.world
    old = live(house)
    before = [json.loads(each) for each in leaving.archive().splitlines()]
    assert FAN in leaving.archive()
    assert leaving.clean() == 0
    world.pass_time(hours=48)
    assert leaving.clean() > 0
    after = [json.loads(each) for each in leaving.archive().splitlines()]
    assert FAN not in leaving.archive()
    assert leaving.archive().count(WORDS) == 1
    assert leaving.archive().count(OTHER) > 0
    numbers = [[(each["type"], each["time"], each["matched"]) for each in lines] for lines in (before, after)]
    assert numbers[0] == numbers[1]
    (order,) = [each for each in after if each["type"] == "order.completed"]
    assert (order["subject"], order["identities"], order["data"]["order_id"]) == ("member:7", [], "A1")
    assert leaving.departures.waiting() == []

    for _ in range(2):
        assert world.process.process([(each.id, EventMessage(event=each)) for each in old]) == set()
        world.run()
    assert FAN not in leaving.archive()
    assert leaving.clean() == 0


def test_who_comes_back_is_archived_again(leaving: Leaving) -> None:
    world = leaving.house.world
    live(leaving.house)
    world.pass_time(hours=1)
    world.push("message.text", FAN, content="回来了")
    world.run()
    world.pass_time(hours=48)
    leaving.clean()
    mine = [json.loads(each) for each in leaving.archive().splitlines() if FAN in each]
    assert {each["data"].get("content") for each in mine if each["type"] == "message.text"} == {"回来了"}


def test_the_other_account_of_a_person_goes_too() -> None:
    """Left long before the last one, which is the one that makes the person forgotten."""
    house = in_memory()
    world = house.world
    live(house)
    (action,) = [
        action for entry in world.people.entries.values() for action in entry.outbox if action.kind == "forget"
    ]
    assert action.body["identities"] == [f"wechat:tea:{FAN}"]
    assert {each.identity for each in world.departures.waiting()} == {f"wechat:tea:{FAN}"}


class Forgetful(Forget):
    """The planted defect: nobody tells the archive."""

    def perform(self, job: Job) -> Any:
        return replace(self, departures=FakeDepartures()).perform_as_forget(job)

    def perform_as_forget(self, job: Job) -> Any:
        return Forget.perform(self, job)


def test_twin_a_departure_that_is_not_noted_leaves_the_fan_in_the_archive() -> None:
    house = in_memory()
    world = house.world
    forgetful = Forgetful(world.people, world.departures, world.clock)
    performers: Mapping[str, Any] = {**world.perform.performers, "forget": forgetful}
    world.perform = replace(world.perform, performers=performers)
    live(house)
    world.pass_time(hours=48)
    assert Leaving(house, world.departures, LinesOfWorld(house)).clean() == 0
    assert FAN in house.scan()["Archive"]


def test_twin_archiving_what_is_forgotten_names_the_fan_again(monkeypatch: pytest.MonkeyPatch) -> None:
    house = in_memory()
    old = live(house)
    leaving = Leaving(house, house.world.departures, LinesOfWorld(house))
    house.world.pass_time(hours=48)
    leaving.clean()
    assert FAN not in leaving.archive()
    monkeypatch.setattr("yuchi.services.process_event.FORGOTTEN", f"not {FORGOTTEN}")
    house.world.process.process([(each.id, EventMessage(event=each)) for each in old])
    assert FAN in leaving.archive()


def test_an_id_says_nothing() -> None:
    """Who knows an event cannot find its line."""
    house = in_memory()
    old = live(house)
    house.world.pass_time(hours=48)
    Leaving(house, house.world.departures, LinesOfWorld(house)).clean()
    left = house.scan()["Archive"]
    assert not [each.id for each in old if each.id in left]
    assert not [each.id for each in old if derive_id(each.id) in left]


def test_an_entry_without_content_is_known_by_its_note() -> None:
    house = in_memory()
    live(house)
    entries: list[TimelineEntry] = [
        each
        for each in house.world.people.entries.values()
        if each.event.type == "message.text" and FAN in each.subject
    ]
    assert [each.notes for each in entries] == [(FORGOTTEN,)]
