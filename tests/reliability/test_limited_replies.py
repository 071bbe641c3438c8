"""A fan taps several times before the first tap is processed: a limited rule answers as often as it may, and no oftener.

Taps, copies of taps, the processor and the sender make their remote calls in any order, and receivers and processors die
in between.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.world import rule
from tests.reliability.interleaving import Actor, Stage
from tests.reliability.system import System, event_push
from yuchi.domain.event import Event
from yuchi.domain.timeline import Answer, receipt_key
from yuchi.services.performers import ReplyLater
from yuchi.services.receive_callback import ReceiveCallback

GIFT = ["score +1", "reply 礼物 {{event.id}}"]
TAPS = 3
DELIVERIES = (0, 1, 2, 0, 1)
"""Whose tap each of the receivers has: two of the taps come twice."""

Order = Sequence[tuple[int, bool]]
"""Who goes on next (a place among those who can), and whether it dies there instead."""


@dataclass
class Story:
    """What the fan saw. ``passive``: for each tap the different replies to its copies."""

    passive: list[set[str]]
    messages: list[str]
    points: int

    @property
    def answers(self) -> int:
        return sum(map(len, self.passive)) + len(self.messages)


def tell(order: Order, *, limit: str = "once", spoil: Callable[[System], None] = lambda _system: None) -> Story:
    """Let everything happen in ``order``, then the rest, then WeChat's last copy of each tap."""
    system = System(rule("gift", "menu.clicked", GIFT, limit=limit))
    spoil(system)
    pushes = [event_push(system, "CLICK", "GIFT", second=number) for number in range(TAPS)]
    stage = Stage(system)
    receivers = [stage.add(partial(system.receive, pushes[tap])) for tap in DELIVERIES]
    workers: list[Actor | None] = [None, None]
    work = (lambda: system.step_events(1), lambda: system.step_actions(1))
    for place, dies in order:
        waiting = [each for each in receivers if not each.done]
        number = place % (len(waiting) + 2)
        if number < 2:
            worker = workers[number]
            if worker is None or worker.done:
                worker = workers[number] = stage.add(work[number])
        else:
            worker = waiting[number - 2]
        if dies and number != 1:  # a sender that dies leaves a message of which nobody knows: decision 0006
            worker.kill()
        else:
            worker.step()
    for actor in stage.actors:
        while not actor.done:
            actor.step()
    responses = [(tap, each.result) for tap, each in zip(DELIVERIES, receivers, strict=True)]
    responses += [(tap, system.receive(push)) for tap, push in enumerate(pushes)]
    system.drain()
    system.repeat_everything()
    responses += [(tap, system.receive(push)) for tap, push in enumerate(pushes)]
    system.drain()
    said = [(tap, each.body) for tap, each in responses if each and each.status == 200 and each.body != "success"]
    return Story(
        passive=[{body for of, body in said if of == tap} for tap in range(TAPS)],
        messages=[each.text for each in system.platform.accepted],
        points=system.profile().scores["main"],
    )


ORDERS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([False] * 9 + [True])), max_size=60)


@given(order=ORDERS)
def test_once_is_once_in_whatever_order_and_never_is_it_lost(order: Order) -> None:
    story = tell(order)
    assert (story.answers, story.points) == (1, 1), story


@given(order=ORDERS)
def test_twice_a_day_is_at_most_twice(order: Order) -> None:
    story = tell(order, limit="2/day")
    assert 1 <= story.answers <= 2, story
    assert story.points == 2
    assert all(len(bodies) <= 1 for bodies in story.passive)


# --- known orders, and the defects they find ---

RECEIVERS = range(2, 2 + len(DELIVERIES))
BURST: Order = [(place, False) for _ in range(3) for place in RECEIVERS]
"""All read the profile, then all claim, before anything is processed."""


def overtaken() -> Order:
    """The first tap has its turn and then is slow, while the second is refused, queued, processed and sent."""
    first, second = [(2, False)], [(3, False)]
    return first * 3 + second * 4 + [(0, False)] * 5 + [(1, False)] * 9


@pytest.mark.parametrize("order", [BURST, overtaken(), [*overtaken(), (2, True)]], ids=["burst", "overtaken", "killed"])
def test_known_orders(order: Order) -> None:
    assert tell(order).answers == 1


class Careless(ReceiveCallback):
    """Twin: the receipt of each push is all that is claimed."""

    def _has_turn(self, event: Event, answer: Answer) -> bool:
        del event, answer
        return True


class ReceiptFirst(ReceiveCallback):
    """Twin: the receipt is claimed before the turn."""

    def _has_turn(self, event: Event, answer: Answer) -> bool:
        self.receipts.claim(receipt_key(event.account, event.id), "<xml>early</xml>", answer, now=self.clock())
        return super()._has_turn(event, answer)


def receive_by(kind: type[ReceiveCallback]) -> Callable[[System], None]:
    def spoil(system: System) -> None:
        parts = {name: getattr(system.callback, name) for name in ReceiveCallback.__dataclass_fields__}
        system.callback = kind(**parts)

    return spoil


def forget_turns(system: System) -> None:
    """Twin: a message asks for the receipt of its own push alone."""

    class Turnless(ReplyLater):
        def prepare(self, job: Any) -> Any:
            action = job.message.action.model_copy(update={"turn": None})
            return super().prepare(replace(job, message=job.message.model_copy(update={"action": action})))

    later: Any = system.perform.performers["reply"]
    parts = {name: getattr(later, name) for name in ReplyLater.__dataclass_fields__}
    performers = {**system.perform.performers, "reply": Turnless(**parts)}
    system.perform = replace(system.perform, performers=performers)


@pytest.mark.parametrize(
    ("order", "spoil"),
    [(BURST, receive_by(Careless)), (BURST, receive_by(ReceiptFirst)), (overtaken(), forget_turns)],
    ids=["careless", "receipt-first", "forget-turns"],
)
def test_twins_answer_more_than_once(order: Order, spoil: Callable[[System], None]) -> None:
    assert tell(order, spoil=spoil).answers > 1
