"""Those who matched are given, once, what the rule would have noted; nothing is sent and nothing is set off."""

from datetime import timedelta

from tests.fakes.world import World, rule
from yuchi.domain.backtest.applying import APPLIED, SOURCE, applied_event, noted_actions
from yuchi.domain.durations import WEEK
from yuchi.domain.event import Event
from yuchi.domain.rule import Rule
from yuchi.domain.standard.model import BrandSchema, TagGroup
from yuchi.services.ports import EventMessage

CANDIDATE = rule(
    "vip", "menu.clicked", ["tag 贵宾", "score +5", "set 来源 = {{event.key}}", "send 恭喜", "emit vip.made"]
)
SETS_OFF = rule("echo", "tag.added", ["send 您好", "score +100"])


def applied(world: World, candidate: Rule = CANDIDATE) -> Event:
    views = {"event": {"key": "A"}, "profile": {}, "account": {}}
    return applied_event(
        candidate,
        person="p1",
        subject="wechat:tea:o-fan",
        account="tea",
        brand="demo",
        actions=noted_actions(candidate, views),
        at=world.now - timedelta(days=3),
    )


def give(world: World, event: Event) -> None:
    world.events.forget()
    world.events.send([(event.id, "", EventMessage(event=event))])
    world.run()


def test_profile_effects_are_given_and_nothing_is_sent_or_set_off() -> None:
    world = World(SETS_OFF)
    give(world, applied(world))
    profile = world.profile()
    assert (set(profile.tags), profile.scores, profile.attributes) == ({"贵宾"}, {"main": 5}, {"来源": "A"})
    assert profile.tags["贵宾"].rule == "vip"
    assert world.wechat.sent == []


def test_asking_again_gives_nothing_again() -> None:
    world = World()
    give(world, applied(world))
    world.pass_time(days=1)
    give(world, applied(world))
    assert world.profile().scores == {"main": 5}
    assert world.profile().tags["贵宾"].count == 1


def test_a_tag_of_an_exclusive_group_makes_room_for_itself() -> None:
    world = World(rule("first", "menu.clicked", ["tag 试用"]))
    group = TagGroup(name="level", tags=("试用", "贵宾"), exclusive=True, lasts=WEEK)
    world.rulesets.schemas["demo"] = BrandSchema(tag_groups=(group,))
    world.push("menu.clicked", key="A")
    world.run()
    assert set(world.profile().tags) == {"试用"}
    give(world, applied(world))
    ((name, tag),) = world.profile().tags.items()
    assert (name, tag.expires_at) == ("贵宾", tag.since + WEEK)


def test_another_text_of_the_rule_is_another_thing_to_give() -> None:
    world = World()
    other = rule("vip", "menu.clicked", ["score +7"])
    assert applied(world).id != applied(world, other).id
    assert applied(world).id == applied(world).id


def test_only_a_backtest_of_ours_is_believed() -> None:
    world = World()
    give(world, applied(world).model_copy(update={"source": "/collect/shop"}))
    assert world.profile().tags == {}
    assert SOURCE == "/backtest"
    assert applied(world).type == APPLIED


def test_actions_that_speak_are_never_taken_even_if_asked_for() -> None:
    world = World()
    event = applied(world)
    actions = [*event.data["actions"], {"kind": "send", "message": {"type": "text", "content": "嘿"}}]
    give(world, event.model_copy(update={"data": {**event.data, "actions": actions}}))
    assert world.wechat.sent == []
    assert world.profile().scores == {"main": 5}
