"""Missing is null, and nothing raises: what conditions mean beyond what CEL says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.domain.language.strategies import NOW
from yuchi.domain.language import Context, parse_condition
from yuchi.domain.language.compiler import compile_tree
from yuchi.domain.language.interpreter import evaluate
from yuchi.domain.language.parser import parse

EVENT = {
    "key": "TRIAL",
    "n": 5,
    "f": 2.5,
    "flag": True,
    "nothing": None,
    "words": ["a", "b", 1],
    "expires": "2026-03-09T00:00:00.000Z",
    "many": list(range(200)),
    "huge": 10**400,
    "nan": float("nan"),
}
PROFILE = {
    "tags": {"老客户": {"count": 2}, "VIP 金": {"count": 1}},
    "score": 20,
    "attributes": {"生日": "1990-03-09", "城市": "上海"},
    "first_seen_at": NOW - timedelta(days=40),
    "subscribed_at": NOW - timedelta(hours=3),
}
MOMENT = int(NOW.timestamp())
PAST = {"menu.clicked": [MOMENT - 86_400 * days for days in (0, 1, 3, 8, 30)]}
CONTEXT = Context(event=EVENT, profile=PROFILE, account={"id": "tea"}, now=NOW, past=PAST)


def holds(text: str, context: Context = CONTEXT) -> bool:
    tree = parse(text)
    outcome = compile_tree(tree)(context)
    assert outcome is (evaluate(tree, context) is True)
    return outcome


@pytest.mark.parametrize(
    "text",
    [
        # missing is null, and null equals only null
        "event.missing == null",
        "event.nothing == null",
        "event.missing == event.nothing",
        "event.missing != 1",
        "!(event.missing == 1)",
        "profile.a.b.c == null",
        "event.key.b == null",
        "event.missing.contains('x') == null",
        "event.missing + 1 == null",
        "size(event.missing) == null",
        "!event.missing",
        "!has(event.missing)",
        "!has(event.nothing)",
        "has(event.flag)",
        "event.words[9] == null",
        "event.words[-1] == null",
        'profile.tags["none"].count == null',
        # what cannot be ordered is not
        "!(event.missing < 1) && !(event.missing >= 1)",
        "!(event.key < 1) && !(event.key >= 1)",
        "!(event.nan < 1) && !(event.nan >= 1) && event.nan != event.nan",
        "!(event.flag < 2)",
        # true is not 1, 1 is 1.0, "5" is not 5
        "event.flag != 1",
        "event.flag == true",
        "!(event.flag in [1, 2])",
        "event.n == 5.0",
        "event.n in [5.0]",
        'event.n != "5"',
        "event.f == 5 / 2.0",
        "event.n / 2 == 2",
        "-event.n / 2 == -2",
        "event.n / 0 == null",
        "event.n % 0 == null",
        "9223372036854775807 + event.n == null",
        "event.huge + 1 == null",
        "event.huge > 1",
        # only true is true
        "!(event.n && true)",
        "!(event.key || false)",
        "(event.missing ? 1 : 2) == 2",
        # elements
        '"a" in event.words && 1 in event.words && !(true in event.words)',
        '"老客户" in profile.tags',
        '!("老" in profile.tags)',
        '!("T" in event.key)',
        'profile.tags.exists(t, t.startsWith("VIP"))',
        'profile.tags["老客户"].count == 2',
        "event.many.exists(x, x == 99)",
        "event.many.exists(x, x == 150) == null",
        "event.many.all(x, x < 1) == false",
        "event.many.all(x, x < 500) == null",
        'event.key.exists(x, x == "T") == null',
        "event.words.exists(x, event.words.exists(y, x == y))",
        'event.key.containsAny(["X", "RIA"])',
        '!event.key.containsAny(["x", "y"])',
        '"ÄB试".lowerAscii() == "Äb试"',
        # times
        "event.expires > now",
        'event.expires < timestamp("2026-03-10T00:00:00Z")',
        "event.expires - now > duration('1h')",
        'event.expires.getHours("Asia/Shanghai") == 8',
        'event.expires != timestamp("2026-03-09T00:00:00Z")',
        'timestamp(event.expires) == timestamp("2026-03-09T00:00:00Z")',
        "timestamp(event.key) == null",
        "localTime().getHours() == 14",
        'localTime("America/New_York").getDate() == 8',
        "localTime().getDayOfWeek() == 0",
        "now - profile.first_seen_at > duration('30d')",
        'within(profile.subscribed_at, "3h")',
        '!within(profile.subscribed_at, "2h")',
        '!within(event.expires, "99d")',
        'within(event.missing, "3h") == null',
        "ageInDays(profile.first_seen_at) == 40",
        'ageInDays(profile.attributes["生日"]) == 13148',
        "ageInDays(event.key) == null",
        "ageInDays(event.missing) == null",
        # the past
        'count("menu.clicked") == 5',
        'count("menu.clicked", "7d") == 3',
        'count("menu.clicked", duration("24h")) == 2',
        'count("message.text", "7d") == 0',
        'last("menu.clicked") == now - duration("250ms")',
        'last("message.text") == null',
        'now - last("menu.clicked") < duration("1m")',
    ],
)
def test_it_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize("text", ["", "   ", "\n", "true"])
def test_an_empty_condition_always_holds(text: str) -> None:
    condition = parse_condition(text)
    assert condition.matches(CONTEXT) is True
    assert (condition.access, condition.cost) == (None, 1)


def test_a_wide_integer_is_compared_exactly_unlike_in_cels_runtime() -> None:
    context = Context(event={"n": 2**53 + 1, "f": 2.0**53}, profile={}, account={}, now=NOW)
    assert holds("event.n > event.f", context)


def test_the_zone_of_china_needs_no_database() -> None:
    context = Context(event={}, profile={}, account={}, now=datetime(2026, 12, 31, 16, 0, tzinfo=UTC))
    assert holds(
        "localTime().getHours() == 0 && localTime().getFullYear() == 2027 && localTime().getMonth() == 0", context
    )


EXTREME = [
    "event.x + event.y == event.x",
    "event.x * 2.0 > 1",
    "event.x - event.y == 0",
    "-event.x < 0",
    "event.x / 3 > 1",
    "event.x % 3 == 1",
    "event.x == event.y",
    "event.x < event.y",
    "event.x in [1, 'a', 2.5]",
    "event.x.contains('a')",
    "event.x.getHours('Asia/Shanghai') > 1",
    "ageInDays(event.x) > 1",
    "within(event.x, '3d')",
    "timestamp(event.x) > now",
    "event.x + duration('999999h') > now",
    "now - event.x > duration('1h')",
    "event.words[event.x] == 1",
    "size(event.x) > 1",
    "event.x.lowerAscii() == event.x.trim()",
    "event.x.exists(a, a == event.y)",
    "event.x ? true : false",
]


@pytest.mark.parametrize(
    "value", [10**400, float("inf"), float("nan"), datetime.max.replace(tzinfo=UTC), "\ud800", [[]], {}]
)
def test_extreme_values_do_not_raise(value: Any) -> None:
    context = Context(event={"x": value, "y": value}, profile={}, account={}, now=NOW)
    for text in EXTREME:
        holds(text, context)
