"""What counts of what several sources say."""

from typing import Any

import pytest

from yuchi.domain.attributes import preferred, resolved, with_attributes
from yuchi.domain.profile import Profile

EMPTY = Profile(brand="demo", person="p")
Word = tuple[str, Any, int]


def said(*words: Word) -> Profile:
    """What is left of ``words`` on ``x``. The source "site" and whatever begins like it has a key that all can read."""
    profile = EMPTY
    for source, value, at in words:
        profile = with_attributes(profile, source, {"x": value}, at, trusted=not source.startswith("site"))
    return profile


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ([("shop", "a", 1), ("crm", "b", 2)], "b"),
        ([("crm", "b", 2), ("shop", "a", 1)], "b"),
        ([("site", "a", 1)], "a"),
        ([("shop", "a", 1), ("site", "b", 2)], "a"),
        ([("site", "b", 2), ("shop", "a", 1)], "a"),
        ([("shop", None, 1), ("site", "b", 2)], None),  # that there is no value is a word, too
        ([("site", "a", 1), ("site-2", "b", 2)], "b"),
    ],
)
def test_the_newest_word_counts_and_before_it_any_of_who_is_trusted(words: list[Word], value: Any) -> None:
    profile = said(*words)
    assert profile.attributes.get("x") == value == resolved(profile.slices).get("x")


def test_a_source_whose_key_became_public_does_not_take_back_what_it_said_before() -> None:
    profile = with_attributes(said(("shop", "a", 1)), "shop", {"x": "b"}, 2, trusted=False)
    assert profile.attributes == {"x": "a"}
    assert with_attributes(profile, "shop", {"x": "c"}, 3).attributes == {"x": "c"}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ([("crm", "a", 1), ("shop", "b", 2)], "a"),
        ([("crm", None, 1), ("shop", "b", 2)], "b"),
        ([("other", "a", 1), ("third", "b", 2)], "b"),
        ([("site", "a", 1)], "a"),  # it is named
        ([("site-2", "a", 1)], None),  # it is not
        ([("site", "a", 3), ("crm", "b", 2)], "b"),
        ([("site", "a", 3), ("other", "b", 2)], "b"),
        ([("site", "a", 3), ("other", None, 2)], None),
    ],
)
def test_a_brand_says_whose_word_counts(words: list[Word], value: Any) -> None:
    assert preferred(said(*words), {"x": ("site", "crm", "shop")}).attributes.get("x") == value
