"""`yuchi rules explain`: the first gate that stays shut is the answer."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.desk import NOW, TEA, FakeDesk, run
from tests.unit.cli.people import FAN, happen
from yuchi.domain.event import CAUSED
from yuchi.domain.pace import MAX_FIRINGS
from yuchi.domain.profile import Pace
from yuchi.domain.standard.model import BrandSchema, StageRule, ValueRule, ValueType

CLAIM = {"rule_id": "claim", "when": 'event.key == "TRIAL" && !("领取" in profile.tags)', "then": ["tag 领取"]}


@pytest.fixture
def desk() -> FakeDesk:
    desk = FakeDesk(TEA)
    happen(desk, "fan.subscribed", ago=timedelta(hours=1))
    return desk


def event_file(tmp_path: Path, **content: Any) -> str:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"type": "menu.clicked", "data": {"key": "TRIAL"}} | content), encoding="utf-8")
    return str(path)


def ask(desk: FakeDesk, event: str, *words: str, rule: str = "claim") -> str:
    outcome = run(desk, "rules", "explain", rule, "--event", event, "--profile", FAN, *words)
    assert outcome.status == 0, outcome
    return outcome.out


def test_it_fires(desk: FakeDesk, tmp_path: Path) -> None:
    desk.publish(CLAIM)
    told = ask(desk, event_file(tmp_path))
    assert "✓ The rule claim fires." in told
    assert told.count("✓") >= 8


@pytest.mark.parametrize(
    ("columns", "event", "answer"),
    [
        ({"enabled": False}, {}, "published: it is switched off (enabled)"),
        ({"on": "menu.clickd"}, {}, "published: it never went live"),
        ({"account": "*", "on": "qrcode.scanned"}, {}, "event (on): it waits for qrcode.scanned; this is menu.clicked"),
        ({"starts_at": "2026-06-01"}, {}, "dates (starts_at, ends_at): it has not started yet"),
        ({"ends_at": "2026-04-01"}, {}, "dates (starts_at, ends_at): it has ended"),
        (
            {},
            {"data": {"key": "DEMO"}},
            'condition (when): the first part that fails is event.key == "TRIAL": event.key is "DEMO"',
        ),
        ({}, {"data": {}}, "event.key has no value"),
    ],
)
def test_the_first_shut_gate_is_the_answer(
    desk: FakeDesk, tmp_path: Path, columns: dict[str, Any], event: dict[str, Any], answer: str
) -> None:
    desk.publish(CLAIM | columns)
    told = ask(desk, event_file(tmp_path, **event))
    assert "The rule claim does not fire. " in told
    assert answer in told


def test_the_twin_of_an_answer_is_gone_once_the_gate_is_open(desk: FakeDesk, tmp_path: Path) -> None:
    desk.publish(CLAIM | {"starts_at": "2026-06-01"})
    assert "has not started" in ask(desk, event_file(tmp_path))
    desk.publish(CLAIM | {"starts_at": "2026-04-01"})
    assert "has not started" not in ask(desk, event_file(tmp_path))


def test_the_limit_and_a_stop_before_it(desk: FakeDesk, tmp_path: Path) -> None:
    desk.publish({"rule_id": "claim", "limit": "once"})
    happen(desk, "menu.clicked", key="TRIAL")
    assert "limit: once; 1 so far for this person" in ask(desk, event_file(tmp_path))
    desk.publish({"rule_id": "claim", "limit": "不限"}, {"rule_id": "first", "priority": 500, "stop": True})
    assert "the rule first fired before it and said stop" in ask(desk, event_file(tmp_path))


def test_another_account(desk: FakeDesk, tmp_path: Path) -> None:
    club = TEA.model_copy(update={"id": "club", "appid": "wx2", "original_id": "gh_2"})
    desk.accounts.known["club"] = club
    desk.publish(CLAIM | {"account": "club"})
    assert "account: it is only for club; the event came by tea" in ask(desk, event_file(tmp_path))


def test_a_rule_that_was_not_looked_at_tells_its_filing(desk: FakeDesk, tmp_path: Path) -> None:
    desk.publish({"rule_id": "claim", "when": 'event.key == "TRIAL"'}, {"rule_id": "any"})
    told = ask(desk, event_file(tmp_path, data={"key": "DEMO"}))
    assert 'this rule is only looked at when event.key is "TRIAL"; this time event.key is "DEMO"' in told


def test_an_event_of_the_timeline_tells_what_was_decided_then(desk: FakeDesk) -> None:
    desk.publish(CLAIM)
    first = happen(desk, "menu.clicked", key="TRIAL", ago=timedelta(minutes=9))
    second = happen(desk, "menu.clicked", key="TRIAL", ago=timedelta(minutes=8))
    assert "it fired then (version 1)" in ask(desk, first.id)
    told = ask(desk, second.id[:12])
    assert "it did not fire then (version 1): its condition (when) does not hold" in told
    assert '!("领取" in profile.tags)' in told.splitlines()[0]
    other = happen(desk, "message.text", content="hello")
    assert "it was not even looked at then" in ask(desk, other.id)


def test_an_event_beyond_the_budget_of_the_hour_says_so(desk: FakeDesk) -> None:
    desk.publish(CLAIM)
    at = NOW - timedelta(minutes=9)
    for key, person in desk.people.profiles.items():
        spent = Pace(hour=int(at.timestamp()) // 3600, count=MAX_FIRINGS)
        desk.people.profiles[key] = person.model_copy(update={"pace": spent})
    event = happen(desk, "menu.clicked", key="TRIAL", ago=timedelta(minutes=9), source=CAUSED)
    assert "too many had fired for this person within the hour" in ask(desk, event.id)


def test_the_person_and_the_event_are_seen_by_the_brands_own_definitions(desk: FakeDesk, tmp_path: Path) -> None:
    desk.publish(CLAIM | {"when": 'profile.stage == "茶友" && event.key == "7"'})
    path = event_file(tmp_path, data={"key": 7})
    assert "does not fire" in ask(desk, path)
    desk.schemas["demo"] = BrandSchema(
        own_stages=(StageRule(order=1, name="茶友"),),
        properties={"menu.clicked": {"key": ValueRule(type=ValueType.TEXT)}},
    )
    assert "The rule claim fires." in ask(desk, path)


def test_in_chinese_and_for_programs(desk: FakeDesk, tmp_path: Path) -> None:
    desk.publish(CLAIM)
    path = event_file(tmp_path, data={"key": "DEMO"})
    assert '首先不成立的是 event.key == "TRIAL"：event.key 是 "DEMO"' in ask(desk, path, "--locale", "zh")
    story = json.loads(ask(desk, path, "--json"))
    assert story["fires"] is False
    assert [gate["open"] for gate in story["gates"]] == [True, True, True, True, False, None, None]


@pytest.mark.parametrize(
    ("rule", "event", "person", "told"),
    [
        ("clam", None, FAN, "did you mean claim?"),
        ("unheard-of", None, FAN, "yuchi rules list names them all"),
        ("claim", None, "oNobody", "there is nobody called oNobody"),
        ("claim", "0123abcd", FAN, "there is no event 0123abcd on this person's timeline"),
        ("claim", "none.json", FAN, "there is no file none.json"),
    ],
)
def test_what_is_not_there(
    desk: FakeDesk, tmp_path: Path, rule: str, event: str | None, person: str, told: str
) -> None:
    desk.publish(CLAIM)
    outcome = run(desk, "rules", "explain", rule, "--event", event or event_file(tmp_path), "--profile", person)
    assert outcome.status == 2
    assert told in outcome.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "holds no event"),
        ('{"data": {}}', "these are wrong: type"),
        ('{"type": "Clicked"}', "these are wrong: type"),
        ('{"type": "menu.clicked", "account": "coffee"}', "there is no account coffee"),
    ],
)
def test_a_file_that_is_no_event(desk: FakeDesk, tmp_path: Path, text: str, told: str) -> None:
    desk.publish(CLAIM)
    path = tmp_path / "event.json"
    path.write_text(text, encoding="utf-8")
    outcome = run(desk, "rules", "explain", "claim", "--event", str(path), "--profile", FAN)
    assert outcome.status == 2
    assert told in outcome.err


def test_a_rule_that_waits_for_time_says_when_it_is_due(desk: FakeDesk, tmp_path: Path) -> None:
    desk.publish({"rule_id": "away", "on": "30天没有 menu.clicked, 日期 生日", "then": ["tag 沉睡"]})
    happen(desk, "menu.clicked", ago=timedelta(days=1), key="A")
    told = ask(desk, event_file(tmp_path), rule="away")
    due = (NOW + timedelta(days=29, hours=8)).strftime("%Y-%m-%d %H:%M")
    assert "event (on): it waits for no menu.clicked for 30d, date 生日; this is menu.clicked" in told
    assert f"no menu.clicked for 30d: due for this person at {due} (Beijing)" in told
    assert "date 生日: nothing is due for this person" in told
    lapse = {"type": "activity.lapsed", "data": {"trigger": "no menu.clicked for 30d", "activity": "menu.clicked"}}
    assert "✓ The rule away fires." in ask(desk, event_file(tmp_path, **lapse), rule="away")
    other = {"type": "activity.lapsed", "data": {"trigger": "no menu.clicked for 7d", "activity": "menu.clicked"}}
    assert "this is no menu.clicked for 7d" in ask(desk, event_file(tmp_path, **other), rule="away")
