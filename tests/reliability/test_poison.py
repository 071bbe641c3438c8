"""T11: a message that breaks us is delivered five times and then set aside; its neighbours never notice."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.fakes.world import rule
from tests.functions.support import CONTEXT, app_of, as_lambda_reads, record
from tests.reliability.queue_model import FifoQueue, Stored
from tests.reliability.system import HOST, System
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry
from yuchi.records import failures
from yuchi.services.ports import EventMessage, UnavailableError

Handler = Callable[[dict[str, Any], Any], Any]
RULE = rule("hello", "message.text", ["score +1", "send {{event.content}}"])


def deliver(queue: FifoQueue[Any], handler: Handler, *, limit: int = 10) -> int:
    """What Lambda does with one batch: call, and delete what did not fail; if the call raises, all of it failed."""
    batch = queue.receive(limit)
    if batch:
        numbers = {str(each.number) for each in batch}
        try:
            answer = handler({"Records": [record(str(each.number), each.body) for each in batch]}, CONTEXT)
        except Exception:  # noqa: BLE001 - as Lambda sees it
            return len(batch)
        queue.delete(numbers - as_lambda_reads(answer, numbers))
    return len(batch)


def run_dry(system: System, *handlers: tuple[FifoQueue[Any], Handler]) -> None:
    for _ in range(3_000):
        if sum(deliver(queue, handler) for queue, handler in handlers):
            continue
        if not any(queue.messages for queue, _ in handlers):
            return
        system.pass_time(seconds=61)
    raise AssertionError("the queues never run empty")


def handlers_of(system: System, monkeypatch: pytest.MonkeyPatch) -> tuple[Handler, Handler]:
    process, perform = app_of("process_event"), app_of("perform_action")
    monkeypatch.setattr(process, "process_event", system.process)
    monkeypatch.setattr(perform, "perform_action", system.perform)
    return process.handler, perform.handler


def fill(system: System, poison: Callable[[System, int], None]) -> None:
    """100 batches of ten, each of ten persons, one of them poisoned."""
    for number in range(1_000):
        if number % 10 == 3:
            poison(system, number)
        else:
            system.push("message.text", fan=f"o-{number}", content=f"text {number}")


def unreadable(system: System, number: int) -> None:
    event = system.event("message.text", fan=f"o-{number}", content=f"text {number}")
    body = EventMessage(event=event).model_dump_json(exclude_defaults=True)
    stored = Stored(10_000 + number, event.id, event.subject or "", body.replace('"type"', '"typo"'), system.now)
    system.events.messages.append(stored)


def breaking(system: System, number: int) -> None:
    system.push("message.text", fan=f"o-{number}-poison", content=f"text {number}")


def break_profiles(system: System) -> Callable[[], None]:
    """Profiles of poisoned persons cannot be read. Returns what mends it."""
    find = system.people.find

    def broken(brand: str, identities: Iterable[str], *, consistent: bool) -> dict[str, Profile]:
        asked = list(identities)
        if any("poison" in each for each in asked):
            raise ValueError("a stored profile that nobody can read")
        return find(brand, asked, consistent=consistent)

    system.people.find = broken  # type: ignore[method-assign]

    def mend() -> None:
        system.people.find = find  # type: ignore[method-assign]

    return mend


def redrive(queue: FifoQueue[Any]) -> None:
    for each in queue.dead:
        each.receives, each.visible_at = 0, queue.clock()
    queue.messages, queue.dead = [*queue.messages, *queue.dead], []


@pytest.mark.parametrize("kind", [unreadable, breaking])
def test_a_hundred_poisoned_batches(monkeypatch: pytest.MonkeyPatch, kind: Callable[[System, int], None]) -> None:
    system = System(RULE)
    process, perform = handlers_of(system, monkeypatch)
    mend = break_profiles(system)
    fill(system, kind)
    run_dry(system, (system.events, process), (system.actions, perform))
    assert len(system.platform.counts()) == sum(system.platform.counts().values()) == 900
    assert [each.receives for each in system.events.dead] == [5] * 100
    assert all(("poison" in each.body) or ("typo" in each.body) for each in system.events.dead)
    assert not system.actions.dead
    mend()
    for each in system.events.dead:
        each.body = each.body.replace('"typo"', '"type"')
    redrive(system.events)
    run_dry(system, (system.events, process), (system.actions, perform))
    assert sum(system.platform.counts().values()) == 1_000
    assert system.events.dead == []


def test_an_action_that_breaks_us_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(RULE, rule("hook", "menu.clicked", [f"webhook https://{HOST}/in"]))
    process, perform = handlers_of(system, monkeypatch)
    monkeypatch.setattr(type(system.perform.performers["webhook"]), "perform", lambda _self, _job: 1 // 0)
    for number in range(50):
        fan = f"o-{number}"
        system.push("menu.clicked" if number % 10 == 3 else "message.text", fan=fan, content=f"text {number}", key="K")
    run_dry(system, (system.events, process), (system.actions, perform))
    assert sum(system.platform.counts().values()) == 45
    assert [each.receives for each in system.actions.dead] == [5] * 5
    assert system.metrics.counts["ActionFailed"] == 25


# --- the order of one person's messages ---


def test_after_a_failure_a_person_still_gets_messages_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(RULE)
    process, perform = handlers_of(system, monkeypatch)
    for number in range(4):
        system.push("message.text", fan="o-a", content=f"a{number}")
        system.push("message.text", fan="o-b", content=f"b{number}")
    system.platform.codes = [0, 0, 45011, 0, 0, 45011]
    run_dry(system, (system.events, process), (system.actions, perform))
    texts = [each.text for each in system.platform.accepted]
    assert [text for text in texts if text.startswith("a")] == ["a0", "a1", "a2", "a3"]
    assert [text for text in texts if text.startswith("b")] == ["b0", "b1", "b2", "b3"]


def test_events_of_a_person_wait_for_the_one_that_failed_before_them() -> None:
    system = System(RULE)
    system.now = system.now.replace(microsecond=0)
    for number in range(3):
        system.push("message.text", fan="o-a", content=f"a{number}")
    system.push("message.text", fan="o-b", content="b0")
    commit, calls = system.people.commit, list[str]()

    def failing_once(entry: TimelineEntry, **arguments: Any) -> None:
        calls.append(entry.event.data["content"])
        if calls == ["a0"]:
            raise UnavailableError("once")
        commit(entry, **arguments)

    system.people.commit = failing_once  # type: ignore[method-assign]
    system.drain()
    assert calls == ["a0", "b0", "a0", "a1", "a2"]


# --- twins ---


def test_twin_a_handler_without_return_loses_the_poison(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(RULE)
    handler, _ = handlers_of(system, monkeypatch)
    break_profiles(system)
    fill(system, breaking)

    def forgetful(event: dict[str, Any], context: Any) -> None:
        handler(event, context)

    run_dry(system, (system.events, forgetful))
    assert system.events.dead == []
    assert len(system.people.entries) == 900


def test_twin_parsing_outside_of_the_record_drags_neighbours_along() -> None:
    system = System(RULE)
    fill(system, unreadable)

    def strict(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        messages = [(each["messageId"], EventMessage.model_validate_json(each["body"])) for each in event["Records"]]
        return failures(system.process.process(messages))

    run_dry(system, (system.events, strict))
    assert len(system.events.dead) > 100
