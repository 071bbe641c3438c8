from typing import Any

import pytest

from tests.fakes.world import ACCOUNT, World, rule
from yuchi.domain import mirroring
from yuchi.domain.durations import DAY
from yuchi.domain.event import Event, derive_id
from yuchi.domain.mirroring import CONFLICT, FULL, MAX_OF_FAN, MIRROR, MIRRORED, told_by_wechat
from yuchi.domain.profile import Mirrored
from yuchi.domain.standard.model import BrandSchema, TagGroup
from yuchi.services.ports import ActionMessage, EventMessage

MIRRORING = ACCOUNT.model_copy(update={"mirrored_tags": ("会员", "试用")})
GIVE = rule("give", "message.text", ["tag 会员", "tag 别的"], when='event.content == "会员"')
TAKE = rule("take", "message.text", ["untag 会员"], when='event.content == "退"')


def world_of(*rules: Any, tags: tuple[str, ...] = ("会员", "试用")) -> World:
    world = World(*(rules or (GIVE, TAKE)), account=ACCOUNT.model_copy(update={"mirrored_tags": tags}))
    world.push("fan.subscribed", scene="")
    decided(world)
    return world


def decided(world: World) -> list[tuple[str, Any, str]]:
    """What the events on the queue make us tell WeChat: tag, whether it is given, to whom."""
    world.process.process(world.events.take())
    return [told(message) for _, message in world.actions.take() if message.action.kind == MIRROR]


def told(message: ActionMessage) -> tuple[str, Any, str]:
    return message.action.body["tag"], message.action.body["on"], f"{message.account}:{message.subject}"


FAN = "tea:wechat:tea:o-fan"


def text(world: World, content: str) -> list[tuple[str, Any, str]]:
    world.pass_time(seconds=1)
    world.push("message.text", content=content)
    return decided(world)


def mirrored(world: World, **data: Any) -> Event:
    """What ``yuchi sync tags`` tells of the fan."""
    return Event(
        id=derive_id("sync", repr(data), str(world.now)),
        source=told_by_wechat("tea"),
        type=MIRRORED,
        time=world.now,
        brand="demo",
        account="tea",
        subject="wechat:tea:o-fan",
        historical=True,
        data=data,
    )


def sync(world: World, **data: Any) -> list[tuple[str, Any, str]]:
    event = mirrored(world, **data)
    world.events.send([(event.id, event.subject or "", EventMessage(event=event))])
    return decided(world)


def mirror(world: World) -> dict[str, Mirrored]:
    return world.profile().channels["wechat:tea:o-fan"].mirror


def notes(world: World) -> set[str]:
    return {note for entry in world.people.entries.values() for note in entry.notes}


def test_a_listed_tag_is_told_to_wechat_once_and_another_is_not() -> None:
    world = world_of()
    assert text(world, "会员") == [("会员", True, FAN)]
    assert text(world, "会员") == []
    assert set(world.profile().tags) == {"会员", "别的"}
    assert text(world, "退") == [("会员", False, FAN)]
    assert text(world, "退") == []


def test_a_tag_that_expired_is_taken_away_with_the_next_event() -> None:
    world = world_of(rule("give", "message.text", ["tag 会员 for 1h"], when='event.content == "会员"'))
    assert text(world, "会员") == [("会员", True, FAN)]
    world.pass_time(hours=2)
    assert text(world, "在吗") == [("会员", False, FAN)]


def test_what_was_put_on_the_list_later_is_told_with_the_next_event() -> None:
    world = world_of(tags=())
    assert text(world, "会员") == []
    world.accounts.accounts["tea"] = MIRRORING
    assert text(world, "在吗") == [("会员", True, FAN)]


def test_who_left_is_told_nothing_of_and_who_comes_back_has_it_anew() -> None:
    world = world_of()
    world.account = world.account.model_copy(update={"settings": {"keep_after_unsubscribe": True}})
    world.accounts.accounts["tea"] = MIRRORING.model_copy(
        update={"settings": MIRRORING.settings.model_copy(update={"keep_after_unsubscribe": True})}
    )
    text(world, "会员")
    world.pass_time(seconds=1)
    world.push("fan.unsubscribed")
    assert decided(world) == []
    assert mirror(world) == {}
    world.pass_time(seconds=1)
    world.push("fan.subscribed", scene="")
    assert decided(world) == [("会员", True, FAN)]


def test_an_event_of_another_kind_of_identity_reaches_the_fan() -> None:
    world = world_of(rule("order", "order.completed", ["tag 会员"]))
    text(world, "hi")
    event = Event(
        id="order-0001",
        source="/collect/shop",
        type="order.completed",
        time=world.now,
        brand="demo",
        account="",
        subject="member:7",
        identities=("wechat:tea:o-fan",),
    )
    world.events.send([(event.id, "", EventMessage(event=event))])
    assert decided(world) == [("会员", True, FAN)]


def test_what_is_told_long_after_waits_for_the_next_event_or_the_sync() -> None:
    world = world_of()
    event = world.event("form.submitted").model_copy(
        update={"historical": True, "tags": ("会员",), "source": "/import/crm"}
    )
    world.events.send([(event.id, "", EventMessage(event=event))])
    assert decided(world) == []
    assert "会员" in world.profile().tags
    assert text(world, "在吗") == [("会员", True, FAN)]


def test_a_fan_has_no_more_tags_than_wechat_takes() -> None:
    names = tuple(f"t{number}" for number in range(MAX_OF_FAN + 2))
    given = ["tag " + ", ".join(names[:11]), "tag " + ", ".join(names[11:])]
    world = world_of(rule("give", "message.text", given), tags=names)
    assert len(text(world, "hi")) == MAX_OF_FAN
    assert FULL in notes(world)
    assert text(world, "hi") == []


def test_twin_without_memory_of_what_wechat_has_tells_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirroring, "Mirrored", lambda **values: Mirrored(**{**values, "on": False}))
    world = world_of()
    text(world, "会员")
    assert text(world, "会员") == [("会员", True, FAN)]


# --- what WeChat has ---


def test_a_tag_given_in_the_console_is_given_here_too_and_told_to_nobody() -> None:
    world = world_of()
    assert sync(world, there={"试用": True}, seen={}, changed=["试用"]) == []
    tag = world.profile().tags["试用"]
    assert (tag.source, tag.rule) == ("wechat", "")
    assert CONFLICT not in notes(world)
    assert text(world, "在吗") == []


LEVEL = TagGroup(name="level", tags=("试用", "会员", "别的"), exclusive=True, lasts=DAY)


def test_a_tag_given_in_the_console_makes_room_in_its_exclusive_group_at_wechat_too() -> None:
    world = world_of(rule("try", "message.text", ["tag 试用"], when='event.content == "试"'))
    world.rulesets.schemas["demo"] = BrandSchema(tag_groups=(LEVEL,))
    assert text(world, "试") == [("试用", True, FAN)]
    world.pass_time(minutes=1)
    assert sync(world, there={"会员": True}, seen={}, changed=["会员"]) == [("试用", False, FAN)]
    (name, tag), *others = world.profile().tags.items()
    assert (name, others) == ("会员", [])
    assert tag.expires_at == int(world.now.timestamp()) + DAY
    entry = max(world.people.entries.values(), key=lambda entry: entry.event.time)
    assert (entry.tags_added, entry.tags_removed) == (("会员",), ("试用",))


def test_of_two_of_a_group_given_in_the_console_at_once_the_later_told_stays() -> None:
    world = world_of()
    world.rulesets.schemas["demo"] = BrandSchema(tag_groups=(LEVEL,))
    both = {"会员": True, "试用": True}
    assert sync(world, there=both, seen={}, changed=["会员", "试用"]) == [("会员", False, FAN)]
    assert set(world.profile().tags) == {"试用"}


def test_a_tag_taken_away_in_the_console_is_taken_away_here() -> None:
    world = world_of()
    text(world, "会员")
    sync(world, there={"会员": True}, seen={"会员": mirror(world)["会员"].action}, changed=[])
    world.pass_time(days=1)
    assert sync(world, there={"会员": False}, seen={}, changed=["会员"]) == []
    assert "会员" not in world.profile().tags
    assert CONFLICT not in notes(world)


def test_changed_on_both_sides_the_console_came_last_and_the_conflict_is_noted() -> None:
    world = world_of()
    text(world, "会员")
    sync(world, there={"会员": False}, seen={"会员": mirror(world)["会员"].action}, changed=["会员"])
    assert "会员" not in world.profile().tags
    assert CONFLICT in notes(world)


def test_what_we_decided_since_is_the_later_word() -> None:
    world = world_of()
    text(world, "会员")
    seen = mirror(world)["会员"].action
    text(world, "退")
    assert text(world, "会员") == [("会员", True, FAN)]
    assert sync(world, there={"会员": False}, seen={"会员": seen}, changed=["会员"]) == []
    assert "会员" in world.profile().tags


def test_what_never_reached_wechat_is_told_again() -> None:
    world = world_of()
    text(world, "会员")
    seen = {"会员": mirror(world)["会员"].action}
    assert sync(world, there={"会员": False}, seen=seen, changed=[]) == [("会员", True, FAN)]
    assert "会员" in world.profile().tags


def test_what_the_sync_itself_told_wechat_is_corrected_where_we_changed_our_mind() -> None:
    world = world_of()
    text(world, "会员")
    text(world, "退")
    assert sync(world, there={"会员": True}, seen={}, changed=[], told=["会员"]) == [("会员", False, FAN)]
    assert "会员" not in world.profile().tags


def test_nobody_else_can_say_what_wechat_has() -> None:
    world = world_of()
    event = mirrored(world, there={"试用": True}, seen={}, changed=["试用"]).model_copy(
        update={"source": "/collect/shop"}
    )
    world.events.send([(event.id, "", EventMessage(event=event))])
    decided(world)
    assert "试用" not in world.profile().tags


def test_a_fan_unknown_so_far_becomes_known() -> None:
    world = World(GIVE, account=MIRRORING)
    sync(world, there={"试用": True}, seen={}, changed=["试用"])
    assert set(world.profile().tags) == {"试用"}
    assert world.profile().channels["wechat:tea:o-fan"].subscribed
