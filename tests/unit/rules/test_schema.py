"""The JSON schema in ``rules/`` is the one that the code makes, and it tells good items from bad ones."""

from typing import Any

import jsonschema
import pytest

from tests.unit.rules.player import PACKS, ROOT, read
from yuchi.domain.actions import ACTIONS
from yuchi.domain.draft_columns import COLUMNS, SYSTEM_COLUMNS
from yuchi.domain.schema import rule_schema, schema_text

VALIDATOR = jsonschema.Draft202012Validator(rule_schema())
GOOD: dict[str, Any] = {"rule_id": "a", "on": "menu.clicked", "then": ["tag x"]}


def test_the_file_is_what_the_code_makes() -> None:
    path = ROOT / "rules" / "rule.schema.json"
    assert path.read_text(encoding="utf-8") == schema_text(), "run: make docs"


def test_it_is_a_schema_and_has_every_column() -> None:
    jsonschema.Draft202012Validator.check_schema(rule_schema())
    assert set(rule_schema()["properties"]) == {*COLUMNS, *SYSTEM_COLUMNS}


@pytest.mark.parametrize("verb", sorted(ACTIONS))
def test_the_examples_of_actions_fit(verb: str) -> None:
    for example in ACTIONS[verb].examples:
        VALIDATOR.validate({**GOOD, "then": [example]})


@pytest.mark.parametrize(
    "on", ["30天没有 order.completed", ["menu.clicked", "no page.viewed for 2h"], ["date 生日 - 3d"]]
)
def test_triggers_fit(on: Any) -> None:
    VALIDATOR.validate({**GOOD, "on": on})


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_the_rules_of_packs_fit(folder: Any) -> None:
    for item in read(folder / "rules.yaml"):
        VALIDATOR.validate(item)


@pytest.mark.parametrize(
    "bad",
    [
        {"rule_id": "a", "then": ["tag x"]},
        {**GOOD, "limmit": "once"},
        {**GOOD, "then": []},
        {**GOOD, "then": [{"打标签": "x"}]},
        {**GOOD, "then": [{"tag": "x", "score": 1}]},
        {**GOOD, "then": [{"reply": {"menu": {"head": "a", "options": ["b"]}}}]},
        {**GOOD, "then": [{"send": {"card": {"title": "a"}}}]},
        {**GOOD, "enabled": "maybe"},
        {**GOOD, "priority": "high"},
        {**GOOD, "on": ["clicked the menu"]},
    ],
)
def test_bad_items_do_not_fit(bad: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(bad)
