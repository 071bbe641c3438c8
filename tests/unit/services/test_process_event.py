from typing import Any

import pytest

from tests.fakes.world import World, rule
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry, subject_of
from yuchi.services.ports import EventMessage, ProfileConflictError, UnavailableError
from yuchi.services.process_event import FULL_BATCH

HELLO = rule("hello", "message.text", ["tag 来过", "score +1", "send 您好"])


def messages(world: World, *fans: str) -> list[tuple[str, EventMessage]]:
    events = [world.event("message.text", fan, n=number) for number, fan in enumerate(fans)]
    return [(f"m{number}", EventMessage(event=event)) for number, event in enumerate(events)]


def break_commit(world: World, *errors: Exception | None, before: Any = None) -> list[TimelineEntry]:
    """Let the next commits fail, one after the other; returns what was tried."""
    commit, tried, waiting = world.people.commit, list[TimelineEntry](), list(errors)

    def breaking(entry: TimelineEntry, **arguments: Any) -> None:
        tried.append(entry)
        error = waiting.pop(0) if waiting else None
        if error:
            if before:
                before()
            raise error
        commit(entry, **arguments)

    world.people.commit = breaking  # type: ignore[method-assign]
    return tried


def test_a_batch_reads_its_people_once_and_keeps_their_order() -> None:
    world = World(HELLO)
    asked: list[set[str]] = []
    find = world.people.find

    def counting(brand: str, identities: Any, *, consistent: bool) -> dict[str, Profile]:
        asked.append(set(identities))
        return find(brand, asked[-1], consistent=consistent)

    world.people.find = counting  # type: ignore[method-assign]
    assert world.process.process(messages(world, "o-a", "o-b", "o-a")) == set()
    assert asked == [{"wechat:tea:o-a", "wechat:tea:o-b"}]
    assert world.profile("o-a").scores == {"main": 2}
    assert world.profile("o-a").version == 2
    assert world.metrics.counts["RuleMatched"] == 3


def test_an_event_that_comes_again_is_not_decided_again_and_its_outbox_goes_out_again() -> None:
    world = World(HELLO)
    batch = messages(world, "o-a")
    world.process.process(batch)
    world.publish()
    world.actions.messages.clear()
    world.actions.forget()
    assert world.process.process(batch) == set()
    assert [body for _, _, body in world.actions.messages if "您好" in body]
    assert world.profile("o-a").scores == {"main": 1}
    assert world.metrics.counts["EventDuplicate"] == 1


def test_a_profile_that_changed_meanwhile_is_read_and_decided_anew() -> None:
    world = World(HELLO)
    world.process.process(messages(world, "o-a"))
    first = messages(world, "o-a", "o-a")[1:]

    def meanwhile() -> None:
        stored = world.profile("o-a")
        changes = {"version": stored.version + 1, "scores": {"main": 41}}
        world.people.profiles["demo", stored.person] = stored.model_copy(update=changes)

    break_commit(world, ProfileConflictError(), before=meanwhile)
    assert world.process.process(first) == set()
    assert world.profile("o-a").scores == {"main": 42}


def test_a_profile_that_never_rests_comes_again_later() -> None:
    world = World(HELLO)
    tried = break_commit(world, *[ProfileConflictError()] * 3)
    assert world.process.process(messages(world, "o-a", "o-b", "o-a")) == {"m0", "m2"}
    assert [entry.event.subject for entry in tried] == ["wechat:tea:o-a"] * 3 + ["wechat:tea:o-b"]
    assert [each.event.subject for each in world.people.entries.values()] == ["wechat:tea:o-b"]


@pytest.mark.parametrize("error", [UnavailableError("x"), ValueError("secret text")])
def test_what_fails_holds_back_only_those_behind_it_in_its_group(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(HELLO)
    break_commit(world, error)
    assert world.process.process(messages(world, "o-a", "o-b", "o-a", "o-c")) == {"m0", "m2"}
    assert {each.event.subject for each in world.people.entries.values()} == {"wechat:tea:o-b", "wechat:tea:o-c"}
    assert len(world.actions.messages) == 2
    assert ("ValueError at test_process_event.py" in caplog.text) is isinstance(error, ValueError)
    assert "secret text" not in caplog.text


def test_in_an_outage_everything_comes_again() -> None:
    world = World(HELLO)

    def down(*_: Any, **__: Any) -> Any:
        raise UnavailableError("down")

    world.people.find = down  # type: ignore[method-assign]
    assert world.process.process(messages(world, "o-a", "o-b")) == {"m0", "m1"}


def test_one_profile_that_cannot_be_read_stops_nobody_else() -> None:
    world = World(HELLO)
    world.process.process(messages(world, "o-a", "o-b"))
    find = world.people.find

    def broken(brand: str, identities: Any, *, consistent: bool) -> dict[str, Profile]:
        asked = list(identities)
        if "wechat:tea:o-a" in asked:
            raise ValueError("unreadable")
        return find(brand, asked, consistent=consistent)

    world.people.find = broken  # type: ignore[method-assign]
    world.pass_time(seconds=1)
    assert world.process.process(messages(world, "o-a", "o-b", "o-c")) == {"m0"}
    world.people.find = find  # type: ignore[method-assign]
    assert world.profile("o-b").scores == {"main": 2}
    assert world.profile("o-c").scores == {"main": 1}


def test_an_event_whose_actions_the_queue_did_not_take_comes_again() -> None:
    world = World(HELLO)
    batch = messages(world, "o-a", "o-b")
    world.actions.refuse = {f"{batch[0][1].event.id}:hello:2"}
    assert world.process.process(batch) == {"m0"}
    assert world.process.process(batch[:1]) == set()
    assert len(world.actions.messages) == 2


def test_a_follow_up_that_the_queue_did_not_take_comes_again_under_the_same_id() -> None:
    world = World(HELLO, rule("tagged", "tag.added", ["score tagged +1"]))
    batch = messages(world, "o-a")
    world.process.process(batch)
    follow_up = world.events.messages.pop()[0]
    world.events.forget()
    world.events.refuse = {follow_up}
    assert world.process.process(batch) == {"m0"}
    assert world.process.process(batch) == set()
    world.run()
    assert world.profile("o-a").scores == {"main": 1, "tagged": 1}


def test_events_of_the_account_and_of_unknown_accounts_are_kept_without_a_profile() -> None:
    world = World(HELLO)
    known = world.event("message.text").model_copy(update={"subject": None})
    foreign = world.event("message.text").model_copy(update={"account": "gone", "id": "x" * 8})
    messages_ = [("a", EventMessage(event=known)), ("b", EventMessage(event=foreign))]
    assert world.process.process(messages_) == set()
    assert len(world.people.entries) == 2
    assert world.people.profiles == {}


def test_messages_and_webhooks_of_one_person_wait_in_lanes_of_their_own() -> None:
    world = World(rule("a", "message.text", ["webhook https://crm.example.com/hook", "send 甲", "send 乙"]))
    event = world.push("message.text", content="hi")
    assert world.process.process(world.events.take()) == set()
    lane = subject_of(event)
    assert [(identifier.rsplit(":", 1)[1], group) for identifier, group, _ in world.actions.messages] == [
        ("0", f"{lane}#webhook"),
        ("1", lane),
        ("2", lane),
    ]


def test_each_recorded_event_is_counted_once_and_a_full_batch_says_that_more_may_wait() -> None:
    world = World(HELLO, rule("later", "message.text", ["score +1"], starts_at="2199-01-01"))
    ten = messages(world, *(f"o-{number}" for number in range(FULL_BATCH)))
    world.process.process(ten)
    world.process.process(ten[:3])
    counters: Any = world.process.counters
    assert counters.matched == {"demo": {"hello": FULL_BATCH}}
    assert counters.passed == {"demo": {"later": FULL_BATCH}}
    assert counters.full == [True, False]
    assert world.metrics.counts["RuleMatched"] == FULL_BATCH
