"""Reviewing edits: live or told why not, in any order of records, never losing the last good version."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.stores import FakeMetrics
from tests.unit.domain import garbage
from tests.unit.domain.garbage import GOOD
from tests.unit.services.fakes_rules import FakeBrandAccounts, FakeDraftStore, FakeRulesetStore
from yuchi.bootstrap import make_catalogue
from yuchi.domain import ruleset
from yuchi.domain.account import Account
from yuchi.domain.actions import ACTIONS
from yuchi.domain.draft import read_draft
from yuchi.domain.manifest import Manifest
from yuchi.domain.problem import Locale
from yuchi.domain.ruleset import read_chunk
from yuchi.services import review_edit
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_rules import Edit
from yuchi.services.review_edit import KEPT_AFTER, ReviewEdit

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CATALOGUE = make_catalogue()
TEA = Account.model_validate(
    {"account": "tea", "brand": "demo", "name": "青山茶事", "original_id": "gh_tea", "appid": "wx0"}
)
RULE = "claim-trial"


@dataclass
class House:
    """Everything around the use case."""

    drafts: FakeDraftStore = field(default_factory=FakeDraftStore)
    live: FakeRulesetStore = field(default_factory=FakeRulesetStore)
    locale: Locale = Locale.ZH
    metrics: FakeMetrics = field(default_factory=FakeMetrics)

    def reviewer(self) -> ReviewEdit:
        return ReviewEdit(
            drafts=self.drafts,
            rulesets=self.live,
            accounts=FakeBrandAccounts([TEA]),
            catalogue=CATALOGUE,
            clock=lambda: NOW,
            metrics=self.metrics,
            locale=self.locale,
        )

    def edit(self, **changes: Any) -> dict[str, Any]:
        """Edit the rule, let the stream run dry, and give the item as the marketer then sees it."""
        item = {**GOOD, **changes}
        self.drafts.put({name: value for name, value in item.items() if value is not None})
        self.settle()
        return self.drafts.items[item["brand"], item["rule_id"]]

    def settle(self) -> None:
        for _ in range(10):
            edits = self.drafts.drain()
            if not edits:
                return
            assert self.reviewer().review_all(edits) == set()
        raise AssertionError("reviews set off reviews for ever")

    def served(self, brand: str = "demo", event_type: str = "menu.clicked") -> dict[str, int]:
        """The rules that an event meets."""
        manifest = self.live.get_manifest(brand)
        return {
            rule.rule_id: rule.version
            for name in manifest.hashes("tea", event_type)
            for rule in read_chunk(self.live.get_blob(brand, name))
        }


@pytest.fixture
def house() -> House:
    return House()


def test_a_good_rule_goes_live(house: House) -> None:
    item = house.edit()
    assert house.served() == {RULE: 1}
    assert (item["status"], item["live_version"]) == ("live", 1)
    assert "problem" not in item
    assert {name: item[name] for name in GOOD} == GOOD


def test_our_own_writing_is_not_reviewed_again(house: House) -> None:
    house.edit()
    swaps = house.live.swaps
    house.drafts.put({**house.drafts.items["demo", RULE], "matched": 5, "last_matched_at": "2026-05-01"})
    house.settle()
    assert house.live.swaps == swaps
    assert house.drafts.items["demo", RULE]["matched"] == 5


def test_an_edit_makes_the_next_version_and_history_stays(house: House) -> None:
    house.edit()
    item = house.edit(name="新名字")
    assert (item["status"], item["live_version"], house.served()) == ("live", 2, {RULE: 2})
    assert [house.live.history["demo", RULE, version]["name"] for version in (1, 2)] == ["领取试用装", "新名字"]


def test_an_invalid_edit_keeps_the_last_good_version(house: House) -> None:
    house.edit()
    item = house.edit(then=["打标签 领取试用装"])
    assert house.served() == {RULE: 1}
    assert (item["status"], item["live_version"]) == ("invalid", 1)
    assert item["problem"].splitlines() == [
        f"then 第 1 项第 1 列：没有“打标签”这个动作，可以用：{'、'.join(ACTIONS)}，您是不是想写 tag 领取试用装 ？",
        "（线上仍在运行第 1 版）",
    ]
    mended = house.edit(then=["tag 领取试用装"])
    assert (mended["status"], mended["live_version"]) == ("live", 2)
    assert "problem" not in mended


def test_a_rule_that_never_was_good_is_not_live(house: House) -> None:
    item = house.edit(on="menu.click")
    assert house.served() == {}
    assert item["status"] == "invalid"
    assert item["problem"] == "on：没有 menu.click 这种事件，您是不是想写 menu.clicked ？"
    assert "live_version" not in item


def test_problems_are_told_in_english_too() -> None:
    item = House(locale=Locale.EN).edit(on="menu.click")
    assert item["problem"] == "on: there is no event menu.click, did you mean menu.clicked ?"


def test_switching_off_and_on_and_deleting(house: House) -> None:
    house.edit()
    assert house.edit(enabled="否")["status"] == "off"
    assert house.served() == {}
    on = house.edit(enabled="是")
    assert (on["status"], on["live_version"], house.served()) == ("live", 2, {RULE: 2})
    house.drafts.delete("demo", RULE)
    house.settle()
    assert house.served() == {}
    assert house.live.heads["demo", RULE].version == 2
    assert house.edit()["live_version"] == 3


def test_switching_off_works_while_the_rest_is_wrong(house: House) -> None:
    house.edit()
    item = house.edit(enabled=False, then=5)
    assert house.served() == {}
    assert item["status"] == "invalid"
    assert "live_version" not in item


def test_an_edit_that_means_the_same_publishes_nothing(house: House) -> None:
    house.edit()
    item = house.edit(enabled="是", then="\n".join(GOOD["then"]))
    assert (item["status"], item["live_version"]) == ("live", 1)
    assert house.live.swaps == 1


def test_putting_an_old_copy_back_is_an_edit(house: House) -> None:
    backup = house.edit()
    house.edit(name="新名字")
    house.drafts.put(backup)
    house.settle()
    assert house.served() == {RULE: 3}
    assert house.live.history["demo", RULE, 3]["name"] == "领取试用装"


def test_a_status_that_was_wiped_is_written_again(house: House) -> None:
    house.edit()
    assert house.edit()["status"] == "live"
    assert house.live.swaps == 1


def test_records_that_come_twice_or_late_change_nothing(house: House) -> None:
    house.drafts.put(GOOD)
    house.drafts.put({**GOOD, "name": "B"})
    house.drafts.put({**GOOD, "name": "C"})
    edits = house.drafts.drain()
    for edit in [edits[2], edits[0], edits[1], edits[0], edits[2]]:
        assert house.reviewer().review(edit)
    house.settle()
    assert house.served() == {RULE: 1}
    rule = house.live.live("demo", RULE)
    assert rule is not None
    assert rule.name == "C"


def test_a_reviewer_that_was_overtaken_reads_everything_again(house: House) -> None:
    house.drafts.put(GOOD)
    first = house.drafts.drain()

    def another_edit_is_published_meanwhile() -> None:
        house.drafts.put({**GOOD, "name": "newer"})
        assert house.reviewer().review_all(house.drafts.drain()) == set()

    house.live.before_swap = another_edit_is_published_meanwhile
    assert house.reviewer().review_all(first) == set()
    house.settle()
    rule = house.live.live("demo", RULE)
    assert rule is not None
    assert (rule.name, rule.version, house.live.swaps) == ("newer", 1, 1)


def test_twin_a_store_that_swaps_without_condition_lets_the_older_edit_win(house: House) -> None:
    class Careless(FakeRulesetStore):
        def get_manifest(self, brand: str) -> Any:
            manifest = super().get_manifest(brand)
            return self.__dict__.setdefault("stale", manifest) if self.swaps else manifest

        def swap(self, manifest: Any, heads: Any) -> None:
            if self.before_swap is not None:
                hook, self.before_swap = self.before_swap, None
                hook()
            for head in heads:
                self.heads[manifest.brand, head.rule_id] = head
            self.manifests[manifest.brand] = manifest.dump()

    house.live = Careless()
    house.drafts.put(GOOD)
    first = house.drafts.drain()

    def another_edit_is_published_meanwhile() -> None:
        house.drafts.put({**GOOD, "name": "newer"})
        house.reviewer().review_all(house.drafts.drain())

    house.live.before_swap = another_edit_is_published_meanwhile
    house.reviewer().review_all(first)
    rule = house.live.live("demo", RULE)
    assert rule is not None
    assert rule.name != "newer"


def test_a_review_of_an_item_that_changed_meanwhile_is_not_written(house: House) -> None:
    house.drafts.put({**GOOD, "then": 5})
    edits = house.drafts.drain()
    house.drafts.before_review = lambda: house.drafts.put({**GOOD, "name": "mended"})
    house.reviewer().review_all(edits)
    assert "problem" not in house.drafts.items["demo", RULE]
    house.settle()
    assert house.drafts.items["demo", RULE]["status"] == "live"


def test_conflicts_without_end_make_the_record_come_again(house: House) -> None:
    house.drafts.put(GOOD)
    (edit,) = house.drafts.drain()
    reviewer = house.reviewer()

    def always_conflicting() -> None:
        manifest = house.live.get_manifest("demo")
        house.live.manifests["demo"] = manifest.dump().replace(
            f'"version":{manifest.version}', f'"version":{manifest.version + 1}'
        )
        house.live.manifests["demo"] = Manifest(brand="demo", version=manifest.version + 1).dump()
        house.live.before_swap = always_conflicting

    house.live.before_swap = always_conflicting
    assert not reviewer.review(edit)


def test_a_store_that_is_away_makes_the_records_come_again(house: House) -> None:
    house.drafts.put(GOOD)
    house.drafts.put({**GOOD, "rule_id": "other", "brand": "else"})

    class Away(FakeDraftStore):
        def get(self, brand: str, rule_id: str) -> dict[str, Any] | None:
            if brand == "else":
                raise UnavailableError
            return super().get(brand, rule_id)

    away = Away(items=house.drafts.items, stream=house.drafts.stream)
    house.drafts = away
    assert house.reviewer().review_all(away.drain()) == {1}
    assert house.served() == {RULE: 1}


def test_a_duplicate_is_hinted_at(house: House) -> None:
    house.edit()
    item = house.edit(rule_id="twin", name="另一条", when='event.key  ==  "TRIAL"')
    assert item["status"] == "live"
    assert item["hint"] == "和规则“领取试用装”的事件与条件完全相同，可以合并成一条"


def test_a_tag_that_no_rule_gives_is_hinted_at_with_the_nearest_that_one_gives(house: House) -> None:
    house.edit(then=["tag 领取试用装"])
    asking = {"rule_id": "asking", "when": 'event.key == "B" && "领取试用妆" in profile.tags'}
    item = house.edit(**asking, name="问")
    assert item["status"] == "live"
    assert item["hint"] == "when：目前没有规则会打这个标签：领取试用妆，您是不是想写 领取试用装 ？"
    mended = house.edit(**{**asking, "when": 'event.key == "B" && "领取试用装" in profile.tags'}, name="问")
    assert "hint" not in mended
    house.locale = Locale.EN
    told = house.edit(**{**asking, "when": 'event.key == "B" && "别的" in profile.tags'}, name="问")
    assert told["hint"] == "when: no rule gives this tag at present: 别的"


def test_tags_are_looked_for_in_chunks_that_are_remembered(house: House) -> None:
    """An edit reads what was rewritten; never drafts, and no chunk twice."""
    for on in ("menu.clicked", "message.text", "message.image", "fan.subscribed"):
        house.edit(rule_id=on, on=on, when="true", then=["tag 丙"])
    read: list[str] = []

    class Counting(FakeRulesetStore):
        def get_blob(self, brand: str, name: str) -> bytes:
            read.append(name)
            return super().get_blob(brand, name)

    live = house.live
    house.live = Counting(live.manifests, live.blobs, live.heads, live.history, live.stored_for, live.expiring)
    reviewer = house.reviewer()

    def ask(tag: str) -> None:
        house.drafts.put({**GOOD, "rule_id": "asking", "when": f'"{tag}" in profile.tags'})
        assert reviewer.review_all(house.drafts.drain()) == set()
        house.drafts.drain()

    ask("甲")
    first = len(read)
    ask("乙")
    assert first > len(house.live.get_manifest("demo").all_hashes()) == 4
    assert len(read) - first == 2, "the chunk that is rewritten, and its successor"


def test_chunks_that_no_ruleset_names_vanish_and_others_stay(house: House) -> None:
    house.edit()
    (first,) = house.live.get_manifest("demo").all_hashes()
    house.edit(name="新名字")
    house.live.expire(NOW + KEPT_AFTER - timedelta(seconds=1))
    assert ("demo", first) in house.live.blobs
    house.live.expire(NOW + KEPT_AFTER)
    assert {name for _, name in house.live.blobs} == house.live.get_manifest("demo").all_hashes()
    assert house.served() == {RULE: 2}


class _MarksWhatIsNamedAgain(FakeRulesetStore):
    """The planted mistake: marks whatever the older manifest named, whoever has stored it meanwhile."""

    def retire(self, brand: str, names: Collection[str], *, version: int, expires_at: datetime) -> None:
        super().retire(brand, names, version=10**9, expires_at=expires_at)


@pytest.mark.parametrize(("store", "survives"), [(FakeRulesetStore, True), (_MarksWhatIsNamedAgain, False)])
def test_a_chunk_that_comes_back_while_it_is_retired_stays(
    house: House, store: type[FakeRulesetStore], *, survives: bool
) -> None:
    """Another publisher names a chunk again before the one who replaced it has marked it."""
    house.live = store()
    house.edit()
    chunk = house.live.get_manifest("demo")
    (name,) = chunk.all_hashes()
    blob = house.live.get_blob("demo", name)

    def another() -> None:
        version = house.live.get_manifest("demo").version + 1
        house.live.put_blobs("demo", {name: blob}, version=version)
        house.live.swap(replace(chunk, version=version), [])

    house.live.before_retire = another
    house.edit(name="新名字")
    house.live.expire(NOW + KEPT_AFTER)
    assert (("demo", name) in house.live.blobs) is survives


def test_when_old_chunks_cannot_be_marked_the_edit_is_live_all_the_same(house: House) -> None:
    class Away(FakeRulesetStore):
        def retire(self, brand: str, names: Collection[str], *, version: int, expires_at: datetime) -> None:
            raise UnavailableError

    house.live = Away()
    house.edit()
    assert house.edit(name="新名字")["status"] == "live"


def test_too_many_rules_without_an_index_are_refused_by_name(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruleset, "MAX_LINEAR", 1)
    house.edit(when="profile.score * 2 > 7")
    item = house.edit(rule_id="second", when="profile.score * 2 > 9")
    assert item["status"] == "invalid"
    assert "领取试用装" in item["problem"]
    assert house.served() == {RULE: 1}


def test_brands_do_not_meet(house: House) -> None:
    house.edit()
    item = house.edit(brand="else")
    assert "brand：品牌 else 还没有账号" in item["problem"]
    assert house.served("else") == {}


def test_many_edits_at_once_take_few_transactions(house: House) -> None:
    for number in range(50):
        house.drafts.put({**GOOD, "rule_id": f"r{number}", "when": f'event.key == "{number}"'})
    house.settle()
    assert len(house.served()) == 50
    assert house.live.swaps == 3


def test_garbage_is_told_on_the_item_and_good_rules_stay(house: House) -> None:
    random = Random(31)
    good = {f"good-{number}": {**GOOD, "rule_id": f"good-{number}"} for number in range(50)}
    for item in good.values():
        house.drafts.put(item)
    bad = 0
    for number in range(500):
        item = garbage.item(random)
        item.update(brand="demo", rule_id=f"bad-{number}")
        bad += read_draft(item).draft is None
        house.drafts.put(item)
    house.settle()
    served = {name for event_type in CATALOGUE.events for name in house.served(event_type=event_type)}
    assert set(good) <= served
    told = [item for item in house.drafts.items.values() if item.get("status") == "invalid"]
    assert len(told) >= bad > 200
    assert all(item["problem"] for item in told)


def test_twin_a_reviewer_that_takes_everything_breaks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting(item: Mapping[str, Any]) -> Any:
        return item["then"][0].split()[0]

    monkeypatch.setattr(review_edit, "read_draft", trusting)
    house.drafts.put({**GOOD, "then": {"tag": 5}})
    with pytest.raises((KeyError, AttributeError, TypeError)):
        house.settle()


# --- any history ---

STATES: dict[str, dict[str, Any]] = {
    "a": GOOD,
    "b": {**GOOD, "name": "B", "on": ["menu.clicked", "message.text"], "when": ""},
    "tea": {**GOOD, "account": "tea"},
    "off": {**GOOD, "enabled": False},
    "bad": {**GOOD, "then": 5},
}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(sorted(STATES)), st.integers(0, 2)),
        st.tuples(st.just("delete"), st.just(""), st.integers(0, 2)),
        st.tuples(st.just("review"), st.just(""), st.integers(0, 10)),
    ),
    max_size=30,
)


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_after_any_history_what_runs_is_the_last_good_draft(steps: list[tuple[str, str, int]]) -> None:
    house = House()
    waiting: list[Edit] = []
    for step, state, number in steps:
        if step == "put":
            house.drafts.put({**STATES[state], "rule_id": f"r{number}"})
        elif step == "delete":
            house.drafts.delete("demo", f"r{number}")
        elif waiting:  # any record, and it stays to come again
            house.reviewer().review(waiting[number % len(waiting)])
        waiting.extend(house.drafts.drain())
    for edit in waiting:
        house.reviewer().review(edit)
    house.settle()
    for number in range(3):
        item = house.drafts.items.get(("demo", f"r{number}"))
        rule = house.live.live("demo", f"r{number}")
        draft = read_draft(item).draft if item else None
        if item is None or not item.get("enabled", True):
            assert rule is None
        elif draft is not None:
            assert rule is not None
            assert (rule.name, rule.on, rule.account) == (draft.name, draft.on, draft.account)
            assert (item["status"], item["live_version"]) == ("live", rule.version)
        else:
            assert item["status"] == "invalid"
            assert item.get("live_version") == (rule.version if rule else None)
        for event_type in ("menu.clicked", "message.text"):
            served = house.served(event_type=event_type).get(f"r{number}")
            assert served == (rule.version if rule and event_type in rule.on else None)


def test_what_became_of_an_edit_is_counted() -> None:
    house = House()
    house.edit()
    house.edit(when="event.kye == 1")
    assert house.metrics.counts == {"RuleLive": 1, "RuleRejected": 1}


def test_a_rule_is_switched_off_even_when_the_ruleset_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    house.edit()
    monkeypatch.setattr(ruleset, "MAX_MANIFEST_BYTES", len(house.live.get_manifest("demo").dump()))
    house.drafts.put({**GOOD, "enabled": False})
    shops = [f"shop.opened{number}" for number in range(20)]
    house.drafts.put({**GOOD, "rule_id": "new", "on": shops, "when": "true", "then": ["tag 新"]})
    house.settle()
    assert house.served() == {}
    assert house.drafts.items["demo", RULE]["status"] == "off"
    assert "已到上限" in house.drafts.items["demo", "new"]["problem"]
