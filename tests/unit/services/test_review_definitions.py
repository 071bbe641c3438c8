"""Reviewing a brand's definitions: live or told why not; the last good version keeps running; rules are untouched."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from tests.fakes.stores import FakeMetrics
from tests.fakes.world import rule
from tests.unit.domain.garbage import value
from tests.unit.services.fakes_rules import FakeDraftStore, FakeRulesetStore
from yuchi.bootstrap import make_catalogue
from yuchi.domain.problem import Locale
from yuchi.domain.ruleset import Change, publish
from yuchi.domain.standard import publishing
from yuchi.domain.standard.columns import ALL_COLUMNS
from yuchi.domain.standard.model import DEFAULT_STAGES, BrandSchema
from yuchi.domain.standard.publishing import Definitions
from yuchi.services.ports_rules import Edit
from yuchi.services.review_definitions import ReviewDefinitions

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DORMANT = {"brand": "demo", "item": "stage#20-dormant", "when": 'profile.last_active_at < now - duration("720h")'}


@dataclass
class House:
    drafts: FakeDraftStore = field(default_factory=lambda: FakeDraftStore(key="item", columns=ALL_COLUMNS))
    live: FakeRulesetStore = field(default_factory=FakeRulesetStore)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)

    def edit(self, item: dict[str, Any]) -> dict[str, Any]:
        self.drafts.put(item)
        self.settle()
        return self.drafts.items[item["brand"], item["item"]]

    def settle(self) -> None:
        reviewer = ReviewDefinitions(
            drafts=self.drafts,
            rulesets=self.live,
            catalogue=make_catalogue(),
            clock=lambda: NOW,
            metrics=self.metrics,
            locale=Locale.ZH,
        )
        for _ in range(10):
            edits = self.drafts.drain()
            if not edits:
                return
            assert reviewer.review_all(edits) == set()
        raise AssertionError("reviews set off reviews for ever")

    def schema(self) -> BrandSchema:
        name = self.live.get_manifest("demo").schema
        return Definitions.read(self.live.get_blob("demo", name)).schema() if name else BrandSchema()


def test_a_definition_goes_live_and_says_so() -> None:
    house = House()
    item = house.edit(DORMANT)
    assert (item["status"], item["live_version"]) == ("live", 1)
    assert "problem" not in item
    assert [stage.name for stage in house.schema().stages] == ["dormant"]


def test_a_mistake_is_told_and_the_last_good_version_keeps_running() -> None:
    house = House()
    house.edit(DORMANT)
    before = house.schema()
    item = house.edit({**DORMANT, "when": "profile.last_active_at < now - "})
    assert item["status"] == "invalid"
    assert item["live_version"] == 1
    assert "线上仍在运行第 1 版" in item["problem"]
    assert house.schema() == before
    assert house.live.swaps == 1


def test_a_new_item_that_is_wrong_keeps_nothing_else_back() -> None:
    house = House()
    for item in ({"brand": "demo", "item": "stages#1", "when": "true"}, DORMANT):
        house.drafts.put(item)
    house.settle()
    assert house.drafts.items["demo", "stages#1"]["status"] == "invalid"
    assert "stage#20-dormant" in house.drafts.items["demo", "stages#1"]["problem"]
    assert len(house.schema().own_stages) == 1


def test_switching_off_and_deleting_bring_back_what_we_ship() -> None:
    house = House()
    house.edit(DORMANT)
    assert house.edit({**DORMANT, "enabled": "否"})["status"] == "off"
    assert house.schema().stages == DEFAULT_STAGES
    house.edit(DORMANT)
    house.drafts.delete("demo", "stage#20-dormant")
    house.settle()
    assert house.live.get_manifest("demo").schema == ""
    assert house.schema().stages == DEFAULT_STAGES


def test_rules_and_definitions_are_published_side_by_side() -> None:
    house = House()
    house.edit(DORMANT)
    manifest = house.live.get_manifest("demo")
    made = publish(manifest, [Change(None, rule("hello", "message.text", ["tag 来过"]))], lambda _: b"")
    house.live.put_blobs("demo", made.blobs, version=made.manifest.version)
    house.live.swap(made.manifest, [])
    assert house.live.get_manifest("demo").schema == manifest.schema, "rules leave the definitions as they are"
    house.edit({"brand": "demo", "item": "tags#等级", "tags": "银卡, 金卡", "exclusive": True})
    after = house.live.get_manifest("demo")
    assert after.buckets == made.manifest.buckets, "and definitions the rules"
    assert after.version == 3
    assert house.live.expiring.keys() == {("demo", manifest.schema)}


def test_a_review_sets_off_no_other() -> None:
    house = House()
    house.edit(DORMANT)
    assert house.metrics.counts["RuleLive"] == 1


def test_who_publishes_in_between_is_not_written_over() -> None:
    house = House()

    def another() -> None:
        manifest = house.live.get_manifest("demo")
        made = publish(manifest, [Change(None, rule("hello", "message.text", ["tag 来过"]))], lambda _: b"")
        house.live.put_blobs("demo", made.blobs, version=made.manifest.version)
        house.live.swap(made.manifest, [])

    house.live.before_swap = another
    house.edit(DORMANT)
    manifest = house.live.get_manifest("demo")
    assert (manifest.version, manifest.rules, bool(manifest.schema)) == (2, 1, True)


def test_measured_bounds_are_published_and_those_of_the_marketer_win() -> None:
    house = House()
    measured = {f"measured_{name}": [1, 2, 3, 4] for name in ("recency", "frequency", "monetary")}
    house.edit({"brand": "demo", "item": "rfm", **measured, "recency": "10,20,30,40"})
    assert house.schema().rfm.recency == (10, 20, 30, 40)
    assert house.schema().rfm.monetary == (1, 2, 3, 4)


def test_too_much_is_refused_and_what_shall_stop_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    house.edit(DORMANT)
    monkeypatch.setattr(publishing, "MAX_BYTES", 10)
    house.drafts.delete("demo", "stage#20-dormant")
    house.drafts.put({"brand": "demo", "item": "tags#x", "tags": "a"})
    house.settle()
    assert house.drafts.items["demo", "tags#x"]["status"] == "invalid"
    assert house.live.get_manifest("demo").schema == ""


@pytest.mark.parametrize("seed", range(40))
def test_no_item_breaks_the_review(seed: int) -> None:
    house, random = House(), Random(seed)
    for key in ("attribute#a", "property#a.b#c", "stage#1-a", "score#intent", "tags#a", "rfm", "odd"):
        columns = random.sample([*ALL_COLUMNS[2:], "other"], 6)
        house.drafts.put({name: value(random) for name in columns} | {"brand": "demo", "item": key})
    house.settle()
    assert all("status" in each for each in house.drafts.items.values())


def test_an_edit_whose_item_is_gone_is_done() -> None:
    house = House()
    house.drafts.stream.append(Edit("demo", "attribute#x", old=None, new={"brand": "demo", "item": "attribute#x"}))
    house.settle()
    assert house.live.swaps == 0
