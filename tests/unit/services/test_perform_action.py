from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.world import World, rule
from yuchi.domain.ledger import LEASE, LedgerKey, LedgerState
from yuchi.services.perform_action import MAX_ATTEMPTS, RESERVE_SECONDS, ActionOutcome, RetryLaterError, ledger_key
from yuchi.services.ports import ActionMessage, ClaimHeldError, UnavailableError

HELLO = rule("hello", "message.text", ["send 您好"])
SENT, RETRY = ActionOutcome(LedgerState.SENT), ActionOutcome(LedgerState.RETRY, reason="not_sent")


def decided(world: World, *fans: str) -> list[tuple[str, ActionMessage]]:
    """The actions of one text of each fan, not yet carried out."""
    for number, fan in enumerate(fans or ("o-a",)):
        world.push("message.text", fan, n=number)
    world.process.process(world.events.take())
    return [(f"m{number}", message) for number, (_, message) in enumerate(world.actions.take())]


def rows(world: World) -> list[tuple[LedgerState, str]]:
    return [(row.state, row.reason) for row in world.ledger.rows.values()]


def test_a_side_effect_is_carried_out_once() -> None:
    world = World(HELLO)
    batch = decided(world)
    assert world.perform.perform_all(batch) == world.perform.perform_all(batch) == set()
    assert len(world.wechat.sent) == 1
    assert rows(world) == [(LedgerState.SENT, "")]
    assert world.metrics.counts["MessageSent"] == 1


def test_the_key_is_made_of_business_data_alone() -> None:
    world = World(HELLO)
    ((_, message),) = decided(world)
    assert ledger_key(message) == LedgerKey(owner="tea#rule#hello", entry=f"{message.event_id}:hello:0")


@pytest.mark.parametrize("state", [LedgerState.REJECTED, LedgerState.SKIPPED, LedgerState.UNKNOWN])
def test_what_ended_otherwise_is_not_tried_again(state: LedgerState) -> None:
    world = World(HELLO)
    batch = decided(world)
    world.wechat.answers = [ActionOutcome(state, code=1, reason="rejected")]
    assert world.perform.perform_all(batch) == world.perform.perform_all(batch) == set()
    assert rows(world) == [(state, "rejected")]


def test_what_was_not_accepted_comes_again_and_those_behind_it_wait() -> None:
    world = World(HELLO)
    batch = decided(world, "o-a", "o-b", "o-a")
    world.wechat.answers = [RETRY]
    assert world.perform.perform_all(batch) == {"m0", "m2"}
    assert world.perform.perform_all([batch[0], batch[2]]) == set()
    assert [who for who, _ in world.wechat.sent] == ["tea:o-b", "tea:o-a", "tea:o-a"]


def test_a_webhook_that_is_down_holds_up_no_message() -> None:
    world = World(rule("hook", "message.text", ["webhook https://crm.example.com/hook", "send 您好"]))
    batch = decided(world, "o-a", "o-a")
    world.wechat.answers = [RETRY]
    assert world.perform.perform_all(batch) == {"m0", "m2"}
    assert [who for who, _ in world.wechat.sent] == ["tea:o-a", "tea:o-a"]
    assert world.perform.perform_all([batch[0], batch[2]]) == set()
    assert world.wechat.called[-2:] == [batch[0][1].action.id, batch[2][1].action.id]


def test_nothing_is_begun_that_might_not_end() -> None:
    world = World(HELLO)
    left = iter([RESERVE_SECONDS + 1, RESERVE_SECONDS, 0.0])
    assert world.perform.perform_all(decided(world, "o-a", "o-b", "o-c"), seconds_left=lambda: next(left)) == {
        "m1",
        "m2",
    }
    assert len(world.ledger.rows) == 1


def test_while_another_worker_holds_the_row_it_comes_again() -> None:
    world = World(HELLO)
    ((_, message),) = decided(world)
    world.ledger.claim(ledger_key(message), channel="send", subject="s", now=world.now, repeatable=False)
    with pytest.raises(RetryLaterError):
        world.perform.perform(message)
    world.pass_time(seconds=LEASE.total_seconds())
    lost = world.perform.perform(message)
    assert lost is not None
    assert (lost.state, lost.reason) == (LedgerState.UNKNOWN, "worker_lost")
    assert world.metrics.counts["SendUnknown"] == 1
    assert world.perform.perform(message) is None
    assert world.metrics.counts["SendUnknown"] == 1
    assert world.wechat.sent == []


@pytest.mark.parametrize("broken", ["accounts.get", "accounts.secrets", "people.find", "ledger.take_place"])
def test_what_a_store_kept_from_being_sent_is_tried_again(broken: str) -> None:
    world = World(HELLO)
    batch = decided(world)
    port, method = broken.split(".")
    real = getattr(getattr(world, port), method)

    def down(*_: Any, **__: Any) -> Any:
        raise UnavailableError("down")

    setattr(getattr(world, port), method, down)
    assert world.perform.perform_all(batch) == {"m0"}
    assert rows(world) == [(LedgerState.RETRY, "store_unavailable")]
    setattr(getattr(world, port), method, real)
    assert world.perform.perform_all(batch) == set()
    assert len(world.wechat.sent) == 1


def test_a_row_that_was_taken_over_is_left_to_the_other() -> None:
    world = World(HELLO)
    ((_, message),) = decided(world)

    def taken(*_: Any, **__: Any) -> Any:
        raise ClaimHeldError

    world.ledger.settle = taken  # type: ignore[method-assign]
    with pytest.raises(RetryLaterError):
        world.perform.perform(message)


def test_what_cannot_be_noted_after_sending_is_unknown_and_not_sent_again() -> None:
    world = World(HELLO)
    batch = decided(world)
    settle = world.ledger.settle

    def down(*_: Any, **__: Any) -> Any:
        raise UnavailableError("down")

    world.ledger.settle = down  # type: ignore[method-assign]
    assert world.perform.perform_all(batch) == {"m0"}
    world.ledger.settle = settle  # type: ignore[method-assign]
    world.pass_time(seconds=200)
    assert world.perform.perform_all(batch) == set()
    assert len(world.wechat.sent) == 1
    assert rows(world) == [(LedgerState.UNKNOWN, "worker_lost")]


def test_a_message_that_breaks_us_comes_again_and_stops_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    world = World(HELLO)
    world.wechat.answers = [ZeroDivisionError("secret text")]
    assert world.perform.perform_all(decided(world, "o-a", "o-b")) == {"m0"}
    assert [who for who, _ in world.wechat.sent] == ["tea:o-b"]
    assert "ZeroDivisionError" in caplog.text
    assert "secret text" not in caplog.text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"account": "gone"}, "unknown_account"),
        ({"event_time": World(HELLO).now - timedelta(hours=25)}, "too_old"),
    ],
)
def test_what_must_not_be_carried_out_is_skipped(change: dict[str, Any], reason: str) -> None:
    world = World(HELLO)
    ((_, message),) = decided(world)
    world.perform.perform(message.model_copy(update=change))
    assert rows(world) == [(LedgerState.SKIPPED, reason)]


def test_an_action_of_another_time_is_skipped() -> None:
    world = World(HELLO)
    ((_, message),) = decided(world)
    world.perform = replace(world.perform, performers={})
    world.perform.perform(message)
    assert rows(world) == [(LedgerState.SKIPPED, "unknown_action")]


@pytest.mark.parametrize("exhausted", [LedgerState.REJECTED, LedgerState.UNKNOWN])
def test_after_the_last_attempt_the_row_says_how_it_ended(exhausted: LedgerState) -> None:
    world = World(HELLO)
    batch = decided(world)
    world.wechat.answers = [replace(RETRY, exhausted=exhausted)] * MAX_ATTEMPTS
    assert [world.perform.perform_all(batch) for _ in range(MAX_ATTEMPTS)] == [{"m0"}] * (MAX_ATTEMPTS - 1) + [set()]
    assert rows(world) == [(exhausted, "gave_up_not_sent")]
    assert world.wechat.sent == []


def test_the_content_of_the_event_by_which_a_person_left_stays_until_its_outbox_is_empty() -> None:
    world = World(HELLO)
    event = world.push("fan.unsubscribed", note="kept")
    world.run()
    (entry,) = world.people.entries.values()
    assert (entry.event.id, entry.event.data) == (event.id, {"note": "kept"})
