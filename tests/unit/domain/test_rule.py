"""A published rule and its stored form."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.domain.garbage import GOOD
from yuchi.domain.actions import to_line
from yuchi.domain.draft import read_draft
from yuchi.domain.limits import Limit
from yuchi.domain.rule import Rule

FULL: dict[str, Any] = {
    **GOOD,
    "account": "tea",
    "priority": 5,
    "stop": True,
    "starts_at": "2026-05-01 10:00",
    "ends_at": "2026-06-01",
    "limit": "3/day",
}


def rule(item: dict[str, Any], **changes: Any) -> Rule:
    draft = read_draft(item).draft
    assert draft is not None
    made = Rule.make(draft, version=3, access=[["eq", "event.key", "TRIAL"]], counted={"order.completed": 3600})
    return dataclasses.replace(made, **changes)


@pytest.mark.parametrize("item", [GOOD, FULL], ids=["good", "full"])
def test_the_stored_form_is_json_and_is_read_back(item: dict[str, Any]) -> None:
    made = rule(item)
    stored = json.loads(json.dumps(made.dump()))
    loaded = Rule.load(stored)
    assert loaded == made
    assert loaded.actions == made.actions
    assert loaded.limit == made.limit


def test_actions_and_limit_are_decoded_when_asked_for() -> None:
    loaded = Rule.load(rule(FULL).dump())
    assert [to_line(action) for action in loaded.actions] == FULL["then"]
    assert loaded.limit == Limit(times=3, span="day")
    assert loaded.starts_at == datetime(2026, 5, 1, 2, 0, tzinfo=UTC)


def test_what_is_usual_is_not_stored() -> None:
    assert set(rule(GOOD, counted={}, access=None).dump()) == {"id", "version", "name", "on", "when", "then", "limit"}


def test_a_rule_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule(GOOD).priority = 1  # type: ignore[misc]
