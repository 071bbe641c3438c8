"""Send one batch of a campaign's run: each person at most once, each in a known state at the end.

Whatever dies in the middle, the batch comes again and finds what was done: see :mod:`yuchi.services.mass_batch` and
:mod:`yuchi.services.personal_batch`.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from yuchi.domain.campaign.choosing import Choice
from yuchi.domain.campaign.model import UNDECIDED, Quiet, SendChannel
from yuchi.domain.campaign.run import Phase, Plan, RunKey, Tally
from yuchi.domain.campaign.schedule import quiet_until
from yuchi.domain.ledger import LedgerState
from yuchi.services.batch_tools import (
    RESERVE_SECONDS,
    SENDERS,
    BatchTools,
    BatchWork,
    Ending,
    NoQuotaError,
    NotNowError,
)
from yuchi.services.mass_batch import MassBatch
from yuchi.services.personal_batch import PersonalBatch
from yuchi.services.places import place_of
from yuchi.services.ports import ClaimHeldError, Clock, Ledger, Metrics, UnavailableError
from yuchi.services.ports_campaigns import (
    BatchMessage,
    BrandPolicy,
    CampaignSender,
    Persons,
    Quotas,
    ReachBook,
    Runs,
)
from yuchi.services.ports_rules import BrandAccounts
from yuchi.services.track_links import TrackLinks

LOGGER: Final = logging.getLogger(__name__)

_PHASES: Final = {True: frozenset({Phase.CANARY, Phase.SENDING}), False: frozenset({Phase.SENDING})}

_METRICS: Final[Mapping[LedgerState, str]] = {
    LedgerState.SENT: "CampaignSent",
    LedgerState.SKIPPED: "CampaignSkipped",
    LedgerState.REJECTED: "CampaignRejected",
    LedgerState.UNKNOWN: "SendUnknown",
}


@dataclass(frozen=True, slots=True)
class SendBatch:
    """The use case behind ``functions/send_batch``."""

    runs: Runs
    people: Persons
    reach: ReachBook
    ledger: Ledger
    quotas: Quotas
    accounts: BrandAccounts
    policy: BrandPolicy
    sender: CampaignSender
    metrics: Metrics
    clock: Clock
    senders: int = SENDERS
    links: TrackLinks | None = None

    def work(self, message: BatchMessage, *, seconds_left: Callable[[], float] = lambda: inf) -> bool:
        """Send the batch; False when the queue is to bring the message again.

        A batch that has to wait for a person, an hour or a quota is left to the planner, which knows when.
        """
        run = RunKey.read(message.run)
        try:
            work = self._begin(run, message.batch, seconds_left)
            if work is not None:
                kind = MassBatch if work.channel is SendChannel.MASS else PersonalBatch
                self._settle(work, kind(self._tools).send(work))
        except NoQuotaError:
            return True
        except (NotNowError, ClaimHeldError):
            return False
        except UnavailableError as error:
            LOGGER.warning("batch not sent: %s", place_of(error))
            return False
        return True

    def _begin(self, run: RunKey, number: int, seconds_left: Callable[[], float]) -> BatchWork | None:
        """All that is needed; None where nothing is to be done now."""
        if seconds_left() < RESERVE_SECONDS:
            raise NotNowError
        plan, stored = self.runs.plan(run), self.runs.batch(run, number)
        if plan is None or stored is None or stored.tallies is not None:
            return None
        batch = stored.batch
        if plan.phase not in _PHASES[batch.canary]:
            return None
        policy = self.policy.of(run.brand)
        if quiet_until(self._quiet(plan, policy.quiet), self.clock()) is not None:
            return None
        name = plan.winner if batch.group.variant == UNDECIDED else batch.group.variant
        variant = plan.campaign.variant(name) if name is not None else None
        accounts = {account.id: account for account in self.accounts.of_brand(run.brand)}
        account = accounts.get(batch.group.account)
        if variant is None or account is None:
            self._tools.hold(plan, "no_account" if variant else "no_variant")
            return None
        caps = (*plan.campaign.caps, *policy.caps)
        channel = SendChannel(batch.group.channel)
        links = self.links.of(run, account.id, variant.name, variant.contents[channel]) if self.links else ()
        return BatchWork(
            plan=plan,
            stored=stored,
            account=account,
            channel=channel,
            variant=variant,
            choice=Choice(plan.campaign, accounts, run.short, caps),
            schema=policy.schema,
            caps=caps,
            recipients=self.runs.recipients(run, batch.group, batch.spans),
            links=links,
            seconds_left=seconds_left,
        )

    @staticmethod
    def _quiet(plan: Plan, brands: Sequence[Quiet]) -> Sequence[Quiet]:
        return (*brands, *([plan.campaign.quiet] if plan.campaign.quiet else []))

    def _settle(self, work: BatchWork, endings: Mapping[str, Ending]) -> None:
        group = work.stored.batch.group
        tallies = Counter(
            Tally(work.variant.name, group.channel, group.account, state, reason) for state, reason in endings.values()
        )
        unknown = [person for person, (state, _) in endings.items() if state is LedgerState.UNKNOWN]
        if self.runs.settle_batch(work.run, work.number, tallies, unknown=unknown):
            for tally, count in tallies.items():
                self.metrics.count(_METRICS[tally.state], count)

    @property
    def _tools(self) -> BatchTools:
        return BatchTools(
            runs=self.runs,
            people=self.people,
            reach=self.reach,
            ledger=self.ledger,
            quotas=self.quotas,
            sender=self.sender,
            metrics=self.metrics,
            clock=self.clock,
            senders=self.senders,
            links=self.links,
        )
