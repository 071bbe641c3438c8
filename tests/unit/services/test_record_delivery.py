"""What came of campaigns: attributed alike whatever comes twice or in another order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.fakes.campaigns_world import FakeMetrics
from tests.fakes.links import FakeOutcomes
from tests.fakes.runs import FakeReachBook, FakeRuns
from tests.fakes.stores import FakeRulesets
from yuchi.domain.campaign.assignment import assign
from yuchi.domain.campaign.attribution import awaited
from yuchi.domain.campaign.model import HOLDOUT, Campaign
from yuchi.domain.campaign.reach import Reach, Sent
from yuchi.domain.campaign.run import Page, Plan, RunKey
from yuchi.domain.profile import Profile
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_campaigns import DeliveryMessage
from yuchi.services.ports_links import StoredOutcome
from yuchi.services.record_delivery import RecordDelivery

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
RUN = RunKey("tea", "spring", "0123456789ab")
LATER = RunKey("tea", "summer", "0123456789ab")
VARIANTS = [{"contents": {"mass": {"type": "text", "text": "新茶到店"}}}]


def campaign(name: str = "spring", **more: Any) -> Campaign:
    given = {"brand": "tea", "campaign_id": name, "audience": "true", "variants": VARIANTS}
    return Campaign.model_validate({**given, "goal": {"on": "order.completed", "within": 86_400}, **more})


@dataclass
class World:
    """A brand whose campaigns reached some persons."""

    runs: FakeRuns = field(default_factory=FakeRuns)
    reach: FakeReachBook = field(default_factory=FakeReachBook)
    outcomes: FakeOutcomes = field(default_factory=FakeOutcomes)
    rulesets: FakeRulesets = field(default_factory=FakeRulesets)
    profiles: dict[str, Profile] = field(default_factory=dict)
    finished: list[DeliveryMessage] = field(default_factory=list)

    def start(self, run: RunKey, made: Campaign, at: datetime = NOW) -> None:
        plan = Plan(run=str(run), campaign=made, hash="h", at=int(at.timestamp()))
        self.runs.start(plan)
        for name, until in awaited(made, ends_at=int(at.timestamp()) + 86_400).items():
            self.rulesets.awaited.setdefault("tea", {}).setdefault(name, {})[plan.run] = until

    def reached(
        self, person: str, run: RunKey, at: datetime = NOW, *, channel: str = "mass", variant: str = "甲"
    ) -> None:
        known = self.reach.known.get(("tea", person), Reach())
        self.reach.known["tea", person] = known.with_send(
            run.short, Sent(int(at.timestamp()), "shop", channel, variant)
        )
        self.profiles.setdefault(person, profile(person))

    def read(self, brand: str, persons: Iterable[str]) -> list[Profile]:
        del brand
        return [self.profiles[each] for each in persons if each in self.profiles]

    def behind(self, brand: str, identities: Iterable[str]) -> dict[str, str]:
        del brand
        return {each: each.removeprefix("member:") for each in identities}

    def finish(self, message: DeliveryMessage) -> None:
        self.finished.append(message)

    @property
    def recorder(self) -> RecordDelivery:
        book: Any = self
        return RecordDelivery(
            self.runs, self.runs, self.reach, self.outcomes, self.rulesets, book, self, FakeMetrics(), lambda: NOW
        )

    def told(self, *messages: DeliveryMessage) -> dict[tuple[str, str, str], StoredOutcome]:
        for message in messages:
            assert self.recorder.work(message)
        return {(each.kind.value, each.person, each.event): each for each in self.outcomes.known.values()}


def profile(person: str, *others: str, **more: Any) -> Profile:
    identities = tuple(f"member:{each}" for each in (person, *others))
    return Profile(brand="tea", person=person, version=1, identities=identities, **more)


def message(kind: str, person: str = "p1", after: timedelta = timedelta(hours=1), **more: Any) -> DeliveryMessage:
    given = {"brand": "tea", "account": "shop", "person": person, "subject": "wechat:shop:o1", "event_id": "e" * 8}
    return DeliveryMessage.model_validate({**given, "event_type": kind, "at": NOW + after, **more})


@pytest.fixture
def world() -> World:
    made = World()
    made.start(RUN, campaign())
    made.reached("p1", RUN)
    return made


def test_a_goal_within_its_window_counts_with_its_money(world: World) -> None:
    found = world.told(message("order.completed", data={"total": 129.5}))
    assert found["converted", "p1", ""].variant == "甲"
    assert found["revenue", "p1", "eeeeeeee"].amount == 12_950


@pytest.mark.parametrize("after", [timedelta(minutes=-1), timedelta(hours=25)])
def test_a_goal_outside_its_window_counts_for_nothing(world: World, after: timedelta) -> None:
    assert world.told(message("order.completed", after=after, data={"total": 1})) == {}


def orders() -> list[DeliveryMessage]:
    return [
        message("order.completed", after=timedelta(hours=hour), event_id=f"order-{hour}", data={"total": hour})
        for hour in (1, 2, 3)
    ]


def test_duplicates_and_any_order_end_in_the_same(world: World) -> None:
    """One conversion, the earliest; the money of each order once."""
    wanted = None
    for order in permutations(orders()):
        fresh = World(world.runs, world.reach, FakeOutcomes(), world.rulesets, world.profiles)
        found = fresh.told(*order, *order[:2])
        wanted = wanted or found
        assert found == wanted
    assert wanted is not None
    assert wanted["converted", "p1", ""].at == NOW + timedelta(hours=1)
    assert sum(each.amount for each in wanted.values()) == 600


class _Forgetful(FakeOutcomes):
    """The planted defect: every row is a new one."""

    def put(self, outcome: StoredOutcome, *, now: datetime) -> bool:
        del now
        self.known[str(len(self.known)), "", "", ""] = outcome
        return True


def test_twin_rows_without_a_key_of_their_own_count_twice(world: World) -> None:
    world.outcomes = _Forgetful()
    for each in (*orders(), *orders()):
        world.recorder.work(each)
    assert sum(each.amount for each in world.outcomes.known.values()) == 1_200


def test_the_last_run_that_waits_for_it_gets_it(world: World) -> None:
    world.start(LATER, campaign("summer"))
    world.reached("p1", LATER, NOW + timedelta(minutes=30), variant="乙")
    found = world.told(message("order.completed", data={"total": 1}))
    assert {each.run for each in found.values()} == {LATER.short}
    world.outcomes = FakeOutcomes()
    early = world.told(message("order.completed", after=timedelta(minutes=20), data={"total": 1}))
    assert {each.run for each in early.values()} == {RUN.short}


def test_a_campaign_without_that_goal_gets_nothing(world: World) -> None:
    world.start(LATER, campaign("summer", goal=None))
    world.reached("p1", LATER, NOW + timedelta(minutes=30))
    found = world.told(message("order.completed", data={"total": 1}))
    assert {each.run for each in found.values()} == {RUN.short}


def test_taps_count_for_the_run_of_their_link(world: World) -> None:
    world.reached("p1", LATER, NOW + timedelta(minutes=1))
    tap = message("link.clicked", data={"run": str(RUN), "variant": "甲", "link": "x"})
    found = world.told(tap, tap, message("link.clicked", data={"run": str(RUN), "variant": "甲"}, event_id="f" * 8))
    assert [(each.run, each.kind.value) for each in found.values()] == [(RUN.short, "clicked")]
    foreign = message("link.clicked", data={"run": "other#spring#0123456789ab", "variant": ""})
    assert len(world.told(foreign)) == 1


@pytest.mark.parametrize(("after", "account", "count"), [(1, "shop", 1), (25, "shop", 0), (1, "club", 0)])
def test_who_leaves_the_account_within_a_day_left_because_of_it(
    world: World, after: int, account: str, count: int
) -> None:
    found = world.told(message("fan.unsubscribed", after=timedelta(hours=after), account=account))
    assert len(found) == count


@pytest.mark.parametrize(("status", "kind"), [("success", "delivered"), ("blocked", "blocked"), ("failed", "blocked")])
def test_what_wechat_says_of_a_template_message(world: World, status: str, kind: str) -> None:
    world.reached("p2", RUN, channel="template")
    found = world.told(message("template.delivered", "p2", timedelta(seconds=3), data={"status": status}))
    assert list(found) == [(kind, "p2", "")]
    assert world.told(message("template.delivered", "p1", timedelta(seconds=3))) == found


def test_merged_persons_are_followed_both_ways(world: World) -> None:
    """The event may name who was absorbed, or the survivor of whom another id was reached."""
    world.profiles["p1"] = profile("p1", merged_into="p9")
    world.profiles["p9"] = profile("p9", "p1")
    for person in ("p1", "p9"):
        world.outcomes = FakeOutcomes()
        assert set(world.told(message("order.completed", person))) == {("converted", "p1", "")}


def test_of_who_was_erased_nothing_is_kept(world: World) -> None:
    del world.profiles["p1"]
    assert world.told(message("order.completed")) == {}


def held(world: World) -> tuple[str, str]:
    """Two persons whom the hash holds out: one of the audience, one who was never in it."""
    made = campaign(holdout=50)
    world.runs.plans.clear()
    world.start(RUN, made)
    inside, outside = [f"h{number}" for number in range(50) if assign(made, f"h{number}") == HOLDOUT][:2]
    world.runs.stored_pages[RUN, 0, 0] = Page(0, 0, {}, {HOLDOUT: (inside,)})
    world.profiles |= {each: profile(each) for each in (inside, outside)}
    return inside, outside


def test_the_hold_out_group_converts_too(world: World) -> None:
    inside, outside = held(world)
    found = world.told(*(message("order.completed", each, data={"total": 2}) for each in (inside, outside)))
    assert set(found) == {("converted", inside, ""), ("revenue", inside, "eeeeeeee")}
    assert {each.variant for each in found.values()} == {HOLDOUT}


def test_what_wechat_tells_of_a_mass_message_is_handed_on(world: World) -> None:
    world.told(message("campaign.finished", "", data={"message_id": "1"}))
    assert [each.data["message_id"] for each in world.finished] == ["1"]


def test_what_cannot_be_read_comes_again(world: World) -> None:
    class Down(FakeReachBook):
        def read(self, brand: str, persons: Sequence[str]) -> dict[str, Reach]:
            raise UnavailableError("dynamodb")

    world.reach = Down()
    assert not world.recorder.work(message("order.completed"))
