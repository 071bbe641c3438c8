"""`yuchi rules push` and `pull`."""

from pathlib import Path

from tests.unit.cli.desk import TEA, FakeDesk, run
from yuchi.adapters.rule_files import read_rules

RULES = """\
- rule_id: claim
  on: menu.clicked
  when: event.key == "TRIAL"
  then:
    - tag 领取
    - score +5
- rule_id: hello
  on: fan.subscribed
  then: [tag 新粉丝]
"""
COFFEE = TEA.model_copy(update={"id": "coffee", "brand": "other", "appid": "wx2", "original_id": "gh_2"})


def file(tmp_path: Path, text: str = RULES) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_new_rules_go_live_and_the_verdict_is_told(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    outcome = run(desk, "rules", "push", file(tmp_path), typed="y\n")
    assert outcome.status == 0
    assert "Push these 2 changes?" in outcome.err
    assert desk.live.live("demo", "claim") is not None
    verdict = next(line for line in outcome.out.splitlines() if line.startswith("claim"))
    assert verdict.split()[:3] == ["claim", "live", "1"]


def test_without_a_yes_nothing_is_written(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    for outcome in (
        run(desk, "rules", "push", file(tmp_path), typed="n\n"),
        run(desk, "rules", "push", file(tmp_path), typed=""),
    ):
        assert outcome.status == 1
    assert run(desk, "rules", "push", file(tmp_path), "--dry-run").status == 0
    assert desk.drafts.items == {}


def test_only_what_differs_is_shown_and_written(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    run(desk, "rules", "push", file(tmp_path), "--yes")
    outcome = run(desk, "rules", "push", file(tmp_path, RULES.replace("+5", "+6")), "--yes")
    assert outcome.status == 0
    assert "score +5" in outcome.out
    assert "score +6" in outcome.out
    assert "tag 领取" not in outcome.out
    assert "1 more stay as they are." in outcome.out
    assert desk.drafts.items["demo", "claim"]["live_version"] == 2
    assert desk.drafts.items["demo", "hello"]["live_version"] == 1
    assert "Nothing to change." in run(desk, "rules", "push", file(tmp_path, RULES.replace("+5", "+6"))).out


def test_the_systems_columns_stay(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "claim", "matched": 41})
    run(desk, "rules", "push", file(tmp_path), "--yes")
    assert desk.drafts.items["demo", "claim"]["matched"] == 41


def test_rules_that_are_not_in_the_files_go_only_when_asked(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "old"})
    run(desk, "rules", "push", file(tmp_path), "--yes")
    assert ("demo", "old") in desk.drafts.items
    outcome = run(desk, "rules", "push", file(tmp_path), "--yes", "--prune")
    assert "removed" in outcome.out
    assert ("demo", "old") not in desk.drafts.items


def test_wrong_rules_are_told_and_nothing_is_pushed(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    outcome = run(desk, "rules", "push", file(tmp_path, RULES.replace("event.key", "event.kye")), "--yes")
    assert outcome.status == 1
    assert "did you mean event.key" in outcome.out
    assert "nothing was pushed" in outcome.err
    assert desk.drafts.items == {}


def test_somebody_elses_edit_in_between_is_left_alone(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "claim", "name": "old"})
    desk.rules.before_write = lambda: desk.publish({"rule_id": "claim", "name": "theirs"})
    outcome = run(desk, "rules", "push", file(tmp_path), "--yes")
    assert outcome.status == 1
    assert "claim was edited by somebody else" in outcome.err
    assert desk.drafts.items["demo", "claim"]["name"] == "theirs"
    assert desk.drafts.items["demo", "hello"]["status"] == "live"


def test_a_reviewer_that_is_down_is_told_after_ten_seconds(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    desk.reviewer_is_up = False
    outcome = run(desk, "rules", "push", file(tmp_path), "--yes")
    assert outcome.status == 1
    assert desk.waited == 10.0
    assert "2 were not reviewed within 10 s" in outcome.err
    assert "yuchi doctor" in outcome.err


def test_rules_without_a_brand_need_one_where_there_are_several(tmp_path: Path) -> None:
    desk = FakeDesk(TEA, COFFEE)
    outcome = run(desk, "rules", "push", file(tmp_path), "--yes")
    assert outcome.status == 2
    assert "add --brand, one of: demo, other" in outcome.err
    assert run(desk, "rules", "push", file(tmp_path), "--yes", "--brand", "other").status == 0
    assert {brand for brand, _ in desk.drafts.items} == {"other"}


def test_without_an_account_there_is_no_brand(tmp_path: Path) -> None:
    assert "yuchi account add" in run(FakeDesk(), "rules", "push", file(tmp_path), "--yes").err


def test_what_is_pulled_is_short_and_pushes_back_as_the_same(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    desk.publish(
        {
            "rule_id": "claim",
            "account": "*",
            "enabled": True,
            "priority": 100,
            "then": "tag 领取\nscore 5",
            "ends_at": "2026-05-31",
        },
        {"rule_id": "garbled", "on": 7},
    )
    outcome = run(desk, "rules", "pull", str(tmp_path / "out"))
    assert outcome.status == 0
    text = (tmp_path / "out" / "demo.yaml").read_text(encoding="utf-8")
    assert "priority" not in text
    assert "status" not in text
    assert "ends_at: 2026-05-31" in text
    (claim, garbled) = read_rules(text)
    assert claim["then"] == ["tag 领取", "score +5"]
    assert garbled["on"] == 7
    (tmp_path / "good.yaml").write_text(text[: text.index("- brand: demo\n  rule_id: garbled")], encoding="utf-8")
    assert "Nothing to change." in run(desk, "rules", "push", str(tmp_path / "good.yaml"), "--yes").out


def test_pull_prints_and_asks_before_it_overwrites(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "claim"})
    assert read_rules(run(desk, "rules", "pull").out)[0]["rule_id"] == "claim"
    path = tmp_path / "mine.yaml"
    path.write_text("# mine\n", encoding="utf-8")
    assert run(desk, "rules", "pull", str(path), typed="n\n").status == 1
    assert path.read_text(encoding="utf-8") == "# mine\n"
    assert run(desk, "rules", "pull", str(path), "--yes").status == 0


def test_nothing_to_pull_and_nowhere_to_write(tmp_path: Path) -> None:
    assert "there are no rules to write" in run(FakeDesk(TEA), "rules", "pull").err
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "claim"})
    (tmp_path / "taken").write_text("", encoding="utf-8")
    outcome = run(desk, "rules", "pull", str(tmp_path / "taken" / "rules.yaml"))
    assert outcome.status == 2
    assert "cannot be written" in outcome.err
