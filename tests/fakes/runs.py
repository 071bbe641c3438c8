"""Runs of campaigns in memory, with the same conditions as on DynamoDB."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import RLock
from typing import Any

from yuchi.domain.campaign.model import HOLDOUT, Cap
from yuchi.domain.campaign.quota import QuotaUse, allowance, quota_day, take
from yuchi.domain.campaign.reach import Reach, Sent
from yuchi.domain.campaign.run import Batch, Group, Page, Plan, Recipient, RunKey, Span, Tally
from yuchi.services.ports_campaigns import AgendaEntry, PageHead, Progress, ShardProgress, StoredBatch


@dataclass
class FakeRuns:
    """``Runs`` and the agenda in dicts."""

    plans: dict[RunKey, Plan] = field(default_factory=dict)
    progresses: dict[tuple[RunKey, int], ShardProgress] = field(default_factory=dict)
    stored_pages: dict[tuple[RunKey, int, int], Page] = field(default_factory=dict)
    stored: dict[tuple[RunKey, int], StoredBatch] = field(default_factory=dict)
    sums: dict[RunKey, Counter[Tally]] = field(default_factory=dict)
    entries: dict[tuple[str, str], AgendaEntry] = field(default_factory=dict)
    lock: Any = field(default_factory=RLock)

    def start(self, plan: Plan) -> bool:
        with self.lock:
            if plan.key in self.plans:
                return False
            self.plans[plan.key] = plan
            return True

    def plan(self, run: RunKey) -> Plan | None:
        return self.plans.get(run)

    def move(self, plan: Plan, **changes: Any) -> Plan | None:
        with self.lock:
            if self.plans[plan.key].version != plan.version:
                return None
            moved = plan.model_copy(update={**changes, "version": plan.version + 1})
            self.plans[plan.key] = Plan.model_validate_json(moved.model_dump_json())
            return moved

    def runs_of(self, brand: str, campaign_id: str) -> list[Plan]:
        found = [plan for key, plan in self.plans.items() if key[:2] == (brand, campaign_id) and not plan.dry]
        return sorted(found, key=lambda plan: (plan.at, plan.run), reverse=True)[:50]

    def shards(self, run: RunKey) -> dict[int, ShardProgress]:
        return {shard: progress for (key, shard), progress in self.progresses.items() if key == run}

    def save_page(self, run: RunKey, page: Page, before: ShardProgress, after: ShardProgress) -> bool:
        with self.lock:
            stored = self.progresses.get((run, before.shard))
            if (stored.pages if stored else 0) != before.pages:
                return False
            self.progresses[run, before.shard] = after
            self.stored_pages[run, page.shard, page.number] = page
            return True

    def page_heads(self, run: RunKey) -> Iterator[PageHead]:
        for page in self.pages(run):
            yield PageHead(
                page.shard,
                page.number,
                {group: len(them) for group, them in page.chosen.items()},
                {reason: len(them) for reason, them in page.skipped.items()},
            )

    def pages(self, run: RunKey) -> Iterator[Page]:
        yield from (self.stored_pages[key] for key in sorted(self.stored_pages) if key[0] == run)

    def held_out(self, run: RunKey, person: str) -> bool:
        return any(person in page.skipped.get(HOLDOUT, ()) for page in self.pages(run))

    def recipients(self, run: RunKey, group: Group, spans: Iterable[Span]) -> list[Recipient]:
        return [
            recipient
            for span in spans
            for recipient in self.stored_pages[run, span.shard, span.page].chosen[group][
                span.start : span.start + span.length
            ]
        ]

    def save_batches(self, run: RunKey, batches: Iterable[Batch]) -> None:
        with self.lock:
            for batch in batches:
                self.stored.setdefault((run, batch.number), StoredBatch(batch))

    def batch(self, run: RunKey, number: int) -> StoredBatch | None:
        return self.stored.get((run, number))

    def batches(self, run: RunKey) -> Iterator[StoredBatch]:
        yield from (self.stored[key] for key in sorted(self.stored) if key[0] == run)

    def fix_left_out(self, run: RunKey, number: int, left_out: Mapping[str, str]) -> Mapping[str, str]:
        with self.lock:
            stored = self.stored.get((run, number))
            if stored is None:
                return {}
            if stored.left_out is None:
                self.stored[run, number] = replace(stored, left_out=dict(left_out))
                return left_out
            return stored.left_out

    def settle_batch(
        self,
        run: RunKey,
        number: int,
        tallies: Mapping[Tally, int],
        *,
        unknown: Sequence[str] = (),
        message_id: str = "",
    ) -> bool:
        with self.lock:
            stored = self.stored.get((run, number))
            if stored is None or stored.tallies is not None:
                return False
            self.stored[run, number] = replace(
                stored, tallies=dict(tallies), unknown=tuple(unknown), message_id=message_id
            )
            self.sums.setdefault(run, Counter()).update(tallies)
            return True

    def correct_batch(
        self,
        run: RunKey,
        number: int,
        before: Mapping[Tally, int],
        after: Mapping[Tally, int],
        *,
        message_id: str = "",
    ) -> bool:
        with self.lock:
            stored = self.stored.get((run, number))
            if stored is None or stored.tallies is None or dict(stored.tallies) != dict(before):
                return False
            name = message_id or stored.message_id
            self.stored[run, number] = replace(stored, tallies=dict(after), unknown=(), message_id=name)
            self.sums[run].subtract(before)
            self.sums[run].update(after)
            self.sums[run] = +self.sums[run]
            return True

    def progress(self, run: RunKey) -> Progress:
        settled = sum(key == run and batch.tallies is not None for (key, _), batch in self.stored.items())
        return Progress(settled=settled, tallies=dict(self.sums.get(run, {})))

    def put(self, entry: AgendaEntry) -> None:
        self.entries[entry.brand, entry.campaign_id] = entry

    def remove(self, brand: str, campaign_id: str) -> None:
        self.entries.pop((brand, campaign_id), None)

    def due(self, now: datetime) -> Iterator[AgendaEntry]:
        yield from [self.entries[key] for key in sorted(self.entries) if self.entries[key].due <= now]


@dataclass
class FakeReachBook:
    """``Reach`` in a dict."""

    known: dict[tuple[str, str], Reach] = field(default_factory=dict)
    lock: Any = field(default_factory=RLock)

    def read(self, brand: str, persons: Sequence[str]) -> dict[str, Reach]:
        return {person: self.known[brand, person] for person in persons if (brand, person) in self.known}

    def claim(
        self,
        brand: str,
        person: str,
        run: str,
        sent: Sent,
        *,
        now: datetime,
        caps: Sequence[Cap],
        known: Reach | None = None,
    ) -> str | None:
        del known
        with self.lock:
            stored = self.known.get((brand, person), Reach())
            refused = stored.refusal(run, sent, now, caps)
            if refused is None and run not in stored.sends:
                self.known[brand, person] = replace(stored.with_send(run, sent), version=stored.version + 1)
            return refused

    def release(self, brand: str, person: str, run: str) -> None:
        with self.lock:
            stored = self.known.get((brand, person), Reach())
            if run in stored.sends:
                left = {name: sent for name, sent in stored.sends.items() if name != run}
                self.known[brand, person] = Reach(sends=left, version=stored.version + 1)


@dataclass
class FakeQuotas:
    """``Quotas`` in a dict."""

    granted: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    uses: dict[tuple[str, str, str], QuotaUse] = field(default_factory=dict)
    lock: Any = field(default_factory=RLock)

    def take(self, account: str, api: str, calls: int, *, now: datetime) -> bool:
        with self.lock:
            key = account, api, quota_day(now)
            following = take(self.uses.get(key, QuotaUse()), allowance(api, self.granted.get(account, {})), calls, now)
            if following is not None:
                self.uses[key] = following
            return following is not None

    def close(self, account: str, api: str, *, until: datetime) -> None:
        moment = int(until.timestamp())
        key = account, api, quota_day(until.fromtimestamp(moment - 1, until.tzinfo))
        self.uses[key] = self.uses.get(key, QuotaUse()).model_copy(update={"closed_until": moment})

    def left(self, account: str, api: str, *, now: datetime) -> int:
        use = self.uses.get((account, api, quota_day(now)), QuotaUse())
        granted = allowance(api, self.granted.get(account, {}))
        return 0 if use.closed_until > now.timestamp() else max(0, granted.day - use.used)
