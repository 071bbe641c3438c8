"""A decision in the making: what effects write to."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from yuchi.domain.account import Account
from yuchi.domain.actions.saying import Repliable
from yuchi.domain.consents import TYPES as CONSENTS
from yuchi.domain.event import CAUSED, MAX_HOPS, Event, derive_id
from yuchi.domain.profile import Profile
from yuchi.domain.rule import Rule
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.standard.values import Rejected
from yuchi.domain.timeline import Answer, Match, OutboxAction, Pass, Timer

MAX_ACTIONS: Final = 50
"""How many side effects one event may have. More is a mistake in the rules, and is cut and noted."""
MAX_CARRIED_BYTES: Final = 100_000
"""How much the side effects and the events of one event may say together, as JSON. They lie in its entry, which has 400 KB,
beside its own content (at most 64 KB) and the rules that fired.
"""
MAX_TIMERS: Final = 50
"""How many timers one event may set: they are stored with it in one transaction, which takes 100 items."""
MAX_MATCHES: Final = 300
"""How many rules may fire on one event: each has a place in its entry, which has 400 KB."""
MAX_FOLLOW_UPS: Final = (50, 10, 3, 2, 1)
"""How many events one event may cause, by its hops: a chain may be long or broad, but twenty events that cause twenty
each would be three million after five hops. These limits multiply to some 8,000.
"""


@dataclass(frozen=True, slots=True)
class GivenReply:
    """The passive reply to a push: the message with its texts filled in, and the rule it is from."""

    message: Repliable
    answer: Answer


def nobody(_listened_to: str) -> Collection[str]:
    """No rule of any account."""
    return ()


@dataclass(slots=True)
class DraftDecision:
    """A decision in the making."""

    event: Event
    account: Account | None
    views: dict[str, dict[str, Any]]
    profile: Profile
    listens: Callable[[str], bool]
    answer: Answer | None
    now: datetime
    schema: BrandSchema
    listening: Callable[[str], Collection[str]] = nobody
    """What stands in ``on`` -> the accounts that have rules for it, ``*`` where there are rules for all."""
    rejected: dict[str, Rejected] = field(default_factory=dict)
    matched: list[Match] = field(default_factory=list)
    passed: list[Pass] = field(default_factory=list)
    outbox: list[OutboxAction] = field(default_factory=list)
    follow_ups: list[Event] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    tags_added: list[str] = field(default_factory=list)
    tags_removed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reply: GivenReply | None = None
    room: int = MAX_CARRIED_BYTES
    turns: dict[str, str] = field(default_factory=dict)
    """Limited rules that fired -> their turn."""

    @property
    def moment(self) -> int:
        """The event's time in epoch seconds."""
        return int(self.event.time.timestamp())

    def change(self, **changes: object) -> None:
        """Change the profile."""
        self.profile = self.profile.model_copy(update=changes)

    def follow_up(self, event_type: str, data: Mapping[str, Any], *cause: str) -> None:
        """Let ``event_type`` happen to the same person, if anybody waits for it and the chain is not too long.

        What is said about consent happens in any case: the profile itself waits for it.
        """
        if (self.listens(event_type) or event_type in CONSENTS) and self._has_place(data):
            self.follow_ups.append(self.caused(event_type, data, self.event.time, *cause))

    def happen(self, event: Event) -> None:
        """Let ``event``, for which somebody waits and which time brings about, happen to the person."""
        if self._has_place(event.data):
            self.follow_ups.append(event)

    def _has_place(self, data: Mapping[str, Any]) -> bool:
        if self.event.hops >= MAX_HOPS:
            self.notes.append("hops.cut")
            return False
        if len(self.follow_ups) >= MAX_FOLLOW_UPS[self.event.hops] or not self._has_room(data):
            self.notes.append("events.cut")
            return False
        return True

    def _has_room(self, content: Mapping[str, Any]) -> bool:
        size = len(json.dumps(content, ensure_ascii=False, default=str).encode(errors="replace"))
        if size > self.room:
            return False
        self.room -= size
        return True

    def caused(self, event_type: str, data: Mapping[str, Any], at: datetime, *cause: str) -> Event:
        """An event that this one causes; the same cause always makes the same event."""
        return Event(
            id=derive_id(self.event.id, event_type, *cause),
            source=CAUSED,
            type=event_type,
            time=at,
            brand=self.event.brand,
            account=self.event.account,
            subject=self.event.subject,
            hops=self.event.hops + 1,
            data=dict(data),
        )

    def _recipient(self) -> str | None:
        """Whom to talk to where the event came by no account of WeChat: the person as the fan of the account."""
        if self.event.subject in self.profile.channels:
            return None
        channel = self.profile.channel(self.event.account)
        return channel[0] if channel else None

    def act(self, rule: Rule, index: int, kind: str, body: Mapping[str, Any], *, turn: str | None = None) -> None:
        """Put a side effect of a rule into the outbox."""
        self.put(
            OutboxAction(
                id=f"{self.event.id}:{rule.rule_id}:{index}",
                kind=kind,
                rule=rule.rule_id,
                version=rule.version,
                body=dict(body),
                recipient=self._recipient(),
                turn=turn,
            )
        )

    def put(self, action: OutboxAction) -> bool:
        """Put a side effect into the outbox; whether there was room."""
        if len(self.outbox) >= MAX_ACTIONS or not self._has_room(action.body):
            self.notes.append("actions.cut")
            return False
        self.outbox.append(action)
        return True
