"""`yuchi rules check` and `list`."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.desk import TEA, FakeDesk, run
from yuchi.adapters.admin.stacks import StackMissingError

GOOD = """\
- rule_id: claim
  on: menu.clicked
  when: event.key == "TRIAL"
  then:
    - tag 领取
"""
OFFLINE = StackMissingError("yuchi")


def written(tmp_path: Path, text: str, name: str = "rules.yaml") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_good_file_needs_no_deployment(tmp_path: Path) -> None:
    outcome = run(OFFLINE, "rules", "check", written(tmp_path, GOOD))
    assert outcome.status == 0
    assert "✓ claim" in outcome.out
    assert "1 rule, no problems." in outcome.out


def test_what_is_wrong_is_told_with_its_place_and_what_was_meant(tmp_path: Path) -> None:
    outcome = run(OFFLINE, "rules", "check", written(tmp_path, GOOD.replace("event.key", "event.kye")))
    assert outcome.status == 1
    assert "when, column 7: unknown field event.kye, did you mean event.key ?" in outcome.out


def test_in_chinese_where_asked(tmp_path: Path) -> None:
    wrong = written(tmp_path, GOOD.replace("event.key", "event.kye"))
    outcome = run(OFFLINE, "rules", "check", wrong, "--locale", "zh")
    assert "when 第 7 列：没有字段 event.kye，您是不是想写 event.key ？" in outcome.out
    assert "1 条规则，1 条有问题。" in outcome.out


def test_a_folder_is_read_whole_but_for_what_else_a_pack_holds(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("claim", "other"), "more.yml")
    written(tmp_path, "name: pack\n", "pack.yaml")
    assert "2 rules, no problems." in run(OFFLINE, "rules", "check", str(tmp_path)).out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- rule_id: [\n", "cannot be read at line"),
        ("just words\n", "is no list of rules"),
        ("", "there is no rule in"),
        (GOOD + GOOD, "the rule claim is there twice"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str, told: str) -> None:
    outcome = run(OFFLINE, "rules", "check", written(tmp_path, text))
    assert outcome.status == 2
    assert told in outcome.err
    assert "→" in outcome.err


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    assert "cannot be read" in run(OFFLINE, "rules", "check", str(tmp_path / "none.yaml")).err
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    assert "is no UTF-8 text" in run(OFFLINE, "rules", "check", str(tmp_path / "bytes.yaml")).err


def test_an_accounts_drafts_are_checked_as_the_reviewer_does() -> None:
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "good"}, {"rule_id": "bad", "then": ["tga 新"]}, {"rule_id": "away", "account": "coffee"})
    outcome = run(desk, "rules", "check", "tea")
    assert outcome.status == 1
    assert "✓ good" in outcome.out
    assert "did you mean tag 新" in outcome.out
    assert "away" not in outcome.out


def test_neither_file_nor_account() -> None:
    outcome = run(FakeDesk(TEA), "rules", "check", "coffee")
    assert outcome.status == 2
    assert "there is no file and no account called coffee" in outcome.err
    assert "accounts: tea" in outcome.err


def test_with_accounts_what_refers_to_them_is_checked_too(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + "  account: coffee\n")
    assert run(FakeDesk(TEA), "rules", "check", path).status == 0
    outcome = run(FakeDesk(TEA), "rules", "check", path, "--with-accounts")
    assert outcome.status == 1
    assert "has no account coffee" in outcome.out


def test_the_list_tells_status_and_problems() -> None:
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "good", "matched": 7}, {"rule_id": "bad", "on": "menu.clickd"})
    desk.drafts.put({"brand": "demo", "rule_id": "fresh", "on": "menu.clicked", "then": ["tag 新"]})
    outcome = run(desk, "rules", "list")
    assert outcome.status == 0
    rows = {line.split()[1]: line.split() for line in outcome.out.splitlines() if line.startswith("demo")}
    assert {"live", "1", "7"} <= set(rows["good"])
    assert "invalid" in rows["bad"]
    assert "waiting" in rows["fresh"]
    assert "bad: on: there is no event menu.clickd, did you mean menu.clicked ?" in outcome.out


def test_the_list_for_programs_and_by_status() -> None:
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "good"}, {"rule_id": "bad", "on": "menu.clickd"})
    (row,) = json.loads(run(desk, "rules", "list", "--json", "--status", "invalid").out)
    assert row["rule_id"] == "bad"
    assert "No rule is off." in run(desk, "rules", "list", "--status", "off").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--status", "broken"), "there is no status broken"),
        (("--brand", "other"), "there is no brand other"),
    ],
)
def test_a_list_of_what_is_not(words: tuple[str, ...], told: str) -> None:
    outcome = run(FakeDesk(TEA), "rules", "list", *words)
    assert outcome.status == 2
    assert told in outcome.err


def test_an_empty_table_says_how_to_begin() -> None:
    assert "yuchi rules push" in run(FakeDesk(TEA), "rules", "list").out
