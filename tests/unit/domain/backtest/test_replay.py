"""A backtest finds what live processing did on the same events."""

import dataclasses
import json
from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.world import World, rule
from tests.unit.domain.backtest.live import FANS, TYPES, Story, happen, live_matches, replay, steps
from yuchi.domain.backtest.needs import needs_of
from yuchi.domain.backtest.replay import Replay
from yuchi.domain.rule import Rule
from yuchi.services.ports import EventMessage

RULES = (
    rule("click", "menu.clicked", ["tag 点过", "score +5"], 'event.key == "A"'),
    rule("often", "menu.clicked", ["tag 常客", "score +1"], 'count("menu.clicked", "1h") >= 2', limit="1/2h"),
    rule("tagged", "message.text", ["untag 点过", "set 城市 = {{event.key}}"], '"点过" in profile.tags'),
    rule("once", "menu.clicked", ["score 活跃度 +3"], 'event.key == "B"', limit="once"),
    rule("scored", "message.text", ["tag 高分"], "profile.score > 7"),
    rule("city", "menu.clicked", ["tag 本地"], 'profile.attributes["城市"] == "A"'),
    rule("follow-up", "tag.added", ["score +2"], 'event.tag == "点过"'),
    rule("removed", "tag.removed", ["tag 去过"], 'event.tag == "点过"'),
    rule("later", "menu.clicked", ["after 90m 回访"], 'event.key == "C"'),
    rule("fired", "timer.fired", ["tag 回访过", "emit visit.due"], 'event.timer == "回访"'),
    rule("own", "visit.due", ["score +4"], "profile.score < 40"),
    rule("new", "message.text", ["tag 新人"], "profile.new"),
    rule("stays", "message.text", ["tag 关注中"], "profile.subscribed"),
    rule("buyer", "order.completed", ["tag 买家"], "profile.orders.count >= 1"),
    rule("stopper", "qrcode.scanned", ["tag 停"], 'event.key == "A"', priority=900, stop=True),
    rule("stopped", "qrcode.scanned", ["tag 没停"], limit="3/day"),
    rule("brief", "qrcode.scanned", ["tag 短 for 1h"], '!("短" in profile.tags)'),
    rule("absent", "no menu.clicked for 2h", ["tag 久未来", "score -1"], limit="2/day"),
    rule("stage", "stage.changed", ["tag 换阶段"], 'event.stage == "loyal"'),
    rule("loyal", "message.text", ["score 忠诚 +1"], 'profile.stage == "loyal"'),
    rule("amount", "order.completed", ["tag 大单"], "event.amount >= profile.orders.average * 1"),
    rule("intent", "message.text", ["tag 有意"], "profile.intent > 3"),
    rule("seen", "menu.clicked", ["tag 老面孔"], 'profile.last_seen_at < now - duration("90m")'),
)
CANDIDATES = {each.rule_id: each for each in RULES}


@settings(deadline=None, max_examples=25)
@given(steps)
def test_a_backtest_of_a_live_rule_finds_what_it_did(story: Story) -> None:
    world = happen(story, *RULES)
    for candidate in RULES:
        found = replay(world, candidate, *RULES)
        assert found.matches == live_matches(world, candidate.rule_id), candidate.rule_id


@settings(deadline=None, max_examples=20)
@given(steps, st.sampled_from(sorted(CANDIDATES)))
def test_what_came_twice_or_in_any_order_within_a_day_counts_once(story: Story, rule_id: str) -> None:
    world = happen(story, *RULES)
    expected = live_matches(world, rule_id)
    first, *rest = world.archive.lines
    by_time = {json.loads(line)["time"]: line for line in rest}
    if len(by_time) == len(rest):  # what happens at one moment keeps its order
        world.archive.lines = [*reversed(rest), first, first]
    else:
        world.archive.lines = [line for each in world.archive.lines for line in (each, each)]
    assert replay(world, CANDIDATES[rule_id], *RULES).matches == expected


@settings(deadline=None, max_examples=30)
@given(steps, st.sampled_from(sorted(CANDIDATES)))
def test_only_what_happened_since_then_is_counted_on_the_past_as_it_was(story: Story, rule_id: str) -> None:
    world = happen(story, *RULES)
    middle = world.now - (world.now - world.now.replace(hour=8, minute=0)) / 2
    found = replay(world, CANDIDATES[rule_id], *RULES, since=middle)
    expected = [each for each in live_matches(world, rule_id) if each[1] >= f"{middle:%Y-%m-%dT%H:%M:%S}"]
    assert found.matches == expected
    assert found.live_events == len(expected)


def test_a_rule_that_was_never_live_sees_what_the_live_ones_left() -> None:
    world = happen(
        [("o-ann", "menu.clicked", "A", 1), ("o-ann", "message.text", "A", 1), ("o-bob", "menu.clicked", "B", 1)],
        *RULES,
    )
    candidate = rule("draft", "message.text", ["tag 候选"], '"点过" in profile.tags')
    found = replay(world, candidate, *RULES)
    assert [each.subject for each in found.persons.values()] == ["wechat:tea:o-ann"]
    assert found.examples[0].lines[0].startswith("✓")


def test_a_new_text_of_a_live_rule_takes_its_place() -> None:
    world = happen([("o-ann", "menu.clicked", "A", 1), ("o-bob", "menu.clicked", "C", 1)], *RULES)
    candidate = rule("click", "menu.clicked", ["tag 点过"], 'event.key == "C"')
    found = replay(world, candidate, *RULES)
    assert [each.subject for each in found.persons.values()] == ["wechat:tea:o-bob"]
    assert len(found.live) == 1


def test_every_rule_fires_in_a_long_story_and_the_backtests_agree() -> None:
    """The stories above are short; this one leaves no rule out."""
    random = Random(7)
    story = [
        (random.choice(FANS), random.choice(TYPES), random.choice("ABC"), random.choice((1, 5, 20, 200)))
        for _ in range(300)
    ]
    world = happen(story, *RULES)
    for candidate in RULES:
        live = live_matches(world, candidate.rule_id)
        assert live, candidate.rule_id
        assert replay(world, candidate, *RULES).matches == live, candidate.rule_id


def test_twin_a_replay_without_the_other_rules_or_in_another_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    world = happen([("o-ann", "menu.clicked", "A", 1), ("o-ann", "message.text", "A", 1)], *RULES)
    live = live_matches(world, "tagged")
    assert replay(world, CANDIDATES["tagged"], *RULES).matches == live
    assert replay(world, CANDIDATES["tagged"]).matches != live
    monkeypatch.setattr(
        "yuchi.domain.backtest.replay._in_order",
        lambda records: sorted(records, key=lambda record: record["time"], reverse=True),
    )
    assert replay(world, CANDIDATES["tagged"], *RULES).matches != live


def test_twin_matches_that_change_something_cannot_be_but_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    world = happen([("o-ann", "menu.clicked", "B", 1), ("o-ann", "menu.clicked", "B", 1)], *RULES)
    live = live_matches(world, "once")
    assert replay(world, CANDIDATES["once"], *RULES).matches == live
    monkeypatch.setattr(
        "tests.unit.domain.backtest.live.needs_of", lambda *given: dataclasses.replace(needs_of(*given), alone=True)
    )
    assert replay(world, CANDIDATES["once"], *RULES).matches != live


def test_twin_a_replay_that_takes_doubles_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    world = happen([("o-ann", "menu.clicked", "A", 1)], *RULES)
    world.archive.lines *= 2
    assert len(replay(world, CANDIDATES["click"], *RULES).matches) == 1
    original = Replay.day

    def by_copy(self: Replay, records: Iterable[dict[str, Any]]) -> None:
        original(self, ({**record, "id": f"{record['id'][:-4]}{place:04d}"} for place, record in enumerate(records)))

    monkeypatch.setattr(Replay, "day", by_copy)
    assert len(replay(world, CANDIDATES["click"], *RULES).matches) == 2


def test_two_persons_who_are_shown_to_be_one_are_one_in_the_replay() -> None:
    world = World(*RULES)
    anonymous = world.event("menu.clicked", "o-ann", key="A").model_copy(
        update={"subject": "anonymous:a1", "account": ""}
    )
    world.events.send([(anonymous.id, "", EventMessage(event=anonymous))])
    world.run()
    world.pass_time(minutes=1)
    told = world.event("message.text", "o-ann").model_copy(update={"identities": ("anonymous:a1",)})
    world.events.send([(told.id, "", EventMessage(event=told))])
    world.run()
    world.pass_time(minutes=1)
    world.push("message.text", "o-ann")
    world.run()
    found = replay(world, CANDIDATES["tagged"], *RULES)
    assert found.matches == live_matches(world, "tagged")
    assert found.matches


@pytest.mark.parametrize("is_live", [True, False])
def test_who_matched_as_two_and_is_one_by_now_is_counted_and_given_things_once(is_live: bool) -> None:
    candidate = rule("buyer", "order.completed", ["score +5"])
    world = World(*([candidate] if is_live else []))
    for number, subject in enumerate(("member:1", "wechat:tea:o-ann"), 1):
        order = world.event("order.completed", "o-ann", order_id=f"A{number}", total=10)
        order = order.model_copy(update={"subject": subject, "account": ""})
        world.events.send([(order.id, "", EventMessage(event=order))])
        world.run()
        world.pass_time(minutes=1)
    told = world.event("person.identified", "o-ann").model_copy(update={"identities": ("member:1",)})
    world.events.send([(told.id, "", EventMessage(event=told))])
    world.run()
    assert world.metrics.counts["PersonMerged"] == 1
    found = replay(world, candidate, *([candidate] if is_live else []))
    person = world.profile("o-ann").person
    assert [(each.person, each.count) for each in found.persons.values()] == [(person, 2)]
    assert found.live == ({person} if is_live else set())
    assert len(found.to_apply) == (0 if is_live else 1)


def test_tags_that_events_bring_themselves_are_seen() -> None:
    world = World(*RULES)
    told = world.event("person.identified", "o-ann").model_copy(update={"tags": ("点过",)})
    world.events.send([(told.id, "", EventMessage(event=told))])
    world.run()
    world.pass_time(minutes=1)
    world.push("message.text", "o-ann")
    world.run()
    found = replay(world, CANDIDATES["tagged"], *RULES)
    assert found.matches == live_matches(world, "tagged")
    assert found.matches


OF_TRUST = (
    rule("known", "page.viewed", ["tag 可信"], "event.trusted", account="*"),
    rule("claimed", "page.viewed", ["tag 不可信"], "!event.trusted", account="*"),
    rule("old", "page.viewed", ["tag 老客"], 'profile.first_seen_at < now - duration("24h")', account="*"),
    rule("bought", "page.viewed", ["tag 买过"], "profile.orders.count > 0", account="*"),
    rule("gold", "page.viewed", ["tag 金卡"], 'profile.attributes.level == "gold"', account="*"),
)


@pytest.mark.parametrize("candidate", OF_TRUST, ids=lambda each: each.rule_id)
@pytest.mark.parametrize("alone", [True, False])
def test_what_anybody_could_say_means_as_little_in_a_replay(candidate: Rule, alone: bool) -> None:
    rules = [candidate] if alone else list(OF_TRUST)
    world = World(*rules)
    told: list[tuple[str, str, float, dict[str, Any]]] = [
        ("/collect/shop", "page.viewed", 0, {}),
        ("/public/site", "order.completed", 48, {"order_id": "A1", "total": 5}),
        ("/public/site", "page.viewed", 48, {}),
        ("/public/site", "page.viewed", 0, {}),
        ("/collect/shop", "person.identified", 0, {"traits": {"level": "silver"}}),
        ("/public/site", "person.identified", 0, {"traits": {"level": "gold"}}),
        ("/collect/shop", "page.viewed", 0, {}),
    ]
    for source, event_type, hours_ago, data in told:
        world.pass_time(minutes=1)
        event = world.event(event_type, "o-ann", **data)
        change = {
            "source": source,
            "account": "",
            "subject": "member:1",
            "time": event.time - timedelta(hours=hours_ago),
            "historical": hours_ago > 24,
        }
        world.events.send([(event.id, "", EventMessage(event=event.model_copy(update=change)))])
        world.run()
    found = replay(world, candidate, *rules)
    assert found.matches == live_matches(world, candidate.rule_id)
    assert len(found.matches) == {"known": 2, "claimed": 1}.get(candidate.rule_id, 0)
