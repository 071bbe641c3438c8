"""An in-memory FIFO queue with SQS's de-duplication, and the ways in which queues fail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


@dataclass
class FakeQueue(Generic[M]):
    """``refuse`` names deduplication ids that are not taken, once each; ``forget()`` ends the five minutes."""

    kind: type[M]
    messages: list[tuple[str, str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    refuse: set[str] = field(default_factory=set)

    def send(self, messages: Sequence[tuple[str, str, M]]) -> set[str]:
        refused = set()
        for identifier, group, message in messages:
            if identifier in self.refuse:
                self.refuse.discard(identifier)
                refused.add(identifier)
            elif identifier not in self.seen:
                self.seen.add(identifier)
                self.messages.append((identifier, group, message.model_dump_json(exclude_defaults=True)))
        return refused

    def forget(self) -> None:
        self.seen.clear()

    def take(self) -> list[tuple[str, M]]:
        taken, self.messages = self.messages, []
        return [(identifier, self.kind.model_validate_json(body)) for identifier, _, body in taken]
