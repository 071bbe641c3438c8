"""Items of every DynamoDB type in every field, for the tests that nothing raises on them."""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from yuchi.domain.draft_columns import COLUMNS, SYSTEM_COLUMNS

GOOD: dict[str, Any] = {
    "brand": "demo",
    "rule_id": "claim-trial",
    "account": "*",
    "name": "领取试用装",
    "enabled": True,
    "on": "menu.clicked",
    "when": 'event.key == "TRIAL"',
    "then": ["tag 领取试用装", "score +5", "reply 您好，试用装已登记"],
    "limit": "once",
    "priority": Decimal(100),
    "stop": False,
}
"""A rule that is well."""

_TEXTS = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202eabc",
    "ﷺ" * 50,
    "𝕥𝕒𝕘 x",
    "tag",
    "tag x",
    "reply ",
    "set a=",
    'event.key == "',
    "((((" * 500,
    "!" * 1999,
    "{{" * 300,
    "{{event.x}}",
    "}}{{",
    "\n" * 100,
    "🫖" * 700,
    "a" * 70_000,
    "true",
    "是",
    "否",
    "0",
    "-1",
    "1e309",
    "9" * 40,
    "2026-13-45 99:99",
    "2026-05-01",
    "9999-12-31T23:59:59+14:00",
    "3/day",
    "0/0",
    "*",
    "rule#x#1",
    "A|B",
    "<script>",
    "__proto__",
    "menu.clicked",
    "关注",
    "tag " + "a," * 3000,
    "score " + "9" * 300,
    "after 9999999999d x",
    "emit a.b " + "x=1," * 500,
    "webhook https://[::1]/",
)
_NUMBERS = (
    Decimal(0),
    Decimal(-1),
    Decimal("1E+125"),
    Decimal("-9.9999999999999999999999999999999999999E+125"),
    Decimal("1E-130"),
    Decimal("0.1"),
    Decimal(123456789012345678901234567890),
    Decimal("NaN"),
    Decimal("Infinity"),
    10**400,
    float("nan"),
    float("inf"),
    1.5,
)


class Wrapped:
    """As boto3 wraps binary data."""

    def __init__(self, value: bytes) -> None:
        self.value = value


_KEYS = (*_TEXTS[:8], "tag", "reply", "send", "news", "menu", "type", "set", "names", "for", "text", "url")


def _binary(random: Random, _depth: int) -> Any:
    return random.choice([b"", b"\xff\xfe", bytearray(b"x"), Wrapped(b"abc"), memoryview(b"m")])


def _strange(random: Random, _depth: int) -> Any:
    return random.choice([{Decimal(1), Decimal(2)}, {b"a", b"b"}, object(), frozenset(), range(3), complex(1)])


def _nested(random: Random, depth: int) -> Any:
    deep: Any = "x"
    for _ in range(random.choice([1, 31, 33, 200]) if depth == 0 else 1):
        deep = [deep] if random.random() < 0.5 else {"a": deep}
    return deep


def _list(random: Random, depth: int) -> Any:
    return [value(random, depth + 1) for _ in range(random.randrange(4))]


def _map(random: Random, depth: int) -> Any:
    return {random.choice(_KEYS): value(random, depth + 1) for _ in range(random.randrange(4))}


_SIMPLE: tuple[Callable[[Random, int], Any], ...] = (
    lambda random, _depth: random.choice(_TEXTS),
    lambda random, _depth: random.choice(_TEXTS),
    lambda random, _depth: random.choice(_TEXTS),
    lambda random, _depth: random.choice(_NUMBERS),
    lambda random, _depth: random.random() < 0.5,
    lambda _random, _depth: None,
    lambda random, _depth: {random.choice(_TEXTS) for _ in range(3)},
    _binary,
    _strange,
)
_ALL = (*_SIMPLE, _nested, _list, _list, _map, _map)


def value(random: Random, depth: int = 0) -> Any:
    """A value of any type, nested deeply."""
    return random.choice(_ALL if depth < 40 else _SIMPLE)(random, depth)


def item(random: Random) -> dict[str, Any]:
    """A good rule with some of its columns spoiled, missing or added."""
    spoiled = dict(GOOD)
    for _ in range(random.randrange(1, 5)):
        column = random.choice([*COLUMNS, *COLUMNS, *sorted(SYSTEM_COLUMNS), random.choice(_TEXTS)[:300] or "x"])
        if random.random() < 0.15:
            spoiled.pop(column, None)
        elif column == "then" and random.random() < 0.6:
            spoiled["then"] = [
                value(random)
                if random.random() < 0.5
                else {random.choice(["tag", "reply", "send", "emit", "set"]): value(random)}
                for _ in range(random.randrange(4))
            ]
        else:
            spoiled[column] = value(random)
    if random.random() < 0.02:
        cycle: dict[str, Any] = {}
        cycle["self"] = cycle
        spoiled["then"] = [cycle]
    if random.random() < 0.02:
        spoiled["name"] = "x" * 399_000
    return spoiled
