"""The index finds what trying every rule finds, and the compiler means what the interpreter does, whatever the data."""

from bisect import bisect_left, bisect_right
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.domain.language.rules import ATOMS, conditions, entries, views
from tests.unit.domain.language.strategies import NOW, bools, wild_data
from yuchi.domain.language import Bucket, Context, Entry, index
from yuchi.domain.language.compiler import compile_tree
from yuchi.domain.language.interpreter import evaluate, holds
from yuchi.domain.language.parser import parse

QUICK = settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)

BRIEF = settings(QUICK, max_examples=30)


def by_trying_each(rules: list[Entry], context: Context) -> list[str]:
    holding = [rule for rule in rules if holds(parse(rule.when), context)]
    return [rule.rule_id for rule in sorted(holding, key=lambda rule: (-rule.priority, rule.rule_id))]


def missed(options: settings, rule_sets: st.SearchStrategy[list[Entry]]) -> list[str]:
    found: list[str] = []
    matched = 0

    @options
    @given(rule_sets, st.lists(views(), min_size=4, max_size=4))
    def compare(rules: list[Entry], events: list[dict[str, Any]]) -> None:
        nonlocal matched
        bucket = Bucket(rules)
        for data in events:
            context = Context(**data, now=NOW)
            expected = by_trying_each(rules, context)
            matched += len(expected)
            answered = [entry.rule_id for entry in bucket.matches(context)]
            candidates = [entry.rule_id for entry in bucket.candidates(context)]
            judged = [entry.rule_id for entry, holding in bucket.judge(context) if holding]
            if answered != expected or judged != expected or not set(expected) <= set(candidates):
                found.append(f"{[rule.when for rule in rules]} on {data}: {answered} instead of {expected}")

    compare()
    assert matched > options.max_examples / 4
    return found


def test_the_index_finds_what_trying_each_rule_finds() -> None:
    assert missed(QUICK, entries()) == []


@pytest.mark.parametrize("kind", ATOMS)
def test_each_kind_of_atom_finds_its_rules(kind: str) -> None:
    assert missed(BRIEF, entries(ATOMS[kind])) == []


@pytest.mark.nightly
def test_the_index_finds_what_trying_each_rule_finds_on_many() -> None:
    assert missed(settings(QUICK, max_examples=2_000), entries()) == []


@pytest.mark.parametrize(
    ("kind", "defect"),
    [
        ("is", lambda table: index._equality({key: value[1:] for key, value in table.items()})),
        ("in", lambda table: index._membership({key: value[:1] for key, value in table.items()})),
        ("starts", lambda table: index._prefixes({key: value[1:] for key, value in table.items()})),
        ("word", lambda table: index._words({key: value[1:] for key, value in table.items()})),
        (">=", index._thresholds(bisect_left, above=True)),
        ("<=", index._thresholds(bisect_right, above=False)),
    ],
)
def test_an_index_that_drops_a_candidate_is_found(monkeypatch: pytest.MonkeyPatch, kind: str, defect: Any) -> None:
    monkeypatch.setitem(index._PROBES, kind, defect)
    assert any(missed(settings(QUICK, max_examples=size), entries(ATOMS[kind])) for size in (60, 600))


@settings(QUICK, max_examples=400)
@given(conditions | bools(3), wild_data() | views())
def test_compiled_and_interpreted_conditions_agree_and_never_raise(text: str, data: dict[str, Any]) -> None:
    context = Context(**data, now=NOW)
    tree = parse(text)
    assert compile_tree(tree)(context) is (evaluate(tree, context) is True)


def ruled_out(**how: bool) -> list[str]:
    """Rules that match though the bucket, asked without any profile, ruled them out."""
    found: list[str] = []
    matched = spared = 0

    @QUICK
    @given(entries(), st.lists(views(), min_size=4, max_size=4))
    def compare(rules: list[Entry], events: list[dict[str, Any]]) -> None:
        nonlocal matched, spared
        bucket = Bucket(rules, **how)
        for data in events:
            expected = by_trying_each(rules, Context(**data, now=NOW))
            anybody = Context(event=data["event"], profile={}, account={}, now=NOW)
            candidates = [entry.rule_id for entry in bucket.candidates(anybody)]
            matched += len(expected)
            spared += len(rules) - len(candidates)
            found.extend(set(expected) - set(candidates))

    compare()
    assert matched > 100
    assert spared > 100
    return found


def test_what_an_event_alone_rules_out_matches_with_no_profile() -> None:
    assert ruled_out(by_event=True) == []


def test_twin_filed_by_profiles_too_it_rules_out_what_matches() -> None:
    assert ruled_out() != []


def test_a_compiler_that_takes_true_for_one_is_found() -> None:
    context = Context(event={"n": True}, profile={}, account={}, now=NOW)
    tree = parse("event.n == 1")
    assert compile_tree(tree)(context) is holds(tree, context) is False
    assert (context.event["n"] == 1) is not holds(tree, context)
