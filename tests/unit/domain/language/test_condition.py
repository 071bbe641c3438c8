"""What is read off a condition besides whether it holds."""

import json

import pytest

from yuchi.domain.language import FUNCTIONS, MACROS, parse_condition
from yuchi.domain.language.tree import walk

RICH = (
    'event.key == "TRIAL" && !("领取" in profile.tags) && profile.attributes["城市"] != "上海" '
    '&& count("menu.clicked", "7d") + count("menu.clicked", "24h") > 3 && has(profile.tags["老客户"]) '
    '&& now - last("message.text") > duration("30d")'
)


def test_the_fields_that_it_reads() -> None:
    assert parse_condition(RICH).fields == {
        "event.key",
        "profile.tags",
        "profile.attributes.城市",
        "profile.tags.老客户",
    }


def test_the_tags_that_it_depends_on() -> None:
    assert parse_condition(RICH).tags == {"领取", "老客户"}


def test_the_events_that_it_counts_with_the_longest_window() -> None:
    assert parse_condition(RICH).counted == {"menu.clicked": 7 * 86_400, "message.text": None}


def test_counting_without_a_window_outweighs_any() -> None:
    assert parse_condition('count("a.b") > 1 || count("a.b", "1d") > 1').counted == {"a.b": None}


def test_nodes_know_where_they_stand() -> None:
    text = '( event.key=="A" ) && !(profile.score  in [ 1, 2 ])'
    sources = {text[node.start : node.end] for node in walk(parse_condition(text).tree)}
    assert {'( event.key=="A" )', "event.key", '"A"', "!(profile.score  in [ 1, 2 ])", "[ 1, 2 ]", "2"} <= sources


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ('event.key == "A"', [[["is", ["event", "key"], "A"]]]),
        ('"A" == event.key', [[["is", ["event", "key"], "A"]]]),
        ("profile.subscribed", [[["is", ["profile", "subscribed"], True]]]),
        ('event.key in ["A", "B"]', [[["is", ["event", "key"], "A"], ["is", ["event", "key"], "B"]]]),
        ('event.key == "A" || event.key == "B"', [[["is", ["event", "key"], "A"], ["is", ["event", "key"], "B"]]]),
        ('event.key == "A" && profile.score > 3', [[["is", ["event", "key"], "A"]], [[">", ["profile", "score"], 3]]]),
        ("3 < profile.score", [[[">", ["profile", "score"], 3]]]),
        ('"老客户" in profile.tags', [[["in", ["profile", "tags"], "老客户"]]]),
        ('event.scene.startsWith("s-")', [[["starts", ["event", "scene"], "s-"]]]),
        ('event.scene.endsWith("-x")', [[["ends", ["event", "scene"], "-x"]]]),
        ('event.content.lowerAscii().contains("vip")', [[["word", ["event", "content"], "vip", ["lowerAscii"]]]]),
        ('event.content.trim().lowerAscii() == "vip"', [[["is", ["event", "content"], "vip", ["trim", "lowerAscii"]]]]),
        (
            'event.content.containsAny(["试用", "小样"])',
            [[["word", ["event", "content"], w] for w in ("试用", "小样")]],
        ),
        ('profile.attributes["城市"] == "上海"', [[["is", ["profile", "attributes", "城市"], "上海"]]]),
        (
            '(event.key == "A" && profile.score > 3) || "x" in profile.tags',
            [[["is", ["event", "key"], "A"], ["in", ["profile", "tags"], "x"]]],
        ),
    ],
)
def test_how_the_index_files_it(text: str, groups: list[object]) -> None:
    access = parse_condition(text).access
    assert access is not None
    assert json.loads(json.dumps(access))["groups"] == groups


@pytest.mark.parametrize(
    "text",
    [
        "true",
        'event.key != "A"',
        '!(event.key == "A")',
        'event.key == "A" || profile.score * 2 > 3',
        "event.key == null",
        "event.n * 2 > 3",
        'event.key.contains("")',
        'event.key.containsAny(["a", ""])',
        'event.key.startsWith("")',
        'count("a.b") > 3',
        "profile.score > event.n",
        'event.first_seen_at > timestamp("2026-03-08T00:00:00Z")',
        'event.key == "A" ? profile.new : profile.subscribed',
        'profile.tags.exists(t, t == "x")',
        'event.scene > "abc"',
    ],
)
def test_what_the_index_cannot_file(text: str) -> None:
    assert parse_condition(text).access is None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_an_example_that_parses(name: str) -> None:
    spec = FUNCTIONS[name]
    assert name in spec.example
    assert spec.zh
    assert spec.en
    assert parse_condition(spec.example).cost < 200


@pytest.mark.parametrize("name", MACROS)
def test_each_macro_has_an_example_that_parses(name: str) -> None:
    zh, en, example = MACROS[name]
    assert zh
    assert en
    assert name in example
    parse_condition(example)
