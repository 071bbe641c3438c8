"""Whole campaigns in memory: from approval to the last message."""

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.campaigns_world import BRAND, START, CampaignWorld, twice
from yuchi.domain.campaign.model import Cap
from yuchi.domain.campaign.run import Phase, Plan
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import Consent
from yuchi.services import mass_batch
from yuchi.services.ports_campaigns import Policy, SendOutcome


@pytest.fixture
def world() -> CampaignWorld:
    made = CampaignWorld()
    made.add_account("shop")
    made.add_account("club")
    return made


def test_a_mass_message_to_everybody(world: CampaignWorld) -> None:
    """Everybody once, in as few calls as can be, and the item says so."""
    world.add_fans(25_300, "shop")
    world.put(canary="0%")
    assert world.items["spring"].get("status") is None
    world.approve()
    assert world.items["spring"]["status"] == "running"
    world.finish(minutes=3)
    assert world.endings() == {"SENT": 25_300}
    assert world.wechat.calls == {"mass": 3}
    assert len(world.wechat.accepted) == 25_300
    assert twice(world.wechat.accepted.values()) == 0
    item = world.items["spring"]
    assert (item["status"], item["progress"]) == ("finished", "已发完：批次 3/3，已发 25,300，跳过 0，失败 0，未知 0")
    assert list(world.runs.due(world.now)) == []


def test_nothing_is_sent_without_preview_approval_and_a_second_person(world: CampaignWorld) -> None:
    """Each of them is asked for."""
    world.add_fans(30, "shop")
    world.put(edited_by="arn:小李")
    world.ask("start")
    assert (world.items["spring"]["status"], "批准" in world.items["spring"]["hint"]) == ("ready", True)
    world.approve(by="arn:小李")
    assert "另一位" in world.items["spring"]["hint"]
    world.approve(by="arn:小王")
    world.finish(minutes=3)
    assert world.endings() == {"SENT": 30}
    world.put(content="改过的内容")
    world.ask("start")
    assert world.items["spring"]["status"] == "ready"
    world.finish(minutes=3)
    assert sum(world.wechat.accepted.values()) == 30


@pytest.mark.parametrize(
    "standing",
    [{"status": "invalid", "checked": ""}, {"status": "running", "checked": ""}, {"reviewed": "", "checked": ""}],
)
def test_nothing_is_sent_that_the_reviewer_refused_or_has_not_seen(
    world: CampaignWorld, standing: dict[str, str]
) -> None:
    """Approved or not; and what it says is not read for an estimate either. A stop is heard all the same."""
    world.add_fans(30, "shop")
    world.put(**standing)
    world.approve()
    world.ask("estimate")
    world.finish(minutes=3)
    assert sum(world.wechat.accepted.values()) == 0
    assert "estimate" not in world.items["spring"]
    assert world.items["spring"].get("status") == standing.get("status"), "the reviewer's word stays"
    world.ask("stop")
    assert "ask" not in world.items["spring"]
    world.items["spring"] |= {"status": "ready"}
    world.items["spring"].pop("reviewed", None)
    world.items["spring"].pop("checked", None)
    world.approve()
    world.finish(minutes=3)
    assert world.endings() == {"SENT": 30}


def test_hints_of_the_review_stay_until_somebody_wants_to_start(world: CampaignWorld) -> None:
    """That nobody approved it yet is no news; that it looks like a test is."""
    world.put(hint="看起来是测试")
    world.planner.look(BRAND, "spring")
    assert world.items["spring"]["hint"] == "看起来是测试"
    world.ask("start")
    assert "批准" in world.items["spring"]["hint"]


def test_personal_messages_by_the_best_way(world: CampaignWorld) -> None:
    """Who wrote lately gets a personal text, the others the mass message; one message a person."""
    world.add_fans(120, "shop", "club", wrote=True)
    world.add_fans(50, "club")
    world.put(channel="best", content={"custom": "{{profile.attributes.称呼}}，新茶到店", "mass": "新茶到店"})
    world.approve()
    world.finish(minutes=3)
    assert world.endings() == {"SENT": 170}
    assert world.wechat.calls == {"custom": 120, "mass": 1}
    assert twice(world.wechat.accepted.values()) == 0
    assert {content.text for content in world.wechat.texts.values()} >= {"客人7，新茶到店", "新茶到店"}


def test_who_changed_meanwhile_is_left_out(world: CampaignWorld) -> None:
    """Left, opted out, erased or merged between choosing and sending."""
    world.add_fans(20, "shop")
    world.put()
    world.approve()
    world.select()
    left = {
        identity: each.model_copy(update={"subscribed": False})
        for identity, each in world.profiles["p000001"].channels.items()
    }
    world.change("p000001", channels=left)
    world.change("p000002", consents={"marketing": Consent(granted=False, at=1)})
    del world.profiles["p000003"]
    merged = world.profiles["p000004"].channels | world.profiles["p000005"].channels
    world.change("p000005", channels=merged)
    world.change("p000004", merged_into="p000005", channels={})
    world.finish(minutes=3)
    assert world.endings() == {
        "SENT": 16,
        "SKIPPED unsubscribed": 1,
        "SKIPPED opted_out": 1,
        "SKIPPED erased": 1,
        "SKIPPED reached_already": 1,
    }


def test_caps_hold_over_all_campaigns(world: CampaignWorld) -> None:
    """The brand's policy."""
    world.add_fans(20, "shop")
    world.brand_policy = Policy(caps=(Cap(times=1, seconds=86_400),))
    for name in ("first", "second"):
        world.put(name)
        world.approve(name)
    world.finish(minutes=4)
    assert world.endings("first") == {"SENT": 20}
    assert world.endings("second") == {"SKIPPED capped": 20}


def test_stop_and_go_on(world: CampaignWorld) -> None:
    """What is not sent stays open; going on sends just that."""
    world.add_fans(35_000, "shop")
    world.put(canary="0%")
    world.approve()
    world.select()
    world.send_one()
    world.ask("stop")
    assert world.items["spring"]["status"] == "stopped"
    world.finish(minutes=40)
    assert (world.plan().phase, sum(world.wechat.accepted.values())) == (Phase.STOPPED, 10_000)
    world.ask("resume")
    world.finish(minutes=3)
    assert (world.plan().phase, world.endings()) == (Phase.FINISHED, {"SENT": 35_000})
    assert world.wechat.calls == {"mass": 4}


def test_a_canary_that_fails_holds_the_rest(world: CampaignWorld) -> None:
    """Until somebody looked at it."""
    world.add_fans(2_000, "shop")
    world.put(canary="5%")
    world.approve()
    world.wechat.answers.append(SendOutcome(LedgerState.REJECTED, 45002))
    world.finish(minutes=30)
    item = world.items["spring"]
    assert (item["status"], world.plan().problem) == ("held", "canary_failed")
    assert world.endings() == {"REJECTED wechat:45002": 100}
    world.ask("resume")
    world.finish(minutes=3)
    assert world.endings() == {"REJECTED wechat:45002": 100, "SENT": 1_900}


def test_a_canary_is_waited_for(world: CampaignWorld) -> None:
    """Ten minutes, in which fans may leave."""
    world.add_fans(2_000, "shop")
    world.put(canary="5%")
    world.approve()
    world.finish(minutes=10)
    assert sum(world.wechat.accepted.values()) == 100
    world.finish(minutes=5)
    assert world.endings() == {"SENT": 2_000}


def test_a_changed_audience_is_held(world: CampaignWorld) -> None:
    """Until the new number was approved."""
    world.add_fans(100, "shop")
    world.put()
    world.approve(audience=50)
    world.finish(minutes=3)
    assert (world.plan().problem, world.items["spring"]["status"]) == ("drift:100", "held")
    world.ask("resume")
    assert "100" in world.items["spring"]["hint"]
    assert sum(world.wechat.accepted.values()) == 0
    world.approve(audience=100)
    world.ask("resume")
    world.finish(minutes=3)
    assert world.endings() == {"SENT": 100}


def test_a_lost_answer_is_asked_for_again_under_the_same_key(world: CampaignWorld) -> None:
    """WeChat accepted it; nobody gets it twice."""
    world.add_fans(10, "shop")
    world.put()
    world.approve()
    world.wechat.answers.append(SendOutcome(LedgerState.UNKNOWN, reason="answer_lost"))
    world.finish(minutes=20)
    assert world.endings() == {"SENT": 10}
    assert world.wechat.calls == {"mass": 2}
    assert twice(world.wechat.accepted.values()) == 0


def test_a_lost_answer_to_a_personal_message_stays_unknown(world: CampaignWorld) -> None:
    """It has no key, so it is never sent again."""
    world.add_fans(3, "shop", wrote=True)
    world.put(channel="custom")
    world.approve()
    world.wechat.answers.append(SendOutcome(LedgerState.UNKNOWN, reason="answer_lost"))
    world.finish(minutes=20)
    assert world.endings() == {"SENT": 2, "UNKNOWN answer_lost": 1}
    assert twice(world.wechat.accepted.values()) == 0


def test_an_exhausted_quota_waits_for_midnight_in_beijing(world: CampaignWorld) -> None:
    """And goes on by itself."""
    world.add_fans(25_000, "shop")
    world.put(canary="0%")
    world.approve()
    world.wechat.answers.extend([SendOutcome(LedgerState.SENT), SendOutcome(LedgerState.RETRY, 45009, waits=True)])
    world.finish(minutes=120)
    assert world.endings() == {"SENT": 10_000}
    calls = world.wechat.calls["mass"]
    world.wait(hours=14)
    world.finish(minutes=20)
    assert world.endings() == {"SENT": 25_000}
    assert world.wechat.calls["mass"] == calls + 2


def test_an_account_that_may_not_send_holds_the_run(world: CampaignWorld) -> None:
    """One call is enough to know."""
    world.add_fans(25_000, "shop")
    world.put(canary="0%")
    world.approve()
    world.wechat.answers.append(SendOutcome(LedgerState.RETRY, 48001, holds=True))
    world.finish(minutes=30)
    assert (world.plan().problem, world.wechat.calls["mass"]) == ("wechat:48001", 1)
    assert "48001" in world.items["spring"]["problem"]


def test_quiet_hours_are_kept(world: CampaignWorld) -> None:
    """Started at 10:00 in Beijing with quiet until 10:30."""
    world.add_fans(10, "shop")
    world.put(quiet="22:00-10:30")
    world.approve()
    world.finish(minutes=29)
    assert sum(world.wechat.accepted.values()) == 0
    world.finish(minutes=3)
    assert world.endings() == {"SENT": 10}


def test_a_daily_campaign_runs_each_day(world: CampaignWorld) -> None:
    """Once, however often it is looked at; a missed day stays missed."""
    world.add_fans(10, "shop")
    world.put(repeat="daily 11:00")
    world.approve()
    assert world.items["spring"]["status"] == "approved"
    world.finish(minutes=70)
    assert sum(world.wechat.accepted.values()) == 10
    for _ in range(5):
        world.planner.look("tea", "spring")
    world.finish(minutes=5)
    assert sum(world.wechat.accepted.values()) == 10
    world.wait(hours=23, minutes=50)
    world.planner.tick()
    world.finish(minutes=5)
    assert sum(world.wechat.accepted.values()) == 20
    world.wait(hours=27)
    world.planner.tick()
    world.finish(minutes=5)
    assert sum(world.wechat.accepted.values()) == 20
    assert len(world.runs.runs_of("tea", "spring")) == 2


def test_a_planner_that_is_overtaken_does_not_tell_that_it_goes_on(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two look at the end of a run at once: the item says finished, and nothing is left on the agenda."""
    world.add_fans(30, "shop")
    world.put(canary="0%")
    world.approve()
    world.drain()
    move = world.runs.move
    overtaken: list[Plan] = []

    def other_first(plan: Plan, **changes: Any) -> Plan | None:
        if not overtaken:
            overtaken.append(plan)
            world.planner.look(BRAND, "spring")
        return move(plan, **changes)

    monkeypatch.setattr(world.runs, "move", other_first)
    world.wait(minutes=1)
    world.planner.tick()
    assert overtaken
    item = world.items["spring"]
    assert (item["status"], item["progress"]) == ("finished", "已发完：批次 1/1，已发 30，跳过 0，失败 0，未知 0")
    assert list(world.runs.due(world.now + timedelta(days=1))) == []
    assert world.metrics.counts["CampaignFinished"] == 1


def test_a_deleted_campaign_stops(world: CampaignWorld) -> None:
    """What was sent stays sent."""
    world.add_fans(35_000, "shop")
    world.put(canary="0%")
    world.approve()
    world.select()
    world.send_one()
    del world.items["spring"]
    world.wait(minutes=1)
    world.planner.tick()
    world.finish(minutes=5)
    assert sum(world.wechat.accepted.values()) == 10_000
    assert world.plan().phase is Phase.STOPPED


def test_variants_holdout_and_the_winner(world: CampaignWorld) -> None:
    """A fifth get the variants, after an hour the rest gets the better one."""
    world.add_fans(3_000, "shop")
    variants = [{"name": "甲", "share": 50, "content": "甲：新茶"}, {"name": "乙", "share": 50, "content": "乙：新茶"}]
    world.put(variants=variants, holdout="10%", contest="20% 1h clicked", canary="0%")
    del world.items["spring"]["content"]
    world.approve()
    world.best = "乙"
    world.finish(minutes=30)
    first = sum(world.wechat.accepted.values())
    assert 400 < first < 700
    world.finish(minutes=60)
    texts = [content.text for content in world.wechat.texts.values()]
    assert texts.count("甲：新茶") == pytest.approx(first / 2, abs=60)
    assert world.endings()["SKIPPED holdout"] == 3_000 - len(texts)
    assert world.plan().phase is Phase.FINISHED


def _lost_and_resumed_after(world: CampaignWorld, **waited: float) -> None:
    """The first answer gets lost; WeChat refuses the next; somebody stops it, and goes on later."""
    world.add_fans(30, "shop")
    world.put(canary="0%")
    world.approve()
    world.wechat.answers.append(SendOutcome(LedgerState.UNKNOWN, reason="answer_lost"))
    world.drain()
    world.ask("stop")
    world.wait(**waited)
    if world.now - START > timedelta(hours=24):
        world.wechat.keys.clear()
    world.ask("resume")
    world.finish(minutes=40)


def test_a_lost_answer_is_not_asked_for_again_when_wechat_may_have_forgotten_the_key(world: CampaignWorld) -> None:
    """Repeated after a day it would be a second message."""
    _lost_and_resumed_after(world, hours=25)
    assert twice(world.wechat.accepted.values()) == 0
    assert world.endings() == {"UNKNOWN answer_lost": 30}


def test_within_the_day_it_is(world: CampaignWorld) -> None:
    _lost_and_resumed_after(world, hours=20)
    assert twice(world.wechat.accepted.values()) == 0
    assert world.endings() == {"SENT": 30}


def test_without_that_limit_everybody_would_get_it_twice(world: CampaignWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mass_batch, "may_repeat", lambda *_: True)
    _lost_and_resumed_after(world, hours=25)
    assert twice(world.wechat.accepted.values()) == 30
