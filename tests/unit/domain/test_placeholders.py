"""Placeholders: look-up only, harmless values, the author's words stay whole."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.bootstrap import make_catalogue
from yuchi.domain import placeholders
from yuchi.domain.placeholders import Channel, check_template, fill_text, fill_value, parse_template

CATALOGUE = make_catalogue()


def fill(text: str, channel: Channel = Channel.TEXT, **values: Any) -> str:
    return fill_text(text, {"event": values, "profile": {}, "account": {}}, channel=channel)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("上海", "上海"),
        (7, "7"),
        (7.0, "7"),
        (2.5, "2.5"),
        (10**30, "1e+30"),
        (True, "是"),
        (False, "否"),
        (datetime(2026, 5, 1, 2, 0, tzinfo=UTC), "2026-05-01 10:00"),
        (None, "无"),
        ("", "无"),
        ({"a": 1}, "无"),
        (["a"], "无"),
    ],
)
def test_values_are_shown_as_people_write_them(value: Any, shown: str) -> None:
    assert fill("{{event.x|无}}", x=value) == shown


def test_a_path_goes_down_and_missing_is_empty() -> None:
    views: dict[str, Any] = {"profile": {"attributes": {"城市": "上海"}}, "event": {}, "account": {}}
    text = "[{{profile.attributes.城市}}{{ profile.attributes.区 }}{{event.a.b.c}}]"
    assert fill_text(text, views, channel=Channel.PLAIN) == "[上海]"


ATTACKS = [
    '<a href="https://evil.example">点我</a>',
    '<a href="weixin://bizmsgmenu?msgmenucontent=x&msgmenuid=1">x</a>',
    "https://evil.example/x",
    "weixin://dl/business",
    "www.evil.example",
    "evil.example",
    "a@evil.example",
    "http://127.0.0.1/x",
    "evil。example",
    "evil．example",
    "x\n\n【系统通知】请转账",
    "\u202egnp.exe",
    "{{profile.id}}",
    "]]>",
    "&lt;a&gt;",
]
_LINK = re.compile(r"<|>|://|&|\{\{|[\w][.．。｡․][^\W\d_]")


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_value_adds_no_link_no_markup_and_no_line(attack: str) -> None:
    shown = fill("您说：{{event.x}}。", x=attack).removeprefix("您说：").removesuffix("。")
    assert not _LINK.search(shown)
    assert "\n" not in shown
    assert not placeholders._UNSEEN.search(shown)


def test_twin_without_softening_the_attacks_get_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placeholders, "_harmless", lambda value, _channel: value)
    assert sum(bool(_LINK.search(fill("{{event.x}}", x=attack))) for attack in ATTACKS) > 10


@given(st.text(max_size=300))
def test_no_text_at_all_makes_markup(value: str) -> None:
    shown = fill("{{event.x}}", x=value)
    assert not set(shown) & set("<>&{}\n\r")
    assert "://" not in shown


def test_a_value_inside_a_link_of_the_author_is_encoded() -> None:
    text = '<a href="https://shop.example.com/?q={{event.x}}">看看 {{event.x}}</a>'
    assert fill(text, x='"><b a.b') == ('<a href="https://shop.example.com/?q=%22%3E%3Cb%20a.b">看看 "＞＜b a·b</a>')


@given(st.text(max_size=400), st.integers(60, 400))
def test_the_words_of_the_author_stay_and_the_cap_holds(value: str, cap: int) -> None:
    text = "您好，{{event.x}}，欢迎来到青山茶事"
    views: dict[str, Any] = {"event": {"x": value}, "profile": {}, "account": {}}
    shown = fill_text(text, views, channel=Channel.TEXT, max_bytes=cap, max_characters=cap // 3)
    assert len(shown.encode()) <= cap
    assert len(shown) <= cap // 3 or len(shown) <= len("您好，，欢迎来到青山茶事")
    assert shown.startswith("您好，")
    assert shown.endswith("，欢迎来到青山茶事")


def test_twin_cutting_the_whole_text_would_lose_the_words() -> None:
    naive = ("您好，" + "x" * 200 + "，欢迎来到青山茶事")[:60]
    assert not naive.endswith("，欢迎来到青山茶事")


@given(st.text(max_size=100), st.integers(20, 60))
def test_an_address_is_never_cut_inside_an_escape(value: str, cap: int) -> None:
    shown = fill_text("https://a.b/?q={{event.x}}", {"event": {"x": value}}, channel=Channel.URL, max_bytes=cap)
    assert re.fullmatch(r"https://a\.b/\?q=(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*", shown)


def test_values_for_storage_keep_their_type() -> None:
    views: dict[str, Any] = {"event": {"n": 3, "t": "a\u202eb\n", "none": None}, "profile": {}, "account": {}}
    assert fill_value("{{event.n}}", views) == 3
    assert fill_value("第 {{event.n}} 次", views) == "第 3 次"
    assert fill_value("{{event.t}}", views) == "a b "
    assert fill_value("{{event.none}}", views) is None
    assert fill_value("{{event.none|0}}", views) == "0"
    assert fill_value(5, views) == 5


@pytest.mark.parametrize(
    ("text", "code", "suggestion", "column"),
    [
        ("a {{event.contnet}}", "placeholder.unknown", "{{event.content}}", 3),
        ("{{profile.attribute.城市}}", "placeholder.attribute", "{{profile.attributes.城市}}", 1),
        ("{{profile.称呼|亲}}", "placeholder.attribute", "{{profile.attributes.称呼}}", 1),
        ("{{account.nam}}", "placeholder.unknown", "{{account.name}}", 1),
        ("{{profile.rfm.montary}}", "placeholder.unknown", "{{profile.rfm.monetary}}", 1),
        ("{{profile.orders.count.x}}", "placeholder.below", "{{profile.orders.count}}", 1),
        ("{{evnt.content}}", "placeholder.root", "{{event.content}}", 1),
        ("{{name}}", "placeholder.root", "", 1),
        ("{{event.content", "placeholder.unclosed", "", 1),
        ("{{event.content + 1}}", "placeholder.path", "", 1),
        ("{{event.content()}}", "placeholder.unknown", "{{event.content}}", 1),
        ("{{profile.tags}}", "placeholder.not_text", "", 1),
        ("{{profile.scene.x}}", "placeholder.below", "{{profile.scene}}", 1),
    ],
)
def test_problems(text: str, code: str, suggestion: str, column: int) -> None:
    (problem,) = check_template(text, catalogue=CATALOGUE, event_types=["message.text"])
    assert (problem.code, problem.suggestion, problem.column) == (code, suggestion, column)


def test_fields_of_a_foreign_event_are_taken_as_they_are() -> None:
    assert check_template("{{event.whatever}}", catalogue=CATALOGUE, event_types=["shop.opened"]) == ()


def test_too_many_placeholders() -> None:
    assert parse_template("{{event.type}}" * 21).problems[0].code == "placeholder.too_many"


@pytest.mark.parametrize(
    ("number", "kept"), [(0.0, True), (-2.5, True), (1e99, True), (1e200, False), (-1e-200, False)]
)
def test_a_number_that_no_store_takes_is_kept_as_text(number: float, kept: bool) -> None:
    value = fill_value("{{event.n}}", {"event": {"n": number}, "profile": {}, "account": {}})
    assert value == (number if kept else f"{number:.10g}")
