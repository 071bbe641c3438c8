"""Rule matching: ours and others on the same events, with 10 to 10,000 rules; then the worst cases."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from tests.bench import charts, engines
from tests.bench.language.rulesets import (
    RuleSet,
    View,
    hot_key_rules,
    key_rules,
    keyword_rules,
    mixed_rules,
    threshold_rules,
    unindexable_rules,
)
from tests.bench.measure import Work, compare, repeated
from tests.bench.results import Section, Target, number, table

SIZES: Final = (10, 100, 1_000, 10_000)
SECONDS: Final = 0.12
"""How long one turn of one engine lasts."""
BUDGET: Final = 200_000
"""How many rules an engine without an index looks at in one turn."""
EVENT_RULER: Final = 164_599
"""Events a second of event-ruler 2.0.1 (Java 17, JSON text in) with 10,000 rules, measured on a machine of this class
before this code was written; Java is no part of this run.
"""
OURS: Final = "Yuchi, dict in"
OURS_TEXT: Final = "Yuchi, JSON text in"
OURS_BARE: Final = "Yuchi without its index"
CEL: Final = "cel-expr-python, loop"
ZEN: Final = "zen-engine, decision table"
NODE: Final = "json-rules-engine"
SLOWER: Final = {CEL: 20, ZEN: 10}
"""What part of the events slow engines are asked about, so that the run ends in time."""
OTHERS: Final[dict[str, Callable[[RuleSet], engines.Ask]]] = {
    OURS_BARE: engines.unindexed,
    ZEN: engines.zen,
    CEL: engines.cel,
}


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    sizes = SIZES[:3] if quick else SIZES
    seconds = SECONDS / 4 if quick else SECONDS
    rates: dict[str, dict[int, float]] = {}
    sets = {size: key_rules(size) for size in sizes}
    step("ours, 10 to 10,000 rules")
    _ours(rates, sets, seconds)
    for size in sizes:
        step(f"other engines, {size:,} rules")
        _others(rates, sets[size], size, seconds)
    step("json-rules-engine")
    asked = engines.json_rules_engine(sets, seconds=3 if quick else 12)
    rates[NODE] = {size: 1 / taken for size, (taken, _) in asked.items()}
    step("keywords, mixed sets, events that spread over all rules")
    grown = _grown(sizes, seconds)
    step("worst cases")
    worst = _worst(sizes[-1], seconds)
    return _section(rates, grown, worst, sizes)


def _ours(rates: dict[str, dict[int, float]], sets: dict[int, RuleSet], seconds: float) -> None:
    works = {}
    for size, rules in sets.items():
        ask, ask_text = engines.indexed(rules), engines.from_text(rules)
        texts = [json.dumps(view, ensure_ascii=False) for view in rules.events]
        works[OURS, size] = repeated(partial(engines.count, ask, rules.events), len(texts), seconds=seconds)
        works[OURS_TEXT, size] = repeated(partial(_count_texts, ask_text, texts), len(texts), seconds=seconds)
    for (name, size), taken in compare(works).items():
        rates.setdefault(name, {})[size] = 1 / taken


def _others(rates: dict[str, dict[int, float]], rules: RuleSet, size: int, seconds: float) -> None:
    """Without an index each event costs as much as there are rules, so larger sets are asked about fewer events."""
    events = rules.events[: max(5, min(len(rules.events), BUDGET // size))]
    ours = engines.indexed(rules)
    for name, make in OTHERS.items():
        ask = make(rules)
        few = events[: max(5, len(events) // SLOWER.get(name, 1))]
        engines.check({name: engines.count(ask, few)}, expected=engines.count(ours, few))
        work = repeated(partial(engines.count, ask, few), len(few), seconds=seconds)
        rates.setdefault(name, {})[size] = 1 / compare({name: work}, rounds=3)[name]


def _count_texts(ask: Callable[[str], int], texts: list[str]) -> int:
    return sum(map(ask, texts))


def _grown(sizes: tuple[int, ...], seconds: float) -> dict[str, dict[int, float]]:
    """Seconds for one event of other sets of rules."""
    spread = {size: key_rules(size, over=sizes[-1]) for size in sizes}
    kinds: dict[str, dict[int, RuleSet]] = {
        "keyword": {size: keyword_rules(size) for size in sizes},
        "mixed": {size: mixed_rules(size) for size in sizes},
        "key, each event another of 10,000 keys": spread,
    }
    works = {
        (kind, size): _asking(rules, rules.events, seconds)
        for kind, sets in kinds.items()
        for size, rules in sets.items()
    }
    grown: dict[str, dict[int, float]] = {}
    for (kind, size), taken in compare(works).items():
        grown.setdefault(kind, {})[size] = taken
    return grown


def _worst(size: int, seconds: float) -> dict[str, float]:
    """Seconds for one event, or for one rule where no index can help."""
    works = {
        "hot key": _asking(rules := hot_key_rules(size), rules.events, seconds),
        "thresholds": _asking(rules := threshold_rules(size), rules.events, seconds),
        "keywords": _asking(rules := keyword_rules(size), rules.events, seconds),
    }
    taken = compare(works)
    bare = unindexable_rules(size)
    return taken | {"unindexable": compare({"": _asking(bare, bare.events[:20], seconds)})[""] / size}


def _asking(rules: RuleSet, events: Sequence[View], seconds: float) -> Work:
    return repeated(partial(engines.count, engines.indexed(rules), events), len(events), seconds=seconds)


def _section(
    rates: dict[str, dict[int, float]],
    grown: dict[str, dict[int, float]],
    worst: dict[str, float],
    sizes: tuple[int, ...],
) -> Section:
    low, high, thousand = sizes[0], sizes[-1], 1_000
    ours, texts, node = rates[OURS], rates[OURS_TEXT], rates[NODE]
    times = " times"
    targets = (
        Target("key rules: cost of 10,000 against 10, dict in", ours[low] / ours[high], 1.3, times),
        Target("key rules: cost of 10,000 against 10, JSON in", texts[low] / texts[high], 1.3, times),
        Target("keyword rules: cost of 10,000 against 10", grown["keyword"][high] / grown["keyword"][low], 2, times),
        Target("mixed rules: cost of 10,000 against 10", grown["mixed"][high] / grown["mixed"][low], 3, times),
        Target("speed of json-rules-engine, 1,000 rules", ours[thousand] / node[thousand], 3_000, times, at_least=True),
        Target("speed of json-rules-engine, 10,000 rules", ours[high] / node[high], 40_000, times, at_least=True),
        Target("half of event-ruler's rate, 10,000 rules, JSON in", texts[high], EVENT_RULER / 2, "/s", at_least=True),
        Target("hot key, 10,000 rules, one event", worst["hot key"] * 1e6, 60, " µs"),
        Target("thresholds only, 10,000 rules, one event", worst["thresholds"] * 1e6, 60, " µs"),
        Target("no indexable part, one rule", worst["unindexable"] * 1e6, 1.2, " µs"),
    )
    head = [*(f"{size:,} rules" for size in sizes), "cost, most against fewest rules"]

    def row(name: str, each: dict[int, float], growth: float, unit: float = 1) -> list[str]:
        return [name, *(number(each[size] * unit) for size in sizes), f"{number(growth)} times"]

    speed = [row(name, each, each[low] / each[high]) for name, each in rates.items()]
    others = [row(name, each, each[high] / each[low], 1e6) for name, each in grown.items()]
    cost = {name: f"{number(seconds * 1e6)} µs" for name, seconds in worst.items()}
    worst_rows = [
        ["all rules on one key, each with another threshold (an event matches some 50)", cost["hot key"] + " an event"],
        ["`profile.score > i` alone (an event matches some 50)", cost["thresholds"] + " an event"],
        ["a keyword alone, texts of 200 Chinese characters", cost["keywords"] + " an event"],
        ["`event.ts * 2 > i`, which no index can file", cost["unindexable"] + " a rule"],
    ]
    return Section(
        name="rules",
        title="Rule matching",
        body=_BODY.format(
            speed=table(["events a second", *head], speed),
            others=table(["µs for one event", *head], others),
            worst=table([f"{high:,} rules", "cost"], worst_rows),
            ruler=f"{EVENT_RULER:,}",
        ),
        targets=targets,
        picture=_picture(rates),
    )


def _picture(rates: dict[str, dict[int, float]]) -> str:
    series = {name: sorted(each.items()) for name, each in rates.items()}
    title = "Matching events against rules: ours does not slow down"
    return charts.lines(title, "rules", "events matched in a second, one core", series)


_BODY: Final = """\
The same 1,000 events each time, and rules of the form `event.key == "K1" && !("t1" in profile.tags) && profile.score > 10`
with different keys. The events are about the ten keys that all sets have. All engines must find the same matches, or
nothing is reported.

{speed}

json-rules-engine gets flat facts and zen-engine a decision table, which each reads fastest; cel-expr-python evaluates one
compiled condition after the other. Where an engine is slow, the larger sets are asked about the first few events only.
event-ruler, the Java engine of EventBridge, is no part of this run: on a machine of this class it matched {ruler} events a
second against 10,000 such rules, JSON text in.

Other sets: a Chinese keyword for each rule in texts of 200 characters; a mix of keys, keywords, prefixes and `containsAny`
with two rules that no index can file; and key rules again, with events spread over 10,000 keys. There, each event meets a
rule that is not in the processor's caches, and with few rules most events meet none: that is what the last row shows.

{others}

The worst cases:

{worst}

Of rules that no index can file, at most 200 are published for one event type (and the marketer is told why), so they cost
an event at most 200 times what the last line says.
"""
