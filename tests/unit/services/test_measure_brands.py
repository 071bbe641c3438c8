"""Measuring brands: once a day, on a sample that moves, fair, and never from too few."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.stores import FakeMetrics
from tests.fakes.world import ACCOUNT
from yuchi.domain.account import Account
from yuchi.domain.rfm import RfmBounds
from yuchi.services.measure_brands import MAX_BUYERS, SAMPLED_SHARDS, Buyer, MeasureBrands
from yuchi.services.ports import UnavailableError

NIGHT = datetime(2026, 5, 1, 19, 30, tzinfo=UTC)


@dataclass
class FakeBuyers:
    by_shard: int = 100
    failing: str = ""
    asked: list[int] = field(default_factory=list)
    written: dict[str, tuple[RfmBounds, int]] = field(default_factory=dict)

    def sample(self, brand: str, shards: Iterable[int], *, seconds_left: Callable[[], float]) -> Iterator[Buyer]:
        del seconds_left
        if brand == self.failing:
            raise UnavailableError("Throttled")
        for shard in shards:
            self.asked.append(shard)
            for number in range(self.by_shard):
                ago = timedelta(days=number % 100)
                yield Buyer(int((NIGHT - ago).timestamp()), orders=number % 10 + 1, spent=number % 100 * 1_000)

    def write(self, brand: str, bounds: RfmBounds, *, buyers: int, now: datetime) -> None:
        del now
        self.written[brand] = (bounds, buyers)


@dataclass
class FakeAll:
    accounts: list[Account]

    def all(self) -> list[Account]:
        return self.accounts


def tick(buyers: FakeBuyers, *, at: datetime = NIGHT, seconds: float = 40, brands: tuple[str, ...] = ("demo",)) -> int:
    accounts = [ACCOUNT.model_copy(update={"id": f"a-{brand}", "brand": brand}) for brand in brands]
    return MeasureBrands(
        accounts=FakeAll(accounts), buyers=buyers, metrics=FakeMetrics(), clock=lambda: at
    ).tick(seconds_left=lambda: seconds)  # fmt: skip


def test_fifths_are_measured() -> None:
    buyers = FakeBuyers()
    assert tick(buyers) == 1
    bounds, number = buyers.written["demo"]
    assert number == 100 * SAMPLED_SHARDS
    assert bounds.recency == (20, 40, 60, 80)
    assert bounds.frequency == (3, 5, 7, 9)
    assert bounds.monetary == (200, 400, 600, 800)


def test_it_is_done_once_a_day_and_on_other_shards_each_day() -> None:
    buyers = FakeBuyers()
    assert tick(buyers, at=NIGHT + timedelta(minutes=1)) == 0
    assert buyers.asked == []
    for day in range(16):
        tick(buyers, at=NIGHT + timedelta(days=day))
    assert sorted(buyers.asked) == list(range(64)), "after sixteen days everybody was asked once"


@pytest.mark.parametrize(("by_shard", "measured"), [(0, 0), (1, 1), (13, 1)])
def test_a_small_brand_is_measured_whole_and_a_tiny_one_not_at_all(by_shard: int, measured: int) -> None:
    buyers = FakeBuyers(by_shard=by_shard)
    assert tick(buyers) == measured
    assert len(buyers.written) == measured


def test_a_huge_brand_costs_no_more() -> None:
    buyers = FakeBuyers(by_shard=30_000)
    assert tick(buyers) == 1
    assert buyers.written["demo"][1] == MAX_BUYERS


def test_one_brand_that_fails_keeps_no_other_back_and_time_is_kept() -> None:
    buyers = FakeBuyers(failing="coffee")
    assert tick(buyers, brands=("coffee", "demo")) == 1
    assert tick(FakeBuyers(), seconds=5) == 0
