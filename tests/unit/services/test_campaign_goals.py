"""What campaigns want to hear of: published with the rules, forwarded by process_event, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.campaigns_world import BRAND, CampaignWorld, FakeLane
from tests.fakes.world import World
from tests.unit.services.fakes_rules import FakeRulesetStore
from tests.unit.services.test_process_event import HELLO, messages
from yuchi.domain.campaign.approval import Approval
from yuchi.domain.campaign.forwarding import ANY, counts, told_of
from yuchi.domain.campaign.model import Campaign
from yuchi.domain.campaign.reading import read_campaign
from yuchi.domain.campaign.run import Plan
from yuchi.domain.event import Event
from yuchi.services.campaign_goals import CampaignGoals
from yuchi.services.ports_campaigns import DeliveryMessage

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
RUN = "tea#spring#0123456789ab"
VARIANTS = [{"contents": {"mass": {"type": "text", "text": "新茶到店"}}}]


def plan(run: str = RUN, **more: Any) -> Plan:
    given = {"brand": "tea", "campaign_id": "spring", "audience": "true", "variants": VARIANTS, **more}
    return Plan(run=run, campaign=Campaign.model_validate(given), hash="h", at=MOMENT)


def event(kind: str, **more: Any) -> Event:
    given = {"id": "e" * 32, "source": "/x", "type": kind, "time": NOW, "brand": "tea", "account": "shop"}
    return Event.model_validate({**given, "subject": "wechat:shop:o1", **more})


def test_a_run_publishes_its_goal_once_a_day_and_what_is_over_goes() -> None:
    store = FakeRulesetStore()
    goals = CampaignGoals(store)
    goal = {"on": "order.completed", "within": 7 * 86_400}
    goals.keep(plan(goal=goal), NOW)
    goals.keep(plan(goal=goal), NOW + timedelta(hours=3))
    assert store.swaps == 1
    published = store.get_manifest("tea").goals
    assert published == {ANY: {RUN: MOMENT + 3 * 86_400}, "order.completed": {RUN: MOMENT + 9 * 86_400}}
    goals.keep(plan(goal=goal), NOW + timedelta(hours=30))
    assert store.get_manifest("tea").goals[ANY] == {RUN: MOMENT + 3 * 86_400 + 30 * 3_600}
    other = "tea#summer#0123456789ab"
    goals.keep(plan(other), NOW + timedelta(days=20))
    assert store.get_manifest("tea").goals == {ANY: {other: MOMENT + 23 * 86_400}}


def test_who_publishes_rules_at_the_same_time_is_not_undone() -> None:
    store = FakeRulesetStore()

    def meanwhile() -> None:
        CampaignGoals(store).keep(plan("tea#summer#0123456789ab"), NOW)

    store.before_swap = meanwhile
    CampaignGoals(store).keep(plan(), NOW)
    assert set(store.get_manifest("tea").goals[ANY]) == {RUN, "tea#summer#0123456789ab"}


LIVE = {ANY: {RUN: MOMENT + 60}, "order.completed": {RUN: MOMENT + 60}}


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (event("order.completed"), True),
        (event("order.completed", historical=True), False),
        (event("order.completed", subject=None), False),
        (event("order.completed", time=NOW + timedelta(seconds=60)), False),
        (event("message.text"), False),
        (event("fan.unsubscribed"), True),
        (event("template.delivered"), True),
        (event("link.clicked", source="/links"), True),
        (event("link.clicked", source="/sources/shop"), False),
        (event("campaign.finished", subject=None), True),
    ],
)
def test_what_counts(told: Event, wanted: bool) -> None:
    assert counts(told, LIVE) is wanted
    always = told.type in {"campaign.finished", "link.clicked"}
    assert counts(told, {}) is (wanted and always)


def test_of_a_goal_only_numbers_are_told() -> None:
    data = {"total": 12.5, "name": "某人", "products": [{"a": 1}], "is_gift": True, "phone": "x" * 11}
    assert told_of(event("order.completed", data=data)) == {"total": 12.5}
    assert told_of(event("template.delivered", data={"status": "success", "detail": "x" * 200})) == {
        "status": "success"
    }


def forwarding(world: World, goals: dict[str, dict[str, int]]) -> FakeLane:
    lane = FakeLane()
    object.__setattr__(world.process, "deliveries", lane)
    world.rulesets.awaited["demo"] = goals
    return lane


def test_events_that_count_are_forwarded_again_when_they_come_again() -> None:
    world = World(HELLO)
    batch = messages(world, "o-a", "o-b")
    kind = batch[0][1].event.type
    lane = forwarding(world, {kind: {"demo#spring#0123456789ab": 1 << 40}})
    assert world.process.process(batch) == set()
    first = list(lane.messages)
    assert world.process.process(batch) == set()
    assert [each.model_dump() for each in lane.messages] == [each.model_dump() for each in (*first, *first)]
    told = first[0]
    assert isinstance(told, DeliveryMessage)
    assert (told.person, told.event_id) == (world.profile("o-a").person, batch[0][1].event.id)


def test_what_the_queue_refuses_comes_again() -> None:
    world = World(HELLO)
    batch = messages(world, "o-a", "o-b")
    lane = forwarding(world, {batch[0][1].event.type: {"demo#spring#0123456789ab": 1 << 40}})
    lane.lost = 1
    assert world.process.process(batch) == {"m0", "m1"}
    assert world.process.process(batch) == set()
    assert len(lane.messages) == 2


def test_without_campaigns_nothing_is_forwarded() -> None:
    world = World(HELLO)
    lane = forwarding(world, {})
    world.process.process(messages(world, "o-a", "o-b"))
    assert lane.sent == 0


def test_a_started_run_is_heard_of_at_once() -> None:
    store, campaigns = FakeRulesetStore(), CampaignWorld()
    campaigns.add_account("shop")
    campaigns.add_fans(10, "shop")
    campaigns.put(goal="order.completed 7d")
    plan_hash = read_campaign(campaigns.items["spring"]).plan_hash
    campaigns.items["spring"]["previewed_hash"] = plan_hash
    approval = Approval(BRAND, "spring", plan_hash, "小王", campaigns.now, 10)
    campaigns.approvals["spring", plan_hash] = approval
    replace(campaigns.planner, goals=CampaignGoals(store)).look(BRAND, "spring")
    assert set(store.get_manifest(BRAND).goals) == {ANY, "order.completed"}
