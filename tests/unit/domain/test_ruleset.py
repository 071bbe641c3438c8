"""Publishing: small immutable chunks, one manifest, nothing lost on the way."""

import dataclasses
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuchi.domain import ruleset
from yuchi.domain.manifest import Manifest
from yuchi.domain.rule import Rule
from yuchi.domain.ruleset import Change, build, load, publish, read_chunk

TYPES = ("menu.clicked", "message.text", "fan.subscribed")
INDEXED: Any = [["eq", "event.key", "A"]]


def rule(rule_id: str, *, version: int = 1, access: Any = INDEXED, **changes: Any) -> Rule:
    made = Rule(
        rule_id=rule_id,
        version=version,
        name=f"规则 {rule_id}",
        on=("menu.clicked",),
        when='event.key == "A"',
        access=access,
        stored_actions=({"kind": "tag", "names": ["x"]},),
    )
    return dataclasses.replace(made, **changes)


def reader(*all_blobs: Any) -> Callable[[str], bytes]:
    known: dict[str, bytes] = {}
    for blobs in all_blobs:
        known |= blobs
    return known.__getitem__


def rules_of(manifest: Manifest, read: Callable[[str], bytes], account: str, event_type: str) -> dict[str, int]:
    return {
        rule.rule_id: rule.version for name in manifest.hashes(account, event_type) for rule in read_chunk(read(name))
    }


def test_an_event_reads_its_account_and_all_accounts() -> None:
    published = build("demo", [rule("a"), rule("b", account="tea"), rule("c", account="shop"), rule("d", on=TYPES)])
    read = reader(published.blobs)
    assert rules_of(published.manifest, read, "tea", "menu.clicked") == {"a": 1, "b": 1, "d": 1}
    assert rules_of(published.manifest, read, "shop", "message.text") == {"d": 1}
    assert published.manifest.hashes("tea", "card.received") == ()
    assert published.manifest.rules == 4


def test_a_bucket_has_rules_as_payloads() -> None:
    published = build("demo", [rule("a"), rule("b", priority=5)])
    bucket = load(published.blobs[name] for name in published.manifest.hashes("tea", "menu.clicked"))
    assert bucket is not None
    assert load([]) is None


def test_the_manifest_is_read_back() -> None:
    published = build("demo", [rule("a", counted={"order.completed": None}), rule("b", account="tea", access=None)])
    assert Manifest.read(published.manifest.dump()) == published.manifest


def test_counted_types_keep_the_longest_window() -> None:
    published = build(
        "demo",
        [
            rule("a", counted={"order.completed": 60, "menu.clicked": 5}),
            rule("b", on=TYPES, counted={"order.completed": 3600, "message.text": None}),
            rule("c", account="tea", counted={"message.text": 9}),
        ],
    )
    assert published.manifest.counted() == {"order.completed": 3600, "menu.clicked": 5, "message.text": None}


def test_what_comes_by_time_alone_is_named_once() -> None:
    absence, day = "no order.completed for 30d", "date 生日"
    published = build(
        "demo",
        [
            rule("a", on=(absence, "menu.clicked")),
            rule("b", account="tea", on=(absence, day)),
            rule("c", on=("tag.removed", "tag.added")),
        ],
    )
    assert published.manifest.watched() == (day, absence, "tag.removed")
    assert Manifest.read(published.manifest.dump()).watched() == (day, absence, "tag.removed")


def test_a_brand_waits_for_a_bounded_number_of_moments() -> None:
    first = build("demo", [rule(f"r{days:02}", on=(f"no order.completed for {days}d",)) for days in range(1, 31)])
    assert len(first.manifest.watched()) == ruleset.MAX_WATCHED
    assert {problem.code for problem in first.refused.values()} == {"ruleset.watched"}
    assert set(first.refused) == {f"r{days:02}" for days in range(21, 31)}
    more = [
        Change(None, rule("known", on=("no order.completed for 3d",))),
        Change(None, rule("new", on=("date 生日",))),
    ]
    assert set(publish(first.manifest, more, reader(first.blobs)).refused) == {"new"}


def test_one_edit_rewrites_one_chunk_of_many() -> None:
    first = build("demo", [rule(f"r{number}") for number in range(2_000)])
    read = reader(first.blobs)
    edited = publish(first.manifest, [Change(rule("r7"), rule("r7", version=2))], read)
    assert len(first.blobs) >= 2_000 / ruleset.MAX_CHUNK_RULES
    assert len(edited.blobs) == 1
    assert edited.manifest.version == first.manifest.version + 1
    read = reader(first.blobs, edited.blobs)
    rules = rules_of(edited.manifest, read, "tea", "menu.clicked")
    assert len(rules) == 2_000
    assert rules["r7"] == 2


def test_chunks_stay_below_their_limits() -> None:
    long = [
        rule(f"r{number}", when=f'event.key == "{zlib.crc32(str(number).encode())}"', name="长" * 100)
        for number in range(3_000)
    ]
    published = build("demo", long)
    assert max(len(blob) for blob in published.blobs.values()) <= ruleset.MAX_CHUNK_BYTES
    assert all(
        chunk.rules <= ruleset.MAX_CHUNK_RULES
        for chunks in published.manifest.buckets.values()
        for chunk in chunks.values()
    )


def test_what_changes_nothing_publishes_nothing() -> None:
    first = build("demo", [rule("a")])
    same = publish(first.manifest, [Change(rule("a"), rule("a"))], reader(first.blobs))
    assert same.manifest is first.manifest
    assert same.blobs == {}


def test_a_rule_moves_between_accounts_and_types() -> None:
    first = build("demo", [rule("a")])
    moved = rule("a", version=2, account="tea", on=("message.text",))
    second = publish(first.manifest, [Change(rule("a"), moved)], reader(first.blobs))
    assert second.manifest.hashes("shop", "menu.clicked") == ()
    assert rules_of(second.manifest, reader(second.blobs), "tea", "message.text") == {"a": 2}
    assert second.manifest.rules == 1


def test_removing_the_last_rule_leaves_nothing() -> None:
    first = build("demo", [rule("a")])
    gone = publish(first.manifest, [Change(rule("a"), None)], reader(first.blobs))
    assert (gone.manifest.buckets, gone.manifest.rules, gone.manifest.version) == ({}, 0, 2)


EDITS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.one_of(
            st.none(), st.tuples(st.sampled_from(["*", "tea", "shop"]), st.sets(st.sampled_from(TYPES), min_size=1))
        ),
    ),
    max_size=60,
)


def _play(edits: list[tuple[int, tuple[str, set[str]] | None]], batch: int, *, forget_old: bool = False) -> None:
    """Whatever is edited in whatever order, the manifest holds exactly the rules that a plain dictionary holds."""
    manifest, blobs = Manifest(brand="demo"), dict[str, bytes]()
    model: dict[str, Rule] = {}
    for start in range(0, len(edits), batch):
        changes: dict[str, Change] = {}
        for version, (number, target) in enumerate(edits[start : start + batch], start + 1):
            rule_id = f"r{number}"
            new = (
                None
                if target is None
                else rule(rule_id, version=version, account=target[0], on=tuple(sorted(target[1])))
            )
            changes[rule_id] = Change(None if forget_old else model.get(rule_id), new)
        for rule_id, change in changes.items():
            model.pop(rule_id, None)
            if change.new:
                model[rule_id] = change.new
        published = publish(manifest, changes.values(), blobs.__getitem__)
        blobs |= published.blobs
        manifest = published.manifest
    assert manifest.rules == len(model)
    for account in ("tea", "shop"):
        for event_type in TYPES:
            expected = {
                each.rule_id: each.version
                for each in model.values()
                if event_type in each.on and each.account in {"*", account}
            }
            assert rules_of(manifest, blobs.__getitem__, account, event_type) == expected


@settings(max_examples=60, deadline=None)
@given(EDITS, st.integers(1, 7))
def test_any_history_of_edits(edits: list[tuple[int, tuple[str, set[str]] | None]], batch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ruleset, "MAX_CHUNK_RULES", 3)
        _play(edits, batch)


def test_twin_forgetting_the_old_bucket_is_found() -> None:
    edits: list[tuple[int, tuple[str, set[str]] | None]] = [
        (1, ("*", {"menu.clicked"})),
        (1, ("tea", {"message.text"})),
    ]
    with pytest.raises(AssertionError):
        _play(edits, 1, forget_old=True)


def test_too_many_rules_that_no_index_can_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruleset, "MAX_LINEAR", 3)
    first = build("demo", [rule(f"s{number}", access=None) for number in range(2)])
    second = publish(
        first.manifest,
        [Change(None, rule("t1", access=None, account="tea")), Change(None, rule("t2", access=None, account="tea"))],
        reader(first.blobs),
    )
    assert set(second.refused) == {"t2"}
    assert second.refused["t2"].zh.endswith("其他这样的规则：规则 s0、规则 s1、规则 t1")
    read = reader(first.blobs, second.blobs)
    for more in (rule("s3", access=None), rule("t3", access=None, account="tea")):
        assert publish(second.manifest, [Change(None, more)], read).refused
    assert not publish(second.manifest, [Change(None, rule("u1", access=None, account="shop"))], read).refused
    assert not publish(second.manifest, [Change(None, rule("s4"))], read).refused


def test_an_edit_of_a_rule_that_was_there_takes_no_further_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruleset, "MAX_LINEAR", 1)
    first = build("demo", [rule("a", access=None)])
    read = reader(first.blobs)
    assert not publish(
        first.manifest, [Change(rule("a", access=None), rule("a", version=2, access=None))], read
    ).refused
    swapped = publish(
        first.manifest, [Change(rule("a", access=None), None), Change(None, rule("b", access=None))], read
    )
    assert not swapped.refused


def test_a_manifest_that_fits_no_item_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruleset, "MAX_MANIFEST_BYTES", 500)
    with pytest.raises(ruleset.RulesetTooLargeError):
        build("demo", [rule(f"r{number}", account=f"tea{number}") for number in range(10)])


def test_the_same_rules_make_the_same_blobs() -> None:
    rules = [rule(f"r{number}") for number in range(600)]
    assert build("demo", rules).blobs == build("demo", rules[::-1]).blobs
