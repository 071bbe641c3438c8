"""Rules side by side: which are alike, which give a tag that another asks for."""

import pytest

from tests.fakes.world import rule
from yuchi.domain.rule_neighbours import likeness, neighbours_of, tag_hints


def alike(first: str, second: str) -> bool:
    return likeness(rule("a", "menu.clicked", ["score +1"], when=first)) == likeness(
        rule("b", "menu.clicked", ["score +2"], when=second)
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ('event.key=="A"', ' event.key  ==\n"A" ', True),
        ('event.key == "A B"', 'event.key == "AB"', False),
        ("event.key == 'A B'", "event.key == 'AB'", False),
        ('event.key == "A\\" B"', 'event.key == "A\\"B"', False),
        ('event.key == "A" && "甲 乙" in profile.tags', 'event.key=="A"&&"甲 乙" in profile.tags', True),
    ],
)
def test_spaces_count_in_texts_alone(first: str, second: str, *, expected: bool) -> None:
    assert alike(first, second) is expected


def test_twin_without_a_look_at_quotes_different_rules_are_alike() -> None:
    first, second = 'event.key == "A B"', 'event.key == "AB"'
    assert "".join(first.split()) == "".join(second.split())


def test_the_tags_of_a_chunk_are_those_that_its_rules_give() -> None:
    rules = [
        rule("a", "menu.clicked", ["tag 甲, 乙 for 30d", "untag 丙"]),
        rule("b", "menu.clicked", ["tag 丁"], when='"戊" in profile.tags'),
    ]
    assert neighbours_of(rules).tags == {"甲", "乙", "丁"}


def test_a_tag_that_no_rule_gives_is_a_hint_with_the_nearest_one() -> None:
    hints = list(tag_hints({"新粉丝", "老客戶"}, {"新粉丝", "老客户"}))
    assert [(hint.code, hint.suggestion, hint.severity.value) for hint in hints] == [
        ("when.tag.ungiven", "老客户", "hint")
    ]
