"""Events that show that two persons are one."""

from typing import Any

from tests.fakes.world import World, rule
from yuchi.domain.event import Contact, Event, derive_id
from yuchi.services.ports import EventMessage


def queue(world: World, name: str, subject: str, *identities: str, **changes: Any) -> None:
    event = Event(
        id=derive_id(name),
        source="/collect/shop",
        type="page.viewed",
        time=world.now,
        brand="demo",
        account="",
        subject=subject,
        identities=identities,
        **changes,
    )
    world.events.send([(event.id, f"demo#{subject}", EventMessage(event=event))])


def tell(world: World, name: str, subject: str, *identities: str, **changes: Any) -> None:
    queue(world, name, subject, *identities, **changes)
    world.run()


def everyone(world: World) -> set[str]:
    return {profile.person for profile in world.people.profiles.values() if not profile.merged_into}


def test_two_persons_become_one_and_both_identities_lead_to_it() -> None:
    world = World(rule("tagger", "page.viewed", ["tag 看过", "score +1"], account="*"))
    tell(world, "a", "anonymous:x")
    tell(world, "b", "member:1")
    assert len(everyone(world)) == 2
    tell(world, "c", "member:1", "anonymous:x")
    assert len(everyone(world)) == 1
    ours = world.people.profile_of("demo", "anonymous:x")
    assert ours == world.people.profile_of("demo", "member:1")
    assert (ours.scores["main"], ours.tags["看过"].count) == (3, 3)
    assert set(ours.identities) == {"anonymous:x", "member:1"}
    tell(world, "d", "anonymous:x")
    assert world.people.profile_of("demo", "member:1").scores["main"] == 4
    assert [record.event for record in world.people.merges.values()] == [derive_id("c")]


def test_in_one_batch_the_merged_are_one_at_once() -> None:
    world = World(rule("tagger", "page.viewed", ["score +1"], account="*"))
    queue(world, "a", "anonymous:x")
    queue(world, "b", "member:1")
    queue(world, "c", "member:1", "anonymous:x")
    queue(world, "d", "anonymous:x")
    world.run()
    assert world.people.profile_of("demo", "member:1").scores["main"] == 4
    assert len(everyone(world)) == 1


def test_a_contact_is_kept_sealed() -> None:
    world = World()
    tell(world, "a", "member:1", "phone:1f", contacts={"phone:1f": Contact(sealed="c2VhbGVk", masked="138****0000")})
    assert world.people.profile_of("demo", "phone:1f").contacts["phone:1f"].masked == "138****0000"


def test_what_is_only_told_now_fires_no_rule_and_makes_nobody_active() -> None:
    world = World(rule("tagger", "page.viewed", ["score +1"], account="*"))
    tell(world, "a", "member:1", historical=True)
    profile = world.people.profile_of("demo", "member:1")
    assert (profile.scores, profile.last_seen_at) == ({}, None)
    (entry,) = world.people.entries.values()
    assert entry.notes == ("rules.historical",)
    assert entry.recorded_at == world.now


def test_a_message_goes_to_the_person_as_the_fan_of_the_account_followed_last() -> None:
    world = World(rule("thanks", "page.viewed", ["send 谢谢"], account="*"))
    world.push("message.text", content="hi")
    world.run()
    fan = next(iter(world.people.identities))[1]
    tell(world, "a", "member:1", fan)
    assert [to for to, _ in world.wechat.sent] == [fan.removeprefix("wechat:")]


def test_who_follows_nothing_gets_no_message() -> None:
    world = World(rule("thanks", "page.viewed", ["send 谢谢", "score +1"], account="*"))
    tell(world, "a", "member:1")
    assert world.wechat.sent == []
    assert world.people.profile_of("demo", "member:1").scores["main"] == 1
