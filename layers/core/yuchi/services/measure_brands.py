"""Once a day: measure where the fifths of each brand's buyers lie, for RFM, on a sample of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple, Protocol

from yuchi.domain.account import Account
from yuchi.domain.orders import days_since
from yuchi.domain.profile import SHARDS
from yuchi.domain.rfm import RfmBounds, measure
from yuchi.services.ports import Clock, Metrics, UnavailableError

HOUR, MINUTE = 19, 30
"""Half past three at night in China, in UTC."""
SAMPLED_SHARDS: Final = 4
"""Of 64: the persons of a brand are spread over them by a hash, so that each is a fair sample."""
MAX_BUYERS: Final = 20_000
MIN_BUYERS: Final = 50
"""Fewer say nothing about fifths: then what we ship stays, or what was measured before."""
RESERVE_SECONDS: Final = 12.0


class Buyer(NamedTuple):
    """When somebody ordered last (epoch seconds), how often, and for how much in fen."""

    last_order_at: int
    orders: int
    spent: int


class Buyers(Protocol):
    """Buyers, and where the bounds are written. Each method may raise ``UnavailableError``."""

    def sample(self, brand: str, shards: Iterable[int], *, seconds_left: Callable[[], float]) -> Iterable[Buyer]:
        """The buyers in ``shards`` of the brand's profiles, as many as there is time for."""
        ...

    def write(self, brand: str, bounds: RfmBounds, *, buyers: int, now: datetime) -> None:
        """Write measured bounds into the brand's item ``rfm``; what a marketer wrote there counts before them."""
        ...


class KnownAccounts(Protocol):
    """The accounts of the deployment."""

    def all(self) -> Iterable[Account]:
        """All of them."""
        ...


@dataclass(frozen=True, slots=True)
class MeasureBrands:
    """What ``functions/fire_timers`` does once a day beside its own work."""

    accounts: KnownAccounts
    buyers: Buyers
    metrics: Metrics
    clock: Clock

    def tick(self, *, seconds_left: Callable[[], float]) -> int:
        """Measure if it is time to. Returns how many brands were measured; a brand that fails waits for tomorrow."""
        now = self.clock()
        if (now.hour, now.minute) != (HOUR, MINUTE):
            return 0
        measured = 0
        try:
            brands = sorted({account.brand for account in self.accounts.all()})
        except UnavailableError:
            return 0
        for brand in brands:
            if seconds_left() < RESERVE_SECONDS:
                break
            try:
                measured += self._measure(brand, now, seconds_left)
            except UnavailableError:
                continue
        self.metrics.count("BrandMeasured", measured)
        return measured

    def _measure(self, brand: str, now: datetime, seconds_left: Callable[[], float]) -> bool:
        """Other shards each day, so that over time everybody counts."""
        first = now.toordinal() * SAMPLED_SHARDS
        shards = [(first + number) % SHARDS for number in range(SHARDS)]
        found: list[Buyer] = []
        for number, shard in enumerate(shards):
            if number >= SAMPLED_SHARDS and len(found) >= MIN_BUYERS:
                break
            room = MAX_BUYERS - len(found)
            sample = self.buyers.sample(brand, [shard], seconds_left=lambda: seconds_left() - RESERVE_SECONDS)
            found += [each for each in islice(sample, room) if each.orders > 0]
            if room == 0 or seconds_left() < RESERVE_SECONDS:
                break
        if len(found) < MIN_BUYERS:
            return False
        bounds = measure(
            [round(days_since(each.last_order_at, now) or 0, 1) for each in found],
            [each.orders for each in found],
            [each.spent / 100 for each in found],
        )
        self.buyers.write(brand, bounds, buyers=len(found), now=now)
        return True
