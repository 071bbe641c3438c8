"""How a run did: counted again from its batches and from what came of it, each time it is asked."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from yuchi.domain.campaign.model import HOLDOUT
from yuchi.domain.campaign.results import (
    RunResults,
    VariantResult,
    as_json,
    collect,
    report_text,
    winner_of,
)
from yuchi.domain.campaign.run import Plan, Tally
from yuchi.domain.problem import Locale
from yuchi.services.ports_campaigns import Runs
from yuchi.services.ports_links import OutcomeKind, Outcomes


@dataclass(frozen=True, slots=True)
class CampaignResults:
    """:class:`yuchi.services.run_keeper.Results`."""

    runs: Runs
    outcomes: Outcomes
    locale: Locale = Locale.ZH

    def left(self, plan: Plan) -> int:
        """How many persons left an account after this run reached them."""
        return sum(each.kind is OutcomeKind.UNSUBSCRIBED for each in self.outcomes.of_run(plan.key.short))

    def winner(self, plan: Plan) -> str:
        """The variant that did best so far; the first where that cannot be told."""
        names = [each.name for each in plan.campaign.variants]
        return winner_of(self.of(plan), plan.campaign.contest, names)

    def report(self, plan: Plan) -> str:
        """A few lines for the marketer."""
        return report_text(self.of(plan), self.locale)

    def as_json(self, plan: Plan) -> dict[str, Any]:
        """The same for programs."""
        return {"run": plan.run, "phase": plan.phase.value, **as_json(self.of(plan))}

    def of(self, plan: Plan) -> RunResults:
        """Everything, counted."""
        tallies: Counter[Tally] = Counter()
        waiting: Counter[str] = Counter()
        for stored in self.runs.batches(plan.key):
            if stored.tallies is None:
                waiting[stored.batch.group.variant] += stored.batch.size
            else:
                tallies.update(stored.tallies)
        variants, holdout = collect([each.name for each in plan.campaign.variants], tallies, waiting)
        for outcome in self.outcomes.of_run(plan.key.short):
            one = holdout if outcome.variant == HOLDOUT else variants.get(outcome.variant)
            if one is None:
                one = variants.setdefault(outcome.variant, VariantResult(outcome.variant))
            name, amount = _FIELDS[outcome.kind], outcome.amount
            setattr(one, name, getattr(one, name) + (amount if outcome.kind is OutcomeKind.REVENUE else 1))
        for (name, _link), count in self.outcomes.taps(plan.key.short).items():
            variants.setdefault(name, VariantResult(name)).taps += count
        return RunResults(tuple(variants.values()), holdout if holdout.held_out else None)


_FIELDS = {
    OutcomeKind.DELIVERED: "delivered",
    OutcomeKind.BLOCKED: "blocked",
    OutcomeKind.CLICKED: "clicked",
    OutcomeKind.CONVERTED: "converted",
    OutcomeKind.REVENUE: "revenue",
    OutcomeKind.UNSUBSCRIBED: "unsubscribed",
}
"""Where each kind is counted."""
