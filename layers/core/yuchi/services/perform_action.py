"""Carry out one decided side effect, at most once, and leave it in a final state of the ledger."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import inf
from typing import Final, Protocol

from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.erasure import was_erased
from yuchi.domain.ledger import LedgerEntry, LedgerKey, LedgerState, rule_owner
from yuchi.domain.profile import Channel, Profile
from yuchi.services.places import place_of
from yuchi.services.ports import (
    Accounts,
    ActionMessage,
    ClaimHeldError,
    Clock,
    Ledger,
    Metrics,
    Profiles,
    UnavailableError,
)

LOGGER: Final = logging.getLogger(__name__)

MAX_AGE: Final = timedelta(hours=24)
"""Actions of older events are not carried out any more: a redrive after an outage must not wake old messages."""


MAX_ATTEMPTS: Final = 4
"""How often one side effect is tried; then its row says so. One less than a message is received at the most, since
waiting for another worker's claim takes a turn too."""

RESERVE_SECONDS: Final = 20.0
"""The longest that one message may take: a token to fetch first (14 s), the call to WeChat (5 s), the ledger before and
after.
"""


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """How a side effect ended. ``reason`` comes from a closed list; ``code`` is WeChat's errcode or an HTTP status.

    ``exhausted``: what RETRY becomes after the last attempt: REJECTED where it was surely not accepted, else UNKNOWN.
    """

    state: LedgerState
    code: int | None = None
    reason: str = ""
    exhausted: LedgerState = LedgerState.REJECTED


class RetryLaterError(Exception):
    """The side effect was not accepted and may be tried again: let the queue deliver the message once more."""


class Performer(Protocol):
    """One kind of side effect."""

    @property
    def repeatable(self) -> bool:
        """Whether the receiver recognises the same call made twice."""
        ...

    @property
    def perishable(self) -> bool:
        """Whether it makes no sense any more a day after its event."""
        ...

    @property
    def metric(self) -> str:
        """What is counted when it is done."""
        ...

    def prepare(self, job: "Job") -> ActionOutcome | None:
        """An outcome when it must not be carried out at all, else None."""
        ...

    def perform(self, job: "Job") -> ActionOutcome:
        """Carry it out. Never raises for what the other side answered."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """All that a performer needs. ``take_place`` reserves a place in the fan's customer-service windows."""

    message: ActionMessage
    account: Account
    secrets: AccountSecrets
    profile: Profile | None
    take_place: Callable[[Mapping[str, int]], bool]
    seconds_left: Callable[[], float] = lambda: inf

    @property
    def channel(self) -> Channel | None:
        """What is known of the fan on the account that the action goes out by."""
        return self.profile.channels.get(self.message.subject) if self.profile else None


@dataclass(slots=True)
class _Claim:
    """The ledger row that is ours, as it stands now."""

    ledger: Ledger
    entry: LedgerEntry

    def take_place(self, account: str, triggers: Mapping[str, int], now: datetime) -> bool:
        """Reserve a place in the fan's customer-service windows, one for all attempts."""
        if self.entry.place_taken:
            return True
        placed = self.ledger.take_place(
            self.entry, account=account, subject=self.entry.subject, triggers=triggers, now=now
        )
        self.entry = placed or self.entry
        return placed is not None


@dataclass(frozen=True, slots=True)
class PerformAction:
    """The use case behind ``functions/perform_action``."""

    accounts: Accounts
    profiles: Profiles
    ledger: Ledger
    performers: Mapping[str, Performer]
    metrics: Metrics
    clock: Clock
    max_age: timedelta = field(default=MAX_AGE)

    def perform_all(
        self, messages: Sequence[tuple[str, ActionMessage]], *, seconds_left: Callable[[], float] = lambda: inf
    ) -> set[str]:
        """Carry out ``(message id, message)`` in order; returns the message ids that must come again.

        What follows a failed message of the same person and lane waits for it, so that messages arrive in their order.
        Nothing is begun that might not end before the function does: a call cut in the middle would be UNKNOWN for
        ever. A message that breaks us stops nobody else's.
        """
        failed: set[str] = set()
        blocked: set[tuple[str, str, str]] = set()
        for message_id, message in messages:
            person = (message.brand, message.subject, message.action.lane)
            try:
                if person not in blocked and seconds_left() > RESERVE_SECONDS:
                    self.perform(message, seconds_left=seconds_left)
                    continue
            except (RetryLaterError, UnavailableError):
                blocked.add(person)
            except Exception as error:  # noqa: BLE001 - whatever it is, the neighbours must not suffer
                LOGGER.error("action not performed: %s", place_of(error))  # noqa: TRY400 - the text may quote data
                self.metrics.count("ActionFailed")
                blocked.add(person)
            failed.add(message_id)
        return failed

    def perform(self, message: ActionMessage, *, seconds_left: Callable[[], float] = lambda: inf) -> LedgerEntry | None:
        """Carry out ``message`` and return its ledger row; None when it was settled before.

        Raises :class:`RetryLaterError` when it is to be delivered again, and :class:`UnavailableError`.
        """
        performer = self.performers.get(message.action.kind)
        try:
            entry = self.ledger.claim(
                ledger_key(message),
                channel=message.action.kind,
                subject=message.subject,
                now=self.clock(),
                repeatable=bool(performer and performer.repeatable),
            )
        except ClaimHeldError as busy:
            raise RetryLaterError("claimed by another worker") from busy
        if entry is None:
            return None
        if entry.state is LedgerState.UNKNOWN:
            self.metrics.count(_METRIC_OF[entry.state])
            return entry
        claim = _Claim(self.ledger, entry)
        try:
            outcome = self._carry_out(message, claim, performer, seconds_left)
        except UnavailableError:
            # Performers tell by an outcome what became of their call; what is raised here came before it.
            outcome = ActionOutcome(LedgerState.RETRY, reason="store_unavailable")
        if (
            outcome.state is LedgerState.RETRY
            and claim.entry.attempt >= MAX_ATTEMPTS
            and performer
            and performer.perishable
        ):
            outcome = replace(outcome, state=outcome.exhausted, reason=f"gave_up_{outcome.reason}")
        try:
            settled = self.ledger.settle(
                claim.entry, outcome.state, now=self.clock(), code=outcome.code, reason=outcome.reason
            )
        except ClaimHeldError as lost:
            raise RetryLaterError("claim lost to another worker") from lost
        done = outcome.state is LedgerState.SENT
        self.metrics.count(performer.metric if performer and done else _METRIC_OF[outcome.state])
        if outcome.state is LedgerState.RETRY:
            raise RetryLaterError(outcome.reason)
        return settled

    def _carry_out(
        self,
        message: ActionMessage,
        claim: _Claim,
        performer: Performer | None,
        seconds_left: Callable[[], float],
    ) -> ActionOutcome:
        profile = self.profiles.find(message.brand, [message.subject], consistent=True).get(message.subject)
        if self._was_erased(message, profile):
            claim.entry = claim.entry.model_copy(update={"subject": ""})
            return ActionOutcome(LedgerState.SKIPPED, reason="erased")
        account = self.accounts.get(message.account)
        if performer is None or account is None:
            return ActionOutcome(
                LedgerState.SKIPPED, reason="unknown_action" if performer is None else "unknown_account"
            )
        if performer.perishable and self.clock() - message.event_time > self.max_age:
            return ActionOutcome(LedgerState.SKIPPED, reason="too_old")
        job = Job(
            message=message,
            account=account,
            secrets=self.accounts.secrets(account.id),
            profile=profile,
            take_place=lambda triggers: claim.take_place(account.id, triggers, self.clock()),
            seconds_left=seconds_left,
        )
        return performer.prepare(job) or performer.perform(job)

    def _was_erased(self, message: ActionMessage, profile: Profile | None) -> bool:
        """Whether the person was erased since the event: then nothing goes out, and the row does not say to whom."""
        brand, subject = message.brand, message.subject
        erased = self.profiles.erased(brand, [subject]) if profile is None else profile.erased
        return was_erased(subject, message.event_time, erased)


def ledger_key(message: ActionMessage) -> LedgerKey:
    """The row of a rule's action: by business data alone, so that a redrive finds it again."""
    return LedgerKey(owner=rule_owner(message.account, message.action.rule), entry=message.action.id)


_METRIC_OF: Final[Mapping[LedgerState, str]] = {
    LedgerState.REJECTED: "MessageRejected",
    LedgerState.SKIPPED: "MessageSkipped",
    LedgerState.UNKNOWN: "SendUnknown",
    LedgerState.RETRY: "SendRetried",
}
"""What is counted when it ended otherwise than done."""
