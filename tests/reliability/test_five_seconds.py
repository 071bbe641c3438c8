"""T4: a third of the enqueues fail and every read takes a second: never a false success, never beyond the budget.

Time is virtual: each call moves the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from tests.fakes.world import rule
from tests.reliability.system import System, event_push, text_push
from yuchi.services.ports import EventMessage

RULES = (
    rule("hello", "message.text", ["tag 来过", "reply 您好"]),
    rule("click", "menu.clicked", ["score +1"]),
)
LIMIT = timedelta(seconds=3.5)


class Slow:
    """A port each of whose calls takes ``seconds``."""

    def __init__(self, target: Any, system: System, seconds: float) -> None:
        self.target, self.system, self.seconds = target, system, seconds

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.system.pass_time(seconds=self.seconds)
            return getattr(self.target, name)(*arguments, **named)

        return call


@dataclass
class Moody:
    """A queue that refuses three of ten; ``lies``: and says nothing of it."""

    target: Any
    random: Random
    lies: bool = False

    def send(self, messages: Sequence[tuple[str, str, EventMessage]]) -> set[str]:
        if self.random.random() < 0.3:
            return set() if self.lies else {identifier for identifier, _, _ in messages}
        refused: set[str] = self.target.send(messages)
        return refused


@dataclass
class Score:
    answered: int = 0
    refused: int = 0
    false_success: int = 0
    unexplained: int = 0
    slowest: timedelta = timedelta()


def play(system: System, pushes: int, *, lies: bool = False) -> Score:
    system.callback = replace(
        system.callback,
        profiles=Slow(system.people, system, 2),  # two reads
        receipts=Slow(system.receipts, system, 1),
        events=Moody(system.events, Random(3), lies),
    )
    score = Score()
    for number in range(pushes):
        fan = f"o-{number}"
        push = text_push(system, fan=fan, number=number) if number % 2 else event_push(system, "CLICK", "K", fan=fan)
        before, started = len(system.events.everything), system.now
        response = system.receive(push)
        score.slowest = max(score.slowest, system.now - started)
        queued = len(system.events.everything) > before
        score.answered += response.status == 200
        score.refused += response.status == 503
        score.false_success += response.status == 200 and not queued
        score.unexplained += response.status not in {200, 503} or (response.status == 503 and queued)
        system.pass_time(seconds=1)
    return score


def test_success_is_only_said_when_the_queue_has_the_event() -> None:
    score = play(System(*RULES), 2_000)
    assert (score.false_success, score.unexplained) == (0, 0)
    assert score.answered + score.refused == 2_000
    assert 500 < score.refused < 700
    assert score.slowest <= LIMIT


def test_where_the_time_is_gone_the_event_is_queued_without_its_reply() -> None:
    system = System(*RULES)
    system.callback = replace(
        system.callback, profiles=Slow(system.people, system, 2.5), receipts=Slow(system.receipts, system, 9)
    )
    started = system.now
    response = system.receive(text_push(system))
    assert (response.status, response.body) == (200, "success")
    assert system.now - started <= LIMIT
    system.drain()
    assert [each.text for each in system.platform.accepted] == ["您好"]
    assert system.metrics.counts["ReplyMissed"] == 1


def test_twin_a_swallowed_refusal_is_a_false_success() -> None:
    assert play(System(*RULES), 100, lies=True).false_success > 20
