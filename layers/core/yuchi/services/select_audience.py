"""Decide for everybody of a campaign's audience, shard by shard, and cut the chosen into batches.

Nothing is sent here. Each shard has a cursor that moves in one transaction with the page that was decided, so that a page is
decided once whatever dies in the middle. Whoever reads the last page of the last shard asks for the packing.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from yuchi.domain.campaign.choosing import Choice, Chosen
from yuchi.domain.campaign.drift import drifted
from yuchi.domain.campaign.model import UNDECIDED
from yuchi.domain.campaign.packing import pack
from yuchi.domain.campaign.run import ALL_SHARDS, Batch, Group, Page, Phase, Plan, Recipient, RunKey, Tally
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import Profile
from yuchi.services.places import place_of
from yuchi.services.ports import Clock, Metrics, UnavailableError
from yuchi.services.ports_campaigns import (
    Audience,
    AudienceMessage,
    BatchMessage,
    BrandPolicy,
    Lane,
    ReachBook,
    Runs,
    ShardProgress,
)
from yuchi.services.ports_rules import BrandAccounts

LOGGER: Final = logging.getLogger(__name__)

RESERVE_SECONDS: Final = 20.0
"""With less time left the shard goes on in another invocation."""
PAGE_PERSONS: Final = 2_000
"""After how many decisions a page is stored: some hundred kilobytes of the 400 that an item may have."""

OpenAudience = Callable[[Plan], Audience]
"""Gives the audience of a plan: its condition, compiled."""


@dataclass(frozen=True, slots=True)
class SelectAudience:
    """The use case behind ``functions/select_audience``."""

    runs: Runs
    reach: ReachBook
    accounts: BrandAccounts
    policy: BrandPolicy
    audience: OpenAudience
    selections: Lane
    sends: Lane
    metrics: Metrics
    clock: Clock

    def work(self, message: AudienceMessage, *, seconds_left: Callable[[], float] = lambda: inf) -> bool:
        """Read on, or pack; False when the queue is to bring the message again."""
        run = RunKey.read(message.run)
        try:
            plan = self.runs.plan(run)
            if plan is None:
                return True
            if message.shard is None:
                return plan.dry or self._pack(plan)
            return self._select(plan, message.shard, seconds_left)
        except UnavailableError as error:
            LOGGER.warning("audience not read: %s", place_of(error))
            return False

    # ------------------------------------------------------------------ selecting

    def _select(self, plan: Plan, shard: int, seconds_left: Callable[[], float]) -> bool:
        if plan.phase is not Phase.SELECTING:
            return True
        policy = self.policy.of(plan.key.brand)
        accounts = {account.id: account for account in self.accounts.of_brand(plan.key.brand)}
        choice = Choice(plan.campaign, accounts, plan.key.short, (*plan.campaign.caps, *policy.caps))
        audience = self.audience(plan)
        progress = self.runs.shards(plan.key).get(shard, ShardProgress(shard))
        while not progress.done:
            if seconds_left() < RESERVE_SECONDS:
                return self._go_on(AudienceMessage(run=plan.run, shard=shard))
            found, following = self._read(audience, plan, progress, seconds_left)
            page = self._decide(choice, plan, progress, found)
            stored = self.runs.save_page(plan.key, page, progress, following)
            progress = following if stored else self.runs.shards(plan.key)[shard]
        if plan.dry:
            return True
        shards = self.runs.shards(plan.key)
        if len(shards) == len(ALL_SHARDS) and all(each.done for each in shards.values()):
            return self._go_on(AudienceMessage(run=plan.run))
        return True

    def _go_on(self, message: AudienceMessage) -> bool:
        return not self.selections.send([message])

    @staticmethod
    def _read(
        audience: Audience, plan: Plan, progress: ShardProgress, seconds_left: Callable[[], float]
    ) -> tuple[list[Profile], ShardProgress]:
        """Enough persons for a page, or what there was time for."""
        found: list[Profile] = []
        cursor, read = progress.cursor, progress.read
        while True:
            page = audience.page(plan.key.brand, progress.shard, cursor)
            found += page.found
            read += page.read
            cursor = page.cursor or cursor
            done = page.cursor is None
            if done or len(found) >= PAGE_PERSONS or seconds_left() < RESERVE_SECONDS:
                return found, replace(progress, cursor=cursor, pages=progress.pages + 1, read=read, done=done)

    def _decide(self, choice: Choice, plan: Plan, progress: ShardProgress, found: Sequence[Profile]) -> Page:
        reach = self.reach.read(plan.key.brand, [profile.person for profile in found])
        now = self.clock()
        chosen: dict[Group, list[Recipient]] = defaultdict(list)
        skipped: dict[str, list[str]] = defaultdict(list)
        for profile in found:
            decided = choice.choose(profile, reach.get(profile.person), now)
            if isinstance(decided, Chosen):
                chosen[decided.group].append(Recipient(profile.person, decided.openid))
            else:
                skipped[decided.reason].append(profile.person)
        return Page(
            progress.shard,
            progress.pages,
            {group: tuple(them) for group, them in chosen.items()},
            {reason: tuple(them) for reason, them in skipped.items()},
        )

    # ------------------------------------------------------------------ packing

    def _pack(self, plan: Plan) -> bool:
        """From the decided pages to batches on their way. Each step may be repeated."""
        if plan.phase is Phase.SELECTING:
            moved = self._check_drift(plan)
            if moved is None:
                return False
            plan = moved
        if plan.phase is Phase.PACKING:
            moved = self._cut(plan)
            if moved is None:
                return False
            plan = moved
        if plan.phase in {Phase.CANARY, Phase.SENDING}:
            return enqueue(self.sends, plan, open_batches(self.runs, plan))
        return True

    def _check_drift(self, plan: Plan) -> Plan | None:
        shards = self.runs.shards(plan.key)
        if len(shards) < len(ALL_SHARDS) or not all(each.done for each in shards.values()):
            return plan
        heads = list(self.runs.page_heads(plan.key))
        size = sum(sum(head.chosen.values()) + sum(head.skipped.values()) for head in heads)
        at = int(self.clock().timestamp())
        if drifted(plan.approved, size):
            self.metrics.count("CampaignHeld")
            return self.runs.move(plan, phase=Phase.HELD, resume=Phase.PACKING, problem=f"drift:{size}", moved_at=at)
        return self.runs.move(plan, phase=Phase.PACKING, moved_at=at)

    def _cut(self, plan: Plan) -> Plan | None:
        heads = list(self.runs.page_heads(plan.key))
        skipped: Counter[str] = Counter()
        for head in heads:
            skipped.update(head.skipped)
        batches = pack(
            ((head.shard, head.number, head.chosen) for head in heads),
            skipped=skipped,
            canary=plan.campaign.canary,
            at_most=plan.campaign.at_most,
        )
        self.runs.save_batches(plan.key, batches)
        for batch in batches:
            if batch.skip:
                tally = Tally(
                    batch.group.variant, batch.group.channel, batch.group.account, LedgerState.SKIPPED, batch.skip
                )
                self.runs.settle_batch(plan.key, batch.number, {tally: batch.size})
        sending = [batch for batch in batches if not batch.skip]
        phase = Phase.FINISHED if not sending else Phase.CANARY if sending[0].canary else Phase.SENDING
        now = int(self.clock().timestamp())
        due = now + plan.campaign.contest.after if plan.campaign.contest and sending else None
        return self.runs.move(plan, phase=phase, batches=len(batches), moved_at=now, winner_due_at=due)


def open_batches(runs: Runs, plan: Plan) -> list[Batch]:
    """The batches of ``plan`` that may be sent now and are not settled."""
    return [
        stored.batch
        for stored in runs.batches(plan.key)
        if stored.tallies is None
        and (plan.phase is Phase.SENDING or stored.batch.canary)
        and (stored.batch.group.variant != UNDECIDED or plan.winner is not None)
    ]


def enqueue(sends: Lane, plan: Plan, batches: Iterable[Batch]) -> bool:
    """Put ``batches`` on their way, by account, so that one account's campaign does not hold up another's."""
    by_account: dict[str, list[BatchMessage]] = defaultdict(list)
    for batch in batches:
        by_account[batch.group.account].append(BatchMessage(run=plan.run, batch=batch.number))
    left = [sends.send(messages, group=f"{account}#{plan.key.campaign_id}") for account, messages in by_account.items()]
    return not any(left)
