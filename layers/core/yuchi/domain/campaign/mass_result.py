"""What WeChat's report on a mass message (``campaign.finished``) means for the persons of its batch."""

from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.campaign.run import Tally
from yuchi.domain.ledger import LedgerState

FILTERED: Final = "filtered"
"""WeChat left the fan out: four mass messages this month, messages turned off."""
FAILED: Final = "mass_failed"
_COUNTED: Final = frozenset({LedgerState.SENT, LedgerState.UNKNOWN})


def mass_endings(data: Mapping[str, Any], persons: int) -> dict[tuple[LedgerState, str], int] | None:
    """How ``persons`` ended by an event's ``data``; None where it tells nothing.

    WeChat counts and names nobody. Where its counts are not about so many persons, all are taken for sent.
    """
    match data.get("status"):
        case "success":
            return _by_counts(data, persons)
        case "rejected":
            return {(LedgerState.REJECTED, f"mass:{int(data.get('reason_code') or 0)}"): persons}
        case "failed":
            return {(LedgerState.REJECTED, FAILED): persons}
        case _:
            return None


def corrected(tallies: Mapping[Tally, int], data: Mapping[str, Any]) -> dict[Tally, int] | None:
    """The counts of a settled batch after the report; None where nothing changes. Who was skipped stays skipped."""
    concerned = {tally: count for tally, count in tallies.items() if tally.state in _COUNTED}
    endings = mass_endings(data, sum(concerned.values()))
    if not concerned or endings is None:
        return None
    way = next(iter(concerned))
    told = {way._replace(state=state, reason=reason): count for (state, reason), count in endings.items()}
    after = {tally: count for tally, count in tallies.items() if tally not in concerned} | told
    return None if after == dict(tallies) else after


def _by_counts(data: Mapping[str, Any], persons: int) -> dict[tuple[LedgerState, str], int]:
    total, allowed, sent, failed = (
        int(data.get(name) or 0) for name in ("total_count", "filter_count", "sent_count", "error_count")
    )
    counts = {
        (LedgerState.SENT, ""): sent,
        (LedgerState.REJECTED, FILTERED): persons - allowed,
        (LedgerState.REJECTED, FAILED): failed,
    }
    if total != persons or sum(counts.values()) != persons or min(counts.values()) < 0:
        return {(LedgerState.SENT, ""): persons}
    return {ending: count for ending, count in counts.items() if count}
