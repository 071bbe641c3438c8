from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.fakes.world import START, World, rule
from yuchi.adapters.wechat.gate import WeChatGate
from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.draft_decision import GivenReply
from yuchi.domain.event import Event
from yuchi.domain.timeline import Answer, receipt_key
from yuchi.services.ports import Receipts, UnavailableError
from yuchi.services.receive_callback import NO_ANSWER, Query, ReceiveCallback, RefusedError, Response

SUCCESS = Response(200, "success")
HELLO = rule("hello", "message.text", ["score +1", "reply 您好"], limit="once")


@dataclass
class FakePush:
    event: Event | None
    unsayable: bool = False
    is_timed: bool = True

    def render(self, reply: GivenReply) -> str | None:
        if self.unsayable:
            return None
        text = reply.message.model_dump()["text"]
        return f"<xml>{text} {id(reply)}</xml>"


@dataclass
class FakeGate:
    """Opens every push as ``event``; None refuses."""

    push: FakePush | None = None
    calls: list[str] = field(default_factory=list)

    def verify(self, account: Account, secrets: AccountSecrets, query: Query, now: datetime) -> str:
        self.calls.append("verify")
        if self.push is None:
            raise RefusedError
        return "echo"

    def open(self, account: Account, secrets: AccountSecrets, query: Query, body: bytes, now: datetime) -> FakePush:
        self.calls.append("open")
        if self.push is None:
            raise RefusedError
        return self.push


def make(*rules: Any) -> tuple[World, ReceiveCallback, FakeGate]:
    world, gate = World(*(rules or (HELLO,))), FakeGate()
    gate.push = FakePush(world.event("message.text", content="hi"))
    callback = ReceiveCallback(
        accounts=world.accounts,
        gate=gate,
        profiles=world.people,
        rulesets=world.rulesets,
        receipts=world.receipts,
        events=world.events,
        metrics=world.metrics,
        catalogue=world.process.catalogue,
        clock=world.clock,
    )
    return world, callback, gate


def down(*_: Any, **__: Any) -> Any:
    raise UnavailableError("down")


def status(response: Response) -> tuple[int, str]:
    return response.status, response.body


def test_it_takes_the_place_of_the_real_gate() -> None:
    _, callback, _ = make()
    assert replace(callback, gate=WeChatGate()).receive("tea", {}, b"").status == 403


@pytest.mark.parametrize("method", ["receive", "verify"])
def test_unknown_accounts_and_forged_pushes_get_no_detail_and_leave_no_trace(method: str) -> None:
    world, callback, gate = make()
    gate.push = None
    arguments: tuple[Any, ...] = ({}, b"") if method == "receive" else ({},)
    assert getattr(callback, method)("gone", *arguments) == Response(404)
    assert gate.calls == []
    assert getattr(callback, method)("tea", *arguments) == Response(403)
    assert (world.events.messages, world.receipts.kept, world.people.entries) == ([], {}, {})
    assert world.metrics.counts == {"PushRefused": 1}


@pytest.mark.parametrize("port", ["get", "secrets"])
@pytest.mark.parametrize("method", ["receive", "verify"])
def test_an_account_that_cannot_be_read_is_answered_503(method: str, port: str) -> None:
    world, callback, _ = make()
    setattr(world.accounts, port, down)
    response = getattr(callback, method)("tea", *(({}, b"") if method == "receive" else ({},)))
    assert (response.status, response.body) == (503, "")
    assert response.reason


def test_the_handshake_is_answered() -> None:
    _, callback, _ = make()
    assert callback.verify("tea", {}) == Response(200, "echo")


def test_a_reply_is_given_and_the_event_says_so() -> None:
    world, callback, _ = make()
    response = callback.receive("tea", {}, b"")
    assert response.status == 200
    assert "您好" in response.body
    world.run()
    assert world.wechat.sent == []
    (entry,) = world.people.entries.values()
    assert entry.answer is not None
    assert world.metrics.counts["ReplyGiven"] == 1


def test_copies_of_a_push_get_the_same_bytes_also_after_it_was_processed() -> None:
    world, callback, _ = make()
    bodies = {callback.receive("tea", {}, b"").body}
    world.run()
    bodies |= {callback.receive("tea", {}, b"").body for _ in range(2)}
    assert len(bodies) == 1
    assert "您好" in bodies.pop()


def test_copies_of_a_push_without_reply_get_none_also_when_the_rules_would_now_reply() -> None:
    seen = rule("seen", "message.text", ["reply 又来了"], when='"来过" in profile.tags')
    world, callback, _ = make(seen, rule("tag", "message.text", ["tag 来过"]))
    assert callback.receive("tea", {}, b"") == SUCCESS
    world.run()
    assert "来过" in world.profile().tags
    assert callback.receive("tea", {}, b"") == SUCCESS


def test_events_that_no_rule_replies_to_cost_no_receipt() -> None:
    world, callback, _ = make(rule("tag", "message.text", ["tag 来过"]))
    assert callback.receive("tea", {}, b"") == SUCCESS
    assert world.receipts.kept == {}


@pytest.mark.parametrize(("word", "claims"), [("茶", 1), ("水", 0)])
def test_events_that_rule_out_each_reply_whoever_the_fan_is_cost_no_receipt_and_no_profile(
    word: str, claims: int
) -> None:
    when = 'event.content.contains("茶") && "来过" in profile.tags'
    world, callback, gate = make(
        rule("tea", "message.text", ["reply 好茶"], when=when), rule("tag", "message.text", ["tag 来过"])
    )
    reads: list[str] = []
    find = world.people.find

    def counted(*arguments: Any, **named: Any) -> Any:
        reads.append("find")
        return find(*arguments, **named)

    callback = replace(callback, profiles=SimpleNamespace(find=counted))
    gate.push = FakePush(world.event("message.text", content=word))
    for _ in range(2):
        assert callback.receive("tea", {}, b"") == SUCCESS
        assert len(world.receipts.kept) == claims
        assert len(reads) == claims
        world.process.process(world.events.take())
        world.events.forget()
        reads.clear()
    assert "来过" in world.profile().tags


def test_four_taps_before_the_first_is_processed_get_one_reply_from_a_rule_that_answers_once() -> None:
    world, callback, gate = make()
    bodies = []
    for number in range(4):
        gate.push = FakePush(world.event("message.text", content="hi", number=number))
        bodies.append(callback.receive("tea", {}, b"").body)
        bodies.append(callback.receive("tea", {}, b"").body)
    assert bodies[0] == bodies[1] != "success"
    assert bodies[2:] == ["success"] * 6
    world.run()
    assert world.wechat.sent == []
    assert world.profile().scores == {"main": 1}


def test_a_tap_without_a_turn_claims_nothing_so_that_a_rule_behind_may_answer_it_by_message() -> None:
    world, callback, gate = make(HELLO, rule("later", "message.text", ["reply 稍等"], priority=1))
    callback.receive("tea", {}, b"")
    gate.push = FakePush(second := world.event("message.text", content="hi", number=2))
    assert callback.receive("tea", {}, b"") == SUCCESS
    assert receipt_key("tea", second.id) not in world.receipts.kept
    world.run()
    assert [body["message"]["text"] for _, body in world.wechat.sent] == ["稍等"]


@pytest.mark.parametrize(("limit", "claims"), [("once", 3), ("3/day", 3), (None, 1)])
def test_only_rules_with_a_limit_cost_more_than_one_claim(limit: str | None, claims: int) -> None:
    world, callback, _ = make(rule("hello", "message.text", ["reply 您好"], limit=limit))
    assert "您好" in callback.receive("tea", {}, b"").body
    assert len(world.receipts.kept) == claims


class Losing:
    """Receipts of which those that decide what is given answer otherwise."""

    def __init__(self, receipts: Receipts, answer: Callable[[], tuple[str, Answer]]) -> None:
        self.receipts, self.answer = receipts, answer

    def claim(self, key: str, body: str, answer: Answer, *, now: datetime) -> tuple[str, Answer]:
        return self.answer() if "#given#" in key else self.receipts.claim(key, body, answer, now=now)


def test_an_answer_that_was_taken_back_is_not_given() -> None:
    world, callback, _ = make(rule("hello", "message.text", ["reply 您好"], limit="once"))
    lost = replace(callback, receipts=Losing(world.receipts, lambda: ("", NO_ANSWER)))
    assert lost.receive("tea", {}, b"") == SUCCESS
    assert len(world.events.messages) == 1


def test_where_nobody_can_tell_whether_the_answer_is_ours_to_give_wechat_pushes_again() -> None:
    world, callback, _ = make(rule("hello", "message.text", ["reply 您好"], limit="once"))

    def fail() -> tuple[str, Answer]:
        raise UnavailableError("Throttled")

    assert replace(callback, receipts=Losing(world.receipts, fail)).receive("tea", {}, b"").status == 503
    assert "您好" in callback.receive("tea", {}, b"").body


def test_where_claiming_the_turn_took_too_long_the_reply_goes_out_as_a_message() -> None:
    world, callback, _ = make()

    class Slow:
        def claim(self, *arguments: Any, **named: Any) -> Any:
            world.pass_time(seconds=2.5)
            return world.receipts.claim(*arguments, **named)

    assert replace(callback, receipts=Slow()).receive("tea", {}, b"") == SUCCESS
    assert world.metrics.counts["ReplyMissed"] == 1
    world.run()
    assert len(world.wechat.sent) == 1


def test_what_the_queue_did_not_take_is_answered_503() -> None:
    world, callback, gate = make()
    assert gate.push is not None
    assert gate.push.event is not None
    world.events.refuse = {gate.push.event.id}
    assert status(callback.receive("tea", {}, b"")) == (503, "")
    assert "您好" in callback.receive("tea", {}, b"").body


def test_without_a_receipt_it_is_503_and_the_event_is_queued_all_the_same() -> None:
    world, callback, _ = make()
    claim, world.receipts.claim = world.receipts.claim, down  # type: ignore[method-assign]
    assert status(callback.receive("tea", {}, b"")) == (503, "")
    world.receipts.claim = claim  # type: ignore[method-assign]
    world.run()
    assert len(world.wechat.sent) == 1
    assert callback.receive("tea", {}, b"") == SUCCESS


@pytest.mark.parametrize(("port", "method"), [("people", "find"), ("rulesets", "bucket")])
def test_where_rules_or_profiles_cannot_be_read_the_reply_goes_out_as_a_message(port: str, method: str) -> None:
    world, callback, _ = make()
    real = getattr(getattr(world, port), method)
    setattr(getattr(world, port), method, down)
    assert callback.receive("tea", {}, b"") == SUCCESS
    setattr(getattr(world, port), method, real)
    world.run()
    assert len(world.wechat.sent) == 1
    assert callback.receive("tea", {}, b"") == SUCCESS
    assert world.metrics.counts["ReplyMissed"] == 1


def test_a_reply_that_breaks_us_costs_the_reply_and_not_the_event(caplog: pytest.LogCaptureFixture) -> None:
    world, callback, gate = make()
    assert gate.push is not None

    def broken(_reply: GivenReply) -> str:
        raise ZeroDivisionError("secret text")

    gate.push.render = broken  # type: ignore[method-assign, assignment]
    assert callback.receive("tea", {}, b"") == SUCCESS
    assert len(world.events.messages) == 1
    assert "ZeroDivisionError" in caplog.text
    assert "secret text" not in caplog.text


def test_what_cannot_be_said_passively_goes_out_as_a_message() -> None:
    world, callback, gate = make()
    assert gate.push is not None
    gate.push.unsayable = True
    assert callback.receive("tea", {}, b"") == SUCCESS
    world.run()
    assert len(world.wechat.sent) == 1


def test_a_push_that_is_dropped_on_purpose_is_a_success() -> None:
    world, callback, gate = make()
    gate.push = FakePush(None)
    assert callback.receive("tea", {}, b"") == SUCCESS
    assert world.events.messages == []


def deliver_again_and_again(world: World, callback: ReceiveCallback, gate: FakeGate) -> None:
    """Copies of a push that says no time, to a queue that knows none of them again."""
    first = world.event("message.text", content="hi")
    for _ in range(3):
        gate.push = FakePush(first.model_copy(update={"time": world.now}), is_timed=False)
        assert callback.receive("tea", {}, b"").status == 200
        world.run()
        world.events.forget()
        world.pass_time(seconds=5.25)


def test_copies_of_a_push_that_says_no_time_have_one_row_in_the_timeline() -> None:
    world, callback, gate = make(rule("score", "message.text", ["score +1"]))
    deliver_again_and_again(world, callback, gate)
    (entry,) = world.people.entries.values()
    assert entry.event.time == START
    assert world.profile().scores == {"main": 1}


def test_twin_without_the_receipt_only_the_queue_knows_the_copies() -> None:
    world, callback, gate = make(rule("score", "message.text", ["score +1"]))
    world.receipts.claim = down  # type: ignore[method-assign]
    deliver_again_and_again(world, callback, gate)
    assert len(world.people.entries) == 3


def test_an_unparsed_push_is_kept_and_counted() -> None:
    world, callback, gate = make()
    event = world.event("message.text").model_copy(update={"type": "wechat.unparsed", "subject": None})
    gate.push = FakePush(event)
    assert callback.receive("tea", {}, b"") == SUCCESS
    assert world.metrics.counts == {"UnparsedPush": 1}
    assert len(world.events.messages) == 1
