"""Batches: everybody in exactly one, as few calls as can be, the same ones each time."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.domain.campaign.packing import MASS_SIZE, PERSONAL_SIZE, PageCount, pack
from yuchi.domain.campaign.run import Batch, Group

MASS = Group("shop", "mass", "")
CUSTOM = Group("shop", "custom", "a")


def page_counts(*counts: int, group: Group = MASS) -> list[PageCount]:
    """Pages of one shard with that many chosen for ``group``."""
    return [(0, number, {group: count}) for number, count in enumerate(counts)]


def covered(batches: list[Batch]) -> Counter[tuple[Group, int, int, int]]:
    """Every place on every page, by how often a batch holds it."""
    return Counter(
        (batch.group, span.shard, span.page, place)
        for batch in batches
        for span in batch.spans
        for place in range(span.start, span.start + span.length)
    )


@given(
    pages=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 3),
            st.dictionaries(st.sampled_from([MASS, CUSTOM, Group("other", "mass", "b")]), st.integers(1, 12_000)),
        ),
        unique_by=lambda each: each[:2],
        max_size=6,
    ),
    canary=st.sampled_from([0.0, 1.0, 5.0, 60.0]),
    at_most=st.none() | st.integers(1, 30_000),
)
def test_everybody_is_in_exactly_one_batch(pages: list[PageCount], canary: float, at_most: int | None) -> None:
    """Whatever was chosen: no place is lost or doubled, sizes are WeChat's, and the order of pages does not matter."""
    batches = pack(pages, canary=canary, at_most=at_most)
    expected = Counter(
        {
            (group, shard, page, place): 1
            for shard, page, counts in pages
            for group in counts
            for place in range(counts[group])
        }
    )
    assert covered(batches) == expected
    assert batches == pack(reversed(pages), canary=canary, at_most=at_most)
    assert [batch.number for batch in batches] == list(range(len(batches)))
    sent = [batch for batch in batches if not batch.skip]
    assert all(batch.size == sum(span.length for span in batch.spans) for batch in batches)
    assert all(2 <= batch.size <= MASS_SIZE for batch in sent if batch.group.channel == "mass")
    assert all(1 <= batch.size <= PERSONAL_SIZE for batch in sent if batch.group.channel != "mass")
    if at_most is not None:
        assert sum(batch.size for batch in sent) <= at_most


@pytest.mark.parametrize(
    ("total", "sizes"),
    [
        (1, []),
        (2, [2]),
        (10_000, [10_000]),
        (10_001, [9_999, 2]),
        (25_000, [10_000, 10_000, 5_000]),
        (1_000_000, [10_000] * 100),
    ],
)
def test_mass_messages_take_as_few_calls_as_can_be(total: int, sizes: list[int]) -> None:
    """And none goes to one person, which WeChat refuses; one alone is told why."""
    batches = pack(page_counts(*[700] * (total // 700), total % 700))
    assert [batch.size for batch in batches if not batch.skip] == sizes
    assert [batch.skip for batch in batches if batch.skip] == (["too_few"] if total == 1 else [])


def test_a_canary_of_a_million_costs_no_call_more() -> None:
    """One percent of a million is one whole batch."""
    batches = pack(page_counts(*[1_000] * 1_000), canary=1.0)
    assert [batch.canary for batch in batches] == [True] + [False] * 99


def test_a_canary_takes_the_remainder_where_that_is_small() -> None:
    """25,300 persons need three calls, with a canary of about one percent too."""
    sizes = [(batch.size, batch.canary) for batch in pack(page_counts(25_300 - 24_000, 24_000), canary=1.0)]
    assert sizes == [(253, True), (10_000, False), (10_000, False), (5_047, False)]
    sizes = [(batch.size, batch.canary) for batch in pack(page_counts(21_300), canary=1.0)]
    assert sizes == [(1_300, True), (10_000, False), (10_000, False)]


def test_small_runs_have_no_canary() -> None:
    """What would ten persons tell?"""
    assert not any(batch.canary for batch in pack(page_counts(1_000, group=CUSTOM), canary=1.0))


def test_who_is_over_the_most_is_skipped_with_its_reason() -> None:
    """The first pages come first; the rest is written down."""
    batches = pack(page_counts(60, 60, group=CUSTOM), at_most=70)
    assert [(batch.size, batch.skip) for batch in batches] == [(70, ""), (50, "over_at_most")]


def test_who_was_skipped_before_is_in_a_batch_too() -> None:
    """So the batches add up to the audience."""
    batches = pack(page_counts(5), skipped={"holdout": 3, "capped": 2, "unsubscribed": 0})
    assert [(batch.size, batch.skip) for batch in batches] == [(5, ""), (2, "capped"), (3, "holdout")]
