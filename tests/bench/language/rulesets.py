"""Rule sets and events for the benchmarks of the rule language, the same in each run.

A set is ``conditions`` in CEL (one rule each, all on one event type) and ``events`` as JSON-able views, so that other
engines can be given the same work.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any, Final

from yuchi.domain.language import Bucket, Context, Entry, parse_condition

NOW: Final = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)
EVENTS: Final = 1_000
OVER: Final = 10
"""How many rules the events of a set are about: those that are in the smallest set too, so that sets of all sizes are
asked about the very same events. A greater number spreads the same events over more rules.
"""
SYLLABLES: Final = (
    "春茶明前龙井白毫银针普洱铁观音试用装领取优惠券会员积分门店地址电话快递发票退换货新品推荐价格活动抽奖红包签到生日"
)
View = dict[str, Any]


@dataclass(frozen=True)
class RuleSet:
    """Conditions, and the events to ask them about: ``{"event": {...}, "profile": {...}}``."""

    name: str
    conditions: tuple[str, ...]
    events: tuple[View, ...]

    def entries(self) -> list[Entry]:
        """The rules as they come back from the store, their accesses through JSON."""
        return [
            Entry(f"r{number:05d}", when, json.loads(json.dumps(parse_condition(when).access)))
            for number, when in enumerate(self.conditions)
        ]

    def bucket(self) -> Bucket:
        """The rules, indexed."""
        return Bucket(self.entries())

    def contexts(self) -> list[Context]:
        """The events, ready to be asked about."""
        return [Context(event=each["event"], profile=each["profile"], account={}, now=NOW) for each in self.events]


def key_rules(size: int, over: int = OVER) -> RuleSet:
    """``event.key == "K<i>" && !("<tag>" in profile.tags) && profile.score > 10``, with different keys."""
    random = Random("key")
    return RuleSet(
        "key",
        tuple(f'event.key == "K{i}" && !("t{i % 50}" in profile.tags) && profile.score > 10' for i in range(size)),
        tuple(_event(random, key=f"K{random.randrange(over)}") for _ in range(EVENTS)),
    )


def keyword_rules(size: int, over: int = OVER) -> RuleSet:
    """A Chinese keyword each, looked for in texts of 200 characters of which each holds two or three."""
    random = Random("keyword")
    words = _words(max(size, over))
    conditions = tuple(f'event.content.contains("{word}")' for word in words[:size])
    events = tuple(_event(random, content=_text(random, words[:over])) for _ in range(EVENTS))
    return RuleSet("keyword", conditions, events)


def mixed_rules(size: int, over: int = OVER) -> RuleSet:
    """Equality, keywords and prefixes in equal parts on Chinese texts, and two rules that no index can file."""
    random = Random("mixed")
    words = _words(max(size, over))
    shapes = (
        'event.key == "K{i}" && profile.score > 10',
        'event.content.contains("{word}") && !("t{tag}" in profile.tags)',
        'event.content.startsWith("{word}")',
        'event.content.containsAny(["{word}", "编号{i}"]) || event.key == "W{i}"',
    )
    conditions = [shapes[i % 4].format(i=i, word=words[i], tag=i % 50) for i in range(size - 2)]
    conditions += ["profile.score * 2 > event.floor", 'event.key != "K0" && profile.score > event.floor']
    return RuleSet(
        "mixed",
        tuple(conditions),
        tuple(
            _event(random, key=f"K{random.randrange(over)}", content=_text(random, words[:over]), floor=150)
            for _ in range(EVENTS)
        ),
    )


def hot_key_rules(size: int) -> RuleSet:
    """All on one key, told apart by a threshold; an event passes some fifty of them."""
    random = Random(size)
    return RuleSet(
        "hot key",
        tuple(f'event.key == "HOT" && !("t{i % 50}" in profile.tags) && profile.score > {i}' for i in range(size)),
        tuple(_event(random, key="HOT") for _ in range(EVENTS)),
    )


def threshold_rules(size: int) -> RuleSet:
    """``profile.score > i`` and nothing else; an event passes some fifty of them."""
    random = Random(size)
    return RuleSet(
        "thresholds",
        tuple(f"profile.score > {i}" for i in range(size)),
        tuple(_event(random, key="HOT") for _ in range(EVENTS)),
    )


def unindexable_rules(size: int) -> RuleSet:
    """``event.ts * 2 > i``, which has to be tried one by one; hardly any matches."""
    random = Random(size)
    return RuleSet(
        "unindexable",
        tuple(f"event.ts * 2 > {i}" for i in range(size)),
        tuple(_event(random, ts=random.randrange(20)) for _ in range(EVENTS)),
    )


RULE_SETS: Final[Mapping[str, Callable[[int], RuleSet]]] = {
    "key": key_rules,
    "keyword": keyword_rules,
    "mixed": mixed_rules,
    "hot key": hot_key_rules,
    "thresholds": threshold_rules,
    "unindexable": unindexable_rules,
}


def _event(random: Random, **fields: Any) -> View:
    tags: View = {f"t{random.randrange(50)}": {} for _ in range(3)}
    return {"event": fields, "profile": {"tags": tags, "score": random.randrange(100)}}


@cache
def _words(size: int) -> tuple[str, ...]:
    random = Random("words")  # a smaller set is the beginning of a larger one
    words: dict[str, None] = {}
    while len(words) < size:
        words["".join(random.choices(SYLLABLES, k=random.randint(3, 6)))] = None
    return tuple(words)


def _text(random: Random, words: tuple[str, ...], length: int = 200) -> str:
    """A text in which two of ``words`` stand."""
    filler = "的了是我你他在有这个那么请问一下谢谢您好可以吗什么时候怎样"
    first, second = random.choice(words), random.choice(words)
    rest = random.choices(filler, k=length - len(first) - len(second))
    middle = random.randrange(len(rest))
    return first + "".join(rest[:middle]) + second + "".join(rest[middle:])
