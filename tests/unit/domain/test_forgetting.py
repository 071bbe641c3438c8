"""Who left is forgotten: nothing that was on its way brings anything back, and nothing that was decided is lost."""

from typing import Any

import pytest

from tests.fakes.world import ACCOUNT, World, rule
from yuchi.domain.account import AccountSettings
from yuchi.domain.event import Event
from yuchi.domain.observe import is_forgotten
from yuchi.domain.profile import Channel, Profile
from yuchi.domain.timeline import FORGOTTEN, TimelineEntry

RULES = (
    rule("hello", "message.text", ["tag 来过", "send 您好"]),
    rule("tagged", "tag.added", ["set 来源 = 标签", "score +1", "webhook https://crm.example.com/tagged"]),
    rule("left", "fan.unsubscribed", ["tag 流失", "webhook https://crm.example.com/left", "after 1h gone"]),
)
FAN = "wechat:tea:o-fan"


def leave_before_the_follow_up(world: World) -> None:
    """A message gives a tag, which is an event of its own; the fan leaves before that one is processed."""
    world.push("message.text", content="我的电话")
    assert world.process.process(world.events.take()) == set()
    follow_ups = world.events.messages[:]
    world.events.messages.clear()
    world.pass_time(seconds=1)
    world.push("fan.unsubscribed")
    world.events.messages += follow_ups
    world.run()


def stored(world: World) -> list[TimelineEntry]:
    return sorted(world.people.entries.values(), key=lambda each: each.event.time)


def test_a_follow_up_that_comes_after_the_fan_left_leaves_but_its_trace() -> None:
    world = World(*RULES)
    leave_before_the_follow_up(world)
    profile = world.profile()
    assert (profile.tags, profile.attributes, profile.scores, profile.activity) == ({}, {}, {}, {})
    contents = {each.event.type: (each.event.data, each.notes) for each in stored(world)}
    assert contents["tag.added"] == ({}, (FORGOTTEN,))
    assert contents["message.text"] == ({}, (FORGOTTEN,))


def test_twin_a_profile_that_does_not_know_when_it_was_forgotten_is_filled_again() -> None:
    class Amnesic(World):
        def run(self, **_: int) -> None:
            for message in self.events.take():
                self.process.process([message])
                for key, each in self.people.profiles.items():
                    self.people.profiles[key] = each.model_copy(update={"forgotten_at": None})
            super().run()

    world = Amnesic(*RULES)
    leave_before_the_follow_up(world)
    assert world.profile().attributes == {"来源": "标签"}


def test_leaving_itself_causes_no_events_and_no_timers_but_its_webhooks() -> None:
    world = World(*RULES)
    world.push("message.text", content="hi")
    world.run()
    called = list(world.wechat.called)
    world.pass_time(seconds=1)
    left = world.push("fan.unsubscribed")
    world.run()
    assert world.wechat.called[len(called) :] == [f"{left.id}:left:1"]
    assert world.people.timers == {}
    assert [each.event.type for each in stored(world)] == ["message.text", "tag.added", "fan.unsubscribed"]


def test_where_data_is_kept_everything_goes_on() -> None:
    world = World(*RULES, account=ACCOUNT.model_copy(update={"settings": AccountSettings(keep_after_unsubscribe=True)}))
    leave_before_the_follow_up(world)
    assert world.profile().attributes == {"来源": "标签"}
    assert world.profile().forgotten_at is None
    assert len(world.people.timers) == 1


def test_who_comes_back_begins_anew() -> None:
    world = World(*RULES)
    leave_before_the_follow_up(world)
    world.pass_time(seconds=1)
    for event_type in ("fan.subscribed", "message.text"):
        world.push(event_type, content="hi")
        world.run()
    assert set(world.profile().tags) == {"来过"}
    assert world.profile().attributes == {"来源": "标签"}


# --- outboxes that the queue refused ---


def leave_while_the_queue_refuses(world: World) -> set[str]:
    """A message whose send is refused, and in the same batch the fan leaves."""
    message = world.push("message.text", content="hi")
    world.pass_time(seconds=1)
    world.push("fan.unsubscribed")
    world.actions.refuse = {f"{message.id}:hello:1"}
    batch = world.events.take()
    again = world.process.process(batch)
    world.events.messages += [(key, "", each.model_dump_json()) for key, each in batch if key in again]
    return again


def test_an_outbox_that_the_queue_refused_is_not_emptied_by_the_erasure_before_it_comes_again() -> None:
    world = World(*RULES)
    assert len(leave_while_the_queue_refuses(world)) == 2
    world.perform.perform_all(world.actions.take())
    assert stored(world)[0].outbox
    world.run()
    assert any(row.channel == "send" for row in world.ledger.rows.values())
    assert [each.notes for each in stored(world)[:1]] == [(FORGOTTEN,)]


def test_twin_an_erasure_that_does_not_wait_loses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yuchi.services.process_event.FORGET", "no kind of action")
    world = World(*RULES)
    assert len(leave_while_the_queue_refuses(world)) == 1
    world.perform.perform_all(world.actions.take())
    assert not stored(world)[0].outbox


def test_an_erasure_waits_for_nobody_else() -> None:
    world = World(*RULES)
    world.push("message.text", fan="o-other", content="hi")
    world.push("message.text", content="hi")
    world.pass_time(seconds=1)
    world.push("fan.unsubscribed")
    first = world.events.messages[0][0]
    world.actions.refuse = {f"{first}:hello:1"}
    batch = world.events.take()
    assert world.process.process(batch) == {batch[0][0]}
    assert any("@forget" in key for key, _, _ in world.actions.messages)


# --- which events are from before ---


def caused(event: Event, **changes: Any) -> Event:
    return event.model_copy(update={"source": "/rules", "hops": 1, **changes})


def test_what_is_from_before_goes_by_its_cause_and_its_account() -> None:
    world = World()
    early, now = world.event("message.text"), int(world.now.timestamp())
    gone = Channel(account="tea", unsubscribed_at=now + 5)
    profile = Profile(brand="demo", person="p1", channels={FAN: gone}, forgotten_at=now + 5)
    assert is_forgotten(early, profile)
    assert is_forgotten(caused(early), profile)
    assert not is_forgotten(early, profile.model_copy(update={"forgotten_at": None}))
    at_once = profile.model_copy(update={"forgotten_at": now, "channels": {FAN: Channel(account="tea")}})
    assert is_forgotten(caused(early), at_once)
    assert not is_forgotten(early, at_once)
    other = early.model_copy(update={"account": "shop", "subject": "wechat:shop:o-fan"})
    assert not is_forgotten(other, profile)
    assert is_forgotten(caused(other), profile)
