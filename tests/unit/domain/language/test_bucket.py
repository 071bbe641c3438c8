"""Buckets: order, laziness, and accesses that are missing, stale or garbage."""

import json
from typing import Any

import pytest

from tests.unit.domain.language.strategies import NOW
from yuchi.domain.language import Bucket, Context, Entry, describe_access, parse_condition
from yuchi.domain.problem import Locale


def context(event: dict[str, Any] | None = None, profile: dict[str, Any] | None = None) -> Context:
    return Context(event=event or {}, profile=profile or {}, account={}, now=NOW)


def entry(rule_id: str, when: str, priority: int = 0) -> Entry:
    return Entry(rule_id, when, json.loads(json.dumps(parse_condition(when).access)), priority, payload=rule_id.upper())


def ids(entries: list[Entry]) -> list[str]:
    return [each.rule_id for each in entries]


def test_rules_come_in_order_of_priority_then_of_their_ids() -> None:
    bucket = Bucket(
        [entry("b", "true"), entry("c", 'event.key == "A"', 5), entry("a", "true"), entry("d", "profile.score > 1", -1)]
    )
    found = bucket.matches(context({"key": "A"}, {"score": 2}))
    assert ids(found) == ["c", "a", "b", "d"]
    assert found[0].payload == "C"


def test_candidates_are_what_the_index_cannot_rule_out() -> None:
    bucket = Bucket(
        [entry("a", 'event.key == "A" && profile.new'), entry("b", 'event.key == "B"'), entry("c", "profile.x != 1")]
    )
    assert ids(bucket.candidates(context({"key": "A"}))) == ["a", "c"]
    assert [(each.rule_id, holds) for each, holds in bucket.judge(context({"key": "A"}))] == [("a", False), ("c", True)]
    assert bucket.unindexable == ["c"]


def test_a_rule_is_filed_under_its_rarest_part() -> None:
    shared = 'event.key == "HOT"'
    bucket = Bucket([entry(f"r{i}", f'{shared} && "t{i}" in profile.tags') for i in range(20)])
    assert bucket.filing("r3") == {"groups": [[["in", ["profile", "tags"], "t3"]]]}
    assert ids(bucket.candidates(context({"key": "HOT"}, {"tags": {"t3": {}}}))) == ["r3"]
    assert ids(bucket.matches(context({"key": "HOT"}, {"tags": {"t3": {}}}))) == ["r3"]
    assert bucket.matches(context({"key": "COLD"}, {"tags": {"t3": {}}})) == []


def test_a_hot_key_is_told_apart_by_thresholds() -> None:
    bucket = Bucket([entry(f"r{i:04}", f'event.key == "HOT" && profile.score > {i}') for i in range(1000)])
    assert ids(bucket.candidates(context({"key": "HOT"}, {"score": 3}))) == ["r0000", "r0001", "r0002"]


def test_thresholds_beside_a_key_do_not_make_thresholds_common(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [entry(f"k{n}", f'event.key == "K{n}" && profile.score > 10') for n in range(90)]
    scores = [entry(f"s{n}", f"profile.score > {100 + n} && profile.subscribed") for n in range(30)]
    anybody = context({"key": "K1"}, {"score": 50, "subscribed": True})
    assert ids(Bucket([*keys, *scores]).candidates(anybody)) == ["k1"]

    # The twin: by the first count alone, 120 thresholds seem more than 30 flags.
    monkeypatch.setattr("yuchi.domain.language.bucket._RARE", -1.0)
    assert len(Bucket([*keys, *scores]).candidates(anybody)) == 31


def test_conditions_are_read_when_they_are_first_looked_at() -> None:
    bucket = Bucket([entry("a", 'event.key == "A"'), Entry("broken", "((", None)])
    assert bucket.broken == {}
    assert ids(bucket.matches(context({"key": "A"}))) == ["a"]
    assert [problem.code for problem in bucket.broken["broken"]] == ["when.grammar.after"]


@pytest.mark.parametrize(
    "access",
    [
        None,
        "garbage",
        5,
        [],
        {},
        {"groups": None},
        {"groups": []},
        {"groups": [[]], "check": 1},
        {"groups": [[["is", ["event", "key"], "B"]]], "check": 0},
        {"groups": [[["is", ["event", "key"], "B"]]]},
        parse_condition('event.key == "B"').access,
        {**(parse_condition('event.key == "A"').access or {}), "groups": [[["is", ["event", "key"], "B"]]]},
        {"groups": [[["?", 1, {}]]], "check": 77},
    ],
)
def test_a_wrong_access_is_only_slower(access: Any) -> None:
    bucket = Bucket([Entry("a", 'event.key == "A"', access), entry("b", 'event.key == "B"')])
    assert ids(bucket.matches(context({"key": "A"}))) == ["a"]
    assert ids(bucket.matches(context({"key": "B"}))) == ["b"]


def test_an_access_that_was_trusted_blindly_would_hide_its_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yuchi.domain.language.bucket.groups_of", lambda access, _text: access["groups"])
    bucket = Bucket([Entry("a", 'event.key == "A"', parse_condition('event.key == "B"').access)])
    assert bucket.matches(context({"key": "A"})) == []


def test_half_a_surrogate_pair_hides_no_keyword() -> None:
    bucket = Bucket([entry("a", 'event.content.contains("试用")'), entry("b", 'event.content.contains("领取")')])
    assert ids(bucket.matches(context({"content": "\ud83d 试用"}))) == ["a"]


def test_overlapping_keywords_are_all_found() -> None:
    bucket = Bucket(
        [entry(word, f'event.content.contains("{word}")') for word in ("试用", "试用装", "用装", "装", "领取")]
    )
    assert set(ids(bucket.matches(context({"content": "要试用装吗"})))) == {"试用", "试用装", "用装", "装"}


def test_an_empty_bucket_matches_nothing() -> None:
    assert Bucket([]).matches(context()) == []
    assert len(Bucket([])) == 0


def test_why_a_rule_was_not_looked_at() -> None:
    bucket = Bucket([entry("a", 'event.key == "TRIAL" && profile.new'), entry("b", "true")])
    seen = context({"key": "DEMO"})
    assert (
        describe_access(bucket.filing("a"), Locale.ZH, seen)
        == '只有当 event.key 是 "TRIAL" 时才会检查这条规则；这次 event.key 是 "DEMO"'
    )
    assert (
        describe_access(bucket.filing("a"), Locale.EN, context())
        == 'this rule is only looked at when event.key is "TRIAL"; this time event.key has no value'
    )
    assert describe_access(bucket.filing("b"), Locale.EN) == "this rule is looked at for each event"


@pytest.mark.parametrize(
    ("when", "described"),
    [
        ('event.key in ["A", "B"]', 'event.key 是 "A" 或 event.key 是 "B"'),
        ('"老客户" in profile.tags', 'profile.tags 里有 "老客户"'),
        ("profile.score >= 3", "profile.score 不小于 3"),
        ('event.content.trim().contains("试用")', 'event.content.trim() 含有 "试用"'),
    ],
)
def test_a_filing_in_words(when: str, described: str) -> None:
    assert describe_access(parse_condition(when).access, Locale.ZH) == f"只有当 {described} 时才会检查这条规则"
