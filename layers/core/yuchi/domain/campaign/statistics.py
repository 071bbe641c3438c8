"""Shares with their uncertainty, and what one group has more than another."""

from math import sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

CONFIDENCE: Final = 0.95
_Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


class Interval(NamedTuple):
    """An estimate, and between what it lies with 95 % confidence."""

    value: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether it lies on one side of zero."""
        return self.low > 0 or self.high < 0


def proportion(hits: int, of: int) -> Interval:
    """The share of ``hits``, by Wilson's interval, which holds for small numbers and shares near 0 and 1.

    https://doi.org/10.1080/01621459.1927.10502953
    """
    if of == 0:
        return Interval(0.0, 0.0, 1.0)
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def difference(hits: int, of: int, other_hits: int, other_of: int) -> Interval:
    """How much larger the first share is than the other, by Newcombe's interval from two of Wilson's.

    https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    one, two = proportion(hits, of), proportion(other_hits, other_of)
    value = one.value - two.value
    low = value - sqrt((one.value - one.low) ** 2 + (two.high - two.value) ** 2)
    high = value + sqrt((one.high - one.value) ** 2 + (two.value - two.low) ** 2)
    return Interval(value, max(-1.0, low), min(1.0, high))
