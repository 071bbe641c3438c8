"""One batch in hand, and what mass and personal messages have in common when they are sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from yuchi.domain.account import Account
from yuchi.domain.campaign.choosing import Choice, Fan
from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.forecast import API
from yuchi.domain.campaign.links import Link
from yuchi.domain.campaign.model import Cap, SendChannel, Variant
from yuchi.domain.campaign.quota import next_midnight
from yuchi.domain.campaign.reach import Reach, mark_of
from yuchi.domain.campaign.run import Phase, Plan, Recipient, RunKey
from yuchi.domain.ledger import LedgerEntry, LedgerState
from yuchi.domain.profile import Profile
from yuchi.domain.standard.model import BrandSchema
from yuchi.services.ports import Clock, Ledger, Metrics
from yuchi.services.ports_campaigns import (
    CampaignSender,
    Persons,
    Quotas,
    ReachBook,
    Runs,
    SendOutcome,
    StoredBatch,
)
from yuchi.services.track_links import TrackLinks

RESERVE_SECONDS: Final = 20.0
"""Nothing is begun with less time left: a call cut in the middle would be UNKNOWN for ever."""
SENDERS: Final = 8
"""How many persons of a batch are worked on at once."""
MAX_ATTEMPTS: Final = 4
"""How often a mass message is tried whose answers get lost, before nobody can tell."""

Ending = tuple[LedgerState, str]
"""A final state, and its reason."""


class NotNowError(Exception):
    """The batch stays open; the planner or the queue brings it again."""


class NoQuotaError(Exception):
    """The batch stays open; the planner brings it again. The queue is not to: what waits is no dead letter."""


@dataclass(frozen=True, slots=True)
class BatchWork:
    """One batch in hand, with all that is known once for it."""

    plan: Plan
    stored: StoredBatch
    account: Account
    channel: SendChannel
    variant: Variant
    choice: Choice
    schema: BrandSchema
    caps: Sequence[Cap]
    recipients: Sequence[Recipient]
    links: Sequence[Link]
    seconds_left: Callable[[], float]

    @property
    def run(self) -> RunKey:
        """The run that it is of."""
        return self.plan.key

    @property
    def number(self) -> int:
        """Its number in the run."""
        return self.stored.batch.number

    @property
    def content(self) -> Content:
        """What is said, before anything is filled in."""
        return self.variant.contents[self.channel]


@dataclass(frozen=True, slots=True)
class BatchTools:
    """What every batch takes: looking again at who was chosen, reach, quotas, and heeding WeChat's answers."""

    runs: Runs
    people: Persons
    reach: ReachBook
    ledger: Ledger
    quotas: Quotas
    sender: CampaignSender
    metrics: Metrics
    clock: Clock
    senders: int = SENDERS
    links: TrackLinks | None = None

    def claim(
        self, work: BatchWork, recipient: Recipient, profiles: Mapping[str, Profile], known: Mapping[str, Reach]
    ) -> tuple[Fan | None, str | None]:
        """Look again at a person who was chosen some time ago, and write the send down: the fan, or why not."""
        profile = profiles.get(recipient.person)
        fan = work.choice.fan(profile, work.stored.batch.group, recipient.openid) if profile else None
        if profile is None or fan is None:
            return None, "erased"
        now, reach = self.clock(), known.get(profile.person)
        way = (fan, work.channel, work.variant.name)
        mark = mark_of(recipient.person, recipient.openid)
        refused = work.choice.still_refused(profile, *way, reach, now, batch=work.number, mark=mark)
        if refused is not None:
            return None, refused
        sent = work.choice.sent(*way, now, batch=work.number, mark=mark)
        refused = self.reach.claim(
            work.run.brand, profile.person, work.run.short, sent, now=now, caps=work.caps, known=reach
        )
        return (None, refused) if refused else (fan, None)

    def content(self, work: BatchWork, openid: str = "") -> Content:
        """What is said, its addresses replaced by those that are counted; for one fan alone, by the fan's own."""
        return self.links.write(work.content, work.links, openid) if self.links else work.content

    def release(self, work: BatchWork, persons: Sequence[str] | Mapping[str, str]) -> None:
        """Take the sends out again, of those who are somebody else by now from whom they have become."""
        profiles = self.people.read(work.run.brand, list(persons))
        for person in dict.fromkeys(profiles[each].person if each in profiles else each for each in persons):
            self.reach.release(work.run.brand, person, work.run.short)

    def take_quota(self, work: BatchWork, calls: int) -> None:
        """Take calls from the account's day. Raises :class:`NoQuotaError`."""
        if calls and not self.quotas.take(work.account.id, API[work.channel], calls, now=self.clock()):
            self.metrics.count("CampaignWaiting")
            raise NoQuotaError

    def heed(self, work: BatchWork, outcome: SendOutcome) -> None:
        """What the answer means for the rest of the campaign, or of the day. Raises :class:`NotNowError`."""
        if outcome.waits:
            self.quotas.close(work.account.id, API[work.channel], until=next_midnight(self.clock()))
        if outcome.holds:
            self.hold(work.plan, reason_of(outcome.code, outcome.reason))
        if outcome.state is LedgerState.RETRY:
            raise NotNowError

    def hold(self, plan: Plan, problem: str) -> None:
        """A person has to look at it; who else moved the plan meanwhile knows better."""
        changes = {"phase": Phase.HELD, "resume": plan.phase, "problem": problem}
        if self.runs.move(plan, **changes, moved_at=int(self.clock().timestamp())):
            self.metrics.count("CampaignHeld")

    def settled(self, entry: LedgerEntry, outcome: SendOutcome) -> LedgerEntry:
        """The ledger's row after ``outcome``."""
        return self.ledger.settle(
            entry, outcome.state, now=self.clock(), code=outcome.code, reason=outcome.message_id or outcome.reason
        )


def reason_of(code: int | None, reason: str) -> str:
    """WeChat's code where it gave one, else a reason of ours."""
    return f"wechat:{code}" if code else reason


def ending_of(entry: LedgerEntry) -> Ending:
    """How a row of the ledger ended."""
    return (entry.state, "" if entry.state is LedgerState.SENT else reason_of(entry.code, entry.reason))
