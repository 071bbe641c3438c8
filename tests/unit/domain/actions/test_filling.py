"""Placeholders in actions are found by the marks on fields, wherever they are."""

from typing import Any

from yuchi.bootstrap import make_catalogue
from yuchi.domain.actions import check_texts, fill_action, parse_action, to_line

CATALOGUE = make_catalogue()
VIEWS: dict[str, dict[str, Any]] = {
    "event": {"content": "我要<试用>", "amount": 12.5},
    "profile": {"attributes": {"称呼": "小王"}, "score": 7},
    "account": {"name": "青山茶事"},
}


def filled(written: Any) -> Any:
    action = fill_action(parse_action(written), VIEWS)
    return to_line(action) if action else None


def test_texts_are_filled_in() -> None:
    assert filled("reply {{profile.attributes.称呼|亲}}，您有 {{profile.score}} 分") == "reply 小王，您有 7 分"
    assert filled("send {{profile.attributes.城市|亲}}：{{event.content}}") == "send 亲：我要＜试用＞"


def test_parts_within_are_filled_in() -> None:
    menu = {"send": {"menu": {"head": "{{profile.attributes.称呼}}您好", "options": ["好"]}}}
    assert filled(menu) == {"send": {"menu": {"head": "小王您好", "options": ["好"]}}}
    news = {
        "reply": {"news": {"title": "{{account.name}}上新", "url": "https://shop.example.com/?q={{event.content}}&a=1"}}
    }
    assert filled(news)["reply"]["news"] == {
        "title": "青山茶事上新",
        "url": "https://shop.example.com/?q=%E6%88%91%E8%A6%81%3C%E8%AF%95%E7%94%A8%3E&a=1",
    }


def test_values_keep_their_type_and_their_text() -> None:
    assert filled("set 金额 = {{event.amount}}") == "set 金额 = 12.5"
    assert filled("set 留言 = {{event.content}}") == "set 留言 = 我要<试用>"
    assert filled("set 留言 = {{event.nothing}}") == "set 留言 = null"
    assert filled({"webhook": {"url": "https://a.example.com", "data": {"a": "{{event.amount}}", "b": 1}}}) == {
        "webhook": {"url": "https://a.example.com", "data": {"a": 12.5, "b": 1}}
    }


def test_nothing_to_say_is_nothing() -> None:
    assert filled("reply {{event.nothing}}") is None


def test_without_placeholders_the_very_same_action_comes_back() -> None:
    action = parse_action("reply 您好")
    assert fill_action(action, VIEWS) is action


def test_checks_reach_into_parts() -> None:
    action = parse_action({"send": {"menu": {"head": "{{event.contnet}}", "options": ["a"], "tail": "{{x}}"}}})
    problems = check_texts(action, catalogue=CATALOGUE, event_types=["message.text"])
    assert [(problem.code, problem.suggestion) for problem in problems] == [
        ("placeholder.unknown", "{{event.content}}"),
        ("placeholder.root", ""),
    ]


def test_no_part_of_a_message_may_come_out_empty() -> None:
    empty = "{{event.nothing}}"
    assert filled({"send": {"menu": {"head": empty, "options": ["好"]}}}) is None
    assert filled({"send": {"menu": {"head": "好吗", "options": [empty]}}}) is None
    assert filled({"send": {"menu": {"head": "好吗", "options": ["好"], "tail": empty}}}) is not None
    assert filled({"reply": {"news": {"title": empty, "url": "https://a.example.com"}}}) is None
