"""Tell ``process_event``, by the brand's manifest, what a run of a campaign waits for and until when."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from yuchi.domain.campaign.attribution import awaited, with_awaited
from yuchi.domain.campaign.run import Phase, Plan
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_rules import RulesetConflictError, RulesetStore

LOGGER: Final = logging.getLogger(__name__)

ATTEMPTS: Final = 3
AHEAD: Final = timedelta(days=2)
"""For how long a run that goes on asks at a time; it asks again when half of it is over."""
_OVER: Final = frozenset({Phase.FINISHED, Phase.STOPPED})


@dataclass(frozen=True, slots=True)
class CampaignGoals:
    """May be asked at any time, by anybody, again."""

    rulesets: RulesetStore

    def keep(self, plan: Plan, now: datetime) -> None:
        """See to it that events are forwarded for as long as they count for ``plan``. What fails is done next time."""
        try:
            for _ in range(ATTEMPTS):
                if self._keep(plan, now):
                    return
        except UnavailableError:
            pass
        LOGGER.warning("what the run waits for was not published")

    def _keep(self, plan: Plan, now: datetime) -> bool:
        """False where somebody else published meanwhile."""
        manifest = self.rulesets.get_manifest(plan.key.brand)
        over = plan.phase in _OVER
        end = plan.moved_at if over else int((now + AHEAD).timestamp())
        wanted = awaited(plan.campaign, ends_at=end)
        known = {name: manifest.goals.get(name, {}).get(plan.run, 0) for name in wanted}
        slack = 0 if over else int(AHEAD.total_seconds()) // 2
        if all(known[name] >= until - slack for name, until in wanted.items()):
            return True
        goals = with_awaited(manifest.goals, plan.run, wanted, now=int(now.timestamp()))
        try:
            self.rulesets.swap(replace(manifest, version=manifest.version + 1, goals=goals), [])
        except RulesetConflictError:
            return False
        return True
