"""T3: each push three times, by sixteen threads, up to ten minutes apart: one effect, and always the same answer."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any
from uuid import uuid4

from tests.fakes.world import rule
from tests.reliability.system import System, event_push, text_push
from yuchi.adapters.wechat.gate import WeChatGate, WeChatPush
from yuchi.services.receive_callback import Response

FANS = 500
RULES = (
    rule("first", "message.text", ["tag 来过", "score +1", "reply 您好"], when='!("来过" in profile.tags)'),
    rule("click", "menu.clicked", ["score +1", "send {{event.key}}"]),
)


class ByMessageId(WeChatGate):
    """Twin: known by MsgId alone. Events have none, so each copy of one is another event."""

    def open(self, *arguments: Any, **named: Any) -> WeChatPush:
        push = super().open(*arguments, **named)
        if push.event and push.event.type == "menu.clicked":
            return replace(push, event=push.event.model_copy(update={"id": uuid4().hex}))
        return push


def run(system: System, *, fans: int) -> dict[str, list[Response]]:
    """Push everything three times; the answers by push."""
    pushes = [text_push(system, f"hi {fan}", fan=f"o-{fan}", number=fan) for fan in range(fans)]
    pushes += [event_push(system, "CLICK", f"key-{fan}", fan=f"o-{fan}") for fan in range(fans)]
    random = Random(7)
    copies = [push for push in pushes for _ in range(3)]
    random.shuffle(copies)
    first_half, rest = copies[: len(copies) // 2], copies[len(copies) // 2 :]
    second, third = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    answers: defaultdict[str, list[Response]] = defaultdict(list)

    def wave(threads: ThreadPoolExecutor, some: Sequence[str]) -> None:
        for push, response in zip(some, threads.map(system.receive, some), strict=True):
            answers[push].append(response)

    with ThreadPoolExecutor(16) as threads:
        wave(threads, first_half)
        while system.step_events(10) + system.step_actions(10):
            pass
        system.pass_time(seconds=10)
        wave(threads, second)
        system.drain()
        system.pass_time(minutes=10)
        wave(threads, third)
        system.drain()
    return answers


def test_a_thousand_pushes_three_times_have_a_thousand_effects() -> None:
    system = System(*RULES)
    answers = run(system, fans=FANS)
    assert sum(map(len, answers.values())) == 3 * 2 * FANS
    assert {response.status for copies in answers.values() for response in copies} == {200}
    assert all(len({response.body for response in copies}) == 1 for copies in answers.values())
    replies = [copies[0].body for copies in answers.values() if copies[0].body != "success"]
    assert len(replies) == len(set(replies)) == FANS
    assert len(system.people.entries) == 2 * FANS
    assert {system.profile(f"o-{fan}").scores["main"] for fan in range(FANS)} == {2}
    # a click that is first seen ten minutes late finds its window shut; nothing is sent twice
    assert set(system.platform.counts().values()) == {1}
    assert system.states().total() == FANS
    assert not [row for row in system.ledger.rows.values() if row.reason == "answered_already"]


def test_twin_known_by_message_id_alone_counts_clicks_again_and_again() -> None:
    system = System(*RULES)
    system.callback = replace(system.callback, gate=ByMessageId())
    run(system, fans=20)
    assert len(system.people.entries) > 2 * 20
