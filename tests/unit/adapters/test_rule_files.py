"""Rules in YAML files come back as they were."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from yuchi.adapters.rule_files import RuleFileError, read_rules, write_rules

ITEM: dict[str, Any] = {
    "rule_id": "claim-trial",
    "name": "领取试用装",
    "enabled": True,
    "on": "menu.clicked",
    "when": 'event.key == "TRIAL" && !("领取试用装" in profile.tags)',
    "then": [
        "tag 领取试用装",
        "set 城市 = 上海",
        {"reply": {"news": {"title": "a: b", "url": "https://a.example.com"}}},
    ],
    "limit": "1/30d",
    "starts_at": "2026-05-01",
    "stop": "no",
}


def test_a_rule_is_readable_and_is_read_back() -> None:
    text = write_rules([ITEM, ITEM])
    assert read_rules(text) == [ITEM, ITEM]
    assert "\n  on: menu.clicked\n" in text
    assert "领取试用装" in text


def test_twin_plain_yaml_reads_the_key_on_as_true() -> None:
    assert True in yaml.safe_load("- on: menu.clicked")[0]
    assert "on" in read_rules("- on: menu.clicked")[0]


_VALUES = st.recursive(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20),
        st.booleans(),
        st.integers(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("abon是", min_size=1), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.text("abonytrue是", min_size=1, max_size=6), _VALUES, max_size=4), max_size=3))
def test_any_items_are_read_back(items: list[dict[str, Any]]) -> None:
    assert read_rules(write_rules(items)) == items


@pytest.mark.parametrize(("text", "line"), [("a: [", 1), ("- a\n- b: 'x", 2), ("just text", None), ("- 1", None)])
def test_what_is_no_list_of_rules_is_refused(text: str, line: int | None) -> None:
    with pytest.raises(RuleFileError) as caught:
        read_rules(text)
    assert (caught.value.line is None) == (line is None)


def test_an_empty_file_has_no_rules() -> None:
    assert read_rules("") == []
