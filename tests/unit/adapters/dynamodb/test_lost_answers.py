"""A write that was done although its answer got lost: botocore writes again, and must not take itself for another."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.examples import ANSWER, NOW, entry, linked, profile
from tests.unit.adapters.dynamodb.faults import Faults
from yuchi.adapters.dynamodb.event_store import DynamoDBEventStore
from yuchi.adapters.dynamodb.ledger import DynamoDBLedger
from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles
from yuchi.adapters.dynamodb.receipts import DynamoDBReceipts
from yuchi.domain.ledger import LedgerEntry, LedgerKey, LedgerState
from yuchi.services.ports import AlreadyRecordedError, ClaimHeldError, UnavailableError


class Anonymous(DynamoDBLedger):
    """Twin: rows that do not say whose claim they are, so that a repeated write looks like somebody else's."""

    def _put(self, entry: LedgerEntry, **arguments: Any) -> LedgerEntry | None:
        old = super()._put(entry.model_copy(update={"claimed_by": ""}), **arguments)
        if old is None and arguments["condition"].startswith("attribute_not_exists"):
            # the write found itself; without a name in the row it cannot know that
            return self.second_look(entry)
        return old

    def second_look(self, entry: LedgerEntry) -> LedgerEntry | None:
        return entry.model_copy(update={"claimed_by": ""}) if self.client.lost_one else None  # type: ignore[attr-defined]


def claim(ledger: DynamoDBLedger, brand: str, **changes: Any) -> LedgerEntry | None:
    arguments = {"channel": "send", "subject": "s", "now": NOW, "repeatable": False, **changes}
    return ledger.claim(LedgerKey(owner=brand, entry="e"), **arguments)


def test_a_claim_whose_answer_got_lost_is_ours(client: Any, faults: Faults, brand: str) -> None:
    faults.plans["PutItem"] = ["lost", "lost"]
    row = claim(DynamoDBLedger(client, "Ledger"), brand)
    assert row is not None
    assert (row.state, row.version) == (LedgerState.CLAIMED, 1)
    assert faults.requests == ["PutItem"] * 3
    with pytest.raises(ClaimHeldError):
        claim(DynamoDBLedger(client, "Ledger"), brand)


def test_twin_a_claim_without_a_name_takes_itself_for_another(client: Any, faults: Faults, brand: str) -> None:
    client.lost_one = True
    faults.plans["PutItem"] = ["lost"]
    with pytest.raises(ClaimHeldError):
        claim(Anonymous(client, "Ledger"), brand)


@pytest.mark.parametrize("state", [LedgerState.SENT, LedgerState.RETRY])
def test_a_settlement_whose_answer_got_lost_is_done(
    client: Any, faults: Faults, brand: str, state: LedgerState
) -> None:
    ledger = DynamoDBLedger(client, "Ledger")
    row = claim(ledger, brand)
    assert row is not None
    faults.plans["PutItem"] = ["lost"]
    assert ledger.settle(row, state, now=NOW).version == 2


def test_two_claims_of_one_second_are_told_apart(client: Any, faults: Faults, brand: str) -> None:
    first = claim(DynamoDBLedger(client, "Ledger"), brand)
    assert first is not None
    faults.plans["PutItem"] = ["broken"]
    with pytest.raises(ClaimHeldError):
        claim(DynamoDBLedger(client, "Ledger"), brand)


def test_a_place_whose_answer_got_lost_is_taken_once(client: Any, faults: Faults, brand: str) -> None:
    ledger = DynamoDBLedger(client, "Ledger")
    places = []
    for number in range(4):
        row = ledger.claim(
            LedgerKey(owner=brand, entry=str(number)), channel="send", subject="s", now=NOW, repeatable=False
        )
        assert row is not None
        faults.plans["TransactWriteItems"] = ["lost"] if number == 0 else []
        placed = ledger.take_place(row, account=brand, subject="s", triggers={"menu": int(NOW.timestamp())}, now=NOW)
        places.append(placed is not None)
        if placed and number == 0:
            ledger.settle(placed, LedgerState.SENT, now=NOW)
    assert places == [True, True, True, False]


def test_a_receipt_whose_answer_got_lost_is_ours(client: Any, faults: Faults, brand: str) -> None:
    faults.plans["PutItem"] = ["lost"]
    assert DynamoDBReceipts(client, "Receipts").claim(brand, "<xml/>", ANSWER, now=NOW) == ("<xml/>", ANSWER)


def test_a_commit_whose_answer_got_lost_is_done_once(client: Any, faults: Faults, brand: str) -> None:
    store = DynamoDBEventStore(client, "Timeline", "Profiles", "Identities", "Timers", "Merges")
    given = entry(brand)
    faults.plans["TransactWriteItems"] = ["lost"]
    try:
        store.commit(given, person=linked(profile(brand)), timers=())
    except AlreadyRecordedError as recorded:  # the same to the caller: the outbox is that of the record
        assert recorded.entry == given  # noqa: PT017
    people = DynamoDBProfiles(client, "Identities", "Profiles").find(brand, ["wechat:tea:o-1"], consistent=True)
    assert people["wechat:tea:o-1"].version == 1


# --- what AWS refuses for good ---


@pytest.mark.parametrize("fault", ["throttled", "broken", "lost"])
def test_what_stays_unavailable_says_its_kind_and_nothing_else(
    client: Any, faults: Faults, brand: str, fault: str
) -> None:
    store = DynamoDBEventStore(client, "Timeline", "Profiles", "Identities", "Timers", "Merges")
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("PutItem", lambda: claim(DynamoDBLedger(client, "Ledger"), brand)),
        ("PutItem", lambda: DynamoDBReceipts(client, "Receipts").claim(brand, "", ANSWER, now=NOW)),
        ("GetItem", lambda: DynamoDBProfiles(client, "Identities", "Profiles").find(brand, ["x"], consistent=True)),
        ("TransactWriteItems", lambda: store.commit(entry(brand), person=None, timers=())),
    ]
    for operation, call in calls:
        faults.plans[operation] = [fault] * 4
        with pytest.raises(UnavailableError) as error:
            call()
        assert "canary" not in str(error.value)
        assert faults.plans[operation] == []
