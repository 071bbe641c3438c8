"""Many messages at once: several requests to a queue in flight, each group in one lane so that it stays in order."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from zlib import crc32

from pydantic import BaseModel

from yuchi.adapters.sqs import BATCH_LIMIT
from yuchi.services.ports import Queue

M = TypeVar("M", bound=BaseModel)
LANES: Final = 8


@dataclass(frozen=True, slots=True)
class LanedQueue(Generic[M]):
    """:class:`yuchi.services.ports.Queue` over another one that may be called from several threads."""

    queue: Queue[M]
    lanes: int = LANES

    def send(self, messages: Sequence[tuple[str, str, M]]) -> set[str]:
        """See :class:`yuchi.services.ports.Queue`."""
        if len(messages) <= BATCH_LIMIT:
            return self.queue.send(messages)
        lanes: list[list[tuple[str, str, M]]] = [[] for _ in range(self.lanes)]
        for message in messages:
            lanes[crc32(message[1].encode()) % self.lanes].append(message)
        with ThreadPoolExecutor(self.lanes) as pool:
            return set().union(*pool.map(self.queue.send, filter(None, lanes)))
