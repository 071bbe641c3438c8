"""How each kind of side effect is carried out. Adding one is one class and one row in :func:`make_performers`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from yuchi.domain.account import Account, AccountKind, AccountSecrets
from yuchi.domain.consents import MARKETING, SHARING, allows
from yuchi.domain.decision import FORGET
from yuchi.domain.departure import Departure
from yuchi.domain.event import openid_of
from yuchi.domain.ledger import LedgerState
from yuchi.domain.mirroring import MIRROR
from yuchi.domain.timeline import GIVEN, Answer, given_key, receipt_key, turn_key
from yuchi.services.perform_action import ActionOutcome, Job, Performer
from yuchi.services.ports import ActionMessage, Clock, Receipts, Timeline
from yuchi.services.ports_departures import Departures
from yuchi.services.ports_tags import TagBoard


class MessageSender(Protocol):
    """Customer-service messages of WeChat."""

    def send(self, account: Account, openid: str, body: Mapping[str, Any]) -> ActionOutcome:
        """Send ``body`` (a filled-in send or reply action); every answer of WeChat is an outcome, none is raised."""
        ...


class WebhookCaller(Protocol):
    """Signed calls to other systems."""

    def call(self, account: Account, secrets: AccountSecrets, message: ActionMessage) -> ActionOutcome:
        """Call the webhook in ``message`` under its action's id, by which the receiver recognises repetitions."""
        ...


@dataclass(frozen=True, slots=True)
class SendMessage:
    """A customer-service message. WeChat takes no key of ours, so a lost answer ends in UNKNOWN, never in a second send.

    ``answers``: it is the answer to the person's own message, which nobody can opt out of by sending one.
    """

    sender: MessageSender
    answers: bool = False
    repeatable: bool = False
    perishable: bool = True
    metric: str = "MessageSent"

    def prepare(self, job: Job) -> ActionOutcome | None:
        """Skip whom WeChat would refuse anyway: people who left, and people whose windows are shut or used up."""
        channel = job.channel
        if openid_of(job.message.subject) is None or channel is None:
            return ActionOutcome(LedgerState.SKIPPED, reason="not_a_fan")
        if job.account.kind is AccountKind.OFFICIAL_ACCOUNT and not channel.subscribed:
            return ActionOutcome(LedgerState.SKIPPED, reason="unsubscribed")
        if not self.answers and not allows(job.profile, MARKETING, job.account.id):
            return ActionOutcome(LedgerState.SKIPPED, reason="opted_out")
        if not job.take_place(channel.windows):
            return ActionOutcome(LedgerState.SKIPPED, reason="window_closed")
        return None

    def perform(self, job: Job) -> ActionOutcome:
        """Send it."""
        return self.sender.send(job.account, openid_of(job.message.subject) or "", job.message.action.body)


@dataclass(frozen=True, slots=True)
class ReplyLater:
    """A reply that could not be given passively, as a customer-service message.

    It claims the push's receipt first: had a repeated push been answered meanwhile, nothing is sent. A rule with a limit
    has one answer for each of its turns: where another push has the turn, that push's receipt decides which of the two
    is answered. Claimed empty here, it keeps the other from being answered in this turn ever after. An answer that is
    kept but was not given yet, and never will be if the queue refused its event, is taken back.
    """

    messages: SendMessage
    receipts: Receipts
    clock: Clock
    repeatable: bool = False
    perishable: bool = True
    metric: str = "MessageSent"

    def prepare(self, job: Job) -> ActionOutcome | None:
        """Skip when the push was answered after all."""
        if self._is_answered(job.message):
            return ActionOutcome(LedgerState.SKIPPED, reason="answered_already")
        return self.messages.prepare(job)

    def _is_answered(self, message: ActionMessage) -> bool:
        action, now = message.action, self.clock()
        answer = Answer(rule=action.rule, version=action.version, index=0, turn=action.turn)
        kept, own = self.receipts.claim(receipt_key(message.account, message.event_id), "", answer, now=now)
        if kept and self._is_given(message.account, message.event_id, own, now):
            return True
        if action.turn is None:
            return False
        key = turn_key(message.account, message.subject, answer)
        holder, _ = self.receipts.claim(key, message.event_id, answer, now=now)
        if holder == message.event_id:
            return False
        kept, given = self.receipts.claim(receipt_key(message.account, holder), "", answer, now=now)
        if not kept or (given.rule, given.turn) != (answer.rule, answer.turn):
            return False
        return self._is_given(message.account, holder, given, now)

    def _is_given(self, account: str, event_id: str, answer: Answer, now: datetime) -> bool:
        """Whether the ``answer`` kept for a push is given. If not yet, it never will be from now on."""
        if answer.turn is None:
            return True
        decided, _ = self.receipts.claim(given_key(account, event_id), "", answer, now=now)
        return decided == GIVEN

    def perform(self, job: Job) -> ActionOutcome:
        """Send it."""
        return self.messages.perform(job)


@dataclass(frozen=True, slots=True)
class Forget:
    """Erase the content of a person's timeline, after the person left, and note the departure for the archive.

    It concerns all names that WeChat gave to the person. Doing it twice does nothing more.
    """

    timeline: Timeline
    departures: Departures
    clock: Clock
    repeatable: bool = True
    perishable: bool = False
    metric: str = "PersonForgotten"

    def prepare(self, job: Job) -> ActionOutcome | None:
        """Nothing to skip: who comes back meanwhile begins anew."""
        del job
        return None

    def perform(self, job: Job) -> ActionOutcome:
        """Erase as much as there is time for; the rest when the message comes again."""
        message, body = job.message, job.message.action.body
        identities = body.get("identities") or [message.subject]
        self.departures.note(
            Departure(
                brand=message.brand,
                identity=each,
                since=body.get("since"),
                until=int(message.event_time.timestamp()),
                noted_at=int(self.clock().timestamp()),
            )
            for each in identities
        )
        done = all(
            self.timeline.forget(
                message.brand,
                each,
                until=message.event_time,
                sparing=message.event_id,
                seconds_left=job.seconds_left,
            )
            for each in identities
        )
        return ActionOutcome(LedgerState.SENT) if done else ActionOutcome(LedgerState.RETRY, reason="not_finished")


@dataclass(frozen=True, slots=True)
class SendWebhook:
    """A webhook. Its receiver knows the action's id, so the same call may be made again."""

    caller: WebhookCaller
    repeatable: bool = True
    perishable: bool = True
    metric: str = "WebhookSent"

    def prepare(self, job: Job) -> ActionOutcome | None:
        """Skip whose data must not go to others. The caller checks the host against the account's list."""
        if not allows(job.profile, SHARING, job.account.id):
            return ActionOutcome(LedgerState.SKIPPED, reason="opted_out")
        return None

    def perform(self, job: Job) -> ActionOutcome:
        """Call it."""
        return self.caller.call(job.account, job.secrets, job.message)


@dataclass(frozen=True, slots=True)
class MirrorTag:
    """A tag of one fan, given or taken at WeChat. Done twice it does nothing more.

    What WeChat refuses, for the day's calls are used up or the fan is full, ends here: ``yuchi sync tags`` finds it.
    """

    board: TagBoard
    repeatable: bool = True
    perishable: bool = True
    metric: str = "TagMirrored"

    def prepare(self, job: Job) -> ActionOutcome | None:
        """Skip who left, and what a later decision on the same tag took the place of, whichever of the two comes first."""
        channel = job.channel
        if channel is None or not channel.subscribed:
            return ActionOutcome(LedgerState.SKIPPED, reason="unsubscribed")
        known = channel.mirror.get(str(job.message.action.body["tag"]))
        if known is None or known.action != job.message.action.id:
            return ActionOutcome(LedgerState.SKIPPED, reason="superseded")
        return None

    def perform(self, job: Job) -> ActionOutcome:
        """Tell WeChat."""
        body, openid = job.message.action.body, openid_of(job.message.subject) or ""
        return self.board.put(job.account, str(body["tag"]), [openid], on=bool(body["on"]))


def make_performers(
    *,
    sender: MessageSender,
    caller: WebhookCaller,
    board: TagBoard,
    receipts: Receipts,
    timeline: Timeline,
    departures: Departures,
    clock: Clock,
) -> dict[str, Performer]:
    """All of them, by the kind of action in the outbox."""
    return {
        "send": SendMessage(sender),
        "reply": ReplyLater(SendMessage(sender, answers=True), receipts=receipts, clock=clock),
        "webhook": SendWebhook(caller),
        MIRROR: MirrorTag(board),
        FORGET: Forget(timeline, departures, clock),
    }
