"""What a person bought: totals, averages and habits, current at every order and refund. Pure.

The last orders are kept one by one, so that an order told twice counts once and a refund never exceeds its order; older
ones are only in the totals. Amounts are integers in the smallest unit of the currency (fen).
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Final, NamedTuple

from yuchi.domain.event import Event, derive_id
from yuchi.domain.profile import Order, Profile

ORDERED: Final = frozenset({"order.completed", "order.updated", "payment.completed"})
REFUNDED: Final = frozenset({"order.refunded", "order.cancelled"})

KEPT: Final = 50
"""How many orders are kept one by one."""
NAMES_KEPT: Final = 20
"""How many categories, and how many brands, are kept: those most was spent on."""
MAX_AMOUNT: Final = 10**12
"""Ten billion yuan in fen: more is a mistake of the source."""

COUNT: Final = "count"
SPENT: Final = "spent"
REFUNDS: Final = "refunded"
MAX_CYCLE_DAYS: Final = 1_000
CATEGORY: Final = "category|"
BRAND: Final = "brand|"
EARLY: Final = "early|"
"""A refund that was told before its order, as when two files are brought in at once: it waits for it in the totals."""
EARLY_KEPT: Final = 20


class Cycle(NamedTuple):
    """A number of days, and whose habit it is: ``person``, ``product`` or ``brand``."""

    days: float
    of: str


def with_order(profile: Profile, event: Event) -> Profile:
    """The profile after an event about an order; the same profile after any other event.

    What anybody may have said is no order. The door gives it another type already; this is the second lock.
    """
    if not event.trusted:
        return profile
    if event.type in ORDERED:
        return _ordered(profile, event)
    if event.type in REFUNDED:
        return _refunded(profile, event)
    return profile


def event_view(event: Event) -> dict[str, Any]:
    """What conditions see as ``event``; of an order also its ``amount`` in yuan, however its source says it."""
    view = event.view()
    if event.type in ORDERED | REFUNDED and "amount" not in view:
        amount = _amount(event)
        view["amount"] = None if amount is None else amount / 100
    return view


def orders_view(profile: Profile) -> dict[str, Any]:
    """What conditions see as ``profile.orders``. Amounts in yuan; times that are not known are None."""
    totals = profile.order_totals
    count, spent = totals.get(COUNT, 0), totals.get(SPENT, 0) - totals.get(REFUNDS, 0)
    return {
        "count": count,
        "spent": spent / 100,
        "refunded": totals.get(REFUNDS, 0) / 100,
        "average": round(spent / count) / 100 if count else None,
        "cycle_days": cycle_days(profile),
        "categories": _named(totals, CATEGORY),
        "brands": _named(totals, BRAND),
        "favourite_category": _favourite(totals, CATEGORY),
        "favourite_brand": _favourite(totals, BRAND),
    }


def cycle_days(profile: Profile) -> float | None:
    """The usual number of days between two orders: the median of the last ones; None with fewer than three orders."""
    times = sorted({order.at for order in profile.orders.values()})
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    if len(gaps) < 2:  # noqa: PLR2004 - one gap is no habit
        return None
    middle = len(gaps) // 2
    median = gaps[middle] if len(gaps) % 2 else (gaps[middle - 1] + gaps[middle]) / 2
    return round(median / 86_400, 1)


def last_order(profile: Profile) -> int | None:
    """When (epoch seconds) the last order was made."""
    return max((order.at for order in profile.orders.values()), default=profile.last_order_at)


def replenishment_cycle(profile: Profile, usual: int | None) -> Cycle | None:
    """After how many days the person will likely buy again: by the person's own habit, else by what was bought last, else
    as ``usual`` with the brand.
    """
    own = cycle_days(profile)
    if own is not None and own >= 1:
        return Cycle(own, "person")
    last = max(profile.orders.values(), key=lambda order: order.at, default=None)
    if last is not None and last.cycle_days is not None:
        return Cycle(last.cycle_days, "product")
    return Cycle(usual, "brand") if usual is not None else None


def to_minor(amount: Any) -> int | None:
    """An amount in yuan as fen, None where it is no amount."""
    if isinstance(amount, bool) or not isinstance(amount, (int, float, str, Decimal)):
        return None
    try:
        minor = (Decimal(str(amount)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return None
    return int(minor) if minor.is_finite() and abs(minor) <= MAX_AMOUNT else None


def _ordered(profile: Profile, event: Event) -> Profile:
    amount = _amount(event)
    key = _key(event)
    known = profile.orders.get(key)
    if amount is None or amount < 0:
        return profile
    if known is not None:
        return _corrected(profile, key, known, amount) if event.type == "order.updated" else profile
    if event.type == "order.updated":
        return profile
    moment = int(event.time.timestamp())
    back = min(profile.order_totals.get(EARLY + key, 0), amount)
    order = Order(at=moment, total=amount, refunded=back, cycle_days=_used_up_after(event.data))
    waiting = {name: value for name, value in profile.order_totals.items() if name != EARLY + key}
    totals = _add(waiting, {COUNT: 1, SPENT: amount} | ({REFUNDS: back} if back else {}))
    return profile.model_copy(
        update={
            "orders": _newest({**profile.orders, key: order}),
            "order_totals": _trim(_add(totals, _shares(event.data, amount))),
            "first_order_at": min(moment, profile.first_order_at or moment),
            "last_order_at": max(moment, profile.last_order_at or moment),
        }
    )


def _corrected(profile: Profile, key: str, known: Order, amount: int) -> Profile:
    """An order whose amount is another now. It was made when it was made, and gives back no more than it is worth."""
    order = known.model_copy(update={"total": amount, "refunded": min(known.refunded, amount)})
    change = {SPENT: order.total - known.total, REFUNDS: order.refunded - known.refunded}
    return profile.model_copy(
        update={"orders": {**profile.orders, key: order}, "order_totals": _add(profile.order_totals, change)}
    )


def _refunded(profile: Profile, event: Event) -> Profile:
    """A refund without an amount is of all that is left. Of an order that is not known any more, the amount counts."""
    key = _key(event)
    known = profile.orders.get(key)
    asked = None if event.type == "order.cancelled" else _amount(event)
    if known is None and profile.order_totals.get(COUNT, 0) <= len(profile.orders):
        return _refunded_early(profile, key, MAX_AMOUNT if asked is None else max(asked, 0))
    if known is None:
        spent = profile.order_totals.get(SPENT, 0) - profile.order_totals.get(REFUNDS, 0)
        back = min(max(asked or 0, 0), max(spent, 0))
        return profile.model_copy(update={"order_totals": _add(profile.order_totals, {REFUNDS: back})})
    left = known.total - known.refunded
    back = left if asked is None else min(max(asked, 0), left)
    changed = known.model_copy(update={"refunded": known.refunded + back})
    return profile.model_copy(
        update={
            "orders": {**profile.orders, key: changed},
            "order_totals": _add(profile.order_totals, {REFUNDS: back}),
        }
    )


def _refunded_early(profile: Profile, key: str, amount: int) -> Profile:
    """No order was forgotten yet, so this one is still to come, or will never be told."""
    totals = profile.order_totals
    name = EARLY + key
    if name not in totals and sum(each.startswith(EARLY) for each in totals) >= EARLY_KEPT:
        return profile
    return profile.model_copy(update={"order_totals": {**totals, name: min(totals.get(name, 0) + amount, MAX_AMOUNT)}})


def _key(event: Event) -> str:
    """An order by its number; one without a number is its own."""
    number = event.data.get("order_id") or event.data.get("transaction_id")
    return derive_id("order", str(number) if number else event.id)[:12]


def _amount(event: Event) -> int | None:
    """In fen. WeChat tells what was paid at the cash desk in fen already."""
    data = event.data
    if event.type == "payment.completed":
        fee = data.get("fee")
        return fee if isinstance(fee, int) and not isinstance(fee, bool) and 0 <= fee <= MAX_AMOUNT else None
    for name in ("total", "revenue", "value", "amount"):
        if data.get(name) is not None:
            return to_minor(data[name])
    products = data.get("products")
    if not isinstance(products, list):
        return None
    lines = [_line(product) for product in products if isinstance(product, dict)]
    return sum(lines) if lines and abs(sum(lines)) <= MAX_AMOUNT else None


def _line(product: Mapping[str, Any]) -> int:
    price, quantity = to_minor(product.get("price")), _quantity(product.get("quantity"))
    if price is None or quantity is None:
        return 0
    return int((price * quantity).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _quantity(told: Any) -> Decimal | None:
    """How many, or how much by weight; 1 where nothing is said. Files and forms say it as a text."""
    if told is None:
        return Decimal(1)
    if isinstance(told, bool) or not isinstance(told, (int, float, str)):
        return None
    try:
        quantity = Decimal(str(told))
    except InvalidOperation:
        return None
    return quantity if quantity.is_finite() and 0 <= quantity <= MAX_AMOUNT else None


def _used_up_after(data: Mapping[str, Any]) -> float | None:
    """The days after which the first of the products is used up, where the order says it."""
    products = data.get("products")
    lines = [data, *(each for each in products if isinstance(each, dict))] if isinstance(products, list) else [data]
    cycles = [line.get("cycle_days") for line in lines]
    known = [each for each in cycles if isinstance(each, int | float) and not isinstance(each, bool)]
    return min((float(each) for each in known if 1 <= each <= MAX_CYCLE_DAYS), default=None)


def _shares(data: Mapping[str, Any], amount: int) -> dict[str, int]:
    """What was spent on which category and brand; all of it where the order names just one thing."""
    shares: dict[str, int] = {}
    products = data.get("products")
    lines = [each for each in products if isinstance(each, dict)] if isinstance(products, list) else [data]
    for product in lines:
        spent = _line(product) if len(lines) > 1 else amount
        for prefix, name in ((CATEGORY, product.get("category")), (BRAND, product.get("brand"))):
            if isinstance(name, str) and name:
                shares[prefix + name[:40]] = shares.get(prefix + name[:40], 0) + spent
    return shares


def _add(totals: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {**totals, **{name: totals.get(name, 0) + value for name, value in more.items()}}


def _trim(totals: Mapping[str, int]) -> dict[str, int]:
    kept = {name: value for name, value in totals.items() if not name.startswith((CATEGORY, BRAND))}
    for prefix in (CATEGORY, BRAND):
        named = sorted(
            (each for each in totals.items() if each[0].startswith(prefix)), key=lambda each: (-each[1], each[0])
        )
        kept |= dict(named[:NAMES_KEPT])
    return kept


def _newest(orders: Mapping[str, Order]) -> dict[str, Order]:
    if len(orders) <= KEPT:
        return dict(orders)
    return dict(sorted(orders.items(), key=lambda each: (each[1].at, each[0]))[-KEPT:])


def _named(totals: Mapping[str, int], prefix: str) -> dict[str, float]:
    return {name.removeprefix(prefix): value / 100 for name, value in totals.items() if name.startswith(prefix)}


def _favourite(totals: Mapping[str, int], prefix: str) -> str | None:
    named = _named(totals, prefix)
    return min(named, key=lambda name: (-named[name], name)) if named else None


def days_since(moment: int | None, now: datetime) -> float | None:
    """Whole and part days from ``moment`` (epoch seconds) to ``now``; None where there is no moment."""
    return None if moment is None else max(now.timestamp() - moment, 0) / 86_400
