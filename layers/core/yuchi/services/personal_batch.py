"""Send a batch of personal messages: a row of the ledger each, so that nobody gets one twice."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from yuchi.domain.campaign.choosing import Fan
from yuchi.domain.campaign.filling import fill_content
from yuchi.domain.campaign.lost_answers import TEMPLATE_KEY_SECONDS, lost_since, may_repeat
from yuchi.domain.campaign.model import SendChannel
from yuchi.domain.campaign.reach import Reach
from yuchi.domain.campaign.run import Recipient, campaign_owner
from yuchi.domain.ledger import FINAL_STATES, LedgerEntry, LedgerKey, LedgerState
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import profile_view
from yuchi.services.batch_tools import (
    MAX_ATTEMPTS,
    RESERVE_SECONDS,
    BatchTools,
    BatchWork,
    Ending,
    NotNowError,
    ending_of,
)
from yuchi.services.ports import ClaimHeldError, UnavailableError
from yuchi.services.ports_campaigns import (
    SendOutcome,
)


@dataclass(frozen=True, slots=True)
class PersonalBatch:
    """A message to each person."""

    tools: BatchTools

    def send(self, work: BatchWork) -> dict[str, Ending]:
        """How it ended for each person. Raises :class:`NotNowError` while some have to be tried again."""
        persons = [each.person for each in work.recipients]
        profiles, known = (
            self.tools.people.read(work.run.brand, persons),
            self.tools.reach.read(work.run.brand, persons),
        )

        def send_one(recipient: Recipient) -> Ending | None:
            try:
                return self._send_one(work, recipient, profiles, known, begun[recipient.person])
            except (ClaimHeldError, NotNowError, UnavailableError):
                return None

        with ThreadPoolExecutor(self.tools.senders) as pool:
            rows = pool.map(self.tools.ledger.get, [self._personal_key(work, person) for person in persons])
            begun = dict(zip(persons, rows, strict=True))
            # A batch that comes again takes calls for those only who still need one.
            self.tools.take_quota(work, sum(row is None or row.state not in FINAL_STATES for row in begun.values()))
            endings = dict(zip(persons, pool.map(send_one, work.recipients), strict=True))
        final = {person: ending for person, ending in endings.items() if ending is not None}
        if len(final) < len(endings):
            raise NotNowError
        return final

    @staticmethod
    def _personal_key(work: BatchWork, person: str) -> LedgerKey:
        return LedgerKey(owner=campaign_owner(work.account.id, work.run, person), entry=person)

    def _send_one(
        self,
        work: BatchWork,
        recipient: Recipient,
        profiles: Mapping[str, Profile],
        known: Mapping[str, Reach],
        done: LedgerEntry | None,
    ) -> Ending:
        """How it ended. Raises what is raised where it has to be tried again."""
        key = self._personal_key(work, recipient.person)
        if done is not None and done.state in FINAL_STATES:
            return ending_of(done)
        if work.seconds_left() < RESERVE_SECONDS / 2:
            raise NotNowError
        fan, refused = self.tools.claim(work, recipient, profiles, known)
        if fan is None:
            return self._skip(work, key, recipient, refused or "erased", begun=done is not None)
        ending = self._deliver(work, key, fan, profiles[recipient.person], done)
        if ending[0] in {LedgerState.SKIPPED, LedgerState.REJECTED}:
            self.tools.release(work, [profiles[recipient.person].person])
        return ending

    def _skip(self, work: BatchWork, key: LedgerKey, recipient: Recipient, reason: str, *, begun: bool) -> Ending:
        """Nothing is sent. What was ``begun`` before and not finished is ended: it may have been sent for all we know."""
        if (
            not begun and self.tools.ledger.get(key) is None
        ):  # another worker may have begun it since the batch was read
            return LedgerState.SKIPPED, reason
        entry = self.tools.ledger.claim(
            key, channel=work.channel.value, subject="", now=self.tools.clock(), repeatable=False
        )
        if entry is None:
            raise NotNowError
        if entry.state is LedgerState.UNKNOWN:
            return ending_of(entry)
        self.tools.release(work, [recipient.person])
        return ending_of(self.tools.settled(entry, SendOutcome(LedgerState.SKIPPED, reason=reason)))

    def _deliver(self, work: BatchWork, key: LedgerKey, fan: Fan, profile: Profile, done: LedgerEntry | None) -> Ending:
        subject = f"wechat:{work.account.id}:{fan.openid}"
        view = profile_view(profile, work.account.id, self.tools.clock(), subject, schema=work.schema)
        content = fill_content(self.tools.content(work, fan.openid), {"profile": view, "account": work.account.view()})
        if content is None:
            return LedgerState.SKIPPED, "content_empty"
        is_known = may_repeat(lost_since(done), self.tools.clock(), TEMPLATE_KEY_SECONDS)
        repeatable = work.channel is SendChannel.TEMPLATE and is_known
        claimed = self.tools.ledger.claim(
            key, channel=work.channel.value, subject=subject, now=self.tools.clock(), repeatable=repeatable
        )
        if claimed is None or claimed.state is LedgerState.UNKNOWN:
            ended = claimed or self.tools.ledger.get(key)
            return ending_of(ended) if ended else (LedgerState.UNKNOWN, "worker_lost")
        entry = self._place(work, claimed, fan, subject)
        if entry is None:
            return ending_of(self.tools.settled(claimed, SendOutcome(LedgerState.SKIPPED, reason="window_closed")))
        client_id = f"{work.run.short}-{key.entry}"
        outcome = self.tools.sender.personal(work.account, fan.openid, work.channel, content, client_id=client_id)
        given_up = entry.attempt >= MAX_ATTEMPTS and not (outcome.waits or outcome.holds)
        if outcome.state is LedgerState.RETRY and given_up:
            outcome = SendOutcome(LedgerState.REJECTED, outcome.code, f"gave_up_{outcome.reason}")
        settled = self.tools.settled(entry, outcome)
        self.tools.heed(work, outcome)
        return ending_of(settled)

    def _place(self, work: BatchWork, entry: LedgerEntry, fan: Fan, subject: str) -> LedgerEntry | None:
        """The row with a place in the fan's windows, where the message needs one; None where none is left."""
        if work.channel is not SendChannel.CUSTOM or entry.place_taken:
            return entry
        triggers = fan.channel.windows
        return self.tools.ledger.take_place(
            entry, account=work.account.id, subject=subject, triggers=triggers, now=self.tools.clock()
        )
