"""From an event to what it means, through real rules."""

from datetime import timedelta

from tests.fakes.world import START, World, rule
from yuchi.domain.gates import Gate
from yuchi.domain.ledger import LedgerState
from yuchi.domain.timeline import TimelineEntry
from yuchi.services.ports import EventMessage


def entry_of(world: World, event_id: str) -> TimelineEntry:
    return next(each for each in world.people.entries.values() if each.event.id == event_id)


def test_a_menu_click_gives_a_tag_with_its_reason_a_score_and_a_message() -> None:
    world = World(
        rule("claim-trial", "menu.clicked", ["tag 领取试用装", "score +5", "send 已登记"], when='event.key == "TRIAL"')
    )
    event = world.push("menu.clicked", key="TRIAL")
    world.run()
    tag = world.profile().tags["领取试用装"]
    assert (tag.rule, tag.version, tag.count) == ("claim-trial", 1, 1)
    assert event.id.startswith(tag.event)
    assert world.profile().scores == {"main": 5}
    assert [body["message"]["text"] for _, body in world.wechat.sent] == ["已登记"]


def test_the_condition_sees_the_profile_as_it_was_before_the_event() -> None:
    world = World(
        rule("first", "menu.clicked", ["tag 来过"], priority=2),
        rule("again", "menu.clicked", ["score +1"], when='"来过" in profile.tags', priority=1),
    )
    for expected in (0, 1):
        world.push("menu.clicked", key="A")
        world.run()
        assert world.profile().scores.get("main", 0) == expected
        world.pass_time(seconds=1)


def test_a_limit_holds_per_person_and_says_why_the_rule_did_not_fire() -> None:
    world = World(rule("once", "menu.clicked", ["score +1"], limit="once"))
    world.push("menu.clicked", fan="o-other", key="A")
    world.push("menu.clicked", key="A")
    world.run()
    world.pass_time(seconds=1)
    event = world.push("menu.clicked", key="A")
    world.run()
    assert world.profile().scores == {"main": 1} == world.profile("o-other").scores
    assert [each.gate for each in entry_of(world, event.id).passed] == [Gate.LIMIT]


def test_a_rule_that_was_looked_at_in_vain_says_which_part_failed_on_what() -> None:
    world = World(rule("vip", "menu.clicked", ["score +1"], when='event.key == "A" && profile.score * 2 >= 100'))
    event = world.push("menu.clicked", key="A")
    world.run()
    (passed,) = entry_of(world, event.id).passed
    assert (passed.gate, passed.part, passed.seen) == (
        Gate.CONDITION,
        "profile.score * 2 >= 100",
        {"profile.score * 2": "0"},
    )


def test_dates_open_and_shut_a_rule() -> None:
    world = World(rule("may", "menu.clicked", ["score +1"], starts_at="2026-05-02 00:00", ends_at="2026-05-03 00:00"))
    for day in range(3):
        world.now = START + timedelta(days=day)
        world.push("menu.clicked", key="A")
        world.run()
    assert world.profile().scores == {"main": 1}


def test_stop_keeps_later_rules_from_firing() -> None:
    world = World(
        rule("a", "menu.clicked", ["score +1"], priority=2, stop=True),
        rule("b", "menu.clicked", ["score +10"], priority=1),
    )
    event = world.push("menu.clicked", key="A")
    world.run()
    assert world.profile().scores == {"main": 1}
    assert [(each.rule, each.gate) for each in entry_of(world, event.id).passed] == [("b", Gate.STOPPED)]


def test_a_chain_of_rules_is_followed_and_cut_after_five_hops() -> None:
    rules = [rule(f"r{n}", f"step.n{n}", [f"emit step.n{n + 1}", f"score n{n} +1"]) for n in range(1, 9)]
    world = World(rule("start", "menu.clicked", ["emit step.n1"]), *rules)
    world.push("menu.clicked", key="A")
    world.run()
    assert set(world.profile().scores) == {f"n{n}" for n in range(1, 6)}
    assert any("hops.cut" in each.notes for each in world.people.entries.values())


def test_two_rules_that_tag_and_untag_each_other_come_to_rest() -> None:
    world = World(
        rule("go", "menu.clicked", ["tag A"]),
        rule("off", "tag.added", ["untag A"]),
        rule("on", "tag.removed", ["tag A"]),
    )
    world.push("menu.clicked", key="X")
    world.run(rounds=50)
    assert len(world.people.entries) <= 6


def test_a_timer_fires_once_and_only_the_last_of_a_name_counts() -> None:
    world = World(
        rule("claim", "menu.clicked", ["after 3d trial-day3"]),
        rule("day3", "timer.fired", ["score +1"], when='event.timer == "trial-day3"'),
    )
    world.push("menu.clicked", key="A")
    world.run()
    world.pass_time(days=1)
    world.push("menu.clicked", key="A")
    world.run()
    world.pass_time(days=2, minutes=1)
    assert world.fire() == 1
    world.run()
    assert world.profile().scores == {}
    world.pass_time(days=1)
    assert world.fire() == 1
    world.run()
    assert world.fire() == 0
    assert world.profile().scores == {"main": 1}


def test_a_tag_expires_by_itself() -> None:
    world = World(
        rule("trial", "menu.clicked", ["tag 试用中 for 1d"], when='event.key == "T"'),
        rule("remind", "message.text", ["score +1"], when='"试用中" in profile.tags'),
    )
    world.push("menu.clicked", key="T")
    world.run()
    world.pass_time(hours=23)
    world.push("message.text", content="还在")
    world.run()
    world.pass_time(hours=2)
    world.push("message.text", content="没了")
    world.run()
    assert world.profile().scores == {"main": 1}


def test_only_the_first_reply_is_given_and_without_a_passive_answer_it_goes_out_as_a_message() -> None:
    world = World(
        rule("a", "message.text", ["reply 甲"], priority=2),
        rule("b", "message.text", ["reply 乙"], priority=1),
    )
    event = world.push("message.text", content="hi")
    world.run()
    assert [body["message"]["text"] for _, body in world.wechat.sent] == ["甲"]
    assert "reply.second" in entry_of(world, event.id).notes


def test_who_left_gets_nothing_and_their_data_goes() -> None:
    world = World(
        rule("late", "menu.clicked", ["after 1h later", "tag 来过"]),
        rule("send", "timer.fired", ["send 您好", "tag 老客", "set 来源 = 定时"]),
    )
    world.push("menu.clicked", key="A")
    world.run()
    world.pass_time(minutes=30)
    world.push("fan.unsubscribed")
    world.run()
    assert world.profile().tags == {}
    world.pass_time(hours=1)
    world.fire()
    world.run()
    assert world.wechat.sent == []
    states = {row.channel: row.state for row in world.ledger.rows.values()}
    assert states == {"forget": LedgerState.SENT}
    assert (world.profile().tags, world.profile().attributes) == ({}, {})
    before = [each for each in world.people.entries.values() if each.event.time <= START + timedelta(minutes=30)]
    assert [each.event.data for each in before] == [{}, {}]


def test_a_forgotten_event_that_comes_again_is_still_known() -> None:
    world = World(rule("score", "menu.clicked", ["score +1", "send 您好"]))
    event = world.push("menu.clicked", key="A")
    world.run()
    world.pass_time(minutes=1)
    world.push("fan.unsubscribed")
    world.run()
    sent = list(world.wechat.sent)
    world.events.forget()
    world.events.send([(event.id, "", EventMessage(event=event))])
    world.run()
    assert world.wechat.sent == sent
    assert world.profile().scores == {}


def test_a_rule_called_forget_takes_nothing_from_the_erasure() -> None:
    world = World(rule("forget", "fan.unsubscribed", ["webhook https://crm.example.com/left"]))
    event = world.push("message.text", content="我的电话")
    world.run()
    world.pass_time(minutes=1)
    world.push("fan.unsubscribed")
    world.run()
    assert {row.channel: row.state for row in world.ledger.rows.values()} == dict.fromkeys(
        ("webhook", "forget"), LedgerState.SENT
    )
    assert entry_of(world, event.id).event.data == {}
