"""Estimates and counts of audiences: what is said is what a run would do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from random import Random
from typing import Any

import pytest

from tests.fakes.campaigns_world import BRAND, CampaignWorld
from yuchi.domain.campaign.forecast import Sample, forecast, forecast_text
from yuchi.domain.campaign.model import Campaign
from yuchi.domain.campaign.reading import read_campaign
from yuchi.domain.campaign.run import ALL_SHARDS, Group
from yuchi.domain.problem import Locale
from yuchi.domain.profile import Channel, Consent, Profile
from yuchi.services import estimate_audience
from yuchi.services.estimate_audience import EstimateAudience


@dataclass
class Counting(CampaignWorld):
    """A brand of which an estimate reads so many pages: the timer goes on by one with each."""

    moments: Any = field(default_factory=count)
    seconds: float = 1e9
    count_seconds: float = 1e9

    @property
    def answers(self) -> EstimateAudience:
        return EstimateAudience(
            self.selector,
            self.quotas,
            self.clock,
            Locale.EN,
            timer=lambda: float(next(self.moments)),
            seconds=self.seconds,
            count_seconds=self.count_seconds,
        )

    def estimate(self, campaign: Campaign) -> Mapping[str, Any]:
        return self.answers.estimate(campaign)

    def count(self, campaign: Campaign) -> Mapping[str, Any] | None:
        return self.answers.count(campaign)

    @property
    def campaign(self) -> Campaign:
        made = read_campaign(self.items["spring"]).campaign
        assert made is not None
        return made

    def people(self, number: int, make: Callable[[int], dict[str, Any]]) -> None:
        """Persons with ids as real ones have."""
        for each in range(number):
            person = "p" + sha256(f"{each}".encode()).hexdigest()[:20]
            self.profiles[person] = Profile(brand=BRAND, person=person, version=1, **make(each))
        self._shards = None
        self.page(BRAND, 0, None)  # sorts them into shards, which threads must not do at once


def follower(number: int, *, follows: bool = True, account: str = "shop") -> dict[str, Any]:
    return {"channels": {f"wechat:{account}:o{number}": Channel(account=account, subscribed=follows)}}


@pytest.fixture
def world() -> Counting:
    made = Counting()
    made.add_account("shop")
    made.add_account("club")
    made.put()
    return made


def mixed(number: int) -> dict[str, Any]:
    """Of ten, one left, two opted out, three follow the other account."""
    kind = number % 10
    made = follower(number, follows=kind != 0, account="club" if kind in {3, 4, 5} else "shop")
    if kind in {1, 2}:
        made["consents"] = {"marketing": Consent(granted=False, at=1)}
    return made


def test_a_small_brand_is_estimated_from_everybody(world: Counting) -> None:
    """Then it is no estimate: by which way, why not, how many calls."""
    world.people(1_000, mixed)
    found = world.answers.forecast(world.campaign)
    assert (found.part, found.persons, found.error) == (1.0, 1_000, 0)
    assert found.reached == {("shop", "mass"): 400, ("club", "mass"): 300}
    assert found.kept_out == {"unsubscribed": 100, "opted_out": 200}
    assert [(each.account, each.needed, each.left) for each in found.calls] == [("club", 1, 100), ("shop", 1, 100)]
    text = world.estimate(world.campaign)["estimate"]
    assert "1,000 persons, counted one by one" in text
    assert "700 can be reached: mass@club 300, mass@shop 400" in text
    assert "300 get nothing: opted out of marketing 200, left the account 100" in text
    assert "message/mass/send of shop: takes 1 calls, 100 are left today" in text


def test_a_part_of_the_shards_is_enough(world: Counting) -> None:
    """What is said lies within its error, for the pages it read tell what part of everybody they are."""
    world.people(20_000, mixed)
    world.page_size, world.seconds = 40, 20
    found = world.answers.forecast(world.campaign)
    assert 0.001 < found.part < 0.6
    assert 0 < found.error < 2_500
    assert abs(found.persons - 20_000) <= 3 * found.error
    assert abs(found.reached["shop", "mass"] - 8_000) <= 3 * found.error
    assert sum(found.reached.values()) + sum(found.kept_out.values()) == pytest.approx(found.persons, abs=5)
    assert "about" in world.estimate(world.campaign)["estimate"]


@pytest.mark.parametrize("spoiled", [False, True])
def test_errors_are_as_large_as_they_are_said_to_be(
    world: Counting, spoiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many estimates nineteen in twenty lie within; the twin takes each page for its whole shard."""
    if spoiled:
        monkeypatch.setattr(estimate_audience._Shard, "part", property(lambda shard: 1.0 if shard.cursor else 0.0))
    world.people(6_000, follower)
    world.page_size, world.seconds = 30, 3
    good, random = 0, Random(7)
    for _ in range(40):
        profiles = random.sample(sorted(world.profiles.values(), key=lambda each: each.person), 4_000)
        other = Counting(profiles={each.person: each for each in profiles}, accounts=world.accounts, items=world.items)
        other.page(BRAND, 0, None)
        other.page_size, other.seconds = world.page_size, world.seconds
        found = other.answers.forecast(world.campaign)
        good += abs(found.persons - 4_000) <= found.error + 1
    assert good <= 5 if spoiled else good >= 34


def test_ids_that_are_no_hashes_tell_nothing(world: Counting) -> None:
    """Only shards that are read to their end count then, and one of them is."""
    world.add_fans(3_000, "shop")
    world.page(BRAND, 0, None)
    world.page_size, world.seconds = 20, 3
    found = world.answers.forecast(world.campaign)
    assert found.part > 0
    assert found.persons == pytest.approx(3_000, abs=3 * found.error)


def test_where_todays_calls_do_not_suffice_it_says_what_remains(world: Counting) -> None:
    """Mass messages by lists of openids take a call for ten thousand."""
    world.quotas.granted = {"shop": {"message/mass/send": 30}}
    group = Group("shop", "mass", "")
    found = forecast(
        Sample(1.0, 2_000_000, 1_500_000, {group: 1_500_000}, {}),
        world.campaign.model_copy(update={"canary": 0.0}),
        lambda account, api: world.quotas.left(account, api, now=world.now),
    )
    (calls,) = found.calls
    assert (calls.needed, calls.left, calls.more_days) == (150, 30, 2)
    assert "120 wait for the 2 day(s) after" in forecast_text(found, Locale.EN)
    assert "今天的次数不够：还有 120 次" in forecast_text(found, Locale.ZH)


def test_nobody_at_all(world: Counting) -> None:
    """An audience of nobody is estimated and counted too."""
    assert world.answers.forecast(world.campaign).persons == 0
    assert world.count(world.campaign) == {"counted": 0, "estimate": world.estimate(world.campaign)["estimate"]}


# ---------------------------------------------------------------------- exactly


def test_a_count_is_what_a_run_selects(world: Counting) -> None:
    """To the person, at once where the brand is not large; nothing is packed or sent."""
    world.people(3_000, mixed)
    world.ask("count")
    item = world.items["spring"]
    assert (item["counted"], item["counted_hash"]) == (3_000, read_campaign(item).plan_hash)
    assert "ask" not in item
    assert "2,100 can be reached" in item["estimate"]
    assert not world.sends.messages
    assert world.runs.runs_of(BRAND, "spring") == []
    assert world.runs.stored == {}
    world.approve(audience=item["counted"])
    world.finish(minutes=30)
    assert world.endings() == {"SENT": 2_100, "SKIPPED opted_out": 600, "SKIPPED unsubscribed": 300}


def test_a_long_count_is_done_by_the_workers_of_the_queue_and_told_within_a_minute(world: Counting) -> None:
    """What the first seconds did stays done; the question stands until it is answered."""
    world.people(3_000, mixed)
    world.page_size, world.count_seconds = 10, 200
    world.ask("count")
    item = world.items["spring"]
    assert (item["ask"], item["hint"]) == ("count", "正在统计人数，人多时要一两分钟")
    assert "counted" not in item
    begun = [key for key in world.runs.plans if key.occurrence.startswith("count")]
    assert 0 < len(world.selections.messages) <= len(ALL_SHARDS)
    world.select()
    world.wait(minutes=1)
    world.planner.tick()
    item = world.items["spring"]
    assert (item["counted"], "ask" in item) == (3_000, False)
    assert len(begun) == 1


def test_what_the_queue_lost_is_asked_for_again(world: Counting) -> None:
    """After three minutes; and a second count of the day is a new one."""
    world.people(500, mixed)
    world.page_size, world.count_seconds = 10, 5
    world.ask("count")
    world.selections.messages.clear()
    for _ in range(3):
        world.wait(minutes=1)
        world.planner.tick()
    world.select()
    world.wait(minutes=1)
    world.planner.tick()
    assert world.items["spring"]["counted"] == 500
    world.people(700, mixed)
    world.count_seconds = 1e9
    world.ask("count")
    assert world.items["spring"]["counted"] == 700


def test_a_page_is_counted_once_whatever_comes_twice(world: Counting) -> None:
    """Here and in the queue at once."""
    world.people(2_000, mixed)
    world.page_size, world.count_seconds = 10, 300
    world.ask("count")
    world.selections.messages.extend(list(world.selections.messages))
    world.select()
    world.wait(minutes=1)
    world.planner.tick()
    assert world.items["spring"]["counted"] == 2_000
