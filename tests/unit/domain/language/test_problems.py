"""What marketers are told: the code, the column and what to write instead."""

import pytest

from yuchi.domain.catalogue import ACCOUNT_FIELDS, Catalogue, EventSpec, FieldSpec, Kind
from yuchi.domain.language import ConditionError, Problem, parse_condition
from yuchi.domain.language.messages import KINDS, MESSAGES
from yuchi.domain.problem import Locale, Severity
from yuchi.domain.profile_view import PROFILE_FIELDS

CATALOGUE = Catalogue(
    events=[
        EventSpec("menu.clicked", "点击菜单", "menu tapped", {"key": FieldSpec(Kind.TEXT, "KEY", "key", "TRIAL")}),
        EventSpec(
            "message.text",
            "文字",
            "text",
            {
                "content": FieldSpec(Kind.TEXT, "文字内容", "text"),
                "count": FieldSpec(Kind.NUMBER, "数量", "count"),
                "pictures": FieldSpec(Kind.LIST, "图片", "pictures"),
            },
        ),
    ],
    profile=PROFILE_FIELDS,
    account=ACCOUNT_FIELDS,
)
ON = ("menu.clicked",)


def problems(text: str, on: tuple[str, ...] = ON) -> list[Problem]:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, catalogue=CATALOGUE, event_types=on)
    return [problem for problem in caught.value.problems if problem.severity is Severity.ERROR]


def hints(text: str, on: tuple[str, ...] = ON) -> list[tuple[str, int | None, str]]:
    found = parse_condition(text, catalogue=CATALOGUE, event_types=on).hints
    assert all(hint.severity is Severity.HINT for hint in found)
    return [(hint.code.removeprefix("when."), hint.column, hint.suggestion) for hint in found]


@pytest.mark.parametrize(
    ("text", "code", "column", "suggestion"),
    [
        # full-width characters
        ('event.key ＝＝ "A"', "character.wide", 11, "=="),
        ("event.key == “A”", "quotes.wide", 14, '"A"'),
        ('event.key == "A”', "quotes.wide", 16, '"A"'),
        ("event.key == ‘A’", "quotes.wide", 14, '"A"'),
        ("event.key == 「试用」", "quotes.wide", 14, '"试用"'),
        ('（event.key == "A")', "character.wide", 1, "("),
        ('event.key in ["A"，"B"]', "character.wide", 18, ","),
        ('event.key == "A" ＆＆ profile.new', "character.wide", 18, "&&"),
        ("profile.score ≥ 10", "character.wide", 15, ">="),
        ("profile.score > １０", "character.wide", 17, "10"),
        ("ｐrofile.score > 10", "character.wide", 1, "profile"),
        ('event.key\u3000== "A"', "character.space", 10, ""),
        ('event.key ==\u200b "A"', "character.space", 13, ""),
        # operators of other languages
        ('event.key = "A"', "operator.single", 11, "=="),
        ('event.key === "A"', "operator.other", 11, "=="),
        ('event.key <> "A"', "operator.other", 11, "!="),
        ("profile.score => 10", "operator.other", 15, ">="),
        ("profile.new & profile.subscribed", "operator.other", 13, "&&"),
        ('event.key == "A" and profile.new', "operator.word", 18, "&&"),
        ('event.key == "A" OR profile.new', "operator.word", 18, "||"),
        ('event.key == "A" 并且 profile.new', "operator.word", 18, "&&"),
        ('event.key == "A" 或者 profile.new', "operator.word", 18, "||"),
        ("not profile.new", "operator.word", 1, "!"),
        ("profile.score 大于 10", "operator.word", 15, ">"),
        ("profile.new == True", "word.case", 16, "true"),
        ("event.key == None", "word.case", 14, "null"),
        # quotation marks and words
        ('event.key == "A', "quotes.open", 14, ""),
        ("event.key == TRIAL", "word.unquoted", 14, '"TRIAL"'),
        ("event.key == 试用", "word.unquoted", 14, '"试用"'),
        ('profile.attributes.城市 == "上海"', "word.name", 20, 'profile.attributes["城市"]'),
        ('event.key == "a\\d"', "escape.unknown", 16, "\\\\d"),
        ('event.key == "\\ud800"', "escape.unknown", 15, "\\\\ud800"),
        ("profile.score > 99999999999999999999", "number.large", 17, ""),
        ("profile.score > 9223372036854775808", "number.large", 17, ""),
        ("profile.score > 1e999", "number.large", 17, ""),
        ("now - event.time > 30d", "number.unit", 20, '"30d"'),
        ("now - event.time > 3天", "number.unit", 20, '"3d"'),
        # grammar
        ("event.key ==", "grammar.after", 11, ""),
        ("&& profile.new", "grammar.before", 1, ""),
        ("profile.new profile.subscribed", "grammar.operator", 13, ""),
        ("(profile.new", "grammar.close", 1, ""),
        ('event.key in ["A"', "grammar.close", 14, ""),
        ("profile.new)", "grammar.extra", 12, ""),
        ("event.", "grammar.end", 7, ""),
        ("event.5", "grammar.operator", 6, ""),
        ("profile.new ? true", "grammar.end", 19, ""),
        ("1 < profile.score < 5", "grammar.chain", 19, "1 < profile.score && profile.score < 5"),
        ("profile.new; true", "character.unknown", 12, ""),
        ('event.key.contains("\ud83d")', "character.unknown", 21, ""),
        ('event.key.contains("A",)', "grammar.unexpected", 24, ""),
        # names and functions
        ('event.kye == "A"', "field.unknown", 7, "event.key"),
        ('profile.attribute["城市"] == "上海"', "field.attribute", 9, "profile.attributes"),
        ('profile.level == "gold"', "field.attribute", 9, "profile.attributes.level"),
        ('profile["会员等级"] == "金"', "field.attribute", 9, 'profile.attributes["会员等级"]'),
        ("profile.scor > 1", "field.attribute", 9, "profile.score"),
        ('profile.城市 == "上海"', "word.name", 9, 'profile.attributes["城市"]'),
        ('evnt.key == "A"', "name.unknown", 1, "event"),
        ("event.key.length > 3", "field.inside", 11, "size(event.key)"),
        ('event.key.containz("A")', "function.unknown", 11, "contains"),
        ('event.key.includes("A")', "function.unknown", 11, "contains"),
        ('event.key.matches("A.*")', "function.regex", 11, ""),
        ('contains(event.key, "A")', "function.method", 1, "event.key.contains(...)"),
        ("profile.first_seen_at.ageInDays() > 3", "function.plain", 23, "ageInDays(profile.first_seen_at)"),
        ("event.key.contains()", "function.arguments", 11, ""),
        ('count(event.key, "7d") > 3', "function.constant", 7, ""),
        ('count("menu.clicked", 7) > 3', "function.constant", 23, '"7d"'),
        ('count("menu.clicked", "7") > 3', "duration.form", 23, '"7d"'),
        ('count("clicked", "7d") > 3', "type.form", 7, ""),
        ('count("menu.clickd", "7d") > 3', "type.unknown", 7, '"menu.clicked"'),
        ("profile.tags.exists()", "function.arguments", 21, ""),
        ('profile.tags.exists("a", true)', "function.variable", 21, ""),
        ("profile.tags.exists(event, true)", "name.taken", 21, ""),
        ("has(profile)", "has.field", 5, ""),
        ('event.time > timestamp("2026-05-01")', "time.form", 24, 'timestamp("2026-05-01T00:00:00+08:00")'),
        ('event.time > timestamp("2026-05-01 10:00")', "time.form", 24, 'timestamp("2026-05-01T10:00:00+08:00")'),
        ('localTime("Asia/Beijing").getHours() > 8', "zone.unknown", 11, '"Asia/Shanghai"'),
        ('localTime("../../etc/passwd").getHours() > 8', "zone.unknown", 11, '"Asia/Shanghai"'),
        # kinds
        ("event.key == 5", "kind.compare", 1, 'event.key == "5"'),
        ('profile.score == "10"', "kind.compare", 1, "profile.score == 10"),
        ('"10" == profile.score', "kind.compare", 1, "profile.score == 10"),
        ('profile.subscribed == "是"', "kind.compare", 1, "profile.subscribed == true"),
        ('profile.tags == "老客户"', "kind.compare", 1, '"老客户" in profile.tags'),
        ('profile.tags != "老客户"', "kind.compare", 1, '!("老客户" in profile.tags)'),
        (
            'event.time > "2026-05-01"',
            "kind.compare",
            1,
            'event.time > timestamp("2026-05-01T00:00:00+08:00")',
        ),
        ("now - event.time > 3", "kind.compare", 1, 'now - event.time > duration("3d")'),
        ("profile.score > null", "kind.null", 1, ""),
        ("profile.tags > profile.attributes", "kind.order", 1, ""),
        ("event.key", "kind.condition", 1, "has(event.key)"),
        ("profile.score && true", "kind.condition", 1, "profile.score > 0"),
        ('event.key == "A" || "B"', "kind.condition", 21, 'event.key == "B"'),
        ('!"老客户" in profile.tags', "kind.condition", 1, '!("老客户" in profile.tags)'),
        ('!event.key == "A"', "kind.condition", 1, '!(event.key == "A")'),
        ('profile.tags.contains("老客户")', "kind.argument", 14, '"老客户" in profile.tags'),
        ('profile.score.contains("1")', "kind.argument", 15, ""),
        ("event.key.contains(5)", "kind.argument", 11, 'event.key.contains("5")'),
        ('event.key.containsAny("AB")', "kind.argument", 11, 'event.key.containsAny(["AB"])'),
        ('event.key + 5 == "A5"', "kind.arithmetic", 11, ""),
        ('"试用" in event.key', "kind.in", 9, 'event.key.contains("试用")'),
        ('event.key in ["A", 5]', "kind.compare", 20, '"5"'),
        ("5 in profile.tags", "kind.element", 1, '"5"'),
        # meaning
        ("1 == 2", "never.whole", 1, ""),
        ("false", "never.whole", 1, ""),
        ('event.key == "A" && event.key == "B"', "never.together", 21, ""),
        ("profile.score > 10 && profile.score < 5", "never.together", 23, ""),
        ('event.key in ["A", "B"] && event.key == "C"', "never.together", 28, ""),
        ('event.key == "A" && event.key != "A"', "never.together", 21, ""),
        ('"a" in profile.tags && !("a" in profile.tags)', "never.together", 24, ""),
        ("profile.new && false", "never.part", 16, ""),
        ("localTime().getMonth() == 12", "never.range", 1, ""),
        ("size(profile.tags) < 0", "never.range", 1, ""),
        ('event.key.lowerAscii() == "VIP"', "keyword.lower", 27, '"vip"'),
        ('event.key.lowerAscii().contains("VIP")', "keyword.lower", 33, '"vip"'),
    ],
)
def test_each_mistake_is_told_with_its_place_and_mended(text: str, code: str, column: int, suggestion: str) -> None:
    first = problems(text)[0]
    assert (first.code, first.column, first.suggestion) == (f"when.{code}", column, suggestion)


def test_several_mistakes_are_told_at_once_in_order() -> None:
    found = problems("event.key ＝ “A” and profile.score => 1")
    assert [(problem.column, problem.suggestion) for problem in found] == [
        (11, "=="),
        (13, '"A"'),
        (17, "&&"),
        (35, ">="),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", []),
        ('event.key == "A"', []),
        ("1 == 1", [("always.whole", 1, "")]),
        ('event.key == "A" && true', [("always.part", 21, "")]),
        ('event.key == "A" || 1 == 2', [("never.part", 21, "")]),
        ("profile.new || !profile.new", [("always.whole", 1, "")]),
        (
            'event.key != "A" || event.key != "B"',
            [("always.options", 1, 'event.key != "A" && event.key != "B"')],
        ),
        ('event.content == "A"', [("field.foreign", 7, "")]),
        ('event.key.contains("试")', [("keyword.short", 20, "")]),
        ('event.key.startsWith("试")', []),
        ('event.key.contains("")', [("keyword.empty", 20, "")]),
        ("now.getHours() >= 9", [("time.utc", 1, 'now.getHours("Asia/Shanghai")')]),
        ("localTime().getHours() >= 9", []),
        ('count("shop.visited", "7d") > 3', [("type.unknown", 7, "")]),
        ('event.key == "A" && event.key != "B"', []),
        ("profile.score >= 5 && profile.score <= 5", []),
        ('(event.key == "A") == true', []),
        ('profile.attributes["x"] == 5 && profile.attributes["x"] != "5"', []),
    ],
)
def test_hints_keep_nothing_back(text: str, expected: list[tuple[str, int, str]]) -> None:
    assert hints(text) == expected


def test_a_field_of_any_of_the_events_is_known() -> None:
    assert hints('event.content == "A" && event.count > 3', ("menu.clicked", "message.text")) == []


def test_a_third_partys_event_may_have_any_field() -> None:
    assert hints('event.whatever["x"].y > 3', ("shop.visited",)) == []


def test_without_a_catalogue_every_field_may_be_there() -> None:
    assert parse_condition('event.kye == "A" && profile.foo > 3').hints == ()


def test_every_message_is_complete_in_both_languages() -> None:
    for zh, en in MESSAGES.values():
        names = [{part.split("}")[0] for part in text.split("{")[1:]} for text in (zh, en)]
        assert names[0] == names[1]
        assert zh
        assert en
    assert {kind.value for kind in Kind} <= KINDS.keys()


def test_what_was_found_is_cut_to_a_readable_length() -> None:
    text = problems(f'event.{"x" * 500} == "A"')[0].text(Locale.ZH)
    assert len(text) < 120
    assert "…" in text


def test_a_problem_reads_well() -> None:
    found = problems('event.kye == "TRIAL"')[0]
    assert found.text(Locale.EN) == "column 7: unknown field event.kye, did you mean event.key ?"
    assert found.text(Locale.ZH) == "第 7 列：没有字段 event.kye，您是不是想写 event.key ？"
