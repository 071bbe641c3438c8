"""What a person bought, against a sum over all that was told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.domain.event import Event, derive_id
from yuchi.domain.merging import merge, unmerge
from yuchi.domain.orders import EARLY_KEPT, KEPT, NAMES_KEPT, orders_view, to_minor, with_order
from yuchi.domain.profile import Profile
from yuchi.domain.rfm import RfmBounds, measure, rfm_view

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
NOBODY = Profile(brand="demo", person="p1")


def event(event_type: str, order: str | None = None, *, day: float = 0, **data: Any) -> Event:
    return Event(
        id=derive_id(event_type, str(order), str(day), str(data)),
        source="/collect/shop",
        type=event_type,
        time=START + timedelta(days=day),
        brand="demo",
        account="",
        subject="member:1",
        data={**({"order_id": order} if order else {}), **data},
    )


def after(*events: Event, profile: Profile = NOBODY) -> Profile:
    for each in events:
        profile = with_order(profile, each)
    return profile


def test_orders_add_up_and_refunds_take_away() -> None:
    view = orders_view(
        after(
            event("order.completed", "A1", total=100),
            event("order.completed", "A2", day=10, total="59.90"),
            event("order.refunded", "A1", day=11, total=30),
        )
    )
    assert (view["count"], view["spent"], view["refunded"], view["average"]) == (2, 129.9, 30, 64.95)


def test_an_order_told_twice_counts_once_by_its_number() -> None:
    told = [event("order.completed", "A1", total=100), event("order.completed", "A1", day=1, total=100)]
    assert orders_view(after(*told))["count"] == 1


def test_a_corrected_order_counts_as_it_is_now() -> None:
    told = [event("order.completed", "A1", total=100), event("order.updated", "A1", day=1, total=80)]
    assert (orders_view(after(*told))["count"], orders_view(after(*told))["spent"]) == (1, 80)


def test_a_correction_is_no_new_purchase() -> None:
    ordered = after(event("order.completed", "A1", total=100))
    corrected = after(event("order.updated", "A1", day=40, total=80), profile=ordered)
    assert (corrected.first_order_at, corrected.last_order_at) == (ordered.first_order_at, ordered.last_order_at)
    assert rfm_view(corrected, START + timedelta(days=40))["recency"] == 40


def test_an_order_that_is_corrected_below_its_refund_is_worth_nothing_and_never_less() -> None:
    told = [event("order.completed", "A1", total=100), event("order.refunded", "A1", day=1, total=80)]
    corrected = after(*told, event("order.updated", "A1", day=2, total=20))
    assert (orders_view(corrected)["spent"], orders_view(corrected)["refunded"]) == (0, 20)
    assert orders_view(after(event("order.cancelled", "A1", day=3), profile=corrected))["spent"] == 0


@pytest.mark.parametrize(
    ("quantity", "spent"),
    [(None, 30), (2, 60), (2.0, 60), ("2", 60), (1.5, 45), (0.125, 3.75), ("many", 0), (-1, 0), (True, 0), (10**12, 0)],
)
def test_a_quantity_is_read_however_it_is_written(quantity: Any, spent: int) -> None:
    products = [{"price": 30, "quantity": quantity}]
    assert orders_view(after(event("order.completed", "A1", products=products)))["spent"] == spent


def test_a_refund_never_exceeds_its_order() -> None:
    told = [event("order.completed", "A1", total=100)]
    told += [event("order.refunded", "A1", day=day, total=70) for day in range(1, 4)]
    assert orders_view(after(*told))["spent"] == 0
    assert orders_view(after(event("order.refunded", "A9", total=70)))["spent"] == 0


def test_a_cancelled_order_is_worth_nothing() -> None:
    assert orders_view(after(event("order.completed", "A1", total=100), event("order.cancelled", "A1")))["spent"] == 0


def test_what_is_bought_most_is_the_favourite() -> None:
    products = [
        {"category": "绿茶", "brand": "青山", "price": 30, "quantity": 2},
        {"category": "茶具", "brand": "白瓷", "price": 50, "quantity": 1},
    ]
    view = orders_view(after(event("order.completed", "A1", products=products)))
    assert (view["spent"], view["favourite_category"], view["favourite_brand"]) == (110, "绿茶", "青山")
    assert view["categories"] == {"绿茶": 60, "茶具": 50}


def test_the_cycle_is_the_usual_gap() -> None:
    days = (0, 30, 58, 90, 300)
    assert (
        orders_view(after(*(event("order.completed", f"A{day}", day=day, total=1) for day in days)))["cycle_days"] == 31
    )
    assert orders_view(after(event("order.completed", "A1", total=1)))["cycle_days"] is None


@pytest.mark.parametrize("amount", [None, True, "much", "NaN", "1e999", float("inf"), 10**30, {}, [1]])
def test_what_is_no_amount_is_no_order(amount: Any) -> None:
    assert after(event("order.completed", "A1", total=amount)) == NOBODY


def test_amounts_are_exact() -> None:
    assert (to_minor(0.1), to_minor("19.995"), to_minor(2.675)) == (10, 2000, 268)


def test_a_profile_does_not_grow_with_its_orders() -> None:
    told = [
        event("order.completed", f"A{number}", day=number, total=number, category=f"类{number}")
        for number in range(KEPT * 3)
    ]
    profile = after(*told)
    assert len(profile.orders) == KEPT
    assert len(orders_view(profile)["categories"]) == NAMES_KEPT
    assert orders_view(profile)["count"] == KEPT * 3


AMOUNTS = st.integers(0, 500)
TOLD = st.lists(
    st.tuples(st.sampled_from(["order.completed", "order.refunded"]), st.sampled_from("ABCD"), AMOUNTS), max_size=12
)


def tell(told: list[tuple[str, str, int]]) -> Profile:
    return after(*(event(kind, order, day=day, total=amount) for day, (kind, order, amount) in enumerate(told)))


def reckon(told: list[tuple[str, str, int]]) -> tuple[int, int]:
    """(orders, spent in yuan) by the book, whatever was told first."""
    total: dict[str, int] = {}
    back: dict[str, int] = {}
    for kind, order, amount in told:
        if kind == "order.completed":
            total.setdefault(order, amount)
        else:
            back[order] = back.get(order, 0) + amount
    return len(total), sum(max(amount - back.get(order, 0), 0) for order, amount in total.items())


@given(TOLD)
def test_the_totals_are_those_of_the_book(told: list[tuple[str, str, int]]) -> None:
    view = orders_view(tell(told))
    assert (view["count"], view["spent"]) == reckon(told)


def test_a_refund_or_a_cancelling_that_is_told_before_its_order_waits_for_it() -> None:
    for early in (
        event("order.refunded", "A1", total=70),
        event("order.refunded", "A1"),
        event("order.cancelled", "A1"),
    ):
        other = after(event("order.completed", "A2", total=50), early)
        assert orders_view(other)["spent"] == 50, "another order does not pay for it"
        both = after(event("order.completed", "A1", day=1, total=70), profile=other)
        assert (orders_view(both)["count"], orders_view(both)["spent"]) == (2, 50)


def test_refunds_of_orders_that_never_come_do_not_fill_the_profile() -> None:
    profile = after(*(event("order.refunded", f"A{number}", total=1) for number in range(EARLY_KEPT * 2)))
    assert len(profile.order_totals) == EARLY_KEPT


@given(TOLD, TOLD)
def test_merged_buyers_keep_each_order_once_and_part_again(
    mine: list[tuple[str, str, int]], theirs: list[tuple[str, str, int]]
) -> None:
    left, right = tell([each for each in mine if each[0] == "order.completed"]), tell(theirs)
    both = merge(left, right)
    assert orders_view(both)["count"] == len({*left.orders, *right.orders})
    assert unmerge(both, before=left, absorbed=right) == left


def test_rfm_in_fifths() -> None:
    buyer = after(event("order.completed", "A1", total=500), event("order.completed", "A2", day=1, total=800))
    bounds = RfmBounds(recency=(1, 5, 10, 20), frequency=(1, 2, 3, 4), monetary=(100, 200, 300, 2_000))
    view = rfm_view(buyer, START + timedelta(days=4), bounds)
    assert (view["recency"], view["frequency"], view["monetary"]) == (3, 2, 1300)
    assert (view["r"], view["f"], view["m"], view["score"]) == (4, 3, 4, 11)
    assert set(rfm_view(NOBODY, START).values()) == {None}


def test_bounds_are_measured() -> None:
    assert measure(range(100), [1] * 100, range(100)).recency == (20, 40, 60, 80)
