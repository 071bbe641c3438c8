"""Tags that a mapping gives, takes away, and makes exactly those of a list."""

from typing import Any

import pytest

from yuchi.domain.event import ALL_OTHERS
from yuchi.domain.mapping import Mapped, Rejected, read_mapping

TAGS = {
    "tags": [{"from": "added", "type": "list"}],
    "untags": [{"from": "removed", "type": "list"}, "gone"],
    "exact_tags": {"from": "all", "values": {"VIP": "贵宾", "NEW": "新客"}},
}


def told(row: dict[str, Any], **changes: Any) -> Mapped:
    mapping = read_mapping({"type": "person.identified", "identities": {"member": "m"}, **TAGS, **changes})
    outcome = mapping.apply({"m": "M1", **row})
    assert isinstance(outcome, Mapped), outcome
    return outcome


@pytest.mark.parametrize(
    ("row", "tags", "untags"),
    [
        ({}, (), ()),
        ({"all": None}, (), ()),
        ({"all": ""}, (), ()),
        ({"all": []}, (), (ALL_OTHERS,)),
        ({"all": ["VIP", "unknown", "NEW"]}, ("贵宾", "新客"), (ALL_OTHERS,)),
        ({"added": "甲；乙", "removed": ["丙"], "gone": "丁"}, ("甲", "乙"), ("丙", "丁")),
        ({"added": "*", "removed": "*", "gone": "*"}, (), ()),
        ({"all": ["VIP"], "added": "甲", "removed": "乙"}, ("甲", "贵宾"), ("乙", ALL_OTHERS)),
    ],
)
def test_what_a_row_says_of_tags(row: dict[str, Any], tags: tuple[str, ...], untags: tuple[str, ...]) -> None:
    outcome = told(row)
    assert (outcome.tags, outcome.untags) == (tags, untags)


def test_one_value_that_the_table_lacks_gives_no_list() -> None:
    """A single word which has no name here says nothing about the others."""
    assert told({"all": "unknown"}).untags == ()
    assert told({"all": "VIP"}).untags == (ALL_OTHERS,)


def test_too_many_tags_to_take_away_are_a_problem_of_that_part() -> None:
    mapping = read_mapping({"type": "person.identified", "identities": {"member": "m"}, **TAGS})
    outcome = mapping.apply({"m": "M1", "removed": [f"t{number}" for number in range(60)]})
    assert isinstance(outcome, Rejected)
    assert [(each.code, each.field) for each in outcome.problems] == [("tags.many", "untags")]
