"""Recency, frequency, monetary value: how valuable a person is as a buyer, in fifths of the brand's buyers. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from yuchi.domain.orders import COUNT, REFUNDS, SPENT, days_since
from yuchi.domain.profile import Profile


class RfmBounds(BaseModel):
    """Where one fifth of the brand's buyers ends and the next begins, four bounds each.

    ``recency`` in days, rising (fewer days are better); ``frequency`` in orders; ``monetary`` in yuan.
    """

    model_config = ConfigDict(frozen=True)

    recency: tuple[float, float, float, float] = (30, 60, 90, 180)
    frequency: tuple[float, float, float, float] = (2, 3, 5, 10)
    monetary: tuple[float, float, float, float] = (100, 300, 1_000, 3_000)


DEFAULT_BOUNDS: Final = RfmBounds()
"""For a brand whose buyers were not measured yet."""


def rfm_view(profile: Profile, now: datetime, bounds: RfmBounds = DEFAULT_BOUNDS) -> dict[str, Any]:
    """What conditions see as ``profile.rfm``; all None for somebody who never bought.

    ``recency`` is days since the last order, ``frequency`` the number of orders, ``monetary`` what was spent in yuan;
    ``r``, ``f`` and ``m`` are 1 (lowest fifth) to 5, ``score`` their sum.
    """
    days = days_since(profile.last_order_at, now)
    totals = profile.order_totals
    if days is None or not totals.get(COUNT):
        return dict.fromkeys(("recency", "frequency", "monetary", "r", "f", "m", "score"))
    frequency = totals[COUNT]
    monetary = (totals.get(SPENT, 0) - totals.get(REFUNDS, 0)) / 100
    r = 5 - bisect_right(bounds.recency, days)
    f, m = (
        1 + bisect_right(edges, value) for edges, value in ((bounds.frequency, frequency), (bounds.monetary, monetary))
    )
    return {
        "recency": days,
        "frequency": frequency,
        "monetary": monetary,
        "r": r,
        "f": f,
        "m": m,
        "score": r + f + m,
    }


def measure(recency: Sequence[float], frequency: Sequence[float], monetary: Sequence[float]) -> RfmBounds:
    """The bounds of a sample of buyers: the four quintiles of each."""
    return RfmBounds(recency=_quintiles(recency), frequency=_quintiles(frequency), monetary=_quintiles(monetary))


def _quintiles(values: Sequence[float]) -> tuple[float, float, float, float]:
    ordered = sorted(values)
    first, second, third, fourth = (ordered[min(len(ordered) * fifth // 5, len(ordered) - 1)] for fifth in range(1, 5))
    return first, second, third, fourth
