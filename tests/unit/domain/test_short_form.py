"""The shortest form of a rule reads back as the same rule."""

from typing import Any

import pytest

from yuchi.domain.draft import read_draft
from yuchi.domain.short_form import short_form, short_item

PLAIN = {"brand": "demo", "rule_id": "r", "on": "menu.clicked", "then": ["tag 新"]}


@pytest.mark.parametrize(
    ("columns", "short"),
    [
        ({}, {}),
        (
            {
                "account": "全部",
                "name": "r",
                "enabled": "是",
                "when": "",
                "limit": "不限",
                "priority": "100",
                "stop": 0,
            },
            {},
        ),
        ({"enabled": "否", "stop": "是", "priority": 5}, {"enabled": False, "stop": True, "priority": 5}),
        ({"on": ["menu.clicked", "qrcode.scanned"]}, {"on": ["menu.clicked", "qrcode.scanned"]}),
        ({"limit": "每人一次"}, {"limit": "once"}),
        ({"then": "tag 新\n"}, {}),
        ({"starts_at": "2026-05-01", "ends_at": "2026-05-31"}, {"starts_at": "2026-05-01", "ends_at": "2026-05-31"}),
        ({"starts_at": "2026-05-01 10:00"}, {"starts_at": "2026-05-01 10:00"}),
        ({"ends_at": "2026-05-01T10:00:30Z"}, {"ends_at": "2026-05-01T10:00:30Z"}),
        ({"ends_at": "2026-06-01 00:00"}, {"ends_at": "2026-05-31"}),
    ],
)
def test_it_is_short_and_reads_back(columns: dict[str, Any], short: dict[str, Any]) -> None:
    draft = read_draft(PLAIN | columns).draft
    assert draft is not None
    assert short_form(draft) == PLAIN | short
    assert read_draft(short_form(draft)).draft == draft


def test_an_item_that_is_no_rule_keeps_what_the_marketer_wrote() -> None:
    item = {"then": 7, "status": "invalid", "problem": "...", "odd": "kept", "brand": "demo", "rule_id": "r"}
    assert short_item(item) == {"brand": "demo", "rule_id": "r", "then": 7, "odd": "kept"}
    assert list(short_item(item)) == ["brand", "rule_id", "then", "odd"]
