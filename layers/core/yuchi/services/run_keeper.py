"""Bring a run on from phase to phase, and put again into the queues what should be there and may be lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from yuchi.domain.campaign.canary import Verdict, judge
from yuchi.domain.campaign.model import Quiet
from yuchi.domain.campaign.run import ALL_SHARDS, Phase, Plan
from yuchi.domain.campaign.schedule import quiet_until
from yuchi.services.ports import Clock, Metrics
from yuchi.services.ports_campaigns import AudienceMessage, BrandPolicy, Lane, Runs
from yuchi.services.select_audience import enqueue, open_batches

MINUTE: Final = timedelta(minutes=1)
STUCK: Final = timedelta(minutes=15)
"""After how long without a move what should be in a queue is put there again."""


class Results(Protocol):
    """What is known of a run's results."""

    def left(self, plan: Plan) -> int:
        """How many persons left an account after this run reached them."""
        ...

    def winner(self, plan: Plan) -> str:
        """The variant that did best so far."""
        ...

    def report(self, plan: Plan) -> str:
        """A few lines for the marketer."""
        ...


@dataclass(frozen=True, slots=True)
class RunKeeper:
    """Looks after runs. Each of its steps may be taken twice, by anybody."""

    runs: Runs
    selections: Lane
    sends: Lane
    policy: BrandPolicy
    results: Results
    metrics: Metrics
    clock: Clock

    def move(self, plan: Plan, **changes: Any) -> Plan | None:
        """The plan after the change; None where somebody else changed it first, who knew more."""
        return self.runs.move(plan, **changes, moved_at=int(self.clock().timestamp()))

    def step(self, plan: Plan, now: datetime) -> Plan | None:
        """Bring ``plan`` on as far as it can be now; None where somebody else moved it."""
        steps: Mapping[Phase, Callable[[Plan, datetime], Plan | None]] = {
            Phase.SELECTING: self._still_selecting,
            Phase.PACKING: self._still_packing,
            Phase.CANARY: self._canary,
            Phase.SENDING: self._sending,
        }
        step = steps.get(plan.phase)
        return step(plan, now) if step else plan

    def _still_selecting(self, plan: Plan, now: datetime) -> Plan | None:
        if self._is_time_to_repeat(plan, now):
            self.put_on_its_way(plan)
        return plan

    def _still_packing(self, plan: Plan, now: datetime) -> Plan | None:
        if self._is_time_to_repeat(plan, now):
            self.put_on_its_way(plan)
        return plan

    def _canary(self, plan: Plan, now: datetime) -> Plan | None:
        batches = [stored for stored in self.runs.batches(plan.key) if stored.batch.canary]
        tallies = [stored.tallies for stored in batches if stored.tallies is not None]
        if len(tallies) < len(batches):
            return self._repeat(plan, now)
        if plan.canary_sent_at is None:
            return self.move(plan, canary_sent_at=int(now.timestamp()))
        verdict = judge(tallies, left=self.results.left(plan), waited=now.timestamp() - plan.canary_sent_at)
        if verdict is Verdict.WAIT:
            return plan
        if verdict is not Verdict.GO:
            self.metrics.count("CampaignHeld")
            return self.move(plan, phase=Phase.HELD, resume=Phase.SENDING, problem=verdict.value)
        moved = self.move(plan, phase=Phase.SENDING)
        if moved is not None:
            self.put_on_its_way(moved)
        return moved

    def _sending(self, plan: Plan, now: datetime) -> Plan | None:
        if plan.winner is None and plan.winner_due_at is not None and now.timestamp() >= plan.winner_due_at:
            moved = self.move(plan, winner=self.results.winner(plan))
            if moved is not None:
                self.put_on_its_way(moved)
            return moved
        if plan.batches is not None and self.runs.progress(plan.key).settled >= plan.batches:
            return self.move(plan, phase=Phase.FINISHED)
        return self._repeat(plan, now)

    def _repeat(self, plan: Plan, now: datetime) -> Plan:
        """Put what is open in the queue again, for it may have been waiting for an hour or a quota, or be lost."""
        quiet = self._quiet(plan)
        if quiet_until(quiet, now) is None and (
            self._is_time_to_repeat(plan, now) or quiet_until(quiet, now - MINUTE) is not None
        ):
            self.put_on_its_way(plan)
        return plan

    def _quiet(self, plan: Plan) -> list[Quiet]:
        own = [plan.campaign.quiet] if plan.campaign.quiet else []
        return [*self.policy.of(plan.key.brand).quiet, *own]

    @staticmethod
    def _is_time_to_repeat(plan: Plan, now: datetime) -> bool:
        """Once in each quarter of an hour since the phase began."""
        minutes = int(now.timestamp() - plan.moved_at) // 60
        return minutes > 0 and minutes % int(STUCK.total_seconds() // 60) == 0

    def put_on_its_way(self, plan: Plan) -> None:
        """Queue what the phase needs. What is there already comes twice, which does no harm."""
        if plan.phase is Phase.SELECTING:
            done = {shard for shard, progress in self.runs.shards(plan.key).items() if progress.done}
            left = [AudienceMessage(run=plan.run, shard=shard) for shard in ALL_SHARDS if shard not in done]
            self.selections.send(left or [AudienceMessage(run=plan.run)])
        elif plan.phase is Phase.PACKING:
            self.selections.send([AudienceMessage(run=plan.run)])
        elif plan.phase in {Phase.CANARY, Phase.SENDING}:
            enqueue(self.sends, plan, open_batches(self.runs, plan))
