"""One campaign to many fans, with faults; what it took, as JSON: `python -m tests.bench.campaign_worker FANS`.

What stands in for the stores keeps little, so that the memory that is measured is the services': fans are made when they are
read, pages are kept packed, and of what WeChat accepted there is one byte a fan.
"""

import json
import resource
import sys
import time
import zlib
from array import array
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from random import Random
from typing import Any

from pydantic import BaseModel

from tests.fakes.campaigns_world import BRAND, CampaignWorld, FakeLane, FakeWeChat
from tests.fakes.runs import FakeRuns
from yuchi.domain.account import Account
from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.model import Cap
from yuchi.domain.campaign.reach import Reach, Sent, mark_of
from yuchi.domain.campaign.run import Group, Page, Recipient, RunKey
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import SHARDS, Channel, Profile, shard_of
from yuchi.services.ports_campaigns import AudienceMessage, AudiencePage, BatchMessage, SendOutcome, ShardProgress

ACCOUNT = "shop"
NOT_YET = SendOutcome(LedgerState.RETRY, 45011, "minute_limit")
PAGE = 600


class KilledError(BaseException):
    """The worker dies here."""


def fan(number: int) -> Profile:
    """A follower."""
    channel = Channel(account=ACCOUNT, subscribed=True, subscribed_at=1_790_000_000)
    return Profile(
        brand=BRAND, person=f"p{number:07d}", version=1, channels={f"wechat:{ACCOUNT}:o{number:027d}": channel}
    )


@dataclass
class PackedRuns(FakeRuns):
    """Pages as DynamoDB keeps them: packed."""

    def save_page(self, run: RunKey, page: Page, before: ShardProgress, after: ShardProgress) -> bool:
        lists = [[*group, *map(list, them)] for group, them in page.chosen.items()]
        packed = zlib.compress(json.dumps(lists).encode(), 1)
        heads = {group: range(len(them)) for group, them in page.chosen.items()}
        skipped = {reason: range(len(them)) for reason, them in page.skipped.items()}
        kept: Any = (page.shard, page.number, heads, skipped)
        if not super().save_page(run, Page(*kept), before, after):
            return False
        self.packed[run, page.shard, page.number] = packed
        return True

    packed: dict[Any, bytes] = field(default_factory=dict)

    def recipients(self, run: RunKey, group: Group, spans: Any) -> list[Recipient]:
        return [
            recipient
            for span in spans
            for recipient in _unpack(self.packed[run, span.shard, span.page])[group][
                span.start : span.start + span.length
            ]
        ]


@lru_cache(maxsize=4)
def _unpack(packed: bytes) -> dict[Group, list[Recipient]]:
    found = json.loads(zlib.decompress(packed))
    return {Group(*each[:3]): [Recipient(*them) for them in each[3:]] for each in found}


@dataclass
class LeanReach:
    """``Reach`` of one run: the batch that reached each fan, and when."""

    batches: "array[int]"
    at: int = 0
    run: str = ""

    def _of(self, person: str) -> Reach | None:
        number = int(person[1:])
        if self.batches[number] < 0:
            return None
        mark = mark_of(person, f"o{number:027d}")
        return Reach({self.run: Sent(self.at, ACCOUNT, "mass", "", self.batches[number], mark)}, 1)

    def read(self, _brand: str, persons: Sequence[str]) -> dict[str, Reach]:
        found = ((person, self._of(person)) for person in persons)
        return {person: reach for person, reach in found if reach is not None}

    def claim(
        self, _brand: str, person: str, run: str, sent: Sent, *, now: datetime, caps: Sequence[Cap], known: Any = None
    ) -> str | None:
        del known
        refused = (self._of(person) or Reach()).refusal(run, sent, now, caps)
        if refused is None:
            self.batches[int(person[1:])], self.run, self.at = sent.batch, run, sent.at
        return refused

    def release(self, _brand: str, person: str, _run: str) -> None:
        self.batches[int(person[1:])] = -1


@dataclass
class LeanWeChat(FakeWeChat):
    """One byte a fan. ``dies_at``: calls at which the worker is killed, before the call or behind it in turn."""

    got: bytearray = field(default_factory=bytearray)
    dies_at: frozenset[int] = frozenset()
    throttled: float = 0.0
    random: Random = field(default_factory=lambda: Random(15))

    def mass(self, account: Account, openids: Sequence[str], content: Content, *, client_id: str) -> SendOutcome:
        del account, content
        self.calls["mass"] += 1
        dies = self.calls["mass"] in self.dies_at
        if dies and self.calls["mass"] % 2:
            raise KilledError
        if self.random.random() < self.throttled:
            return NOT_YET
        if client_id in self.keys:
            return SendOutcome(LedgerState.SENT, code=45065, message_id=self.keys[client_id])
        self.keys[client_id] = f"m{len(self.keys)}"
        for openid in openids:
            self.got[int(openid[1:])] += 1
        if dies:
            raise KilledError
        return SendOutcome(LedgerState.SENT, message_id=self.keys[client_id])


@dataclass
class TwiceLane(FakeLane):
    """Brings some messages twice; each as an older release wrote it, with a field that is not known any more."""

    twice: float = 0.0
    random: Random = field(default_factory=lambda: Random(2))
    largest: int = 0

    def send(self, messages: Sequence[BaseModel], *, group: str = "", delay: int = 0) -> int:
        for message in messages:
            text = json.dumps({**message.model_dump(mode="json"), "schema_version": 1, "of_before": "x"})
            self.largest = max(self.largest, len(text))
            again = 2 if self.random.random() < self.twice else 1
            super().send([type(message).model_validate_json(text)] * again, group=group, delay=delay)
        return 0


@dataclass
class Mill(CampaignWorld):
    """A brand with so many ``fans``."""

    fans: int = 0
    numbers: "list[array[int]]" = field(default_factory=list)

    @classmethod
    def made(cls, fans: int, *, twice: float = 0.02, throttled: float = 0.01, kills: int = 3) -> "Mill":
        """Ready to be approved."""
        mill = cls(fans=fans, runs=PackedRuns(), numbers=[array("I") for _ in range(SHARDS)])
        mill.reach = LeanReach(array("i", [-1]) * fans)  # type: ignore[assignment]  # the same port, kept leaner
        step = max(1, fans // 30_000)
        dies = frozenset((1, (step | 1) + 1, (2 * step) | 1)[:kills])  # the even one dies behind the answer
        mill.wechat = LeanWeChat(got=bytearray(fans), dies_at=dies, throttled=throttled)
        mill.selections, mill.sends = TwiceLane(twice=twice), TwiceLane(twice=twice)
        mill.add_account(ACCOUNT)
        mill.quotas.granted = {ACCOUNT: {"message/mass/send": 1_000}}  # repeated calls are calls too
        for number in range(fans):
            mill.numbers[int(shard_of(BRAND, f"p{number:07d}")[-2:])].append(number)
        mill.put(canary="0%")
        return mill

    def page(self, brand: str, shard: int, cursor: str | None) -> AudiencePage:
        del brand
        there = self.numbers[shard]
        start = 0 if cursor is None else bisect_right(there, int(cursor[1:]))
        found = [fan(number) for number in there[start : start + PAGE]]
        return AudiencePage(found, len(found), found[-1].person if start + PAGE < len(there) else None)

    def read(self, brand: str, persons: Sequence[str]) -> dict[str, Profile]:
        del brand
        return {person: fan(int(person[1:])) for person in persons}

    def drain(self) -> None:
        """Until the queues are empty; what a killed worker had comes again."""
        queues: tuple[deque[Any], deque[Any]] = (self.selections.messages, self.sends.messages)
        while any(queues):
            queue = queues[0] or queues[1]
            message = queue.popleft()
            try:
                worker: Any = self.selector if isinstance(message, AudienceMessage) else self.sender
                assert isinstance(message, AudienceMessage | BatchMessage)
                done = worker.work(message)
            except KilledError:
                done = False
                self.wait(minutes=2)
            if not done:
                self.wait(seconds=20)
                queue.append(message)

    def run(self) -> dict[str, Any]:
        """Send it; what came of it."""
        self.approve(audience=self.fans)
        self.finish(minutes=30)
        tallies: Counter[int] = Counter(self.wechat.got)  # type: ignore[attr-defined]  # a LeanWeChat
        return {
            "fans": self.fans,
            "endings": dict(self.endings()),
            "got": {str(times): count for times, count in tallies.items()},
            "messages": len(self.wechat.keys),
            "calls": self.wechat.calls["mass"],
            "largest_message": max(self.selections.largest, self.sends.largest),  # type: ignore[attr-defined]  # fakes of this worker
            "sqs": self.selections.sent + self.sends.sent,
            "largest_page": max(map(len, self.runs.packed.values())),  # type: ignore[attr-defined]  # fakes of this worker
        }


def main() -> None:
    """Run, and print what it took."""
    mill = Mill.made(int(sys.argv[1]))
    started = time.process_time()
    found = mill.run()
    found["seconds"] = time.process_time() - started
    found["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
