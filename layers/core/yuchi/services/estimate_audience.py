"""How many persons a campaign would reach: about, within a second; or exactly, by the reading that a run begins with.

Persons lie in the brand's shards by a hash, and in a shard by their ids, which are hashes too. So what was read in a second
is a fair sample, and how much of the brand it is can be seen from where the reading stopped.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any, Final

from yuchi.domain.campaign.choosing import Choice, Chosen
from yuchi.domain.campaign.forecast import Forecast, Sample, forecast, forecast_text
from yuchi.domain.campaign.model import Campaign
from yuchi.domain.campaign.run import ALL_SHARDS, Group, Phase, Plan, RunKey
from yuchi.domain.problem import Locale
from yuchi.domain.profile import Profile
from yuchi.services.ports import Clock
from yuchi.services.ports_campaigns import Audience, AudienceMessage, Quotas
from yuchi.services.select_audience import RESERVE_SECONDS, SelectAudience

SECONDS: Final = 0.8
"""How long an estimate may read."""
COUNT_SECONDS: Final = 5.0
"""How long a count is done here; what is not read by then the workers of the queue read."""
READERS: Final = 8
DECIDED: Final = 2_000
"""About so many of a sample it is decided by which way they are reached."""
AGAIN_MINUTES: Final = 3
"""After how long what is not counted yet is put into the queue again."""
MOST_COUNTS: Final = 100
"""How many counts of one campaign a day are told apart."""
SPACE: Final = 16**8

_HASHED: Final = re.compile(r"p[0-9a-f]{20}")


@dataclass(slots=True)
class _Shard:
    """How far one shard was read."""

    number: int
    cursor: str | None = None
    done: bool = False
    read: int = 0
    found: list[Profile] = field(default_factory=list)

    @property
    def part(self) -> float:
        """How much of the shard: the part of all ids up to the cursor; 0 where the ids tell nothing."""
        if self.done:
            return 1.0
        if self.cursor is None or not _HASHED.fullmatch(self.cursor):
            return 0.0
        return int(self.cursor[1:9], 16) / SPACE


@dataclass(frozen=True, slots=True)
class EstimateAudience:
    """Two of the answers of :class:`yuchi.services.plan_campaign.Answers`. ``timer``: seconds from anywhere."""

    select: SelectAudience
    quotas: Quotas
    clock: Clock
    locale: Locale = Locale.ZH
    timer: Callable[[], float] = time.monotonic
    seconds: float = SECONDS
    count_seconds: float = COUNT_SECONDS

    def estimate(self, campaign: Campaign) -> Mapping[str, Any]:
        """From as much as can be read in :attr:`seconds`; from everybody where that is not more."""
        return {"estimate": forecast_text(self.forecast(campaign), self.locale)}

    def forecast(self, campaign: Campaign) -> Forecast:
        """The same in numbers."""
        plan = self._dry(campaign, 0)
        known = [each for each in self._read(plan, self.select.audience(plan)) if each.part]
        # Where a page ends is where its last person is: counting that one too would count too many.
        found = [profile for each in known for profile in each.found if each.done or profile.person != each.cursor]
        part = sum(each.part for each in known) / len(ALL_SHARDS)
        # Whole pages in turn, so that those who are decided about come from all shards.
        sample = found if part >= 1 else found[:: max(1, len(found) // DECIDED)]
        chosen, skipped = self._decide(plan, sample)
        read = sum(each.read - (not each.done) for each in known)
        return self._forecast(Sample(part, read, len(found), chosen, skipped), campaign)

    def _forecast(self, sample: Sample, campaign: Campaign) -> Forecast:
        now = self.clock()
        return forecast(sample, campaign, lambda account, api: self.quotas.left(account, api, now=now))

    def _read(self, plan: Plan, audience: Audience) -> list[_Shard]:
        """Page after page of all shards in turn, until the time is over; one page at least that tells something."""
        shards = [_Shard(number) for number in ALL_SHARDS]
        until = self.timer() + self.seconds

        def read(shard: _Shard) -> None:
            if self.timer() >= until and any(each.part for each in shards):
                return
            page = audience.page(plan.key.brand, shard.number, shard.cursor)
            shard.found += page.found
            shard.read += page.read
            shard.cursor, shard.done = page.cursor or shard.cursor, page.cursor is None

        with ThreadPoolExecutor(READERS) as pool:
            while left := [each for each in shards if not each.done]:
                for _ in pool.map(read, left):
                    pass
                if self.timer() >= until and any(each.part for each in shards):
                    break
        return shards

    def _decide(self, plan: Plan, found: list[Profile]) -> tuple[Counter[Group], Counter[str]]:
        brand, now = plan.key.brand, self.clock()
        accounts = {account.id: account for account in self.select.accounts.of_brand(brand)}
        caps = (*plan.campaign.caps, *self.select.policy.of(brand).caps)
        choice = Choice(plan.campaign, accounts, plan.key.short, caps)
        reach = self.select.reach.read(brand, [profile.person for profile in found])
        chosen: Counter[Group] = Counter()
        skipped: Counter[str] = Counter()
        for profile in found:
            decided = choice.choose(profile, reach.get(profile.person), now)
            if isinstance(decided, Chosen):
                chosen[decided.group] += 1
            else:
                skipped[decided.reason] += 1
        return chosen, skipped

    # ------------------------------------------------------------------ exactly

    def count(self, campaign: Campaign) -> Mapping[str, Any] | None:
        """How many there are, as a run would select them; None while they are being counted: ask again in a minute.

        A brand that is not large is counted at once; what takes longer the workers of the queue do, and what any of them
        did stays done.
        """
        plan, is_new = self._begun(campaign)
        if is_new:
            self._work(plan)
        shards = self.select.runs.shards(plan.key)
        undone = [number for number in ALL_SHARDS if number not in shards or not shards[number].done]
        if undone:
            self._again(plan, undone, is_new=is_new)
            return None
        self.select.runs.move(plan, phase=Phase.FINISHED, moved_at=int(self.clock().timestamp()))
        chosen: Counter[Group] = Counter()
        skipped: Counter[str] = Counter()
        for head in self.select.runs.page_heads(plan.key):
            chosen.update(head.chosen)
            skipped.update(head.skipped)
        persons, read = chosen.total() + skipped.total(), sum(each.read for each in shards.values())
        found = self._forecast(Sample(1.0, read, persons, chosen, skipped), campaign)
        return {"counted": persons, "estimate": forecast_text(found, self.locale)}

    def _begun(self, campaign: Campaign) -> tuple[Plan, bool]:
        """The count that is under way, or a new one; whether it is new."""
        for number in count():
            wanted = self._dry(campaign, number)
            plan = self.select.runs.plan(wanted.key)
            if plan is None:
                return wanted, self.select.runs.start(wanted)
            if plan.phase is not Phase.FINISHED or number == MOST_COUNTS:
                return plan, False
        raise AssertionError("count() ends")

    def _work(self, plan: Plan) -> None:
        until = self.timer() + self.count_seconds
        messages = [AudienceMessage(run=plan.run, shard=shard) for shard in ALL_SHARDS]
        with ThreadPoolExecutor(READERS) as pool:
            work = pool.map(
                lambda each: self.select.work(each, seconds_left=lambda: RESERVE_SECONDS + until - self.timer()),
                messages,
            )
            for _ in work:
                pass

    def _again(self, plan: Plan, undone: list[int], *, is_new: bool) -> None:
        minutes = (self.clock().timestamp() - plan.at) // 60
        if not is_new and minutes > 0 and minutes % AGAIN_MINUTES == 0:
            self.select.selections.send([AudienceMessage(run=plan.run, shard=shard) for shard in undone])

    def _dry(self, campaign: Campaign, number: int) -> Plan:
        """A run that ends before anything is packed; it has a name of its own each day for what the campaign says."""
        now = self.clock()
        said = sha256(campaign.model_dump_json().encode()).hexdigest()
        key = RunKey(campaign.brand, campaign.campaign_id, f"count{said[:12]}-{now:%Y%m%d}-{number}")
        moment = int(now.timestamp())
        return Plan(run=str(key), campaign=campaign, hash=said[:16], at=moment, moved_at=moment, dry=True)
