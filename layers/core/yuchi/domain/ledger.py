"""The send ledger: one row for each side effect, so that it happens at most once and always ends in a known state."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

LEASE: Final = timedelta(seconds=90)
"""How long a claim holds. Longer than the function's timeout, shorter than the queue's visibility timeout."""

KEPT: Final = timedelta(days=30)
"""How long a row stays after its last change: longer than queue retention and the dead-letter horizon together."""


class LedgerState(StrEnum):
    """Where a side effect stands. ``SENT``, ``REJECTED``, ``SKIPPED`` and ``UNKNOWN`` are final.

    ``RETRY``: known not to be accepted, may be tried again. ``UNKNOWN``: nobody can tell whether it was accepted; it is
    shown to people and never sent again by itself.
    """

    CLAIMED = "CLAIMED"
    RETRY = "RETRY"
    SENT = "SENT"
    REJECTED = "REJECTED"
    SKIPPED = "SKIPPED"
    UNKNOWN = "UNKNOWN"


FINAL_STATES: Final = frozenset(
    {LedgerState.SENT, LedgerState.REJECTED, LedgerState.SKIPPED, LedgerState.UNKNOWN},
)

TRANSITIONS: Final[Mapping[LedgerState | None, frozenset[LedgerState]]] = {
    None: frozenset({LedgerState.CLAIMED}),
    LedgerState.CLAIMED: FINAL_STATES | {LedgerState.RETRY, LedgerState.CLAIMED},
    LedgerState.RETRY: frozenset({LedgerState.CLAIMED}),
    **dict.fromkeys(FINAL_STATES, frozenset[LedgerState]()),
}
"""Which state may follow which. CLAIMED after CLAIMED is an expired claim on a channel that takes a provider key."""


RULE_MARK: Final = "#rule#"
"""What stands in the owner of a rule's rows, and of no others."""


def rule_owner(account: str, rule: str) -> str:
    """``<account>#rule#<rule id>``: the partition of what one rule did on one account."""
    return f"{account}{RULE_MARK}{rule}"


def window_owner(account: str) -> str:
    """``<account>#window``: the partition of how far fans' customer-service windows are used, a row for each fan."""
    return f"{account}#window"


def tags_owner(account: str) -> str:
    """``<account>#tags``: the partition of the numbers that WeChat gave to the account's tags, a row for each tag."""
    return f"{account}#tags"


DEPARTURES: Final = "#departures"
"""The partition of fans who left and whom the archive still names, a row for each name; no account has this id."""

PASSES: Final = "#passes"
"""The partition of how far the passes over the archive are, a row for each brand."""


class LedgerKey(BaseModel):
    """``owner``: the partition, see :func:`rule_owner`; ``entry``: the action's id, the row in it."""

    model_config = ConfigDict(frozen=True)

    owner: str
    entry: str


class LedgerEntry(BaseModel):
    """One row. ``version`` grows by one at each change; ``lease_until`` and ``updated_at`` are epoch seconds.

    ``claimed_by`` is fresh with each claim: who finds it in the stored row knows that a write whose answer got lost was
    done. ``place_taken``: a place in the customer-service window is already reserved for it. ``code`` is WeChat's errcode
    or the HTTP status; ``reason`` comes from a closed list.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: LedgerKey
    state: LedgerState
    version: Annotated[int, Field(ge=1)] = 1
    attempt: Annotated[int, Field(ge=1)] = 1
    claimed_by: str = ""
    lease_until: int = 0
    updated_at: int = 0
    place_taken: bool = False
    channel: str = ""
    subject: str = ""
    code: int | None = None
    reason: str = ""


class ClaimDecision(StrEnum):
    """What to do with a row that is already there."""

    TAKE = "take"
    DONE = "done"
    BUSY = "busy"
    LOST = "lost"


def judge_claim(entry: LedgerEntry, now: datetime, *, repeatable: bool) -> ClaimDecision:
    """What a new claim of ``entry`` may do.

    A claim whose lease ran out belongs to a worker that died in the middle: where the receiver knows our key
    (``repeatable``) the effect may be repeated with that same key, else it is ``LOST`` and ends in UNKNOWN.
    """
    if entry.state in FINAL_STATES:
        return ClaimDecision.DONE
    if entry.state is LedgerState.RETRY:
        return ClaimDecision.TAKE
    if now.timestamp() < entry.lease_until:
        return ClaimDecision.BUSY
    return ClaimDecision.TAKE if repeatable else ClaimDecision.LOST
