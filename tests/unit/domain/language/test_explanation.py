"""Why a condition holds or does not, in words."""

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from tests.unit.domain.language.rules import conditions, views
from tests.unit.domain.language.strategies import NOW
from yuchi.domain.language import Condition, Context, explain, parse_condition
from yuchi.domain.language.findings import Findings
from yuchi.domain.language.parser import parse
from yuchi.domain.problem import Locale

CONTEXT = Context(
    event={"key": "DEMO"},
    profile={"tags": {"老客户": {}}, "score": 3, "first_seen_at": NOW},
    account={},
    now=NOW,
    past={"menu.clicked": [int(NOW.timestamp()) - 60]},
)


def test_each_part_is_told_with_what_it_saw() -> None:
    condition = parse_condition(
        'event.key == "TRIAL" && !("老客户" in profile.tags) && (profile.score > 10 || profile.attributes["城市"] == "上海")'
        ' && count("menu.clicked", "7d") >= 3 && now - profile.first_seen_at < duration("1h")'
    )
    explanation = explain(condition, CONTEXT)
    assert explanation.lines(Locale.ZH) == [
        "条件不成立。",
        '首先不成立的是：event.key == "TRIAL"：event.key 是 "DEMO"',
        f"✗ {condition.text}",
        '  ✗ event.key == "TRIAL"：event.key 是 "DEMO"',
        '  ✗ !("老客户" in profile.tags)',
        '    ✓ ("老客户" in profile.tags)：profile.tags 是 {老客户}',
        '  ✗ (profile.score > 10 || profile.attributes["城市"] == "上海")',
        "    ✗ profile.score > 10：profile.score 是 3",
        '    ✗ profile.attributes["城市"] == "上海"：profile.attributes["城市"] 没有值',
        '  ✗ count("menu.clicked", "7d") >= 3：count("menu.clicked", "7d") 是 1',
        '  ✓ now - profile.first_seen_at < duration("1h")：now - profile.first_seen_at 是 0:00:00',
    ]
    assert explanation.lines(Locale.EN)[1] == 'The first part that fails: event.key == "TRIAL": event.key is "DEMO"'


def test_the_first_failing_part_is_the_leftmost_that_decides() -> None:
    def failing(text: str) -> str | None:
        part = explain(parse_condition(text), CONTEXT).first_failing
        return part.text if part else None

    assert failing('event.key == "DEMO"') is None
    assert failing('event.key == "DEMO" && profile.score > 10') == "profile.score > 10"
    assert failing("profile.score > 10 || profile.new") == "profile.score > 10 || profile.new"
    assert failing('!(event.key == "DEMO")') == '!(event.key == "DEMO")'
    assert failing('event.key == "DEMO" ? profile.score > 10 : true') == "profile.score > 10"


def test_values_are_shown_short() -> None:
    context = Context(
        event={"a": "长" * 500, "b": list(range(50)), "c": 10**400, "d": NOW, "e": True, "f": 0.5, "g": {"x": {}}},
        profile={},
        account={},
        now=NOW,
    )
    condition = parse_condition(
        "event.a == 1 || event.b == 1 || event.c == 1 || event.d == 1 || event.e == 1 || event.f == event.g"
    )
    lines = explain(condition, context).lines(Locale.EN)
    assert all(len(line) < 160 for line in lines[1:])
    assert lines[-1].endswith("event.f is 0.5, event.g is {x}")


@settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)
@given(conditions, views())
def test_an_explanation_agrees_with_the_outcome_and_never_raises(text: str, data: dict[str, Any]) -> None:
    condition = Condition(text, parse(text), Findings())
    context = Context(**data, now=NOW)
    explanation = explain(condition, context)
    assert explanation.holds is condition.matches(context)
    assert (explanation.first_failing is None) is explanation.holds
    for locale in Locale:
        assert explanation.lines(locale)
