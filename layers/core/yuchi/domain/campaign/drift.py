"""Whether the audience is still the one that was approved."""

from typing import Final

MOST: Final = 0.2
"""How far the audience may move between approval and sending."""
SMALL: Final = 20
"""A change by fewer persons than this is no drift, whatever part of a small audience they are."""


def drifted(approved: int | None, found: int) -> bool:
    """Whether ``found`` persons are too many or too few for an approval of ``approved``; None was shown no number."""
    if approved is None:
        return False
    change = abs(found - approved)
    return change >= SMALL and change > MOST * approved
