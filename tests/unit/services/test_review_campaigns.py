"""Reviewing campaigns: well or told why not, at once, and without touching a run that is active."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from tests.fakes.campaigns import FakeCampaigns
from tests.fakes.runs import FakeRuns
from tests.fakes.stores import FakeMetrics
from tests.unit.domain.campaign.items import FULL, GOOD, SHOP, TEA, spoiled
from tests.unit.services.fakes_rules import FakeBrandAccounts
from yuchi.bootstrap import make_catalogue
from yuchi.domain.campaign.reading import campaign_hash, plan_hash
from yuchi.domain.campaign.status import EDITED_WHILE_RUNNING, MEANINGS, NEXT, CampaignStatus, status_of
from yuchi.domain.problem import Locale
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_campaigns import AgendaEntry
from yuchi.services.ports_rules import Edit
from yuchi.services.review_campaigns import ReviewCampaigns

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
RUN = "demo#spring-tea#0123456789ab"


@dataclass
class House:
    """A reviewer with its tables."""

    table: FakeCampaigns = field(default_factory=FakeCampaigns)
    agenda: FakeRuns = field(default_factory=FakeRuns)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    locale: Locale = Locale.ZH

    def edit(self, item: dict[str, Any]) -> dict[str, Any]:
        self.table.put(item)
        self.settle()
        return self.table.items[item["brand"], item["campaign_id"]]

    def change(self, **columns: Any) -> dict[str, Any]:
        item = self.table.items["demo", "spring-tea"]
        return self.edit({name: value for name, value in {**item, **columns}.items() if value is not None})

    def reviewer(self) -> ReviewCampaigns:
        return ReviewCampaigns(
            drafts=self.table,
            agenda=self.agenda,
            accounts=FakeBrandAccounts([TEA, SHOP]),
            catalogue=make_catalogue(),
            clock=lambda: NOW,
            metrics=self.metrics,
            locale=self.locale,
        )

    def settle(self) -> None:
        for _ in range(10):
            edits = self.table.drain()
            if not edits:
                return
            assert self.reviewer().review_all(edits) == set()
        raise AssertionError("reviews set off reviews for ever")

    def due(self) -> list[AgendaEntry]:
        return list(self.agenda.due(NOW))


def test_a_good_campaign_is_ready_and_the_next_step_is_told() -> None:
    house = House()
    item = house.edit(GOOD)
    assert (item["status"], item["plan_hash"]) == ("ready", plan_hash(GOOD))
    assert item["reviewed"] == campaign_hash(GOOD)
    assert "problem" not in item
    assert item["hint"] == NEXT[CampaignStatus.READY].zh
    assert house.due() == [AgendaEntry("demo", "spring-tea", NOW)]


def test_in_english() -> None:
    assert House(locale=Locale.EN).edit(GOOD)["hint"] == NEXT[CampaignStatus.READY].en


def test_a_mistake_is_told_and_nothing_is_planned() -> None:
    house = House()
    house.edit(GOOD)
    item = house.change(audience="profile.tgas")
    assert item["status"] == "invalid"
    assert "profile.tags" in item["problem"]
    assert "hint" not in item
    assert house.due() == []
    assert house.metrics.counts == {"CampaignRejected": 1}
    item = house.change(audience="true")
    assert (item["status"], "problem" in item) == ("ready", False)
    assert house.due() != []


def test_hints_are_told_beside_the_next_step() -> None:
    item = House().edit({**GOOD, "name": "测试"})
    assert item["status"] == "ready"
    assert "看起来是测试" in item["hint"]
    assert NEXT[CampaignStatus.READY].zh in item["hint"]


def test_what_the_planner_writes_and_what_is_asked_is_not_reviewed() -> None:
    house = House()
    house.edit(GOOD)
    house.agenda.entries.clear()
    item = house.change(ask="estimate", progress="1 %", status="approved", hint="mine")
    assert (item["status"], item["hint"]) == ("approved", "mine")
    assert house.due() == [], "the planner hears of it by itself"


@pytest.mark.parametrize("columns", [{"testers": "张三"}, {"name": "春茶"}])
@pytest.mark.parametrize("status", ["approved", "finished", "stopped", "running"])
def test_what_is_not_approved_may_change_after_the_approval(columns: dict[str, Any], status: str) -> None:
    house = House()
    house.edit(GOOD)
    house.change(status=status, run=RUN)
    assert house.change(**columns)["status"] == status


@pytest.mark.parametrize("status", ["running", "held", "finished", "stopped"])
def test_a_mistake_in_what_may_change_after_the_approval_is_told(status: str) -> None:
    """A recurring campaign would not start again, and nobody knew why."""
    house = House()
    house.edit(GOOD)
    house.change(status=status, run=RUN)
    item = house.change(testers=["t"] * 10 + [str(number) for number in range(20)])
    assert (item["status"], item.get("checked")) == (status, None)
    assert "testers" in item["hint"]
    assert house.change(testers="t")["checked"] == campaign_hash({**GOOD, "testers": "t"})


@pytest.mark.parametrize("status", ["approved", "finished", "stopped"])
def test_what_is_approved_is_ready_again_once_it_says_something_else(status: str) -> None:
    house = House()
    house.edit(GOOD)
    house.change(status=status, run=RUN)
    item = house.change(content="别的内容")
    assert item["status"] == "ready"
    assert item["plan_hash"] == plan_hash(item) != plan_hash(GOOD)


@pytest.mark.parametrize("status", ["running", "held"])
def test_an_edit_does_not_change_a_run_and_is_told_so(status: str) -> None:
    house = House()
    house.edit(GOOD)
    house.change(status=status, run=RUN, problem="p")
    item = house.change(content="别的内容")
    assert (item["status"], item["problem"], item["hint"]) == (status, "p", EDITED_WHILE_RUNNING.zh)
    assert house.due() == [AgendaEntry("demo", "spring-tea", NOW, RUN)]
    item = house.change(content={"imge": "x"})
    assert item["status"] == status
    assert item["hint"].startswith(EDITED_WHILE_RUNNING.zh)
    assert "image" in item["hint"]


@pytest.mark.parametrize("run", ["", "x", "other#spring-tea#a", "demo#other#a", "demo#spring-tea#"])
def test_who_writes_running_into_the_item_without_a_run_is_reviewed_as_ever(run: str) -> None:
    house = House()
    item = house.edit({**GOOD, "status": "running", "run": run})
    assert item["status"] == "ready"
    assert house.due() == [AgendaEntry("demo", "spring-tea", NOW)]


def test_a_deleted_campaign_is_forgotten_and_its_run_looked_at() -> None:
    house = House()
    house.edit(GOOD)
    house.table.delete("demo", "spring-tea")
    house.settle()
    assert house.due() == []
    house.edit(GOOD)
    house.change(status="running", run=RUN)
    house.table.delete("demo", "spring-tea")
    house.settle()
    assert house.due() == [AgendaEntry("demo", "spring-tea", NOW, RUN)], "the planner stops it"


def test_a_run_that_begins_during_the_review_is_seen() -> None:
    house = House()
    house.edit(GOOD)

    def begin() -> None:
        house.table.write("demo", "spring-tea", {"status": "running", "run": RUN})

    house.table.before_review = begin
    item = house.change(content="别的内容")
    assert (item["status"], item["hint"]) == ("running", EDITED_WHILE_RUNNING.zh)


def test_without_the_condition_the_run_would_be_hidden() -> None:
    """The twin: a table that writes whatever comes tells the marketer that it may still be approved."""

    class Careless(FakeCampaigns):
        def write_review(self, brand: str, campaign_id: str, columns: Any, *, seen: Any) -> bool:
            del seen
            self.write(brand, campaign_id, {"status": "running", "run": RUN})
            return self.write(brand, campaign_id, columns)

    house = House(table=Careless())
    assert house.edit(GOOD)["status"] == "ready"


def test_an_edit_during_the_review_is_reviewed_by_itself() -> None:
    house = House()
    house.table.before_review = lambda: house.table.put({**GOOD, "audience": "profile.tgas"})
    assert house.edit(GOOD)["status"] == "invalid"


def test_a_record_that_comes_twice_or_late_changes_nothing() -> None:
    house = House()
    house.table.put({**GOOD, "audience": "profile.tgas"})
    old = list(house.table.stream)
    house.settle()
    before = house.edit(GOOD)
    assert house.reviewer().review_all([*old, *old]) == set()
    house.settle()
    assert house.table.items["demo", "spring-tea"] == before


def test_what_could_not_be_read_comes_again() -> None:
    house = House()

    class Down(FakeCampaigns):
        def get(self, brand: str, campaign_id: str) -> dict[str, Any] | None:
            if campaign_id == "b":
                raise UnavailableError
            return super().get(brand, campaign_id)

    house.table = Down()
    for name in "abc":
        house.table.put({**GOOD, "campaign_id": name})
    assert house.reviewer().review_all(house.table.drain()) == {1}
    assert [house.table.items["demo", name].get("status") for name in "abc"] == ["ready", None, "ready"]


def test_an_agenda_that_cannot_be_written_brings_the_record_again() -> None:
    class Down(FakeRuns):
        def put(self, entry: AgendaEntry) -> None:
            raise UnavailableError

    house = House(agenda=Down())
    house.table.put(GOOD)
    edits = house.table.drain()
    assert house.reviewer().review_all(edits) == {0}
    house.agenda = FakeRuns()
    assert house.reviewer().review_all(edits) == set()
    assert house.due() != []


def test_garbage_always_gets_an_answer() -> None:
    random, house = Random(11), House()
    seen = set[str]()
    for _ in range(800):
        item = spoiled(random)
        item["brand"], item["campaign_id"] = random.choice(["demo", "A B"]), random.choice(["x", "a#b", "y" * 900])
        known = {name: value for name, value in item.items() if name not in {"status", "run"}}
        reviewed = house.edit(known)
        status = status_of(reviewed)
        assert status is not None
        assert bool(reviewed.get("problem")) == (status is CampaignStatus.INVALID)
        seen.add(status.value)
    assert seen == {"invalid", "ready"}


def test_there_are_words_for_every_status() -> None:
    assert set(MEANINGS) == set(CampaignStatus)
    assert House().edit(FULL)["status"] == "ready"


def test_keys_that_no_campaign_can_have_are_not_looked_for_in_the_agenda() -> None:
    class Strict(FakeRuns):
        def remove(self, brand: str, campaign_id: str) -> None:
            assert len(campaign_id) < 100
            super().remove(brand, campaign_id)

    house = House(agenda=Strict())
    house.table.stream.append(Edit("demo", "x" * 1000, old={"brand": "demo"}, new=None))
    house.settle()
    assert house.edit({**GOOD, "campaign_id": "x" * 1000})["status"] == "invalid"
