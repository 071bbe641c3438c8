"""What keeps one campaign from harming another, a death from hiding a run, and a wait from becoming a dead letter."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.fakes.campaigns_world import CampaignWorld
from tests.fakes.runs import FakeRuns
from yuchi.domain.campaign.run import Plan
from yuchi.domain.ledger import LedgerState
from yuchi.services.ports_campaigns import BatchMessage, SendOutcome


class BrokenItem(CampaignWorld):
    """One campaign's item cannot be read."""

    def get(self, brand: str, campaign_id: str) -> Mapping[str, Any] | None:
        if campaign_id == "broken" and self.items.get("broken", {}).get("breaks"):
            raise ValueError
        return super().get(brand, campaign_id)


class DeadAtStart(FakeRuns):
    """The planner dies as soon as the run is stored."""

    def start(self, plan: Plan) -> bool:
        super().start(plan)
        raise SystemExit


def test_one_campaign_that_raises_does_not_stop_the_others() -> None:
    """It is counted, and the tick goes on."""
    world = BrokenItem()
    world.add_account("shop")
    world.add_fans(10, "shop")
    for name in ("broken", "spring"):
        world.put(name)
        world.approve(name)
    world.items["broken"]["breaks"] = True
    world.finish(minutes=3)
    assert world.metrics.counts["CampaignFailed"] > 0
    assert world.endings("spring") == {"SENT": 10}


def test_a_planner_that_dies_behind_the_start_leaves_something_that_looks() -> None:
    """The next tick takes the run up."""
    world = CampaignWorld(runs=DeadAtStart())
    world.add_account("shop")
    world.add_fans(10, "shop")
    world.put()
    with pytest.raises(SystemExit):
        world.approve()
    world.runs.__class__ = FakeRuns
    world.finish(minutes=20)
    assert world.endings() == {"SENT": 10}


def _personal(calls: int) -> CampaignWorld:
    world = CampaignWorld()
    world.add_account("shop")
    world.add_fans(10, "shop", wrote=True)
    world.put(channel="custom")
    world.approve()
    world.select()
    world.quotas.granted = {"shop": {"message/custom/send": calls}}
    return world


def test_a_batch_that_comes_again_takes_calls_for_the_rest_only() -> None:
    """Ten calls and one more are enough where one answer asked for a second try."""
    world = _personal(11)
    world.wechat.answers.append(SendOutcome(LedgerState.RETRY, -1))
    message = world.sends.messages[0]
    assert isinstance(message, BatchMessage)
    assert not world.sender.work(message)
    assert world.sender.work(message)
    assert world.endings() == {"SENT": 10}


def test_what_waits_for_a_quota_is_not_received_again_and_again() -> None:
    """The queue is told that it is done; the planner brings it once there are calls."""
    world = _personal(5)
    message = world.sends.messages.popleft()
    assert isinstance(message, BatchMessage)
    assert world.sender.work(message)
    assert world.wechat.calls["custom"] == 0
    world.quotas.granted = {}
    world.finish(minutes=20)
    assert world.endings() == {"SENT": 10}
