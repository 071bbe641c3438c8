"""What WeChat reports of mass messages sets right what was thought of them."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.fakes.campaigns_world import BRAND, FakeMetrics
from tests.fakes.runs import FakeRuns
from tests.fakes.stores import FakeLedger
from yuchi.domain.campaign import mass_result
from yuchi.domain.campaign.mass_result import FAILED, FILTERED, corrected, mass_endings
from yuchi.domain.campaign.run import Batch, Group, RunKey, Tally, campaign_owner
from yuchi.domain.event import parse_time
from yuchi.domain.ledger import LedgerKey, LedgerState
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_campaigns import DeliveryMessage
from yuchi.services.reconcile_mass import LOST_A_DAY, BatchKey, MassIndex, ReconcileMass

NOW = parse_time("2026-11-23T02:00:00Z")
RUN = RunKey(BRAND, "spring", "a1")
S = LedgerState
SENT = Tally("", "mass", "shop", S.SENT)
LOST = SENT._replace(state=S.UNKNOWN, reason="answer_lost")
SKIPPED = SENT._replace(state=S.SKIPPED, reason="opted_out")
SUCCESS: dict[str, Any] = {"status": "success", "total_count": 10, "filter_count": 8, "sent_count": 7, "error_count": 1}
TURNED_DOWN: dict[str, Any] = {"status": "rejected", "reason_code": 20013, "total_count": 10}


def no(reason: str) -> Tally:
    return SENT._replace(state=S.REJECTED, reason=reason)


AFTER = {SENT: 7, no(FILTERED): 2, no(FAILED): 1}


class Desk:
    def __init__(self) -> None:
        self.runs, self.ledger, self.metrics = FakeRuns(), FakeLedger(), FakeMetrics()
        self.index = MassIndex(self.ledger)
        self.service = ReconcileMass(self.runs, self.ledger, self.metrics, lambda: NOW)

    def batch(self, number: int = 0, tallies: Mapping[Tally, int] | None = None) -> BatchKey:
        self.runs.save_batches(RUN, [Batch(number, Group("shop", "mass", ""), (), 12)])
        if tallies is not None:
            self.runs.settle_batch(RUN, number, tallies, unknown=["p1"])
        return BatchKey(RUN, number)

    def report(self, brand: str = BRAND, message_id: str = "4711", **data: Any) -> None:
        self.service.finish(
            DeliveryMessage(
                brand=brand,
                account="shop",
                person="",
                subject="",
                event_id="e1",
                event_type="campaign.finished",
                at=NOW,
                data={"message_id": message_id, **data},
            )
        )

    def tallies(self, number: int = 0) -> Mapping[Tally, int] | None:
        stored = self.runs.batch(RUN, number)
        assert stored is not None
        return stored.tallies


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("before", [SENT, LOST])
def test_a_report_sets_a_settled_batch_right(desk: Desk, before: Tally) -> None:
    desk.index.sent("shop", "4711", desk.batch(tallies={before: 10, SKIPPED: 2}), now=NOW)

    for _ in range(2):
        desk.report(**SUCCESS)

    stored = desk.runs.batch(RUN, 0)
    assert stored is not None
    assert (stored.tallies, stored.unknown, stored.message_id) == ({SKIPPED: 2, **AFTER}, (), "4711")
    assert desk.runs.progress(RUN).tallies == {SKIPPED: 2, **AFTER}
    assert desk.metrics.counts["MassReconciled"] == 1


def test_a_message_that_was_turned_down_after_all(desk: Desk) -> None:
    desk.index.sent("shop", "4711", desk.batch(tallies={SENT: 10}), now=NOW)

    desk.report(**TURNED_DOWN)

    assert desk.tallies() == {no("mass:20013"): 10}


def test_a_lost_answer_is_found_by_its_number_of_fans(desk: Desk) -> None:
    desk.index.lost("shop", 10, desk.batch(tallies={LOST: 10}), now=NOW)

    desk.report(**{**SUCCESS, "total_count": 11})
    assert desk.tallies() == {LOST: 10}

    desk.report(**SUCCESS)
    assert desk.tallies() == AFTER


def test_of_two_lost_answers_nobody_knows_which(desk: Desk) -> None:
    for number in range(2):
        desk.index.lost("shop", 10, desk.batch(number, {LOST: 10}), now=NOW)

    desk.report(**SUCCESS)

    assert desk.tallies(0) == desk.tallies(1) == {LOST: 10}
    assert desk.metrics.counts["MassReportUnmatched"] == 1


def test_an_answer_that_is_lost_again_is_noted_once(desk: Desk) -> None:
    batch = desk.batch(tallies={LOST: 10})
    for _ in range(LOST_A_DAY + 1):
        desk.index.lost("shop", 10, batch, now=NOW)

    assert desk.index.find("shop", "4711", 10, now=NOW) == [batch]


@pytest.mark.parametrize(
    ("data", "ending"),
    [(SUCCESS, (S.SENT, "4711")), (TURNED_DOWN, (S.REJECTED, "mass:20013"))],
)
def test_of_an_open_batch_the_ledger_is_told(desk: Desk, data: dict[str, Any], ending: tuple[LedgerState, str]) -> None:
    """Whoever takes the batch up next finds it done."""
    key = LedgerKey(owner=campaign_owner("shop", RUN), entry="batch#000000")
    row = desk.ledger.claim(key, channel="mass", subject="", now=NOW, repeatable=True)
    assert row is not None
    desk.ledger.settle(row, S.RETRY, now=NOW, reason="answer_lost")
    desk.index.lost("shop", 10, desk.batch(), now=NOW)

    desk.report(**data)

    assert (desk.ledger.rows[key].state, desk.ledger.rows[key].reason) == ending


def test_while_a_worker_is_at_it_the_report_comes_again(desk: Desk) -> None:
    key = LedgerKey(owner=campaign_owner("shop", RUN), entry="batch#000000")
    desk.ledger.claim(key, channel="mass", subject="", now=NOW, repeatable=True)
    desk.index.lost("shop", 10, desk.batch(), now=NOW)

    with pytest.raises(UnavailableError):
        desk.report(**SUCCESS)


def test_what_the_console_sent_and_what_other_brands_sent_changes_nothing(desk: Desk) -> None:
    desk.index.sent("shop", "4711", desk.batch(tallies={SENT: 10}), now=NOW)

    desk.report(message_id="4712", **SUCCESS)
    desk.report(brand="coffee", **SUCCESS)
    desk.report(status="unknown")

    assert desk.tallies() == {SENT: 10}


@pytest.mark.parametrize(
    "odd",
    [
        {"total_count": 11},
        {"filter_count": 11},
        {"sent_count": 9},
        {"sent_count": -1, "error_count": 9},
        {"total_count": None},
    ],
)
def test_counts_that_do_not_add_up_name_nobody(odd: dict[str, Any]) -> None:
    assert mass_endings({**SUCCESS, **odd}, 10) == {(S.SENT, ""): 10}


@pytest.mark.parametrize("data", [SUCCESS, TURNED_DOWN, {"status": "failed"}])
def test_nobody_gets_lost(data: dict[str, Any]) -> None:
    after = corrected({SENT: 6, LOST: 4, SKIPPED: 2, no("wechat:45002"): 1}, data)

    assert after is not None
    assert (sum(after.values()), after[SKIPPED], after[no("wechat:45002")]) == (13, 2, 1)


def test_a_count_that_is_left_out_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mass_result, "_by_counts", lambda data, _persons: {(S.SENT, ""): data["sent_count"]})

    after = corrected({SENT: 10}, SUCCESS)

    assert after is not None
    assert sum(after.values()) != 10
