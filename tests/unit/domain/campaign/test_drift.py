"""How far an audience may move."""

import pytest

from yuchi.domain.campaign.drift import drifted


@pytest.mark.parametrize(
    ("approved", "found", "expected"),
    [
        (1_000, 1_200, False),
        (1_000, 1_201, True),
        (1_000, 799, True),
        (10, 25, False),
        (10, 30, True),
        (0, 20, True),
        (None, 5, False),
    ],
)
def test_a_fifth_and_twenty_persons(approved: int | None, found: int, *, expected: bool) -> None:
    """More than either alone says nothing."""
    assert drifted(approved, found) is expected
