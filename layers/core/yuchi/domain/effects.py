"""What each kind of action does to a decision: one function and one row in ``EFFECTS`` for each.

An effect changes the profile in the draft, or puts something into its outbox, timers or follow-up events. It sends nothing.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from yuchi.domain import actions
from yuchi.domain.actions import dump_action
from yuchi.domain.attributes import RULES, with_attributes
from yuchi.domain.draft_decision import MAX_TIMERS, DraftDecision, GivenReply
from yuchi.domain.profile import Tag
from yuchi.domain.rule import Rule
from yuchi.domain.standard.values import Rejected, UnfitError, fit, shown
from yuchi.domain.tagging import expiry, make_room
from yuchi.domain.timeline import Answer, Timer

Effect = Callable[[DraftDecision, Rule, int, Any], None]


def _tag(draft: DraftDecision, rule: Rule, index: int, action: actions.Tag) -> None:
    tags = dict(draft.profile.tags)
    live = draft.profile.live_tags(draft.now)
    for name in action.names:
        old = live.get(name)
        make_room(draft, tags, live, name, rule.rule_id)
        tags[name] = Tag(
            since=old.since if old else draft.moment,
            last=max(draft.moment, old.last) if old else draft.moment,
            count=old.count + 1 if old else 1,
            rule=rule.rule_id,
            version=rule.version,
            event=draft.event.id,
            expires_at=expiry(draft, name, action.lasts),
        )
        live[name] = tags[name]
        if old is None:
            draft.tags_added.append(name)
            draft.follow_up("tag.added", {"tag": name, "rule": rule.rule_id}, rule.rule_id, str(index), name)
    draft.change(tags=tags)


def _untag(draft: DraftDecision, rule: Rule, index: int, action: actions.Untag) -> None:
    removed = [name for name in action.names if name in draft.profile.live_tags(draft.now)]
    draft.change(tags={name: tag for name, tag in draft.profile.tags.items() if name not in action.names})
    for name in removed:
        draft.tags_removed.append(name)
        data = {"tag": name, "rule": rule.rule_id, "reason": "rule"}
        draft.follow_up("tag.removed", data, rule.rule_id, str(index), name)


def _set(draft: DraftDecision, _rule: Rule, _index: int, action: actions.Set) -> None:
    rule = draft.schema.attributes.get(action.name)
    try:
        value = fit(action.value, rule) if rule else action.value
    except UnfitError as error:
        draft.rejected[f"set.{action.name}"] = Rejected(
            reason=str(error), value=shown(action.value, rule) if rule else ""
        )
        return
    draft.profile = with_attributes(draft.profile, RULES, {action.name: value}, draft.moment)


def _score(draft: DraftDecision, rule: Rule, index: int, action: actions.Score) -> None:
    previous = draft.profile.scores.get(action.name, 0)
    value = previous + action.points
    draft.change(scores={**draft.profile.scores, action.name: value})
    data = {"score": action.name, "value": value, "previous": previous, "rule": rule.rule_id}
    draft.follow_up("score.reached", data, rule.rule_id, str(index))


def _reply(draft: DraftDecision, rule: Rule, index: int, action: actions.Reply) -> None:
    """The first reply of an event is the passive answer, or a customer-service message where none could be given."""
    if draft.reply is not None:
        draft.notes.append("reply.second")
        return
    answer = Answer(rule=rule.rule_id, version=rule.version, index=index, turn=draft.turns.get(rule.rule_id))
    draft.reply = GivenReply(message=action.message, answer=answer)
    if draft.answer is not None:
        return
    if action.message.type in PASSIVE_ONLY:
        draft.notes.append("reply.passive_only")
        return
    draft.act(rule, index, action.kind, dump_action(action), turn=answer.turn)


def _put_out(draft: DraftDecision, rule: Rule, index: int, action: actions.Send | actions.Webhook) -> None:
    draft.act(rule, index, action.kind, dump_action(action))


def _after(draft: DraftDecision, rule: Rule, index: int, action: actions.After) -> None:
    if len(draft.timers) >= MAX_TIMERS:
        draft.notes.append("timers.cut")
        return
    due = draft.event.time + timedelta(seconds=action.delay)
    data = {"timer": action.name, "rule": rule.rule_id}
    # A timer breaks the chain: what happens a minute or a month later is not the loop that hops guard against,
    # and a loop of timers is bounded by time itself.
    event = draft.caused("timer.fired", data, due, rule.rule_id, str(index)).model_copy(update={"hops": 0})
    draft.timers.append(Timer(due=due, event=event))
    draft.change(timers={**draft.profile.timers, action.name: event.id})


def _emit(draft: DraftDecision, rule: Rule, index: int, action: actions.Emit) -> None:
    draft.follow_up(action.type, {**action.data, "rule": rule.rule_id}, rule.rule_id, str(index))


PASSIVE_ONLY: Final = frozenset({"transfer", "music"})
"""Replies that only make sense, or only exist with us, as the answer to the push itself."""

EFFECTS: Final[Mapping[str, Effect]] = {
    "tag": _tag,
    "untag": _untag,
    "set": _set,
    "score": _score,
    "reply": _reply,
    "send": _put_out,
    "webhook": _put_out,
    "after": _after,
    "emit": _emit,
}
