"""Every pack: its rules are well, its tests pass, and its description names the tags it gives."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.rules.player import PACKS, check_pack, play, read, same
from yuchi.domain.actions import Tag
from yuchi.domain.problem import Locale

KNOWN_HINTS = {"send.window"}
"""A visit three days later reaches only those who wrote lately, and the pack says so."""

CASES = [
    pytest.param(folder, case, id=f"{folder.name}: {case['name']}")
    for folder in PACKS
    for case in read(folder / "tests.yaml")
]


def test_there_are_packs() -> None:
    assert {folder.name for folder in PACKS} >= {"welcome", "trial-claim"}


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_rules_are_well(folder: Path) -> None:
    for check in check_pack(folder):
        assert [problem.text(Locale.ZH) for problem in check.problems] == [], check.rule_id
        assert {hint.code for hint in check.hints} <= KNOWN_HINTS, check.rule_id
        assert check.draft is not None
        assert check.draft.name != check.rule_id, "a rule of a pack has a name for people"


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_the_pack_describes_itself(folder: Path) -> None:
    pack = read(folder / "pack.yaml")
    assert set(pack) == {"name", "title", "description", "version", "tags"}
    assert pack["name"] == folder.name
    given = {
        name
        for check in check_pack(folder)
        if check.draft
        for action in check.draft.then
        if isinstance(action, Tag)
        for name in action.names
    }
    assert given == set(pack["tags"])


@pytest.mark.parametrize(("folder", "case"), CASES)
def test_a_pack_does_what_its_tests_say(folder: Path, case: dict[str, Any]) -> None:
    played = play(folder, case)
    expected = case["expect"]
    assert set(expected) <= {"tags", "attributes", "scores", "replies", "messages", "consents"}
    if "tags" in expected:
        assert played.tags == set(expected["tags"])
    if "consents" in expected:
        assert {name: each.granted for name, each in played.profile.consents.items()} == expected["consents"]
    if "attributes" in expected:
        assert played.profile.attributes == expected["attributes"]
    for name, points in expected.get("scores", {}).items():
        assert played.profile.scores.get(name, 0) == points
    for kind in ("replies", "messages"):
        if kind in expected:
            told = getattr(played, kind)
            assert len(told) == len(expected[kind]), told
            assert all(same(*pair) for pair in zip(told, expected[kind], strict=True)), told


def test_twin_a_wrong_expectation_fails() -> None:
    welcome = next(folder for folder in PACKS if folder.name == "welcome")
    case = {"events": [{"fan.subscribed": {"via": "search"}}], "expect": {"tags": ["老客户"]}}
    with pytest.raises(AssertionError):
        test_a_pack_does_what_its_tests_say(welcome, case)
