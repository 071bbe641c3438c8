"""Taking fans who left out of the archive: gathered, in steps, again without harm."""

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.departures import FakeArchiveObjects, FakeDepartures
from tests.fakes.stores import FakeMetrics
from yuchi.domain.departure import GATHERED, SETTLED, Departure, Pass
from yuchi.services.clean_archive import RESERVE_SECONDS, SAVED_AFTER, CleanArchive
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_departures import Rewrite

START = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAYS = [f"2026-03-0{day}/{name}" for day in (1, 2, 3) for name in "ab"]


def line(identity: str, key: str, number: int) -> bytes:
    record = {
        "type": "message.text",
        "id": f"{key}-{identity}-{number}",
        "time": "2026-03-03T10:00:00+00:00",
        "subject": identity,
        "identities": [],
        "person": "p",
        "data": {"content": f"words of {identity}"},
    }
    return json.dumps(record, separators=(",", ":")).encode()


class Place:
    """A brand with six objects, in each of them two lines of each of its three fans."""

    def __init__(
        self, brands: Sequence[str] = ("demo",), objects: type[FakeArchiveObjects] = FakeArchiveObjects
    ) -> None:
        self.now = START
        self.departures = FakeDepartures()
        self.objects = objects()
        for brand, key in itertools.product(brands, DAYS):
            lines = [line(f"wechat:{brand}:o{fan}", f"{brand}{key}", number) for fan in range(3) for number in range(2)]
            self.objects.objects[brand, f"{brand}/{key}"] = lines
        self.metrics = FakeMetrics()
        self.clean = CleanArchive(
            departures=self.departures,
            objects=self.objects,
            metrics=self.metrics,
            clock=lambda: self.now,
            new_salt=lambda: "salt",
            kept=timedelta(days=400),
        )

    def leave(self, fan: int, brand: str = "demo", **changes: Any) -> None:
        moment = int(self.now.timestamp())
        values = {"since": 0, "until": moment, "noted_at": moment, **changes}
        self.departures.note([Departure(brand=brand, identity=f"wechat:{brand}:o{fan}", **values)])

    def tick(self, *, seconds: Callable[[], float] = lambda: 800.0, at_once: bool = False) -> int:
        return self.clean.tick(seconds_left=seconds, at_once=at_once)

    def named(self, fan: int, brand: str = "demo") -> int:
        mine = [each for place, lines in self.objects.objects.items() if place[0] == brand for each in lines]
        return sum(f"wechat:{brand}:o{fan}".encode() in each for each in mine)


def after(objects: int) -> Callable[[], float]:
    """Time for so many objects, and one look at the clock before."""
    left = iter([800.0] * (objects + 1))
    return lambda: next(left, RESERVE_SECONDS - 1)


def test_nobody_left() -> None:
    place = Place()
    assert place.tick() == 0
    assert place.objects.read == []
    assert place.metrics.counts["ErasureAgeHours"] == 0


def test_one_pass_serves_all_who_left_within_two_days() -> None:
    place = Place()
    place.leave(0)
    place.now += timedelta(hours=20)
    place.leave(1)
    place.now = START + GATHERED - timedelta(minutes=1)
    place.leave(2)
    assert place.tick() == 0
    assert place.objects.read == []
    place.now += timedelta(minutes=1)
    assert place.tick() == 2 * 2 * len(DAYS)
    assert [place.named(fan) for fan in range(3)] == [0, 0, 2 * len(DAYS)]
    assert len(place.objects.read) == len(DAYS)
    assert [each.identity for each in place.departures.waiting()] == ["wechat:demo:o2"]
    assert place.departures.passes() == []
    assert place.metrics.counts["ErasureDone"] == 2
    assert place.tick() == 0
    place.now += GATHERED
    assert place.tick() == 2 * len(DAYS)
    assert place.named(2) == 0


def test_what_firehose_may_still_hold_is_waited_for() -> None:
    place = Place()
    place.leave(0)
    place.now += GATHERED - SETTLED + timedelta(seconds=1)
    place.leave(1)
    place.now = START + GATHERED
    place.tick()
    assert (place.named(0), place.named(1)) == (0, 2 * len(DAYS))


def test_by_hand_it_begins_at_once() -> None:
    place = Place()
    place.leave(0)
    assert place.tick(at_once=True) == 2 * len(DAYS)
    assert place.departures.waiting() == []


@pytest.mark.parametrize("cut", range(1, len(DAYS) + 1))
def test_it_goes_on_where_time_ran_out(cut: int) -> None:
    place = Place()
    place.leave(0)
    place.now += GATHERED
    assert place.tick(seconds=after(cut)) == 2 * cut
    if cut < len(DAYS):
        assert place.departures.under_way["demo"].cursor == f"demo/{DAYS[cut - 1]}"
        assert place.departures.waiting()
        place.now += timedelta(hours=1)
        assert place.tick() == 2 * (len(DAYS) - cut)
    assert place.objects.read == [f"demo/{each}" for each in DAYS]
    assert (place.named(0), place.named(1)) == (0, 2 * len(DAYS))
    assert (place.departures.waiting(), place.departures.passes()) == ([], [])


class Failing(FakeArchiveObjects):
    """S3 is away once, at the fourth object."""

    def rewrite(self, key: str, change: Rewrite) -> int:
        if len(self.read) == 3:
            self.read.append("")
            raise UnavailableError("SlowDown")
        return super().rewrite(key, change)


def test_trouble_with_one_brand_keeps_nobody_elses_waiting() -> None:
    place = Place(brands=("demo", "other"), objects=Failing)
    for brand in ("demo", "other"):
        place.leave(0, brand)
    place.now += GATHERED
    with pytest.raises(UnavailableError):
        place.tick()
    assert (place.named(0, "demo"), place.named(0, "other")) == (6, 0)
    assert place.metrics.counts["ErasureAgeHours"] == 48
    assert place.metrics.counts["ErasureWaiting"] == 2
    place.now += timedelta(hours=1)
    place.tick()
    assert place.named(0, "demo") == 0
    assert place.objects.read.count(f"demo/{DAYS[0]}") == 1


def test_who_came_back_and_left_again_meanwhile_stays_noted() -> None:
    place = Place()
    place.leave(0)
    place.now += GATHERED

    def leaves_again(departure: Departure) -> None:
        place.leave(0)
        FakeDepartures.done(place.departures, departure)

    place.departures.done = leaves_again  # type: ignore[method-assign]  # the planted fault
    place.tick()
    (again,) = place.departures.waiting()
    assert again.until == int(place.now.timestamp())
    assert place.departures.passes() == []


def test_a_pass_whose_people_were_all_erased_ends() -> None:
    place = Place()
    place.departures.keep(Pass(brand="demo", before=0, salt="s"))
    assert place.tick() == 0
    assert place.departures.passes() == []


def test_objects_that_were_written_anew_do_not_outlive_their_days() -> None:
    place = Place()
    place.leave(0)
    place.now = datetime(2027, 4, 7, 4, tzinfo=UTC)  # 400 days after the third of March
    place.tick()
    assert sorted(key for _, key in place.objects.objects) == [f"demo/{each}" for each in DAYS[4:]]
    assert place.metrics.counts["ArchiveObjectExpired"] == 4


def test_how_far_it_is_is_saved_on_the_way() -> None:
    place = Place()
    lines = place.objects.objects.pop(("demo", f"demo/{DAYS[0]}"))
    for number in range(SAVED_AFTER + 5):
        place.objects.objects["demo", f"demo/{number:04}"] = lines
    place.leave(0)
    place.now += GATHERED
    saved: list[str] = []
    keep = place.departures.keep

    def noting(under_way: Pass) -> None:
        saved.append(under_way.cursor)
        keep(under_way)

    place.departures.keep = noting  # type: ignore[method-assign]  # the planted fault
    place.tick()
    assert saved[:2] == ["", f"demo/{SAVED_AFTER - 1:04}"]
