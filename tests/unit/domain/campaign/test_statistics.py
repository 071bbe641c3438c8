"""Intervals against published numbers, and how often they hold."""

from random import Random

import pytest

from yuchi.domain.campaign.statistics import difference, proportion


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval(hits: int, of: int, low: float, high: float) -> None:
    """The worked examples of Newcombe (1998), method 3."""
    assert proportion(hits, of)[1:] == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"), [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090)]
)
def test_newcombes_interval(one: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    """The worked examples of Newcombe (1998), method 10."""
    assert difference(*one, *other)[1:] == pytest.approx((low, high), abs=5e-5)


def test_nobody_asked_means_nothing_known() -> None:
    """The interval is everything."""
    assert proportion(0, 0) == (0.0, 0.0, 1.0)
    assert not difference(0, 0, 0, 0).is_certain


def test_the_interval_holds_as_often_as_it_says() -> None:
    """Of two groups that do not differ, about one in twenty seems to."""
    random = Random(7)
    wrong = sum(
        difference(
            *(value for _ in range(2) for value in (sum(random.random() < 0.1 for _ in range(300)), 300))
        ).is_certain
        for _ in range(400)
    )
    assert wrong / 400 < 0.08
