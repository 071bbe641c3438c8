"""Send one batch of a campaign's run: each person at most once, each in a known state at the end.

Whatever dies in the middle, the batch comes again and finds what was done: who is left out of a mass message is fixed
before the call, its ledger row and WeChat's own key say whether it went out; a personal message has a ledger row each.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from yuchi.domain.account import Account
from yuchi.domain.campaign.choosing import Choice, Fan
from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.filling import fill_content
from yuchi.domain.campaign.forecast import API
from yuchi.domain.campaign.links import Link
from yuchi.domain.campaign.lost_answers import TEMPLATE_KEY_SECONDS, lost_reason, lost_since, may_repeat
from yuchi.domain.campaign.model import UNDECIDED, Cap, Quiet, SendChannel, Variant
from yuchi.domain.campaign.packing import MASS_LEAST
from yuchi.domain.campaign.quota import next_midnight
from yuchi.domain.campaign.reach import Reach, mark_of
from yuchi.domain.campaign.run import Phase, Plan, Recipient, RunKey, Tally, campaign_owner, client_message_id
from yuchi.domain.campaign.schedule import quiet_until
from yuchi.domain.ledger import FINAL_STATES, LedgerEntry, LedgerKey, LedgerState
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import profile_view
from yuchi.domain.standard.model import BrandSchema
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
    SendOutcome,
    StoredBatch,
)
from yuchi.services.ports_rules import BrandAccounts
from yuchi.services.reconcile_mass import BatchKey, MassIndex
from yuchi.services.track_links import TrackLinks

LOGGER: Final = logging.getLogger(__name__)

RESERVE_SECONDS: Final = 20.0
"""Nothing is begun with less time left: a call cut in the middle would be UNKNOWN for ever."""
SENDERS: Final = 8
"""How many personal messages of a batch are under way at once."""
MAX_ATTEMPTS: Final = 4
"""How often a mass message is tried whose answers get lost, before nobody can tell."""
_PHASES: Final = {True: frozenset({Phase.CANARY, Phase.SENDING}), False: frozenset({Phase.SENDING})}

Ending = tuple[LedgerState, str]
"""A final state, and its reason."""
_SENT: Final[Ending] = (LedgerState.SENT, "")
_METRICS: Final[Mapping[LedgerState, str]] = {
    LedgerState.SENT: "CampaignSent",
    LedgerState.SKIPPED: "CampaignSkipped",
    LedgerState.REJECTED: "CampaignRejected",
    LedgerState.UNKNOWN: "SendUnknown",
}


class _NotNowError(Exception):
    """The batch stays open; the planner or the queue brings it again."""


class _NoQuotaError(Exception):
    """The batch stays open; the planner brings it again. The queue is not to: what waits is no dead letter."""


@dataclass(frozen=True, slots=True)
class _Work:
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
        return self.plan.key

    @property
    def number(self) -> int:
        return self.stored.batch.number

    @property
    def content(self) -> Content:
        return self.variant.contents[self.channel]


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
                self._settle(work, self._mass(work) if work.channel is SendChannel.MASS else self._personal(work))
        except _NoQuotaError:
            return True
        except (_NotNowError, ClaimHeldError):
            return False
        except UnavailableError as error:
            LOGGER.warning("batch not sent: %s", place_of(error))
            return False
        return True

    def _begin(self, run: RunKey, number: int, seconds_left: Callable[[], float]) -> _Work | None:
        """All that is needed; None where nothing is to be done now."""
        if seconds_left() < RESERVE_SECONDS:
            raise _NotNowError
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
            self._hold(plan, "no_account" if variant else "no_variant")
            return None
        caps = (*plan.campaign.caps, *policy.caps)
        channel = SendChannel(batch.group.channel)
        links = self.links.of(run, account.id, variant.name, variant.contents[channel]) if self.links else ()
        return _Work(
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

    # ------------------------------------------------------------------ a mass message

    def _mass(self, work: _Work) -> dict[str, Ending]:
        key = LedgerKey(owner=campaign_owner(work.account.id, work.run), entry=f"batch#{work.number:06d}")
        done = self.ledger.get(key)
        if done is not None and done.state in FINAL_STATES:
            return self._endings(work, work.stored.left_out or {}, done)
        left_out = work.stored.left_out
        if left_out is None:
            left_out = self.runs.fix_left_out(work.run, work.number, self._claim_all(work))
        openids = [each.openid for each in work.recipients if each.person not in left_out]
        if len(openids) < MASS_LEAST:
            alone = {each.person: "too_few" for each in work.recipients if each.person not in left_out}
            self._release(work, alone)
            return {person: (LedgerState.SKIPPED, reason) for person, reason in {**left_out, **alone}.items()}
        since = lost_since(done)
        repeatable = may_repeat(since, self.clock())
        if repeatable:
            self._take_quota(work, 1)
        entry = self.ledger.claim(key, channel="mass", subject="", now=self.clock(), repeatable=True)
        if entry is None:
            raise _NotNowError
        if not repeatable:
            unknown = SendOutcome(LedgerState.UNKNOWN, reason="answer_lost")
            return self._endings(work, left_out, self._settled(entry, unknown))
        client_id = client_message_id(work.run, work.number)
        outcome = self.sender.mass(work.account, openids, self._content(work), client_id=client_id)
        self._note(work, outcome, len(openids))
        if outcome.state is LedgerState.UNKNOWN:
            since = since or entry.updated_at
            if entry.attempt < MAX_ATTEMPTS:
                outcome = SendOutcome(LedgerState.RETRY, reason=outcome.reason)
        kept = replace(outcome, reason=lost_reason(since)) if since and outcome.state is LedgerState.RETRY else outcome
        settled = self._settled(entry, kept)
        self._heed(work, outcome)
        if settled.state is LedgerState.REJECTED:
            self._release(work, [each.person for each in work.recipients if each.person not in left_out])
        return self._endings(work, left_out, settled)

    def _note(self, work: _Work, outcome: SendOutcome, fans: int) -> None:
        """Keep what a report of WeChat on this message can be found by."""
        index, batch = MassIndex(self.ledger), BatchKey(work.run, work.number)
        if outcome.state is LedgerState.SENT and outcome.message_id:
            index.sent(work.account.id, outcome.message_id, batch, now=self.clock())
        elif outcome.state is LedgerState.UNKNOWN:
            index.lost(work.account.id, fans, batch, now=self.clock())

    def _claim_all(self, work: _Work) -> dict[str, str]:
        """Write everybody's send down; returns who must not get it, and why."""
        persons = [each.person for each in work.recipients]
        profiles, known = self.people.read(work.run.brand, persons), self.reach.read(work.run.brand, persons)

        def claim(recipient: Recipient) -> str | None:
            return self._claim(work, recipient, profiles, known)[1]

        with ThreadPoolExecutor(self.senders) as pool:
            refused = list(pool.map(claim, work.recipients))
        return {each.person: reason for each, reason in zip(work.recipients, refused, strict=True) if reason}

    @staticmethod
    def _endings(work: _Work, left_out: Mapping[str, str], entry: LedgerEntry) -> dict[str, Ending]:
        reason = "" if entry.state is LedgerState.SENT else _reason(entry.code, entry.reason)
        endings: dict[str, Ending] = {each.person: (entry.state, reason) for each in work.recipients}
        return endings | {person: (LedgerState.SKIPPED, why) for person, why in left_out.items()}

    # ------------------------------------------------------------------ personal messages

    def _personal(self, work: _Work) -> dict[str, Ending]:
        persons = [each.person for each in work.recipients]
        profiles, known = self.people.read(work.run.brand, persons), self.reach.read(work.run.brand, persons)

        def send(recipient: Recipient) -> Ending | None:
            try:
                return self._send_one(work, recipient, profiles, known, begun[recipient.person])
            except (ClaimHeldError, _NotNowError, UnavailableError):
                return None

        with ThreadPoolExecutor(self.senders) as pool:
            rows = pool.map(self.ledger.get, [self._personal_key(work, person) for person in persons])
            begun = dict(zip(persons, rows, strict=True))
            # A batch that comes again takes calls for those only who still need one.
            self._take_quota(work, sum(row is None or row.state not in FINAL_STATES for row in begun.values()))
            endings = dict(zip(persons, pool.map(send, work.recipients), strict=True))
        final = {person: ending for person, ending in endings.items() if ending is not None}
        if len(final) < len(endings):
            raise _NotNowError
        return final

    @staticmethod
    def _personal_key(work: _Work, person: str) -> LedgerKey:
        return LedgerKey(owner=campaign_owner(work.account.id, work.run, person), entry=person)

    def _send_one(
        self,
        work: _Work,
        recipient: Recipient,
        profiles: Mapping[str, Profile],
        known: Mapping[str, Reach],
        done: LedgerEntry | None,
    ) -> Ending:
        """How it ended. Raises what is raised where it has to be tried again."""
        key = self._personal_key(work, recipient.person)
        if done is not None and done.state in FINAL_STATES:
            return _ending(done)
        if work.seconds_left() < RESERVE_SECONDS / 2:
            raise _NotNowError
        fan, refused = self._claim(work, recipient, profiles, known)
        if fan is None:
            return self._skip(work, key, recipient, refused or "erased", begun=done is not None)
        ending = self._deliver(work, key, fan, profiles[recipient.person], done)
        if ending[0] in {LedgerState.SKIPPED, LedgerState.REJECTED}:
            self._release(work, [profiles[recipient.person].person])
        return ending

    def _skip(self, work: _Work, key: LedgerKey, recipient: Recipient, reason: str, *, begun: bool) -> Ending:
        """Nothing is sent. What was ``begun`` before and not finished is ended: it may have been sent for all we know."""
        if not begun and self.ledger.get(key) is None:  # another worker may have begun it since the batch was read
            return LedgerState.SKIPPED, reason
        entry = self.ledger.claim(key, channel=work.channel.value, subject="", now=self.clock(), repeatable=False)
        if entry is None:
            raise _NotNowError
        if entry.state is LedgerState.UNKNOWN:
            return _ending(entry)
        self._release(work, [recipient.person])
        return _ending(self._settled(entry, SendOutcome(LedgerState.SKIPPED, reason=reason)))

    def _deliver(self, work: _Work, key: LedgerKey, fan: Fan, profile: Profile, done: LedgerEntry | None) -> Ending:
        subject = f"wechat:{work.account.id}:{fan.openid}"
        view = profile_view(profile, work.account.id, self.clock(), subject, schema=work.schema)
        content = fill_content(self._content(work, fan.openid), {"profile": view, "account": work.account.view()})
        if content is None:
            return LedgerState.SKIPPED, "content_empty"
        is_known = may_repeat(lost_since(done), self.clock(), TEMPLATE_KEY_SECONDS)
        repeatable = work.channel is SendChannel.TEMPLATE and is_known
        claimed = self.ledger.claim(
            key, channel=work.channel.value, subject=subject, now=self.clock(), repeatable=repeatable
        )
        if claimed is None or claimed.state is LedgerState.UNKNOWN:
            ended = claimed or self.ledger.get(key)
            return _ending(ended) if ended else (LedgerState.UNKNOWN, "worker_lost")
        entry = self._place(work, claimed, fan, subject)
        if entry is None:
            return _ending(self._settled(claimed, SendOutcome(LedgerState.SKIPPED, reason="window_closed")))
        client_id = f"{work.run.short}-{key.entry}"
        outcome = self.sender.personal(work.account, fan.openid, work.channel, content, client_id=client_id)
        given_up = entry.attempt >= MAX_ATTEMPTS and not (outcome.waits or outcome.holds)
        if outcome.state is LedgerState.RETRY and given_up:
            outcome = SendOutcome(LedgerState.REJECTED, outcome.code, f"gave_up_{outcome.reason}")
        settled = self._settled(entry, outcome)
        self._heed(work, outcome)
        return _ending(settled)

    def _place(self, work: _Work, entry: LedgerEntry, fan: Fan, subject: str) -> LedgerEntry | None:
        """The row with a place in the fan's windows, where the message needs one; None where none is left."""
        if work.channel is not SendChannel.CUSTOM or entry.place_taken:
            return entry
        triggers = fan.channel.windows
        return self.ledger.take_place(
            entry, account=work.account.id, subject=subject, triggers=triggers, now=self.clock()
        )

    def _settled(self, entry: LedgerEntry, outcome: SendOutcome) -> LedgerEntry:
        return self.ledger.settle(
            entry, outcome.state, now=self.clock(), code=outcome.code, reason=outcome.message_id or outcome.reason
        )

    # ------------------------------------------------------------------ both

    def _claim(
        self, work: _Work, recipient: Recipient, profiles: Mapping[str, Profile], known: Mapping[str, Reach]
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

    def _content(self, work: _Work, openid: str = "") -> Content:
        """What is said, its addresses replaced by those that are counted; for one fan alone, by the fan's own."""
        return self.links.write(work.content, work.links, openid) if self.links else work.content

    def _release(self, work: _Work, persons: Sequence[str] | Mapping[str, str]) -> None:
        """Take the sends out again, of those who are somebody else by now from whom they have become."""
        profiles = self.people.read(work.run.brand, list(persons))
        for person in dict.fromkeys(profiles[each].person if each in profiles else each for each in persons):
            self.reach.release(work.run.brand, person, work.run.short)

    def _take_quota(self, work: _Work, calls: int) -> None:
        if calls and not self.quotas.take(work.account.id, API[work.channel], calls, now=self.clock()):
            self.metrics.count("CampaignWaiting")
            raise _NoQuotaError

    def _heed(self, work: _Work, outcome: SendOutcome) -> None:
        """What the answer means for the rest of the campaign, or of the day."""
        if outcome.waits:
            self.quotas.close(work.account.id, API[work.channel], until=next_midnight(self.clock()))
        if outcome.holds:
            self._hold(work.plan, _reason(outcome.code, outcome.reason))
        if outcome.state is LedgerState.RETRY:
            raise _NotNowError

    def _hold(self, plan: Plan, problem: str) -> None:
        """A person has to look at it; who else moved the plan meanwhile knows better."""
        changes = {"phase": Phase.HELD, "resume": plan.phase, "problem": problem}
        if self.runs.move(plan, **changes, moved_at=int(self.clock().timestamp())):
            self.metrics.count("CampaignHeld")

    def _settle(self, work: _Work, endings: Mapping[str, Ending]) -> None:
        group = work.stored.batch.group
        tallies = Counter(
            Tally(work.variant.name, group.channel, group.account, state, reason) for state, reason in endings.values()
        )
        unknown = [person for person, (state, _) in endings.items() if state is LedgerState.UNKNOWN]
        if self.runs.settle_batch(work.run, work.number, tallies, unknown=unknown):
            for tally, count in tallies.items():
                self.metrics.count(_METRICS[tally.state], count)


def _reason(code: int | None, reason: str) -> str:
    return f"wechat:{code}" if code else reason


def _ending(entry: LedgerEntry) -> Ending:
    return (entry.state, "" if entry.state is LedgerState.SENT else _reason(entry.code, entry.reason))
