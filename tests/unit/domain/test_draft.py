"""Reading items: lenient with people's habits, exact about what is wrong, and never raising."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.unit.domain.garbage import GOOD, item
from yuchi.domain.actions import to_line
from yuchi.domain.draft import Draft, key_of, marketer_hash, read_draft
from yuchi.domain.limits import Limit
from yuchi.domain.problem import Locale

GARBAGE = 5_000


def draft(**changes: Any) -> Draft:
    reading = read_draft({**GOOD, **changes})
    assert reading.draft is not None, [problem.text(Locale.EN) for problem in reading.problems]
    return reading.draft


def problems(**changes: Any) -> list[tuple[str, str, str]]:
    reading = read_draft({**GOOD, **changes})
    assert reading.draft is None
    return [(problem.field, problem.code, problem.suggestion) for problem in reading.problems]


def test_a_good_rule() -> None:
    read = draft()
    assert (read.brand, read.rule_id, read.account, read.name) == ("demo", "claim-trial", "*", "领取试用装")
    assert (read.on, read.when) == (("menu.clicked",), 'event.key == "TRIAL"')
    assert [to_line(action) for action in read.then] == GOOD["then"]
    assert (read.limit, read.priority, read.stop, read.enabled) == (Limit(times=1), 100, False, True)


def test_the_least_rule() -> None:
    reading = read_draft({"brand": "demo", "rule_id": "hello", "on": "fan.subscribed", "then": "reply 您好"})
    assert reading.draft is not None
    assert (reading.draft.name, reading.draft.when, reading.draft.limit) == ("hello", "true", None)


@pytest.mark.parametrize(
    ("column", "written", "value"),
    [
        ("enabled", "是", True),
        ("enabled", "否", False),
        ("enabled", "ＦＡＬＳＥ", False),
        ("enabled", Decimal(1), True),
        ("stop", "yes", True),
        ("on", "menu.clicked，message.text", ("menu.clicked", "message.text")),
        ("on", ["Menu.Clicked", " menu.clicked "], ("menu.clicked",)),
        ("on", {"message.text", "menu.clicked"}, ("menu.clicked", "message.text")),
        ("when", "", "true"),
        ("when", True, "true"),
        ("limit", "每天3次", Limit(times=3, span="day")),
        ("limit", Decimal(1), Limit(times=1)),
        ("limit", None, None),
        ("priority", "２０", 20),
        ("priority", Decimal("20.0"), 20),
        ("account", "＊", "*"),
        ("account", "全部", "*"),
        ("name", "  新 粉\n丝 ", "新 粉 丝"),
        ("starts_at", "2026-05-01 10:00", datetime(2026, 5, 1, 2, 0, tzinfo=UTC)),
        ("starts_at", "2026年5月1日", datetime(2026, 4, 30, 16, 0, tzinfo=UTC)),
        ("starts_at", "2026-05-01T10:00:00Z", datetime(2026, 5, 1, 10, 0, tzinfo=UTC)),
        ("starts_at", "2026/5/1 10：00", datetime(2026, 5, 1, 2, 0, tzinfo=UTC)),
        ("ends_at", "2026-05-01", datetime(2026, 5, 1, 16, 0, tzinfo=UTC)),
        ("ends_at", "2026-05-01T10:00+09:00", datetime(2026, 5, 1, 1, 0, tzinfo=UTC)),
    ],
)
def test_what_people_write_is_understood(column: str, written: Any, value: Any) -> None:
    assert getattr(draft(**{column: written}), column) == value


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"limmit": "once"}, ("limmit", "column.unknown", "limit")),
        ({"启用": True}, ("启用", "column.unknown", "enabled")),
        ({"Actions": []}, ("Actions", "column.unknown", "then")),
        ({"enabled": "maybe"}, ("enabled", "column.boolean", "")),
        ({"on": ""}, ("on", "column.missing", "")),
        ({"on": {"a": 1}}, ("on", "on.form", "")),
        ({"when": 5}, ("when", "when.form", "")),
        ({"when": "x" * 2001}, ("when", "when.long", "")),
        ({"then": None}, ("then", "column.missing", "")),
        ({"then": b"tag x"}, ("then", "then.binary", "")),
        ({"then": ["打标签 x"]}, ("then", "action.unknown", "tag x")),
        ({"limit": "often"}, ("limit", "limit.unreadable", "")),
        ({"priority": "高"}, ("priority", "priority.form", "")),
        ({"account": "My Shop"}, ("account", "account.characters", "")),
        ({"account": "Tea"}, ("account", "account.characters", "tea")),
        ({"starts_at": "明天"}, ("starts_at", "time.form", "2026-05-01 10:00")),
        ({"starts_at": "2026-05-02", "ends_at": "2026-05-01"}, ("ends_at", "time.order", "")),
        ({"rule_id": "a#b"}, ("rule_id", "rule_id.characters", "")),
        ({"name": "长" * 101}, ("name", "name.long", "")),
        ({"name": "x" * 70_000}, ("", "item.size", "")),
    ],
)
def test_problems_name_the_column_and_what_was_meant(changes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert problems(**changes) == [expected]


def test_all_problems_are_told_at_once() -> None:
    assert [field for field, _, _ in problems(enabled="?", limit="?", then=["x"], more=1)] == [
        "enabled",
        "then",
        "limit",
        "more",
    ]


def test_switching_off_works_while_the_rest_is_wrong() -> None:
    assert read_draft({**GOOD, "enabled": "否", "then": 5}).disabled
    assert not read_draft({**GOOD, "enabled": "?", "then": 5}).disabled


def test_the_hash_is_about_what_the_marketer_wrote() -> None:
    known = marketer_hash(GOOD)
    system = {"status": "live", "problem": "x", "matched": Decimal(5), "last_matched_at": "x", "reviewed": "x"}
    assert marketer_hash({**GOOD, **system}) == known == read_draft(GOOD).hash
    assert marketer_hash({**GOOD, "priority": 100, "enabled": True}) == known
    for column in GOOD:
        assert marketer_hash({**GOOD, column: "other"}) != known
    assert marketer_hash({**GOOD, "note": "x"}) != known
    assert marketer_hash({**GOOD, "on": b"menu.clicked"}) != known


def test_garbage_never_raises_and_each_item_gets_a_reason() -> None:
    random = Random(8)
    good = 0
    for _ in range(GARBAGE):
        garbage = item(random)
        reading = read_draft(garbage)
        assert len(reading.hash) == 32
        assert all(len(part) <= 100 for part in key_of(garbage))
        assert (reading.draft is None) == bool(reading.problems)
        for problem in reading.problems:
            told = problem.text(Locale.ZH) + problem.text(Locale.EN)
            assert told.encode()
            assert len(told) < 2_000
        good += reading.draft is not None
    assert good < GARBAGE / 2, "what is generated is mostly garbage"


def _naive(item: Mapping[str, Any]) -> str:
    """The planted defects: no validation of actions, numbers straight into JSON."""
    import json

    return str(item["then"][0]["reply"]) + json.dumps({"priority": item["priority"]})


def test_twin_a_naive_reader_raises_on_the_same_items() -> None:
    random = Random(8)
    raised = 0
    for _ in range(500):
        try:
            _naive(item(random))
        except (KeyError, TypeError, IndexError, ValueError, AttributeError):
            raised += 1
    assert raised > 400
