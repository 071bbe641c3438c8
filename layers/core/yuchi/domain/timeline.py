"""The record of one event: what it was, which rules it matched, and the outbox of what is to be done for it."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from yuchi.domain.event import Event, UtcDatetime, format_time, identity_key
from yuchi.domain.retention import kept_for
from yuchi.domain.standard.values import Rejected

FORGOTTEN: Final = "forgotten"
"""The note on an entry whose content was erased."""


class Match(BaseModel):
    """A rule that fired: ``version`` is the published version that did."""

    model_config = ConfigDict(frozen=True)

    rule: str
    version: int
    name: str = ""


class Pass(BaseModel):
    """A rule that was looked at and did not fire. ``gate``: the first gate that failed (see ``yuchi.domain.gates``).

    Where it was the condition: ``part`` is the part that failed first, and ``seen`` what it read, as the profile was
    before the event (name -> value as people read it).
    """

    model_config = ConfigDict(frozen=True)

    rule: str
    version: int
    gate: str
    part: str = ""
    seen: dict[str, str] = Field(default_factory=dict)


MESSAGES: Final = frozenset({"send", "reply"})
"""The kinds of side effects that a fan sees."""


class OutboxAction(BaseModel):
    """One decided side effect, complete: carrying it out needs neither the rule nor the condition any more.

    ``id`` is ``<event id>:<rule id>:<index>``; ``body`` is the action with its texts filled in. ``turn``: of a limited
    rule's reply, the firing that it belongs to, see :func:`turn_key`. ``recipient``: the identity that it goes to, where
    that is not the event's own subject.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    rule: str
    version: int
    body: dict[str, Any]
    turn: str | None = None
    recipient: str | None = None

    @property
    def lane(self) -> str:
        """Within what it keeps its place: a person's messages come in their order, every other kind in its own.

        A webhook whose receiver is down must not hold up messages, for which WeChat's window may be one minute.
        """
        return "" if self.kind in MESSAGES else f"#{self.kind}"


class Timer(BaseModel):
    """A moment at which an event is to happen. The event's id is fixed now, so firing twice does nothing twice."""

    model_config = ConfigDict(frozen=True)

    due: UtcDatetime
    event: Event

    @property
    def id(self) -> str:
        """The id of the event that will happen."""
        return self.event.id


class Answer(BaseModel):
    """The passive reply that was already given to the push: by which rule and action, and in which turn of its limit."""

    model_config = ConfigDict(frozen=True)

    rule: str
    version: int
    index: int
    turn: str | None = None


def receipt_key(account: str, event_id: str) -> str:
    """The receipt of one push: whoever claims it, the passive reply or the message in its place, is the only answer."""
    return f"{account}#{event_id}"


def first_seen_key(account: str, event_id: str) -> str:
    """The receipt of a push that names no time; kept with it is the time at which its first copy came."""
    return f"{account}#seen#{event_id}"


GIVEN: Final = "given"
"""What is kept under :func:`given_key` by who gives the answer; nothing by who takes it back."""


def given_key(account: str, event_id: str) -> str:
    """The receipt that decides whether the answer of a limited rule, kept for a push, is given or taken back.

    It is claimed by the receiver once the queue has the event, and by the message of another push that wants the turn.
    """
    return f"{account}#given#{event_id}"


def turn_key(account: str, subject: str, answer: Answer) -> str:
    """The receipt of one turn of a limited rule for one fan; kept with it is the id of the event that may be answered.

    A rule with a limit has as many turns as it may fire, named by :func:`yuchi.domain.limits.turn_of`.
    """
    return f"{account}#limit#{answer.rule}#{subject}#{answer.turn}"


class TimelineEntry(BaseModel):
    """What is stored for one event.

    ``notes`` says in words from a closed list what was left out and why (``reply.second``, ``hops.cut``,
    ``budget.cut``, ``profile.too_large``, ...). ``rejected``: what the source told that does not fit the brand's data
    standard, by name; it is not in the event any more. ``recorded_at``: when that was long after the event.
    """

    model_config = ConfigDict(frozen=True)

    event: Event
    person: str | None = None
    matched: tuple[Match, ...] = ()
    passed: tuple[Pass, ...] = ()
    outbox: tuple[OutboxAction, ...] = ()
    follow_ups: tuple[Event, ...] = ()
    answer: Answer | None = None
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    rejected: dict[str, Rejected] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    ruleset_version: int = 0
    recorded_at: UtcDatetime | None = None

    @property
    def subject(self) -> str:
        """Partition key: ``<brand>#<identity>``; events of the account itself lie under ``account:<account>``."""
        return subject_of(self.event)

    @property
    def moment(self) -> str:
        """Sort key: ``<time>#<event id>``."""
        return f"{format_time(self.event.key_time or self.event.time)}#{self.event.id}"

    @property
    def expires_at(self) -> datetime:
        """When the entry may be deleted."""
        return (self.recorded_at or self.event.time) + kept_for(self.event.type)


def without_content(entry: TimelineEntry) -> TimelineEntry:
    """What may stay of an entry when the person left: that something happened, when, and which rules fired.

    It still keeps the same event from being processed a second time.
    """
    event = entry.event.model_copy(update={"data": {}, "identities": ()})
    return TimelineEntry(
        event=event,
        person=entry.person,
        matched=entry.matched,
        ruleset_version=entry.ruleset_version,
        notes=(FORGOTTEN,),
    )


def subject_of(event: Event) -> str:
    """The partition of the event's timeline, and the group in which it is processed in order."""
    return identity_key(event.brand, event.subject or f"account:{event.account}")
