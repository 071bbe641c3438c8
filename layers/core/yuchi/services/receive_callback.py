"""Take a push of WeChat: verify, queue it, answer within five seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.catalogue import Catalogue, EventSpec
from yuchi.domain.decision import Decision, decide
from yuchi.domain.draft_decision import GivenReply
from yuchi.domain.event import Event
from yuchi.domain.profile import Profile, new_person
from yuchi.domain.timeline import Answer, subject_of
from yuchi.services.live_rules import live_rules
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

SUCCESS = "success"
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

    def render(self, reply: GivenReply) -> str | None:
        """The body that answers this push with ``reply``, encrypted if the push was; None where it cannot be said so."""
        ...


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
        account = self.accounts.get(account_id)
        if account is None:
            return Response(404)
        try:
            return Response(200, self.gate.verify(account, self.accounts.secrets(account.id), query, self.clock()))
        except RefusedError:
            self.metrics.count("PushRefused")
            return Response(403)

    def receive(self, account_id: str, query: Query, body: bytes) -> Response:
        """Queue what WeChat pushed, then answer it.

        ``success`` or a reply is only said when the queue has the event; else 503, so that WeChat pushes again.
        """
        account = self.accounts.get(account_id)
        if account is None:
            return Response(404)
        try:
            push = self.gate.open(account, self.accounts.secrets(account.id), query, body, self.clock())
        except RefusedError:
            self.metrics.count("PushRefused")
            return Response(403)
        return self._take(account, push, push.event) if push.event else Response(200, SUCCESS)

    def _take(self, account: Account, push: AuthenticPush, event: Event) -> Response:
        self.metrics.count("UnparsedPush" if event.type == "wechat.unparsed" else "PushReceived")
        try:
            reply = self._reply(account, push, event)
        except UnavailableError as error:
            return Response(503, reason=f"receipt not kept: {error}")
        message = EventMessage(event=event, answer=reply[1] if reply else None)
        if self.events.send([(event.id, subject_of(event), message)]):
            return Response(503, reason="event not queued")
        if reply is None:
            return Response(200, SUCCESS)
        self.metrics.count("ReplyGiven")
        return Response(200, reply[0], "application/xml; charset=utf-8")

    def _reply(self, account: Account, push: AuthenticPush, event: Event) -> tuple[str, Answer] | None:
        """The passive reply to this push, the same each time WeChat repeats it.

        When rules or profile cannot be read in time, the event is queued without an answer, and the reply goes out as
        a customer-service message. The receipt decides between the two, so that nobody is answered twice.
        """
        spec = self.catalogue.events.get(event.type)
        if spec is None or not spec.replies or event.subject is None:
            return None
        decided = self._decide(account, event, spec)
        if decided is None or decided.reply is None:
            return None
        body = push.render(decided.reply)
        if body is None:
            return None
        kept, answer = self.receipts.claim(receipt_key(event), body, decided.reply.answer, now=self.clock())
        return (kept, answer) if kept else None

    def _decide(self, account: Account, event: Event, spec: EventSpec) -> Decision | None:
        try:
            rules = live_rules(self.rulesets, event)
            if rules.bucket is None or not any(entry.payload.replies for entry in rules.bucket.entries):
                return None
            subject = event.subject or ""
            known = self.profiles.find(event.brand, [subject], consistent=False).get(subject)
            return decide(
                event=event,
                profile=known or Profile(brand=event.brand, person=new_person(event.brand, subject)),
                account=account,
                rules=rules,
                spec=spec,
                answer=None,
                now=self.clock(),
            )
        except UnavailableError:
            self.metrics.count("ReplyMissed")
            return None


def receipt_key(event: Event) -> str:
    """The receipt of one push: whoever claims it, the passive reply or the message in its place, is the only answer."""
    return f"{event.account}#{event.id}"
