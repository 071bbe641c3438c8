"""What an event means: which rules fire, what becomes of the profile, and what is to be done. Pure; nothing is sent here.

The receiver asks it for the passive reply, the processor for everything; both get the same answer on the same state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from yuchi.domain.account import Account
from yuchi.domain.actions import Action, fill_action
from yuchi.domain.catalogue import EventSpec
from yuchi.domain.event import MAX_HOPS, Event, derive_id
from yuchi.domain.gates import Gate
from yuchi.domain.language import Bucket, Context
from yuchi.domain.observe import forget, observe
from yuchi.domain.profile import MAIN_SCORE, Profile, Tag
from yuchi.domain.rule import Rule
from yuchi.domain.timeline import Answer, Match, OutboxAction, Pass, TimelineEntry, Timer

MAX_PASSED: Final = 20
"""How many of the rules that were looked at and did not fire are kept on the timeline."""

MAX_ACTIONS: Final = 50
"""How many side effects one event may have. More is a mistake in the rules, and is cut and noted."""


@dataclass(frozen=True, slots=True)
class GivenReply:
    """The passive reply to a push: the filled-in ``reply`` action, and the rule it is from."""

    body: Mapping[str, Any]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Decision:
    """All that an event leads to. ``profile`` still has the version that was read; storing it makes it the next."""

    entry: TimelineEntry
    profile: Profile | None = None
    timers: tuple[Timer, ...] = ()
    reply: GivenReply | None = None


def decide(
    *,
    event: Event,
    profile: Profile,
    account: Account,
    bucket: Bucket | None,
    listens: Callable[[str], bool],
    counted: Mapping[str, int | None],
    ruleset_version: int,
    spec: EventSpec | None,
    answer: Answer | None,
    now: datetime,
) -> Decision:
    """Decide what ``event`` means for ``profile``.

    Conditions see the profile as it was before the event. ``listens`` tells whether any rule waits for an event type, so
    that follow-up events nobody waits for are not made. ``answer`` is the passive reply that was given already.
    """
    draft = _Draft(
        event=event,
        account=account,
        views={"event": event.view(), "profile": profile.view(account.id, now), "account": account.view()},
        profile=observe(profile, event, spec=spec, kind=account.kind, counted=counted),
        listens=listens,
        answer=answer,
        now=now,
    )
    seen: dict[str, Any] = {}
    if bucket is not None:
        context = Context(
            event=draft.views["event"],
            profile=draft.views["profile"],
            account=draft.views["account"],
            now=now,
            past=profile.activity,
        )
        _fire(draft, bucket, context)
    entry = TimelineEntry(
        event=event,
        person=profile.person,
        matched=tuple(draft.matched),
        passed=tuple(draft.passed[:MAX_PASSED]),
        outbox=tuple(draft.outbox),
        follow_ups=tuple(draft.follow_ups),
        answer=answer or (draft.reply.answer if draft.reply else None),
        seen=seen,
        tags_added=tuple(draft.tags_added),
        tags_removed=tuple(draft.tags_removed),
        notes=tuple(dict.fromkeys(draft.notes)),
        ruleset_version=ruleset_version,
    )
    return Decision(
        entry=entry,
        profile=forget(draft.profile, event, account.settings),
        timers=tuple(draft.timers),
        reply=draft.reply,
    )


@dataclass(slots=True)
class _Draft:
    """A decision in the making."""

    event: Event
    account: Account
    views: dict[str, dict[str, Any]]
    profile: Profile
    listens: Callable[[str], bool]
    answer: Answer | None
    now: datetime
    matched: list[Match] = field(default_factory=list)
    passed: list[Pass] = field(default_factory=list)
    outbox: list[OutboxAction] = field(default_factory=list)
    follow_ups: list[Event] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    tags_added: list[str] = field(default_factory=list)
    tags_removed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reply: GivenReply | None = None

    @property
    def moment(self) -> int:
        """The event's time in epoch seconds."""
        return int(self.event.time.timestamp())

    def change(self, **changes: object) -> None:
        """Change the profile."""
        self.profile = self.profile.model_copy(update=changes)

    def follow_up(self, event_type: str, data: Mapping[str, Any], *cause: str) -> None:
        """Let ``event_type`` happen to the same person, if anybody waits for it and the chain is not too long."""
        if not self.listens(event_type):
            return
        if self.event.hops >= MAX_HOPS:
            self.notes.append("hops.cut")
            return
        self.follow_ups.append(self.caused(event_type, data, self.event.time, *cause))

    def caused(self, event_type: str, data: Mapping[str, Any], at: datetime, *cause: str) -> Event:
        """An event that this one causes; the same cause always makes the same event."""
        return Event(
            id=derive_id(self.event.id, event_type, *cause),
            source="/rules",
            type=event_type,
            time=at,
            brand=self.event.brand,
            account=self.event.account,
            subject=self.event.subject,
            hops=self.event.hops + 1,
            data=dict(data),
        )

    def act(self, rule: Rule, index: int, kind: str, body: Mapping[str, Any]) -> None:
        """Put a side effect into the outbox."""
        if len(self.outbox) >= MAX_ACTIONS:
            self.notes.append("actions.cut")
            return
        self.outbox.append(
            OutboxAction(
                id=f"{self.event.id}:{rule.rule_id}:{index}",
                kind=kind,
                rule=rule.rule_id,
                version=rule.version,
                body=dict(body),
            )
        )


def _fire(draft: _Draft, bucket: Bucket, context: Context) -> None:
    matching = {entry.rule_id for entry in bucket.matches(context)}
    stopped = False
    for entry in bucket.candidates(context):
        rule: Rule = entry.payload
        gate = _first_shut_gate(draft, rule, matched=rule.rule_id in matching, stopped=stopped)
        if gate is not None:
            draft.passed.append(Pass(rule=rule.rule_id, version=rule.version, gate=gate))
            continue
        draft.matched.append(Match(rule=rule.rule_id, version=rule.version, name=rule.name))
        if rule.limit is not None:
            fired = rule.limit.record(draft.profile.fired.get(rule.rule_id), draft.now)
            draft.change(fired={**draft.profile.fired, rule.rule_id: fired})
        for index, action in enumerate(rule.actions):
            APPLY[action.verb](draft, rule, index, fill_action(action, draft.views))
        stopped = rule.stop


def _first_shut_gate(draft: _Draft, rule: Rule, *, matched: bool, stopped: bool) -> Gate | None:
    if rule.starts_at and draft.now < rule.starts_at:
        return Gate.NOT_STARTED
    if rule.ends_at and draft.now >= rule.ends_at:
        return Gate.ENDED
    if not matched:
        return Gate.CONDITION
    if rule.limit and not rule.limit.allows(draft.profile.fired.get(rule.rule_id), draft.now):
        return Gate.LIMIT
    return Gate.STOPPED if stopped else None
