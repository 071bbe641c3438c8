"""Many messages at once: each group stays in order, and every refusal comes back."""

from collections.abc import Sequence
from threading import Lock

from pydantic import BaseModel

from yuchi.adapters.sqs_lanes import LanedQueue


class Word(BaseModel):
    text: str


class Slow:
    """Takes batches from several threads; refuses what it is told to."""

    def __init__(self, refuse: set[str]) -> None:
        self.taken: list[tuple[str, str]] = []
        self.calls = 0
        self.refuse = refuse
        self.lock = Lock()

    def send(self, messages: Sequence[tuple[str, str, Word]]) -> set[str]:
        with self.lock:
            self.calls += 1
            self.taken += [(identifier, group) for identifier, group, _ in messages if identifier not in self.refuse]
        return {identifier for identifier, _, _ in messages} & self.refuse


MESSAGES = [(f"m{number:03d}", f"group-{number % 7}", Word(text=str(number))) for number in range(100)]


def test_groups_stay_in_order_and_refusals_come_back() -> None:
    queue = Slow({"m005", "m077"})
    assert LanedQueue(queue).send(MESSAGES) == {"m005", "m077"}
    assert len(queue.taken) == 98
    for group in {group for _, group, _ in MESSAGES}:
        mine = [identifier for identifier, each in queue.taken if each == group]
        assert mine == sorted(mine)
    assert queue.calls > 1


def test_a_few_messages_need_no_threads() -> None:
    queue = Slow(set())
    assert LanedQueue(queue).send(MESSAGES[:10]) == set()
    assert queue.calls == 1
