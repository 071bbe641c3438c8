"""Reading and writing actions: the two forms, the way back, and what is told when it cannot be read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.domain.actions import (
    ACTIONS,
    MAX_ACTIONS,
    Reply,
    Send,
    Tag,
    dump_action,
    load_action,
    parse_action,
    parse_actions,
    to_line,
)
from yuchi.domain.actions.table import Action, load_actions
from yuchi.domain.actions.values import read_pairs, write_pairs
from yuchi.domain.problem import Locale, RuleProblem, RuleProblemError

# --- what hypothesis makes ---

_LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Zs"))
_NAMES = st.text(st.one_of(_LETTERS, st.sampled_from(' ,，、"\\for3d')), min_size=1, max_size=30).filter(
    lambda name: bool(name.strip()) and "{{" not in name
)
_FIELDS = st.text(_LETTERS, min_size=1, max_size=20).filter(lambda name: not set(name) & set(".,，、=＝|{}[]\"'<>"))
_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.floats(-1e9, 1e9, allow_nan=False),
    st.text(st.one_of(_LETTERS, st.sampled_from(' ,，、=＝"\\0123.-')), max_size=40),
)
_TEXTS = st.text(st.one_of(_LETTERS, st.sampled_from("\n \\n")), min_size=1, max_size=100).filter(
    lambda text: bool(text.strip())
)
_SPANS = st.integers(60, 3 * 366 * 86400)
_MEDIA = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
_ADDRESSES = st.from_regex(r"https://[a-z]{1,8}\.example\.com/[a-z0-9/?=&-]{0,20}", fullmatch=True)
_TYPES = st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}", fullmatch=True)
_ARTICLES = st.fixed_dictionaries({"title": _FIELDS, "url": _ADDRESSES}, optional={"description": _FIELDS})
_MESSAGES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "text": st.fixed_dictionaries({"type": st.just("text"), "text": _TEXTS}),
    "image": st.fixed_dictionaries({"type": st.just("image"), "media_id": _MEDIA}),
    "news": st.fixed_dictionaries({"type": st.just("news"), "articles": st.lists(_ARTICLES, min_size=1, max_size=1)}),
    "music": st.fixed_dictionaries(
        {"type": st.just("music"), "title": _FIELDS, "url": _ADDRESSES, "thumb_media_id": _MEDIA}
    ),
    "transfer": st.fixed_dictionaries({"type": st.just("transfer"), "staff": st.sampled_from([None, "amy@qingshan"])}),
    "menu": st.fixed_dictionaries(
        {
            "type": st.just("menu"),
            "head": _TEXTS,
            "options": st.lists(_FIELDS, min_size=1, max_size=4),
            "tail": st.one_of(st.just(""), _TEXTS),
        }
    ),
    "card": st.fixed_dictionaries(
        {
            "type": st.just("card"),
            "title": _FIELDS,
            "appid": st.just("wx0123456789abcdef"),
            "page": st.just("pages/index?a=1"),
            "thumb_media_id": _MEDIA,
        }
    ),
}
_DATA = st.dictionaries(_FIELDS, _VALUES, max_size=4)
_ACTIONS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "tag": st.fixed_dictionaries(
        {
            "kind": st.just("tag"),
            "names": st.lists(_NAMES, min_size=1, max_size=5),
            "lasts": st.one_of(st.none(), _SPANS),
        }
    ),
    "untag": st.fixed_dictionaries({"kind": st.just("untag"), "names": st.lists(_NAMES, min_size=1, max_size=5)}),
    "set": st.fixed_dictionaries({"kind": st.just("set"), "name": _FIELDS, "value": _VALUES}),
    "score": st.fixed_dictionaries(
        {"kind": st.just("score"), "points": st.integers(-(10**6), 10**6), "name": st.one_of(st.just("main"), _FIELDS)}
    ),
    "reply": st.fixed_dictionaries(
        {"kind": st.just("reply"), "message": st.one_of([_MESSAGES[form] for form in Reply.forms])}
    ),
    "send": st.fixed_dictionaries(
        {"kind": st.just("send"), "message": st.one_of([_MESSAGES[form] for form in Send.forms])}
    ),
    "after": st.fixed_dictionaries({"kind": st.just("after"), "delay": _SPANS, "name": _NAMES}),
    "emit": st.fixed_dictionaries({"kind": st.just("emit"), "type": _TYPES, "data": _DATA}),
    "webhook": st.fixed_dictionaries({"kind": st.just("webhook"), "url": _ADDRESSES, "data": _DATA}),
}


def test_every_action_of_the_table_is_generated_here() -> None:
    assert set(_ACTIONS) == set(ACTIONS)


@given(st.one_of(list(_ACTIONS.values())))
def test_what_is_written_in_the_shortest_form_is_read_back(fields: dict[str, Any]) -> None:
    action = load_action(fields)
    assert parse_action(to_line(action)) == action
    assert load_action(dump_action(action)) == action


@given(_DATA)
def test_pairs_go_both_ways(data: dict[str, Any]) -> None:
    action = load_action({"kind": "emit", "type": "a.b", "data": data})
    assert action.kind == "emit"
    assert read_pairs(write_pairs(dict(action.data))) == action.data


@given(st.one_of(st.text(max_size=60), st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=2)))
def test_anything_else_is_refused_in_words(written: Any) -> None:
    problems: tuple[RuleProblem, ...] = ()
    try:
        actions = parse_actions([written])
    except RuleProblemError as exc:
        actions, problems = (), exc.problems
    assert bool(actions) != bool(problems)
    assert all(problem.zh and problem.en and problem.code for problem in problems)


@pytest.mark.parametrize("verb", sorted(ACTIONS))
def test_examples_of_the_reference_are_valid(verb: str) -> None:
    model = ACTIONS[verb]
    assert model.zh
    assert model.en
    for example in model.examples:
        action = parse_action(example)
        assert isinstance(action, model)
        assert parse_action(to_line(action)) == action


@pytest.mark.parametrize(
    "value",
    [
        ["tag 新粉丝", "score +5"],
        [{"tag": "新粉丝"}, {"score": 5}],
        [{"tag": ["新粉丝"]}, {"score": {"points": 5}}],
        "tag 新粉丝\n\n# 加分\nscore +5\n",
        "- tag 新粉丝\n- score +5",
        {"tag": "新粉丝", "score": "+5"},
        ["  ＴＡＧ： 新粉丝", "Score: ＋5"],
    ],
    ids=["lines", "maps", "maps-in-full", "one-text", "pasted-yaml", "one-map", "full-width"],
)
def test_the_same_actions_in_every_form(value: Any) -> None:
    assert [to_line(action) for action in parse_actions(value)] == ["tag 新粉丝", "score +5"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("打标签 新粉丝", "tag 新粉丝"),
        ("回复 您好", "reply 您好"),
        ("tga 新粉丝", "tag 新粉丝"),
        ("repley 您好", "reply 您好"),
        ("发消息：您好", "send 您好"),
        ("加分 5", "score 5"),
        ("wait 3d x", "after 3d x"),
    ],
)
def test_misspelt_verbs_are_understood_but_not_obeyed(written: str, meant: str) -> None:
    with pytest.raises(RuleProblemError) as caught:
        parse_actions(["score +1", written])
    (problem,) = caught.value.problems
    assert (problem.code, problem.item, problem.column, problem.suggestion) == ("action.unknown", 2, 1, meant)


@pytest.mark.parametrize(
    ("written", "item", "column", "code"),
    [
        ('tag 好, "坏', 1, 8, "quotes.unreadable"),
        ("\n\nscore five", 3, 7, "score.unreadable"),
        ("  set 城市 上海", 1, 7, "assignment.unreadable"),
        ("reply menu 请选择", 1, 7, "message.form"),
        ("emit a.b 来源", 1, 10, "pairs.unreadable"),
    ],
)
def test_problems_say_where(written: str, item: int, column: int, code: str) -> None:
    with pytest.raises(RuleProblemError) as caught:
        parse_actions(written)
    (problem,) = caught.value.problems
    assert (problem.code, problem.item, problem.column) == (code, item, column)


def test_all_problems_are_told_at_once_in_both_languages() -> None:
    with pytest.raises(RuleProblemError) as caught:
        parse_actions(["打标签 x", {"reply": {"news": {"titel": "x", "url": "https://shop.example.com"}}}])
    told = [problem.text(Locale.ZH) for problem in caught.value.problems]
    assert told == [
        "第 1 项第 1 列：没有“打标签”这个动作，可以用：" + "、".join(ACTIONS) + "，您是不是想写 tag x ？",
        "第 2 项：articles.1.title 没有填写",
        "第 2 项：articles.1.titel 是不认识的字段，您是不是想写 title ？",
    ]
    assert "did you mean tag x ?" in caught.value.problems[0].text(Locale.EN)


def test_none_and_too_many_are_refused() -> None:
    for value, code in [([], "actions.none"), (None, "actions.none"), (["tag x"] * (MAX_ACTIONS + 1), "actions.many")]:
        with pytest.raises(RuleProblemError) as caught:
            parse_actions(value)
        assert caught.value.problems[0].code == code


def test_a_text_of_many_lines_in_a_list_is_one_reply() -> None:
    (action,) = parse_actions(["reply 您好\n欢迎"])
    assert to_line(action) == "reply 您好\\n欢迎"


def test_several_are_loaded_at_once() -> None:
    actions: tuple[Action, ...] = parse_actions(["tag x", "reply 您好"])
    assert load_actions([dump_action(action) for action in actions]) == actions
    assert isinstance(actions[0], Tag)
