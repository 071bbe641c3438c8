"""A backtest applied: those who matched are given, once, what the rule would have noted on their profiles. No message."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from yuchi.domain.actions import dump_action, fill_action, load_actions
from yuchi.domain.draft_decision import DraftDecision
from yuchi.domain.effects import EFFECTS
from yuchi.domain.event import Event, derive_id
from yuchi.domain.plain import digest
from yuchi.domain.rule import Rule

APPLIED: Final = "backtest.applied"
SOURCE: Final = "/backtest"
"""Only what comes from here is believed: no door gives an event this source."""
NOTED: Final = frozenset({"tag", "untag", "set", "score"})
"""The kinds of actions that change a profile and nothing else."""
FILED: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Stands for the time in the timeline's key: the same person gets the same rule's effects once, whenever it is asked for."""


def noted_actions(rule: Rule, views: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The rule's effects on a profile, their texts filled from ``views`` (``event``, ``profile``, ``account``)."""
    filled = (fill_action(action, dict(views)) for action in rule.actions if action.kind in NOTED)
    return tuple(dump_action(action) for action in filled if action is not None)


def constant_actions(rule: Rule) -> tuple[dict[str, Any], ...] | None:
    """The same where nothing is to be filled in, which is most often; else None."""
    if any("{{" in repr(stored) for stored in rule.stored_actions if stored.get("kind") in NOTED):
        return None
    return noted_actions(rule, {"event": {}, "profile": {}, "account": {}})


def applied_event(
    rule: Rule,
    *,
    person: str,
    subject: str,
    account: str,
    brand: str,
    actions: Sequence[Mapping[str, Any]],
    at: datetime,
) -> Event:
    """The event that brings ``actions`` to ``person``, who matched last at ``at``. Told long after, so no rule fires on it.

    Its id depends on the rule as it stands and on the person alone.
    """
    return Event(
        id=derive_id(APPLIED, brand, rule.rule_id, mark_of(rule), person),
        source=SOURCE,
        type=APPLIED,
        time=at,
        key_time=FILED,
        brand=brand,
        account=account,
        subject=subject,
        historical=True,
        data={"rule": rule.rule_id, "version": rule.version, "actions": [dict(each) for each in actions]},
    )


def mark_of(rule: Rule) -> str:
    """Names the rule as it stands: another text is another mark, its number of a version aside."""
    content = {name: value for name, value in rule.dump().items() if name != "version"}
    return digest(repr(sorted(content.items(), key=lambda each: each[0])).encode())


def note_applied(draft: DraftDecision) -> None:
    """What :data:`APPLIED` does to a profile."""
    if draft.event.source != SOURCE:
        return
    data = draft.event.data
    draft.listens = lambda _: False  # what was done long ago sets nothing off
    rule = Rule(rule_id=str(data["rule"]), version=int(data["version"]), on=(), stored_actions=())
    noted = load_actions([each for each in data["actions"] if each.get("kind") in NOTED])
    for index, action in enumerate(noted):
        EFFECTS[action.kind](draft, rule, index, action)
