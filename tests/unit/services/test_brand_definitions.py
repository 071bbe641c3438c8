"""What a brand defines works on every event: stages by time, groups of tags, whose word counts, data that does not fit."""

from datetime import timedelta
from typing import Any

from tests.fakes.world import START, World, rule
from yuchi.domain.event import Event, derive_id
from yuchi.domain.standard.model import AttributeRule, BrandSchema, StageRule, TagGroup, ValueRule, ValueType
from yuchi.services.ports import EventMessage

STAGES = (
    StageRule(order=1, name="dormant", when='profile.last_active_at < now - duration("2160h")'),
    StageRule(order=2, name="active"),
)


def told(world: World, source: str, event_type: str = "person.identified", **data: Any) -> Event:
    """An event of a source that tells it of the fan."""
    event = world.event(event_type, **data).model_copy(
        update={"source": f"/collect/{source}", "id": derive_id(source, event_type, str(world.now), repr(data))}
    )
    world.events.send([(event.id, event.subject or "", EventMessage(event=event))])
    world.run()
    return event


def tick(world: World) -> None:
    world.fire()
    world.run()


def test_a_person_becomes_dormant_within_a_minute_of_the_time_without_any_event() -> None:
    world = World(rule("back", "stage.changed", ["tag 要唤醒"], when='event.stage == "dormant"'))
    world.rulesets.schemas["demo"] = BrandSchema(own_stages=STAGES)
    world.push("message.text", content="hi")
    world.run()
    world.pass_time(days=90)
    tick(world)
    assert "要唤醒" not in world.profile().tags
    world.pass_time(minutes=1)
    tick(world)
    profile = world.profile()
    assert "要唤醒" in profile.tags
    assert profile.stage is not None
    assert profile.stage.name == "dormant"
    assert abs(profile.stage.since - (START + timedelta(days=90)).timestamp()) <= 1


def test_activity_moves_the_moment_and_nothing_is_told_in_between() -> None:
    world = World(rule("back", "stage.changed", ["tag 要唤醒"], when='event.stage == "dormant"'))
    world.rulesets.schemas["demo"] = BrandSchema(own_stages=STAGES)
    for _ in range(3):
        world.push("message.text", content="hi")
        world.run()
        world.pass_time(days=60)
        tick(world)
    assert "要唤醒" not in world.profile().tags
    world.pass_time(days=30, minutes=1)
    tick(world)
    assert "要唤醒" in world.profile().tags


def test_who_comes_back_is_told_of_once() -> None:
    world = World(
        rule("back", "stage.changed", ["score +1"], when='event.stage == "active" && event.previous == "dormant"')
    )
    world.rulesets.schemas["demo"] = BrandSchema(own_stages=STAGES)
    world.push("message.text", content="hi")
    world.run()
    world.pass_time(days=91)
    tick(world)
    for content in ("a", "b"):
        world.push("message.text", content=content)
        world.run()
    assert world.profile().scores == {"main": 1}


def test_no_timer_is_set_where_nobody_asks_for_stages() -> None:
    """The twin of the first: without rule or definition a brand pays nothing, and reads the stage all the same."""
    world = World(rule("hi", "message.text", ["tag 沉睡过"], when='profile.stage == "dormant"'))
    world.push("message.text", content="hi")
    world.run()
    world.pass_time(days=100)
    assert world.fire() == 0
    world.push("message.text", content="again")
    world.run()
    assert "沉睡过" in world.profile().tags


def test_of_an_exclusive_group_one_tag_stays_and_it_expires_as_the_group_says() -> None:
    group = TagGroup(name="等级", tags=("银卡", "金卡"), exclusive=True, lasts=3_600, weight=0.8)
    rules = [
        rule("silver", "message.text", ["tag 银卡"], when='event.content == "s"'),
        rule("gold", "message.text", ["tag 金卡"], when='event.content == "g"'),
        rule("lost", "tag.removed", ["set 失去 = {{event.tag}}"], when='event.reason == "group"'),
    ]
    world = World(*rules)
    world.rulesets.schemas["demo"] = BrandSchema(tag_groups=(group,))
    for content in ("s", "g"):
        world.push("message.text", content=content)
        world.run()
    profile = world.profile()
    assert list(profile.tags) == ["金卡"]
    assert profile.attributes == {"失去": "银卡"}
    assert profile.tags["金卡"].expires_at == int(START.timestamp()) + 3_600

    free = World(*rules)
    for content in ("s", "g"):
        free.push("message.text", content=content)
        free.run()
    assert list(free.profile().tags) == ["银卡", "金卡"], "the twin: without the group both stay"


def test_the_source_that_the_brand_trusts_counts_even_if_another_is_newer() -> None:
    world = World()
    world.rulesets.schemas["demo"] = BrandSchema(
        attributes={"城市": AttributeRule(type=ValueType.TEXT, sources=("crm",), retention_days=30)}
    )
    told(world, "crm", traits={"城市": "上海"})
    world.pass_time(hours=1)
    told(world, "shop", traits={"城市": "北京"})
    assert world.profile().attributes == {"城市": "上海"}
    world.pass_time(days=30, minutes=-30)
    told(world, "shop", traits={"城市": "广州"})
    assert world.profile().attributes == {"城市": "广州"}, "the word of the first is over"


def test_what_does_not_fit_is_on_the_timeline_and_not_on_the_profile() -> None:
    world = World()
    world.rulesets.schemas["demo"] = BrandSchema(
        attributes={"年龄": AttributeRule(type=ValueType.NUMBER)},
        properties={"order.completed": {"total": ValueRule(type=ValueType.NUMBER)}},
    )
    told(world, "shop", traits={"年龄": "很大", "城市": "上海"})
    assert world.profile().attributes == {"城市": "上海"}
    (entry,) = world.people.entries.values()
    assert entry.rejected["traits.年龄"].value == "很大"
    assert "data.rejected" in entry.notes
    assert world.metrics.counts["DataRejected"] == 1
    told(world, "shop", "order.completed", total="88.5", order_id="1")
    assert world.profile().order_totals["spent"] == 8_850
