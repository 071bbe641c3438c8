"""Take a push of WeChat: verify, queue it, answer within five seconds."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.catalogue import Catalogue, EventSpec
from yuchi.domain.decision import Decision, decide
from yuchi.domain.draft_decision import GivenReply
from yuchi.domain.event import Event, format_time, parse_time
from yuchi.domain.language import Bucket, Context
from yuchi.domain.orders import event_view
from yuchi.domain.profile import Profile, new_person
from yuchi.domain.timeline import GIVEN, Answer, first_seen_key, given_key, receipt_key, subject_of, turn_key
from yuchi.services.live_rules import live_rules
from yuchi.services.places import place_of
from yuchi.services.ports import (
    Accounts,
    Clock,
    EventMessage,
    Metrics,
    Profiles,
    Queue,
    Receipts,
    Rulesets,
    UnavailableError,
)

LOGGER: Final = logging.getLogger(__name__)

SUCCESS: Final = "success"
NO_ANSWER: Final = Answer(rule="", version=0, index=0)
"""Kept with the receipt of a push that got no passive reply."""

REPLY_BUDGET: Final = timedelta(seconds=2)
"""How much of WeChat's five seconds may be gone before the passive reply is given up for the queue's sake."""

_REPLYING: Final[WeakKeyDictionary[Bucket, Bucket]] = WeakKeyDictionary()
"""Of each bucket the rules that reply, filed by what events say."""

Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back over HTTP. Bodies never tell why something was refused; ``reason`` is for our own log alone."""

    status: int
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    reason: str = ""


class AuthenticPush(Protocol):
    """A push whose sender was verified, as an event."""

    @property
    def event(self) -> Event | None:
        """The event, or None for a push that is knowingly dropped."""
        ...

    @property
    def is_timed(self) -> bool:
        """Whether the push says when it happened. If not, its event has the time at which this copy came."""
        ...

    def render(self, reply: GivenReply) -> str | None:
        """The body that answers this push with ``reply``, encrypted if the push was; None where it cannot be said so."""
        ...


class OutOfTimeError(Exception):
    """Too little of WeChat's five seconds is left to work out a passive reply."""


class RefusedError(Exception):
    """The push did not come from WeChat, or nobody can tell. Says nothing about why."""


class PushGate(Protocol):
    """The WeChat protocol: who may push, and what a push says."""

    def verify(self, account: Account, secrets: AccountSecrets, query: Query, now: datetime) -> str:
        """The ``echostr`` to answer WeChat's handshake with. Raises :class:`RefusedError`."""
        ...

    def open(
        self, account: Account, secrets: AccountSecrets, query: Query, body: bytes, now: datetime
    ) -> AuthenticPush:
        """Verify, decrypt, parse and normalise a push. Raises :class:`RefusedError`."""
        ...


@dataclass(frozen=True, slots=True)
class ReceiveCallback:
    """The use case behind ``functions/receive_callback``."""

    accounts: Accounts
    gate: PushGate
    profiles: Profiles
    rulesets: Rulesets
    receipts: Receipts
    events: Queue[EventMessage]
    metrics: Metrics
    catalogue: Catalogue
    clock: Clock

    def verify(self, account_id: str, query: Query) -> Response:
        """Answer the handshake that WeChat makes when the callback URL is saved in its console."""
        try:
            account = self.accounts.get(account_id)
            if account is None:
                return Response(404)
            return Response(200, self.gate.verify(account, self.accounts.secrets(account.id), query, self.clock()))
        except RefusedError:
            self.metrics.count("PushRefused")
            return Response(403)
        except UnavailableError as error:
            return Response(503, reason=f"account not read: {error}")

    def receive(self, account_id: str, query: Query, body: bytes) -> Response:
        """Queue what WeChat pushed, then answer it.

        ``success`` or a reply is only said when the queue has the event; else 503, so that WeChat pushes again.
        """
        started = self.clock()
        try:
            account = self.accounts.get(account_id)
            if account is None:
                return Response(404)
            push = self.gate.open(account, self.accounts.secrets(account.id), query, body, started)
        except RefusedError:
            self.metrics.count("PushRefused")
            return Response(403)
        except UnavailableError as error:
            return Response(503, reason=f"account not read: {error}")
        return self._take(account, push, push.event, started) if push.event else Response(200, SUCCESS)

    def _take(self, account: Account, push: AuthenticPush, event: Event, started: datetime) -> Response:
        if event.type == "wechat.unparsed":
            self.metrics.count("UnparsedPush")
        event = self._at_first_sight(push, event)
        reply, problem = None, ""
        try:
            reply = self._reply(account, push, event, started)
        except UnavailableError as error:
            # Queued all the same: should WeChat not push again, the reply still goes out as a message.
            problem = f"receipt not kept: {error}"
        message = EventMessage(event=event, answer=reply[1] if reply else None)
        if self.events.send([(event.id, subject_of(event), message)]):
            return Response(503, reason="event not queued")
        if problem:
            return Response(503, reason=problem)
        if reply is None:
            return Response(200, SUCCESS)
        try:
            if not self._may_give(event, reply[1]):
                self.metrics.count("ReplyMissed")
                return Response(200, SUCCESS)
        except UnavailableError as error:
            return Response(503, reason=f"answer not confirmed: {error}")
        self.metrics.count("ReplyGiven")
        return Response(200, reply[0], "application/xml; charset=utf-8")

    def _at_first_sight(self, push: AuthenticPush, event: Event) -> Event:
        """``event`` at the same time for each copy of ``push``, so that they have one row in the timeline.

        A push that says no time has that of its first copy for as long as receipts are kept. Where that cannot be told,
        copies have times of their own, and only the queue knows them, for five minutes; WeChat's come within 15 seconds.
        """
        if push.is_timed:
            return event
        key = first_seen_key(event.account, event.id)
        try:
            seen, _ = self.receipts.claim(key, format_time(event.time), NO_ANSWER, now=self.clock())
        except UnavailableError:
            return event
        return event.model_copy(update={"time": parse_time(seen)})

    def _reply(
        self, account: Account, push: AuthenticPush, event: Event, started: datetime
    ) -> tuple[str, Answer] | None:
        """The passive reply to this push, the same each time WeChat repeats it.

        What the first copy of a push was answered is kept, also that it got no reply: meanwhile the event may have been
        processed, and the same rules may see another profile. When rules or profile cannot be read in time, the event
        is queued without an answer, and the reply goes out as a customer-service message. The receipt decides between
        the two, so that nobody is answered twice.

        A rule with a limit answers one push in each of its turns, or a fan who taps four times before the first tap is
        processed would be answered four times. The turn is claimed before the receipt: a crash in between leaves a turn
        that this push still holds when it is repeated, whereas a receipt without its turn would answer a copy unasked.
        A push that does not get the turn claims nothing: the processor, which takes taps in order, decides what it gets.
        """
        spec = self.catalogue.events.get(event.type)
        if spec is None or not spec.replies or event.subject is None:
            return None
        body: str | None = ""
        answer = NO_ANSWER
        try:
            decided = self._decide(account, event, spec, started)
            if decided is None:
                return None
            if decided.reply is not None:
                body, answer = push.render(decided.reply), decided.reply.answer
        except OutOfTimeError:
            self.metrics.count("ReplyMissed")
            return None
        except UnavailableError:
            self.metrics.count("ReplyMissed")
        except Exception as error:  # noqa: BLE001 - whatever a rule or a profile does to us, the event must be queued
            LOGGER.error("reply not decided: %s", place_of(error))  # noqa: TRY400 - the text may quote data
            self.metrics.count("ReplyMissed")
        if body is None or not self._has_turn(event, answer):
            return None
        if answer.turn is not None and self._is_late(started):
            self.metrics.count("ReplyMissed")
            return None
        kept, answer = self.receipts.claim(receipt_key(event.account, event.id), body, answer, now=self.clock())
        return (kept, answer) if kept else None

    def _has_turn(self, event: Event, answer: Answer) -> bool:
        """Whether ``event`` is the one that ``answer`` may answer; always so where its rule has no limit."""
        if answer.turn is None:
            return True
        key = turn_key(event.account, event.subject or "", answer)
        holder, _ = self.receipts.claim(key, event.id, answer, now=self.clock())
        return holder == event.id

    def _may_give(self, event: Event, answer: Answer) -> bool:
        """Whether the answer to ``event``, which is queued, is still its to give; always so where its rule has no limit.

        Had the queue refused every copy of this push, its turn would be lost to the fan; so until now the message of a
        later push may have taken the turn over.
        """
        if answer.turn is None:
            return True
        decided, _ = self.receipts.claim(given_key(event.account, event.id), GIVEN, answer, now=self.clock())
        return decided == GIVEN

    def _decide(self, account: Account, event: Event, spec: EventSpec, started: datetime) -> Decision | None:
        """What the rules make of ``event``; None where none of them could reply, whoever the fan is.

        That a copy of the push will be told the same needs no receipt: it is the same event.
        """
        rules = live_rules(self.rulesets, event)
        if rules.bucket is None or not _may_reply(rules.bucket, event, self.clock()):
            return None
        self._check_time(started)
        subject = event.subject or ""
        known = self.profiles.find(event.brand, [subject], consistent=False).get(subject)
        self._check_time(started)
        return decide(
            event=event,
            profile=known or Profile(brand=event.brand, person=new_person(event.brand, subject)),
            account=account,
            rules=rules,
            spec=spec,
            answer=None,
            now=self.clock(),
        )

    def _check_time(self, started: datetime) -> None:
        if self._is_late(started):
            raise OutOfTimeError

    def _is_late(self, started: datetime) -> bool:
        return self.clock() - started > REPLY_BUDGET


def _may_reply(bucket: Bucket, event: Event, now: datetime) -> bool:
    replying = _REPLYING.get(bucket)
    if replying is None:
        replying = Bucket((entry for entry in bucket.entries if entry.payload.replies), by_event=True)
        _REPLYING[bucket] = replying
    return bool(replying.candidates(Context(event=event_view(event), profile={}, account={}, now=now)))
