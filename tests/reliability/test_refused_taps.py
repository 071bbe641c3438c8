"""SQS refuses every copy of a tap that had the turn of a limited rule: the next tap is answered in its place.

The two taps, and the message that follows the second, make the calls that decide in every order there is.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import combinations

import pytest

from tests.fakes.world import rule
from tests.reliability.interleaving import Stage
from tests.reliability.system import System, event_push
from tests.reliability.test_limited_replies import Story, receive_by
from yuchi.domain.event import Event
from yuchi.domain.timeline import Answer
from yuchi.services.performers import ReplyLater
from yuchi.services.receive_callback import ReceiveCallback

FIRST, SECOND = 4, 7
"""How many calls of each side decide: claims of receipts, and what is sent to the queue."""
ORDERS = [frozenset(places) for places in combinations(range(FIRST + SECOND), FIRST)]
"""Which of all places are those of the first tap: 330 orders."""


def tell(order: frozenset[int], *, refused: bool, spoil: Callable[[System], None] = lambda _system: None) -> Story:
    """Two taps; ``refused``: the queue never takes the first one."""
    system = System(rule("gift", "menu.clicked", ["score +1", "reply 礼物 {{event.id}}"], limit="once"))
    spoil(system)
    first, second = (event_push(system, "CLICK", "GIFT", second=number) for number in range(2))
    if refused:
        system.events.refused.add(event_of(first).id)
    stage = Stage(system, {"receipts.claim", "events.send"})
    later: list[str] = []

    def answer_second() -> None:
        later.append(system.receive(second).body)
        system.step_events(1)
        system.step_actions(1)

    taps = [stage.add(partial(system.receive, first)), stage.add(answer_second)]
    for place in range(FIRST + SECOND):
        tap = taps[place not in order]
        if not tap.done:
            tap.step()
    for tap in taps:
        while not tap.done:
            tap.step()
    # WeChat pushes the first one twice more, since it got no answer that it likes.
    copies = [taps[0].result, system.receive(first), system.receive(first)]
    system.drain()
    return Story(
        passive=[
            {each.body for each in copies if each.status == 200 and each.body != "success"},
            {body for body in later if body not in {"", "success"}},
        ],
        messages=[each.text for each in system.platform.accepted],
        points=system.profile().scores["main"],
    )


def event_of(push: str) -> Event:
    """The event of a push that nobody has made yet."""
    quiet = System()
    quiet.receive(push)
    (stored,) = quiet.events.messages
    return quiet.events.kind.model_validate_json(stored.body).event


@pytest.mark.parametrize("refused", [False, True], ids=["queued", "refused"])
def test_a_turn_is_used_once_in_every_order(refused: bool) -> None:
    for order in ORDERS:
        story = tell(order, refused=refused)
        assert (story.answers, story.points) == (1, 1), (sorted(order), story)


def test_the_next_tap_is_answered_when_every_copy_was_refused() -> None:
    story = tell(frozenset(range(FIRST)), refused=True)
    assert (story.passive, len(story.messages)) == ([set(), set()], 1)


class Trusting(ReplyLater):
    """Twin: an answer that is kept counts as given."""

    def _is_given(self, account: str, event_id: str, answer: Answer, now: datetime) -> bool:
        del account, event_id, answer, now
        return True


class Sure(ReceiveCallback):
    """Twin: what is kept is given, though the turn may have been taken over."""

    def _may_give(self, event: Event, answer: Answer) -> bool:
        del event, answer
        return True


def trust(system: System) -> None:
    later = system.perform.performers["reply"]
    trusting = Trusting(**{name: getattr(later, name) for name in ReplyLater.__dataclass_fields__})
    performers = {**system.perform.performers, "reply": trusting}
    system.perform = replace(system.perform, performers=performers)


def test_twin_that_trusts_what_is_kept_leaves_the_fan_without_an_answer() -> None:
    assert tell(frozenset(range(FIRST)), refused=True, spoil=trust).answers == 0


def test_twin_that_does_not_ask_before_it_gives_answers_twice() -> None:
    assert max(tell(order, refused=False, spoil=receive_by(Sure)).answers for order in ORDERS) == 2
