"""Marketers, approvers, reviewer and planner work on one campaign in any order: only what was approved starts.

The table's stream comes late, twice and out of order; the planner looks at any moment, also between two writes of another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import pytest

from tests.fakes.campaigns import FakeApprovals, FakeCampaigns
from tests.fakes.campaigns_world import CampaignWorld
from tests.fakes.stores import FakeMetrics
from tests.unit.domain.campaign.items import SHOP, TEA
from tests.unit.services.fakes_rules import FakeBrandAccounts
from yuchi.bootstrap import make_catalogue
from yuchi.domain.campaign.approval import Approval
from yuchi.domain.campaign.model import Campaign
from yuchi.domain.campaign.reading import campaign_hash, plan_hash, read_campaign
from yuchi.domain.campaign.run import Phase
from yuchi.domain.campaign.status import CampaignStatus, status_of
from yuchi.services.plan_campaign import PlanCampaign
from yuchi.services.ports_rules import Edit
from yuchi.services.review_campaigns import ReviewCampaigns
from yuchi.services.run_keeper import RunKeeper

KEY: Final = ("demo", "spring")
EDITS: Final[tuple[Mapping[str, Any], ...]] = (
    {"content": "春茶"},
    {"content": "夏茶"},
    {"content": {"imge": "x"}},
    {"content": "{{profile.attributes.称呼}}"},
    {"audience": "true"},
    {"audience": "profile.tgas"},
    {"audience": "profile.score >"},
    {"accounts": "nobody"},
    {"accounts": "*"},
    {"at": "2026-11-23 10:30"},
    {"at": ""},
    {"testers": "张三"},
)
ASKS: Final = ("start", "estimate", "count", "stop", "resume", "winner A", "nonsense", 7)


@dataclass
class Office:
    """One campaign and all who work on it. ``careless``: the planner is told that every hash is approved."""

    random: Random
    careless: bool = False
    table: FakeCampaigns = field(default_factory=FakeCampaigns)
    approvals: FakeApprovals = field(default_factory=FakeApprovals)
    world: CampaignWorld = field(default_factory=CampaignWorld)
    records: list[Edit] = field(default_factory=list)
    written: dict[str, dict[str, Any]] = field(default_factory=dict)
    tampered: bool = False

    def clock(self) -> datetime:
        return self.world.now

    @property
    def reviewer(self) -> ReviewCampaigns:
        accounts, metrics = FakeBrandAccounts([TEA, SHOP]), FakeMetrics()
        return ReviewCampaigns(self.table, self.world.runs, accounts, make_catalogue(), self.clock, metrics)

    @property
    def planner(self) -> PlanCampaign:
        world = self.world
        keeper = RunKeeper(world.runs, world.selections, world.sends, world, world, world.metrics, self.clock)
        approvals: Any = _Anything(self.clock) if self.careless else self.approvals
        answers: Any = _Answers(self)
        return PlanCampaign(self.table, approvals, world.runs, world.runs, keeper, answers, world.metrics, self.clock)

    def put(self, **columns: Any) -> None:
        item = {**self.table.items.get(KEY, {}), "brand": "demo", "campaign_id": "spring", **columns}
        self.table.put(item)
        self.written[plan_hash(item)] = item

    # ---------------------------------------------------------------- what happens

    def edit(self) -> None:
        self.put(**self.random.choice(EDITS), edited_by=self.random.choice(["amy", "bob"]))

    def ask(self) -> None:
        self.put(ask=self.random.choice(ASKS))

    def tamper(self) -> None:
        """People can write into the system's columns."""
        self.tampered = True
        column = self.random.choice(["status", "run", "plan_hash", "reviewed", "checked"])
        self.put(
            **{column: self.random.choice(["running", "demo#spring#x", "other#spring#0", "", "approved", "invalid"])}
        )

    def delete(self) -> None:
        self.table.delete(*KEY)

    def approve(self) -> None:
        item = self.table.items.get(KEY)
        if item is not None:
            approver = self.random.choice(["amy", "bob", "eve"])
            self.approvals.put(Approval(*KEY, plan_hash(item), approver, self.clock(), audience=0))

    def preview(self) -> None:
        if KEY in self.table.items:
            self.put(previewed_hash=plan_hash(self.table.items[KEY]))

    def review(self) -> None:
        """Some of the stream, some of it for the second time."""
        self.records += self.table.drain()
        chosen = self.random.sample(self.records, min(len(self.records), 3))
        assert self.reviewer.review_all(chosen) == set()

    def look(self) -> None:
        self.planner.look(*KEY)

    def tick(self) -> None:
        self.world.wait(minutes=1)
        self.planner.tick()

    def settle(self) -> None:
        """Everything of the stream is read in its order, and minutes pass."""
        for _ in range(20):
            edits = self.table.drain()
            assert self.reviewer.review_all(edits) == set()
            self.tick()
            if not edits and not self.table.stream:
                return
        raise AssertionError("reviewer and planner never come to an end")

    # ---------------------------------------------------------------- what must hold

    def wrong(self) -> list[str]:
        """Runs that should not have begun."""
        found = []
        for plan in self.world.runs.runs_of(*KEY):
            approval = self.approvals.get(*KEY, plan.hash)
            if approval is None:
                found.append(f"{plan.run}: nobody approved {plan.hash}")
            elif _planned(plan.campaign) != _planned(_campaign(self.written[plan.hash])):
                found.append(f"{plan.run}: not what was approved")
        return found


@dataclass
class _Answers:
    office: Office

    def estimate(self, campaign: Campaign) -> Mapping[str, Any]:
        refused = "tgas" in campaign.audience or campaign.accounts == ("nobody",)
        assert self.office.tampered or not refused, "what the reviewer refused is not estimated"
        return {"estimate": "1"}

    def count(self, campaign: Campaign) -> Mapping[str, Any]:
        del campaign
        return {"counted": "1"}

    def preview(self, campaign: Campaign, wanted: str) -> Mapping[str, Any]:
        del campaign
        return {"previewed_hash": wanted}


@dataclass
class _Anything:
    """Approvals that say yes to everything."""

    clock: Any

    def get(self, brand: str, campaign_id: str, wanted: str) -> Approval:
        return Approval(brand, campaign_id, wanted, "eve", self.clock(), audience=0)


def _planned(campaign: Campaign) -> Campaign:
    """Without what may change after the approval."""
    return campaign.model_copy(update={"testers": (), "name": ""})


def _campaign(item: Mapping[str, Any]) -> Campaign:
    campaign = read_campaign(item).campaign
    assert campaign is not None
    return campaign


def live(office: Office, steps: int) -> None:
    actors = {
        office.edit: 3.0, office.ask: 3.0, office.preview: 8.0, office.approve: 0.0 if office.careless else 6.0,
        office.review: 10.0, office.look: 10.0, office.tick: 6.0, office.tamper: 0.3, office.delete: 0.2,
    }  # fmt: skip
    office.put(audience="true", content="春茶")
    for _ in range(steps):
        office.random.choices([*actors], [*actors.values()])[0]()


@pytest.mark.parametrize("seed", range(60))
def test_only_what_was_approved_begins_and_all_come_to_rest(seed: int) -> None:
    office = Office(Random(seed))
    live(office, 120)
    assert office.wrong() == []
    office.put(audience="true", content="最后", accounts="*", at="", reviewed="", status="", run="")
    office.settle()
    item = office.table.items[KEY]
    assert item["reviewed"] == campaign_hash(item)
    assert status_of(item) is not None
    assert (status_of(item) is CampaignStatus.INVALID) == bool(item.get("problem")) or status_of(
        item
    ) is CampaignStatus.HELD
    assert office.wrong() == []


def test_runs_do_begin() -> None:
    """The checks above would hold as well where nothing ever starts."""
    begun = 0
    for seed in range(60):
        office = Office(Random(seed))
        live(office, 120)
        begun += len(office.world.runs.runs_of(*KEY))
    assert begun > 20


def test_a_planner_that_asks_nobody_is_found() -> None:
    """The twin."""
    found = 0
    for seed in range(20):
        office = Office(Random(seed), careless=True)
        live(office, 120)
        found += bool(office.wrong())
    assert found > 10


def test_a_deleted_campaign_stops_its_run() -> None:
    office = Office(Random(1))
    office.put(audience="true", content="春茶", edited_by="amy")
    office.settle()
    office.preview()
    office.approvals.put(Approval(*KEY, plan_hash(office.table.items[KEY]), "eve", office.clock(), audience=0))
    office.look()
    (plan,) = office.world.runs.runs_of(*KEY)
    assert plan.phase is Phase.SELECTING
    office.delete()
    office.settle()
    office.world.now += timedelta(minutes=2)
    office.planner.tick()
    (plan,) = office.world.runs.runs_of(*KEY)
    assert (plan.phase, plan.problem) == (Phase.STOPPED, "deleted")
