"""The two arbiters: who answers a push, and who may carry out a side effect."""

from datetime import datetime, timedelta

import pytest

from tests.contract.conftest import Ports
from tests.contract.examples import ANSWER, NOW
from yuchi.domain.ledger import FINAL_STATES, LEASE, LedgerEntry, LedgerKey, LedgerState
from yuchi.domain.timeline import Answer
from yuchi.services.ports import ClaimHeldError

OTHER = Answer(rule="other", version=1, index=2)
AFTER = NOW + LEASE + timedelta(seconds=1)


@pytest.mark.parametrize("body", ["<xml>您好</xml>", ""])
def test_the_first_claim_of_a_receipt_is_kept(ports: Ports, brand: str, body: str) -> None:
    assert ports.receipts.claim(brand, body, ANSWER, now=NOW) == (body, ANSWER)
    assert ports.receipts.claim(brand, "<xml/>", OTHER, now=AFTER) == (body, ANSWER)
    assert ports.receipts.claim(f"{brand}#2", "<xml/>", OTHER, now=NOW) == ("<xml/>", OTHER)


def key(brand: str, entry: str = "e:r:0") -> LedgerKey:
    return LedgerKey(owner=f"{brand}#rule#r", entry=entry)


def claim(ports: Ports, brand: str, *, now: datetime = NOW, repeatable: bool = False) -> LedgerEntry | None:
    return ports.ledger.claim(key(brand), channel="send", subject="wechat:tea:o", now=now, repeatable=repeatable)


def claimed(ports: Ports, brand: str, *, repeatable: bool = False) -> LedgerEntry:
    entry = claim(ports, brand, repeatable=repeatable)
    assert entry is not None
    return entry


def test_a_first_claim_is_ours_and_shuts_out_others_while_it_lasts(ports: Ports, brand: str) -> None:
    entry = claimed(ports, brand)
    assert (entry.state, entry.version, entry.attempt) == (LedgerState.CLAIMED, 1, 1)
    for now in (NOW, NOW + LEASE - timedelta(seconds=1)):
        for repeatable in (False, True):
            with pytest.raises(ClaimHeldError):
                claim(ports, brand, now=now, repeatable=repeatable)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_what_is_settled_is_never_claimed_again(ports: Ports, brand: str, state: LedgerState) -> None:
    entry = ports.ledger.settle(claimed(ports, brand), state, now=NOW, code=45015, reason="rejected")
    assert (entry.state, entry.version, entry.code, entry.reason) == (state, 2, 45015, "rejected")
    assert claim(ports, brand) is None
    assert claim(ports, brand, now=AFTER, repeatable=True) is None


def test_what_was_not_accepted_is_claimed_again_at_once(ports: Ports, brand: str) -> None:
    ports.ledger.settle(claimed(ports, brand), LedgerState.RETRY, now=NOW, reason="not_sent")
    again = claimed(ports, brand)
    assert (again.state, again.version, again.attempt) == (LedgerState.CLAIMED, 3, 2)
    with pytest.raises(ClaimHeldError):
        claim(ports, brand)


def test_a_dead_workers_claim_is_taken_over_where_the_receiver_knows_our_key(ports: Ports, brand: str) -> None:
    dead = claimed(ports, brand, repeatable=True)
    heir = claim(ports, brand, now=AFTER, repeatable=True)
    assert heir is not None
    assert (heir.state, heir.attempt, heir.version) == (LedgerState.CLAIMED, 2, 2)
    with pytest.raises(ClaimHeldError):
        ports.ledger.settle(dead, LedgerState.SENT, now=AFTER)
    assert ports.ledger.settle(heir, LedgerState.SENT, now=AFTER).state is LedgerState.SENT


def test_a_dead_workers_claim_ends_as_unknown_where_it_does_not(ports: Ports, brand: str) -> None:
    dead = claimed(ports, brand)
    lost = claim(ports, brand, now=AFTER)
    assert lost is not None
    assert (lost.state, lost.reason) == (LedgerState.UNKNOWN, "worker_lost")
    assert claim(ports, brand, now=AFTER) is None
    with pytest.raises(ClaimHeldError):
        ports.ledger.settle(dead, LedgerState.SENT, now=AFTER)


def test_rows_of_one_owner_are_apart(ports: Ports, brand: str) -> None:
    claimed(ports, brand)
    other = ports.ledger.claim(key(brand, "e:r:1"), channel="send", subject="s", now=NOW, repeatable=False)
    assert other is not None


# --- places in customer-service windows ---


def take(
    ports: Ports, brand: str, number: int, *, subject: str = "o", trigger: int | None = None
) -> LedgerEntry | None:
    entry = ports.ledger.claim(key(brand, f"e:r:{number}"), channel="send", subject=subject, now=NOW, repeatable=False)
    assert entry is not None
    opened = int(NOW.timestamp()) if trigger is None else trigger
    return ports.ledger.take_place(entry, account=brand, subject=subject, triggers={"menu": opened}, now=NOW)


def test_a_window_has_so_many_places_and_no_more(ports: Ports, brand: str) -> None:
    placed = [take(ports, brand, number) for number in range(5)]
    assert [each is not None and each.place_taken for each in placed] == [True, True, True, False, False]
    assert placed[0] is not None
    assert placed[0].version == 2
    assert ports.ledger.settle(placed[0], LedgerState.SENT, now=NOW).version == 3
    assert take(ports, brand, 9, subject="another") is not None


def test_a_new_trigger_opens_a_new_window_and_an_old_one_is_shut(ports: Ports, brand: str) -> None:
    now = int(NOW.timestamp())
    for number in range(3):
        take(ports, brand, number, trigger=now - 10)
    assert take(ports, brand, 3, trigger=now - 10) is None
    assert take(ports, brand, 4, trigger=now) is not None
    assert take(ports, brand, 5, trigger=now - 61) is None


def test_no_place_is_taken_for_a_row_that_another_took_over(ports: Ports, brand: str) -> None:
    dead = claimed(ports, brand, repeatable=True)
    assert claim(ports, brand, now=AFTER, repeatable=True) is not None
    with pytest.raises((ClaimHeldError, Exception)):
        ports.ledger.take_place(dead, account=brand, subject="o", triggers={"message": int(NOW.timestamp())}, now=NOW)
