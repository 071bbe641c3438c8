"""Tags that events bring themselves, and what WeChat's list of followers says."""

from typing import Any

from tests.fakes.world import START, World, rule
from yuchi.domain.event import Event, derive_id
from yuchi.services.ports import EventMessage


def told(world: World, number: int = 1, *, historical: bool = False, tags: tuple[str, ...] = ("老客",)) -> None:
    event = Event(
        id=derive_id("told", str(number)),
        source="/import/crm",
        type="person.identified",
        time=world.now,
        brand="demo",
        account="",
        subject="member:M1",
        tags=tags,
        historical=historical,
    )
    world.events.send([(event.id, "member:M1", EventMessage(event=event))])
    world.run()


def test_tags_are_given_and_seen_again() -> None:
    world = World()
    told(world)
    world.pass_time(days=1)
    told(world, 2, tags=("老客", "茶友"))
    tags = world.people.profile_of("demo", "member:M1").tags
    assert tags["老客"].count == 2
    assert tags["老客"].since == int(START.timestamp())
    assert tags["老客"].last > tags["老客"].since
    assert derive_id("told", "2").startswith(tags["茶友"].event)


def test_rules_hear_of_a_new_tag_but_not_of_one_from_the_past() -> None:
    for historical, expected in ((False, {"老客", "欢迎老客"}), (True, {"老客"})):
        world = World(rule("hi", "tag.added", ["tag 欢迎老客"], when='event.tag == "老客"'))
        told(world, historical=historical)
        assert set(world.people.profile_of("demo", "member:M1").tags) == expected


def test_twin_no_source_can_give_tags_by_its_data() -> None:
    world = World()
    event = world.event("page.viewed", tags=["贵宾"])
    world.events.send([(event.id, event.subject or "", EventMessage(event=event))])
    world.run()
    assert world.profile().tags == {}


def imported(world: World, **data: Any) -> None:
    event = world.event("fan.imported", **data).model_copy(update={"historical": True})
    world.events.send([(event.id, event.subject or "", EventMessage(event=event))])
    world.run()


def test_the_list_of_followers_knows_since_when() -> None:
    world = World()
    imported(world, subscribed_at=1_700_000_000, scene="store-1")
    (channel,) = world.profile().channels.values()
    assert (channel.subscribed, channel.subscribed_at, channel.scene) == (True, 1_700_000_000, "store-1")
    imported(world, subscribed_at=1_600_000_000, scene="other")
    (channel,) = world.profile().channels.values()
    assert (channel.subscribed_at, channel.scene) == (1_700_000_000, "store-1")


def test_who_left_later_than_the_list_is_gone() -> None:
    world = World()
    world.push("fan.subscribed")
    world.run()
    listed = world.event("fan.imported", subscribed_at=1).model_copy(update={"historical": True})
    world.pass_time(minutes=5)
    world.push("fan.unsubscribed")
    world.run()
    world.events.send([(listed.id, listed.subject or "", EventMessage(event=listed))])
    world.run()
    (channel,) = world.profile().channels.values()
    assert not channel.subscribed


def test_a_list_without_a_date_says_nothing() -> None:
    world = World()
    imported(world)
    (channel,) = world.profile().channels.values()
    assert not channel.subscribed
