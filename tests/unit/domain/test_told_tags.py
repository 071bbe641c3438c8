"""Tags that events bring themselves, and what WeChat's list of followers says."""

from datetime import timedelta
from typing import Any

from tests.fakes.world import START, World, rule
from yuchi.domain.event import ALL_OTHERS, Event, derive_id
from yuchi.domain.ledger import LedgerState
from yuchi.services.ports import EventMessage


def told(
    world: World,
    number: int = 1,
    *,
    historical: bool = False,
    tags: tuple[str, ...] = ("老客",),
    untags: tuple[str, ...] = (),
    source: str = "/import/crm",
    late: timedelta = timedelta(0),
) -> None:
    event = Event(
        id=derive_id("told", str(number)),
        source=source,
        type="person.identified",
        time=world.now - late,
        brand="demo",
        account="",
        subject="member:M1",
        tags=tags,
        untags=untags,
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


def tags_of(world: World) -> set[str]:
    return set(world.people.profile_of("demo", "member:M1").tags)


def test_a_system_takes_away_what_it_names_whoever_gave_it() -> None:
    world = World(rule("give", "person.identified", ["tag 规则打的, 另一个"]))
    told(world)
    world.pass_time(minutes=1)
    told(world, 2, tags=("新的",), untags=("老客", "规则打的", "没有的"), historical=True)
    assert tags_of(world) == {"新的", "另一个"}


def test_a_full_list_takes_away_what_its_own_source_gave_or_named() -> None:
    world = World(rule("give", "person.identified", ["tag 规则打的, 两边都有"], limit="once"))
    told(world, tags=("甲", "乙"))
    told(world, 2, tags=("别家的",), source="/collect/shop")
    world.pass_time(minutes=1)
    told(world, 3, tags=("甲", "两边都有"), untags=(ALL_OTHERS,))
    assert tags_of(world) == {"甲", "两边都有", "规则打的", "别家的"}
    world.pass_time(minutes=1)
    told(world, 4, tags=(), untags=(ALL_OTHERS,))
    assert tags_of(world) == {"规则打的", "别家的"}


def test_an_old_message_takes_nothing_newer_away() -> None:
    world = World()
    told(world, tags=("甲",))
    world.pass_time(hours=1)
    told(world, 2, tags=("乙",))
    told(world, 3, tags=("丙",), untags=("乙", ALL_OTHERS), late=timedelta(minutes=30))
    assert tags_of(world) == {"乙", "丙"}


def test_rules_hear_of_what_was_taken_and_why() -> None:
    for historical, expected in ((False, {"走了"}), (True, set[str]())):
        world = World(rule("lost", "tag.removed", ["tag 走了"], when='event.tag == "老客" && event.reason == "told"'))
        told(world)
        world.pass_time(minutes=1)
        told(world, 2, tags=(), untags=("老客",), historical=historical)
        assert tags_of(world) == expected
        entry = next(each for each in world.people.entries.values() if each.event.id == derive_id("told", "2"))
        assert entry.tags_removed == ("老客",)


def test_a_crm_is_told_of_rules_and_not_of_its_own_words() -> None:
    """The rule of the guide: ``event.rule`` is empty where a system gave or took the tag."""
    hook = {
        "webhook": {"url": "https://crm.example.com/x", "data": {"tag": "{{event.tag}}", "change": "{{event.type}}"}}
    }
    world = World(
        rule("tell", ["tag.added", "tag.removed"], [hook], when='event.rule != ""'),  # type: ignore[arg-type]  # a rule may hold maps, as in the table
        rule("give", "message.text", ["tag 热情"]),
        rule("take", "menu.clicked", ["untag 热情"]),
    )
    world.push("message.text", content="x")
    world.run()
    world.pass_time(minutes=1)
    told(world, tags=("甲",))
    world.pass_time(minutes=1)
    told(world, 2, tags=(), untags=("甲",))
    world.push("menu.clicked", key="k")
    world.run()
    bodies = [
        action.body["data"]
        for entry in world.people.entries.values()
        for action in entry.outbox
        if action.kind == "webhook"
    ]
    assert sorted(each["change"] for each in bodies) == ["tag.added", "tag.removed"]
    assert {each["tag"] for each in bodies} == {"热情"}
    assert {row.state for row in world.ledger.rows.values()} == {LedgerState.SENT}


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


def test_twin_a_rule_without_the_condition_tells_the_crm_its_own_words() -> None:
    hook = {"webhook": {"url": "https://crm.example.com/x", "data": {"tag": "{{event.tag}}"}}}
    world = World(rule("tell", ["tag.added", "tag.removed"], [hook]))  # type: ignore[arg-type]  # a rule may hold maps, as in the table
    world.push("message.text", content="x")
    world.run()
    told(world, tags=("甲",))
    entries = world.people.entries.values()
    assert [each.body["data"] for entry in entries for each in entry.outbox if each.kind == "webhook"]
