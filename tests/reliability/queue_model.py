"""SQS FIFO as it really delivers: at least once, in groups, invisible for a while, five times, then dead letters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Generic, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)
DEDUPLICATION = timedelta(minutes=5)


@dataclass
class Stored:
    """A message in the queue. ``number`` is what SQS calls message id: another one for each send."""

    number: int
    identifier: str
    group: str
    body: str
    visible_at: datetime
    receives: int = 0


@dataclass
class FifoQueue(Generic[M]):
    """:class:`yuchi.services.ports.Queue` with the side that SQS shows to Lambda. ``refused``: messages it does not take."""

    kind: type[M]
    clock: Callable[[], datetime]
    visibility: timedelta
    max_receives: int = 5
    messages: list[Stored] = field(default_factory=list)
    dead: list[Stored] = field(default_factory=list)
    everything: list[Stored] = field(default_factory=list)
    sent_at: dict[str, datetime] = field(default_factory=dict)
    sends: int = 0
    refused: set[str] = field(default_factory=set)
    lock: RLock = field(default_factory=RLock)

    def send(self, messages: Sequence[tuple[str, str, M]]) -> set[str]:
        with self.lock:
            for identifier, group, message in messages:
                if identifier in self.refused:
                    continue
                sent_at = self.sent_at.get(identifier)
                if sent_at is None or self.clock() - sent_at >= DEDUPLICATION:
                    self.sent_at[identifier] = self.clock()
                    self._put(identifier, group, message.model_dump_json(exclude_defaults=True))
        return {identifier for identifier, _, _ in messages} & self.refused

    def receive(self, limit: int = 10) -> list[Stored]:
        """The next batch; a group with a message in flight gives no more until that is done."""
        now = self.clock()
        batch: list[Stored] = []
        shut: set[str] = set()
        with self.lock:
            for message in list(self.messages):
                if message.visible_at > now or message.group in shut or len(batch) >= limit:
                    shut.add(message.group)
                elif message.receives >= self.max_receives:
                    self.messages.remove(message)
                    self.dead.append(message)
                else:
                    message.receives += 1
                    message.visible_at = now + self.visibility
                    batch.append(message)
        return batch

    def read(self, batch: Sequence[Stored]) -> list[tuple[str, M]]:
        return [(str(each.number), self.kind.model_validate_json(each.body)) for each in batch]

    def delete(self, numbers: set[str]) -> None:
        with self.lock:
            self.messages = [each for each in self.messages if str(each.number) not in numbers]

    def repeat(self) -> None:
        """Deliver once more whatever was ever sent, as SQS may, and as a redrive does."""
        for each in list(self.everything):
            self._put(each.identifier, each.group, each.body, again=True)

    def forget(self) -> None:
        """End the five minutes of de-duplication now."""
        self.sent_at.clear()

    def _put(self, identifier: str, group: str, body: str, *, again: bool = False) -> None:
        self.sends += 1
        stored = Stored(self.sends, identifier, group, body, self.clock())
        self.messages.append(stored)
        if not again:
            self.everything.append(stored)
