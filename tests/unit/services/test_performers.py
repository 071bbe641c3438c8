from typing import Any

import pytest

from tests.fakes.world import World, rule
from yuchi.domain.account import Account, AccountKind
from yuchi.domain.ledger import LedgerState
from yuchi.domain.timeline import GIVEN, Answer, given_key, receipt_key, turn_key
from yuchi.services.perform_action import ActionOutcome

ANSWER = Answer(rule="hello", version=1, index=0)


def rows(world: World) -> list[tuple[LedgerState, str]]:
    return [(row.state, row.reason) for row in world.ledger.rows.values()]


def test_who_left_gets_nothing() -> None:
    world = World(rule("hello", "message.text", ["send 您好"]))
    world.push("message.text")
    world.process.process(world.events.take())
    world.push("fan.unsubscribed")
    world.process.process(world.events.take())
    world.run()
    assert world.wechat.sent == []
    assert (LedgerState.SKIPPED, "unsubscribed") in rows(world)


def test_nothing_is_sent_to_who_is_no_fan() -> None:
    world = World(rule("hello", "message.text", ["send 您好"]))
    world.push("message.text")
    world.process.process(world.events.take())
    ((identifier, message),) = world.actions.take()
    world.perform.perform_all([(identifier, message.model_copy(update={"subject": "unionid:u"}))])
    assert rows(world) == [(LedgerState.SKIPPED, "not_a_fan")]


def test_a_window_that_is_shut_or_used_up_takes_nothing() -> None:
    world = World(rule("click", "menu.clicked", ["send 一", "send 二", "send 三", "send 四"]))
    world.push("menu.clicked", key="A")
    world.run()
    assert [body["message"]["text"] for _, body in world.wechat.sent] == ["一", "二", "三"]
    assert rows(world)[3] == (LedgerState.SKIPPED, "window_closed")


def test_a_second_try_takes_no_second_place() -> None:
    world = World(rule("click", "menu.clicked", ["send 一", "send 二", "send 三"]))
    world.wechat.answers = [ActionOutcome(LedgerState.RETRY, reason="not_sent")] * 2
    world.push("menu.clicked", key="A")
    world.run()
    assert [body["message"]["text"] for _, body in world.wechat.sent] == ["一", "二", "三"]


def test_a_mini_program_has_no_followers() -> None:
    account = Account(
        id="shop", brand="demo", name="店", kind=AccountKind.MINI_PROGRAM, original_id="gh_2", appid="wx2"
    )
    world = World(rule("hello", "message.text", ["send 您好"]), account=account)
    world.push("message.text")
    world.run()
    assert len(world.wechat.sent) == 1


# --- the arbiter between passive reply and message ---


def reply_world(**columns: Any) -> tuple[World, Any]:
    world = World(rule("hello", "message.text", ["reply 您好"], **columns))
    event = world.push("message.text")
    world.process.process(world.events.take())
    return world, event


def test_a_push_that_was_answered_meanwhile_gets_no_message() -> None:
    world, event = reply_world()
    world.receipts.claim(receipt_key(event.account, event.id), "<xml/>", ANSWER, now=world.now)
    world.run()
    assert world.wechat.sent == []
    assert rows(world) == [(LedgerState.SKIPPED, "answered_already")]


def test_a_push_that_got_no_answer_gets_the_message_and_stays_without() -> None:
    world, event = reply_world()
    world.receipts.claim(receipt_key(event.account, event.id), "", ANSWER, now=world.now)
    world.run()
    assert len(world.wechat.sent) == 1
    assert world.receipts.claim(receipt_key(event.account, event.id), "<xml/>", ANSWER, now=world.now)[0] == ""


def test_the_message_keeps_its_claim_through_a_second_try() -> None:
    world, event = reply_world()
    world.wechat.answers = [ActionOutcome(LedgerState.RETRY, reason="not_sent")]
    world.run()
    assert len(world.wechat.sent) == 1
    assert world.receipts.claim(receipt_key(event.account, event.id), "<xml/>", ANSWER, now=world.now)[0] == ""


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (ANSWER.model_copy(update={"turn": ""}), 0),
        (ANSWER.model_copy(update={"turn": "1@1777622400"}), 1),
        (ANSWER.model_copy(update={"turn": "", "rule": "other"}), 1),
    ],
)
def test_the_push_that_has_the_turn_was_answered_in_this_turn_or_is_kept_from_it(answer: Answer, sent: int) -> None:
    world, event = reply_world(limit="once")
    turn = turn_key(event.account, event.subject or "", ANSWER.model_copy(update={"turn": ""}))
    world.receipts.claim(turn, "anothertap", ANSWER, now=world.now)
    world.receipts.claim(receipt_key(event.account, "anothertap"), "<xml/>", answer, now=world.now)
    world.receipts.claim(given_key(event.account, "anothertap"), GIVEN, answer, now=world.now)
    world.run()
    assert len(world.wechat.sent) == sent


def test_an_answer_that_was_kept_and_never_given_is_taken_back() -> None:
    world, event = reply_world(limit="once")
    answer = ANSWER.model_copy(update={"turn": ""})
    world.receipts.claim(turn_key(event.account, event.subject or "", answer), "anothertap", answer, now=world.now)
    world.receipts.claim(receipt_key(event.account, "anothertap"), "<xml/>", answer, now=world.now)
    world.run()
    assert len(world.wechat.sent) == 1
    decided, _ = world.receipts.claim(given_key(event.account, "anothertap"), GIVEN, answer, now=world.now)
    assert decided != GIVEN


def test_the_push_that_has_the_turn_and_no_answer_yet_gets_none() -> None:
    world, event = reply_world(limit="once")
    turn = ANSWER.model_copy(update={"turn": ""})
    world.receipts.claim(turn_key(event.account, event.subject or "", turn), "anothertap", turn, now=world.now)
    world.run()
    assert len(world.wechat.sent) == 1
    assert world.receipts.claim(receipt_key(event.account, "anothertap"), "<xml/>", turn, now=world.now)[0] == ""


# --- webhooks and forgetting ---


@pytest.mark.parametrize("tries", [0, 3])
def test_a_webhook_is_called_again_under_the_same_id(tries: int) -> None:
    world = World(rule("hook", "message.text", ["webhook https://hooks.example.com/in"]))
    event = world.push("message.text")
    world.wechat.answers = [ActionOutcome(LedgerState.RETRY, reason="answer_lost")] * tries
    world.run()
    assert world.wechat.called == [f"{event.id}:hook:0"] * (tries + 1)
    assert rows(world) == [(LedgerState.SENT, "")]
    assert (world.metrics.counts["WebhookSent"], world.metrics.counts["MessageSent"]) == (1, 0)


def test_who_leaves_is_forgotten_even_a_week_later() -> None:
    world = World(rule("hello", "message.text", ["tag 来过"]))
    world.push("message.text", content="我的电话")
    world.run()
    world.push("fan.unsubscribed")
    world.process.process(world.events.take())
    world.pass_time(days=7)
    world.run()
    assert [entry.event.data for entry in world.people.entries.values()] == [{}, {}]
    assert rows(world) == [(LedgerState.SENT, "")]
    assert (world.metrics.counts["PersonForgotten"], world.metrics.counts["MessageSent"]) == (1, 0)
