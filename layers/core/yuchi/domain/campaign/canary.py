"""What the first few messages of a run tell about the rest."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from yuchi.domain.campaign.run import Tally
from yuchi.domain.ledger import LedgerState

WAIT: Final = 600
"""Seconds between the last message of the canary and the rest, in which fans may leave or complain."""
MOST_FAILED: Final = 0.05
MOST_LEFT: Final = 0.02
"""Which part of the canary may fail, or leave the account, before a person has to look at it."""
_FAILED: Final = frozenset({LedgerState.REJECTED, LedgerState.UNKNOWN})


class Verdict(StrEnum):
    """What is to be done after the canary."""

    WAIT = "wait"
    GO = "go"
    FAILED = "canary_failed"
    LEFT = "canary_left"


def judge(tallies: Iterable[Mapping[Tally, int]], *, left: int, waited: float) -> Verdict:
    """``tallies`` of the canary's batches, all of them settled; how many fans ``left``; seconds ``waited`` since."""
    counts = [(tally.state, count) for each in tallies for tally, count in each.items()]
    sent = sum(count for state, count in counts if state is LedgerState.SENT)
    failed = sum(count for state, count in counts if state in _FAILED)
    if failed > MOST_FAILED * (sent + failed):
        return Verdict.FAILED
    if left > max(1, MOST_LEFT * sent):
        return Verdict.LEFT
    return Verdict.GO if waited >= WAIT else Verdict.WAIT
