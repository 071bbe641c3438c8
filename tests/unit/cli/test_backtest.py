import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.queues import FakeQueue
from tests.unit.cli.archive import FakeArchiveFiles, with_archive
from tests.unit.cli.desk import NOW, TEA, FakeDesk, run
from yuchi.cli.backtest_command import days_between, sparkline
from yuchi.domain.event import Event, derive_id
from yuchi.domain.standard.model import BrandSchema, StageRule
from yuchi.domain.timeline import Match, TimelineEntry
from yuchi.services.ports import EventMessage

RULE = {
    "rule_id": "twice",
    "name": "第二次点",
    "on": "menu.clicked",
    "when": 'event.key == "TRIAL" && count("menu.clicked", "7d") >= 1',
    "then": ["tag 感兴趣", "send 您好"],
}


def click(fan: str, *, days_ago: float, key: str = "TRIAL", matched: tuple[str, ...] = ()) -> TimelineEntry:
    event = Event(
        id=derive_id(fan, str(days_ago), key),
        source="/wechat/tea",
        type="menu.clicked",
        time=NOW - timedelta(days=days_ago),
        brand="demo",
        account="tea",
        subject=f"wechat:tea:{fan}",
        data={"key": key},
    )
    return TimelineEntry(event=event, person=f"p-{fan}", matched=tuple(Match(rule=each, version=1) for each in matched))


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    desk = FakeDesk(TEA)
    desk.events = FakeQueue(EventMessage)
    with_archive(desk, tmp_path / "archive").put(
        click("ann", days_ago=9),
        click("ann", days_ago=8),
        click("ann", days_ago=3),
        click("bob", days_ago=5),
        click("cat", days_ago=60),
        click("cat", days_ago=59),
    )
    return desk


def queued(desk: FakeDesk) -> list[Event]:
    return [message.event for _, message in desk.events.take()]


def test_it_says_who_would_have_matched_when_and_why(desk: FakeDesk) -> None:
    desk.publish(RULE)
    told = run(desk, "rules", "backtest", "twice", "--since", "30d")
    assert told.status == 0, told.err
    assert "would have matched 1 person on 2 events" in told.out
    assert "p-ann" in told.out
    assert '✓ event.key == "TRIAL"' in told.out
    assert "p-cat" not in told.out
    assert queued(desk) == []


def test_for_programs_it_is_json(desk: FakeDesk) -> None:
    desk.publish(RULE)
    found = json.loads(run(desk, "rules", "backtest", "twice", "--json").out)
    assert (found["persons"], found["events"], found["archive_begins"]) == (1, 2, "2026-03-02")
    assert sum(found["days"].values()) == 2
    assert len(found["days"]) == 31
    assert found["matched"][0]["would_get"] == [{"kind": "tag", "names": ["感兴趣"]}]


def test_persons_are_seen_by_the_brands_own_definitions(desk: FakeDesk) -> None:
    desk.publish(RULE | {"when": 'profile.stage == "茶友"'})
    assert json.loads(run(desk, "rules", "backtest", "twice", "--json").out)["events"] == 0
    desk.schemas["demo"] = BrandSchema(own_stages=(StageRule(order=1, name="茶友"),))  # of whoever was seen before
    assert json.loads(run(desk, "rules", "backtest", "twice", "--json").out)["events"] == 2


def test_a_draft_and_a_file_can_be_tried_before_they_are_live(desk: FakeDesk, tmp_path: Path) -> None:
    desk.drafts.put({"brand": "demo", **RULE, "enabled": False, "starts_at": "2030-01-01"})
    assert json.loads(run(desk, "rules", "backtest", "twice", "--json").out)["events"] == 2
    file = tmp_path / "rules.yaml"
    file.write_text("- rule_id: twice\n  on: menu.clicked\n  then: [tag 试试]\n", encoding="utf-8")
    tried = run(desk, "rules", "backtest", "twice", "--rule-file", str(file), "--json")
    assert json.loads(tried.out)["events"] == 4


def test_applying_gives_what_is_noted_once_and_to_nobody_who_has_it(desk: FakeDesk) -> None:
    desk.publish(RULE)
    desk.archive_files.put(click("dan", days_ago=2.5), click("dan", days_ago=2, matched=("twice",)))
    applied = run(desk, "rules", "backtest", "twice", "--apply", "--yes")
    assert applied.status == 0, applied.err
    (event,) = queued(desk)
    assert (event.type, event.subject, event.historical) == ("backtest.applied", "wechat:tea:ann", True)
    assert [action["kind"] for action in event.data["actions"]] == ["tag"]
    assert run(desk, "rules", "backtest", "twice", "--apply", "--yes").status == 0
    assert queued(desk) == []  # the queue knows the id; the timeline would know it later


def test_applying_is_asked_about(desk: FakeDesk) -> None:
    desk.publish(RULE)
    assert run(desk, "rules", "backtest", "twice", "--apply", typed="n\n").status == 1
    assert queued(desk) == []


def test_what_the_queue_did_not_take_is_told(desk: FakeDesk) -> None:
    desk.publish(RULE)
    found = run(desk, "rules", "backtest", "twice", "--apply", "--yes")
    (event,) = queued(desk)
    desk.events.forget()
    desk.events.refuse.add(event.id)
    again = run(desk, "rules", "backtest", "twice", "--apply", "--yes")
    assert (found.status, again.status) == (0, 1)
    assert "run it again" in again.err


def test_an_unknown_rule_and_a_wrong_one_are_refused(desk: FakeDesk, tmp_path: Path) -> None:
    desk.publish(RULE)
    unknown = run(desk, "rules", "backtest", "twise")
    assert unknown.status == 2
    assert "did you mean twice" in unknown.err
    file = tmp_path / "rules.yaml"
    file.write_text("- rule_id: bad\n  on: menu.clicked\n  when: event.kye == 1\n  then: [tag x]\n", encoding="utf-8")
    assert run(desk, "rules", "backtest", "bad", "--rule-file", str(file)).status == 1
    assert run(desk, "rules", "backtest", "twice", "--since", "soon").status == 2


def test_an_empty_archive_is_said_to_be_empty(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    with_archive(desk, tmp_path)
    desk.publish(RULE)
    assert "nothing in the archive" in run(desk, "rules", "backtest", "twice").out


def test_an_archive_that_begins_later_is_said(desk: FakeDesk) -> None:
    desk.publish(RULE)
    assert "the archive begins on 2026-03-02" in run(desk, "rules", "backtest", "twice", "--since", "90d").err


def test_a_sparkline_shows_the_days() -> None:
    assert sparkline([0, 1, 4, 8]) == "·▁▄█"
    assert sparkline([]) == ""
    assert days_between(NOW - timedelta(days=1), NOW) == ["2026-04-30", "2026-05-01"]


def test_fake_files_are_of_one_brand(tmp_path: Path) -> None:
    assert FakeArchiveFiles(tmp_path).days("other") == []
