"""Which ledger state may follow which, and what a second claim may do."""

from datetime import UTC, datetime, timedelta

import pytest

from yuchi.domain.ledger import (
    FINAL_STATES,
    TRANSITIONS,
    ClaimDecision,
    LedgerEntry,
    LedgerKey,
    LedgerState,
    judge_claim,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def row(state: LedgerState, *, lease: int = 0) -> LedgerEntry:
    return LedgerEntry(
        key=LedgerKey(owner="tea#rule#r", entry="e"), state=state, lease_until=int(NOW.timestamp()) + lease
    )


def test_every_state_has_its_successors_and_final_states_have_none() -> None:
    assert set(TRANSITIONS) == {None, *LedgerState}
    assert all(not TRANSITIONS[state] for state in FINAL_STATES)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
@pytest.mark.parametrize("repeatable", [True, False])
def test_what_is_settled_stays_settled(state: LedgerState, repeatable: bool) -> None:
    assert judge_claim(row(state), NOW, repeatable=repeatable) is ClaimDecision.DONE


def test_what_was_not_accepted_may_be_tried_again() -> None:
    assert judge_claim(row(LedgerState.RETRY), NOW, repeatable=False) is ClaimDecision.TAKE


def test_a_claim_holds_for_its_lease() -> None:
    assert judge_claim(row(LedgerState.CLAIMED, lease=1), NOW, repeatable=True) is ClaimDecision.BUSY


def test_a_dead_workers_claim_is_repeated_only_where_the_receiver_knows_our_key() -> None:
    assert judge_claim(row(LedgerState.CLAIMED), NOW, repeatable=True) is ClaimDecision.TAKE
    assert judge_claim(row(LedgerState.CLAIMED), NOW, repeatable=False) is ClaimDecision.LOST
    assert judge_claim(row(LedgerState.CLAIMED), NOW + timedelta(days=1), repeatable=False) is ClaimDecision.LOST
