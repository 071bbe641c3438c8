"""Send a batch as one mass message: who is left out is fixed before the call, and WeChat's own key knows a repetition."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from yuchi.domain.campaign.lost_answers import lost_reason, lost_since, may_repeat
from yuchi.domain.campaign.packing import MASS_LEAST
from yuchi.domain.campaign.run import Recipient, campaign_owner, client_message_id
from yuchi.domain.ledger import FINAL_STATES, LedgerEntry, LedgerKey, LedgerState
from yuchi.services.batch_tools import MAX_ATTEMPTS, BatchTools, BatchWork, Ending, NotNowError, reason_of
from yuchi.services.ports_campaigns import (
    SendOutcome,
)
from yuchi.services.reconcile_mass import BatchKey, MassIndex


@dataclass(frozen=True, slots=True)
class MassBatch:
    """One mass message."""

    tools: BatchTools

    def send(self, work: BatchWork) -> dict[str, Ending]:
        """How it ended for each person."""
        key = LedgerKey(owner=campaign_owner(work.account.id, work.run), entry=f"batch#{work.number:06d}")
        done = self.tools.ledger.get(key)
        if done is not None and done.state in FINAL_STATES:
            return self._endings(work, work.stored.left_out or {}, done)
        left_out = work.stored.left_out
        if left_out is None:
            left_out = self.tools.runs.fix_left_out(work.run, work.number, self._claim_all(work))
        openids = [each.openid for each in work.recipients if each.person not in left_out]
        if len(openids) < MASS_LEAST:
            alone = {each.person: "too_few" for each in work.recipients if each.person not in left_out}
            self.tools.release(work, alone)
            return {person: (LedgerState.SKIPPED, reason) for person, reason in {**left_out, **alone}.items()}
        since = lost_since(done)
        repeatable = may_repeat(since, self.tools.clock())
        if repeatable:
            self.tools.take_quota(work, 1)
        entry = self.tools.ledger.claim(key, channel="mass", subject="", now=self.tools.clock(), repeatable=True)
        if entry is None:
            raise NotNowError
        if not repeatable:
            unknown = SendOutcome(LedgerState.UNKNOWN, reason="answer_lost")
            return self._endings(work, left_out, self.tools.settled(entry, unknown))
        client_id = client_message_id(work.run, work.number)
        outcome = self.tools.sender.mass(work.account, openids, self.tools.content(work), client_id=client_id)
        self._note(work, outcome, len(openids))
        if outcome.state is LedgerState.UNKNOWN:
            since = since or entry.updated_at
            if entry.attempt < MAX_ATTEMPTS:
                outcome = SendOutcome(LedgerState.RETRY, reason=outcome.reason)
        kept = replace(outcome, reason=lost_reason(since)) if since and outcome.state is LedgerState.RETRY else outcome
        settled = self.tools.settled(entry, kept)
        self.tools.heed(work, outcome)
        if settled.state is LedgerState.REJECTED:
            self.tools.release(work, [each.person for each in work.recipients if each.person not in left_out])
        return self._endings(work, left_out, settled)

    def _note(self, work: BatchWork, outcome: SendOutcome, fans: int) -> None:
        """Keep what a report of WeChat on this message can be found by."""
        index, batch = MassIndex(self.tools.ledger), BatchKey(work.run, work.number)
        if outcome.state is LedgerState.SENT and outcome.message_id:
            index.sent(work.account.id, outcome.message_id, batch, now=self.tools.clock())
        elif outcome.state is LedgerState.UNKNOWN:
            index.lost(work.account.id, fans, batch, now=self.tools.clock())

    def _claim_all(self, work: BatchWork) -> dict[str, str]:
        """Write everybody's send down; returns who must not get it, and why."""
        persons = [each.person for each in work.recipients]
        profiles, known = (
            self.tools.people.read(work.run.brand, persons),
            self.tools.reach.read(work.run.brand, persons),
        )

        def claim(recipient: Recipient) -> str | None:
            return self.tools.claim(work, recipient, profiles, known)[1]

        with ThreadPoolExecutor(self.tools.senders) as pool:
            refused = list(pool.map(claim, work.recipients))
        return {each.person: reason for each, reason in zip(work.recipients, refused, strict=True) if reason}

    @staticmethod
    def _endings(work: BatchWork, left_out: Mapping[str, str], entry: LedgerEntry) -> dict[str, Ending]:
        reason = "" if entry.state is LedgerState.SENT else reason_of(entry.code, entry.reason)
        endings: dict[str, Ending] = {each.person: (entry.state, reason) for each in work.recipients}
        return endings | {person: (LedgerState.SKIPPED, why) for person, why in left_out.items()}
