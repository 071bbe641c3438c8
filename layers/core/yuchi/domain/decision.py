"""What an event means: which rules fire, what becomes of the profile, and what is to be done. Pure; nothing is sent here.

The receiver asks it for the passive reply, the processor for everything; both get the same answer on the same state.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from yuchi.domain.account import Account
from yuchi.domain.actions import fill_action
from yuchi.domain.archive import is_late
from yuchi.domain.backtest.applying import APPLIED, note_applied
from yuchi.domain.catalogue import EventSpec
from yuchi.domain.departure import names_at_wechat
from yuchi.domain.draft_decision import MAX_MATCHES, DraftDecision, GivenReply, nobody
from yuchi.domain.effects import EFFECTS
from yuchi.domain.event import Event
from yuchi.domain.gates import Gate, first_shut_gate
from yuchi.domain.language import Bucket, Condition, Context, explain, parse_condition
from yuchi.domain.language.explanation import show
from yuchi.domain.life_cycle import by_standard, note_stage
from yuchi.domain.limits import turn_of
from yuchi.domain.mirroring import MIRRORED, mirror_tags, note_mirrored
from yuchi.domain.observe import forget, is_forgotten, observe
from yuchi.domain.orders import event_view
from yuchi.domain.pace import is_spent, spend
from yuchi.domain.problem import Locale
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import PersonView
from yuchi.domain.pruning import prune
from yuchi.domain.rule import Rule
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.standard.values import conform
from yuchi.domain.timeline import Answer, Match, OutboxAction, Pass, TimelineEntry, Timer, without_content
from yuchi.domain.told_tags import give_told_tags
from yuchi.domain.waiting import expire_tags, is_wake, settle, wait

MAX_PASSED: Final = 10
"""How many of the rules that were looked at and did not fire are kept on the timeline."""


FORGET: Final = "forget"
"""The kind of action by which the timeline of a person who left is erased."""

FORGETTER: Final = "@forget"
"""What stands in place of its rule. No rule can have this id: one of the same name would have the same rows in queue and
ledger, and its action would be carried out instead of the erasure.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """All that an event leads to. ``profile`` still has the version that was read; storing it makes it the next."""

    entry: TimelineEntry
    profile: Profile | None = None
    timers: tuple[Timer, ...] = ()
    reply: GivenReply | None = None


@dataclass(frozen=True, slots=True)
class LiveRules:
    """What of the published rules one event needs: those it may match (None: there are none), whether any rule waits
    for a given event type, and the event types that conditions count (see :func:`yuchi.domain.observe.observe`).
    ``watched``: what rules wait for that time alone may bring about (see :mod:`yuchi.domain.waiting`). ``schema``: what the
    brand defined for itself. ``mirrored``: account -> those of our tags that WeChat is to have too.
    """

    bucket: Bucket | None
    listens: Callable[[str], bool]
    counted: Mapping[str, int | None]
    version: int
    schema: BrandSchema
    watched: Sequence[str] = ()
    listening: Callable[[str], Collection[str]] = nobody
    mirrored: Mapping[str, Sequence[str]] = field(default_factory=dict)


def decide(
    *,
    event: Event,
    profile: Profile,
    account: Account | None,
    rules: LiveRules,
    spec: EventSpec | None,
    answer: Answer | None,
    now: datetime,
    refused: Sequence[str] = (),
) -> Decision:
    """Decide what ``event`` means for ``profile``.

    Conditions see the profile as it was before the event. Follow-up events that no rule waits for are not made.
    ``answer`` is the passive reply that was given already. ``account`` is None where the event came by none and the person
    follows none. ``refused``: identities that the event names and that were not taken in. What is told long after it
    happened changes the profile and fires no rule. An event from before the person was forgotten leaves but its trace,
    and the profile as it is.
    """
    if is_forgotten(event, profile):
        return Decision(entry=without_content(TimelineEntry(event=event, person=profile.person)))
    event, rejected = conform(event, rules.schema)
    draft = DraftDecision(
        event=event,
        account=account,
        views={
            "event": event_view(event),
            "profile": PersonView(profile, event.account, now, event.subject, schema=rules.schema),
            "account": account.view() if account else {},
        },
        profile=observe(
            profile,
            event,
            spec=spec,
            kind=account.kind if account else None,
            counted=rules.counted,
            schema=rules.schema,
        ),
        listens=rules.listens,
        listening=rules.listening,
        answer=answer,
        now=now,
        schema=rules.schema,
        rejected=dict(rejected),
    )
    draft.notes += ["identity.refused"] * bool(refused)
    give_told_tags(draft)
    expire_tags(draft, rules.watched)
    if event.historical:
        draft.notes.append("rules.historical")
        _TOLD.get(event.type, _nothing)(draft)
    elif _is_outdated(event, profile):
        draft.notes.append("timer.outdated")
    elif is_wake(event):
        note_stage(draft, before=profile)
        settle(draft, rules.watched)
    elif rules.bucket is not None and is_spent(profile.pace, event, now):
        draft.notes.append("budget.cut")
    elif rules.bucket is not None:
        context = Context(
            event=draft.views["event"],
            profile=draft.views["profile"],
            account=draft.views["account"],
            now=now,
            past=profile.activity,
        )
        _fire(draft, rules.bucket, context)
    by_standard(draft)
    note_stage(draft, before=profile)
    wait(draft, profile, rules.watched)
    mirror_tags(draft, rules.mirrored)
    kept = forget(draft.profile, event, account.settings) if account else draft.profile
    if kept is not draft.profile:
        draft.outbox.append(_forget_action(event, draft.profile))
        draft.follow_ups.clear()  # they would tell of a person who was just forgotten
        draft.timers.clear()
    kept = prune(kept, event, now)
    pace = spend(kept.pace, event, len(draft.matched), now)
    if pace is not kept.pace:
        kept = kept.model_copy(update={"pace": pace})
    entry = TimelineEntry(
        event=event,
        person=profile.person,
        matched=tuple(draft.matched),
        passed=tuple(draft.passed),
        outbox=tuple(draft.outbox),
        follow_ups=tuple(draft.follow_ups),
        answer=answer,
        tags_added=tuple(draft.tags_added),
        tags_removed=tuple(draft.tags_removed),
        rejected=draft.rejected,
        notes=tuple(dict.fromkeys(draft.notes)),
        ruleset_version=rules.version,
        recorded_at=now if is_late(event, now) else None,
    )
    return Decision(
        entry=entry,
        profile=kept,
        timers=tuple(draft.timers),
        reply=draft.reply,
    )


def _nothing(_draft: DraftDecision) -> None:
    """Most of what is told long after says what it says by itself."""


_TOLD: Final[Mapping[str, Callable[[DraftDecision], None]]] = {APPLIED: note_applied, MIRRORED: note_mirrored}
"""What else a historical event of a type does to the profile."""


def _forget_action(event: Event, profile: Profile) -> OutboxAction:
    """Erase what the timeline says of a person who left: too much for one transaction, so it is done like a message."""
    names = names_at_wechat(profile.identities, event.subject or "")
    body = {"identities": names, "since": profile.first_seen_at}
    return OutboxAction(id=f"{event.id}:{FORGETTER}:0", kind=FORGET, rule=FORGETTER, version=0, body=body)


def _fire(draft: DraftDecision, bucket: Bucket, context: Context) -> None:
    stopped = False
    for entry, matched in bucket.judge(context):
        rule: Rule = entry.payload
        gate = first_shut_gate(
            rule, matched=matched, fired=draft.profile.fired.get(rule.rule_id), stopped=stopped, now=draft.now
        )
        if gate is not None:
            if len(draft.passed) < MAX_PASSED:
                draft.passed.append(_why_not(rule, gate, context))
            continue
        if len(draft.matched) >= MAX_MATCHES:
            draft.notes.append("rules.cut")
            return
        draft.matched.append(Match(rule=rule.rule_id, version=rule.version, name=rule.name))
        if rule.limit is not None:
            before = draft.profile.fired.get(rule.rule_id)
            draft.turns[rule.rule_id] = turn_of(before)
            draft.change(fired={**draft.profile.fired, rule.rule_id: rule.limit.record(before, draft.now)})
        for index, action in enumerate(rule.actions):
            filled = fill_action(action, draft.views)
            if filled is None:
                draft.notes.append("text.empty")
            else:
                EFFECTS[action.kind](draft, rule, index, filled)
        stopped = rule.stop


def _why_not(rule: Rule, gate: Gate, context: Context) -> Pass:
    failing = explain(_condition(rule.when), context).first_failing if gate is Gate.CONDITION else None
    if failing is None:
        return Pass(rule=rule.rule_id, version=rule.version, gate=gate)
    seen = {each.text: show(each.value, Locale.EN) for each in failing.seen}
    return Pass(rule=rule.rule_id, version=rule.version, gate=gate, part=failing.text, seen=seen)


@lru_cache(maxsize=1024)
def _condition(text: str) -> Condition:
    """The conditions that are explained are few and the same again and again."""
    return parse_condition(text)


def _is_outdated(event: Event, profile: Profile) -> bool:
    """A timer that was set anew meanwhile: only the last one of a name counts."""
    if is_wake(event):
        return profile.wake != event.id
    name = event.data.get("timer")
    return event.type == "timer.fired" and isinstance(name, str) and profile.timers.get(name) != event.id
