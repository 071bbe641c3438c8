"""`yuchi ledger show`: what needs eyes comes first."""

import json

import pytest

from tests.unit.cli.desk import NOW, TEA, FakeDesk, run
from yuchi.domain.ledger import LedgerEntry, LedgerKey, LedgerState

CLUB = TEA.model_copy(update={"id": "club", "appid": "wx2", "original_id": "gh_2"})


def row(
    number: int, state: LedgerState, *, rule: str = "claim", account: str = "tea", code: int | None = None
) -> LedgerEntry:
    return LedgerEntry(
        key=LedgerKey(owner=f"{account}#rule#{rule}", entry=f"event{number:04d}:{rule}:0"),
        state=state,
        updated_at=int(NOW.timestamp()) + number,
        channel="send",
        subject=f"wechat:{account}:oFan{number}",
        code=code,
    )


@pytest.fixture
def desk() -> FakeDesk:
    desk = FakeDesk(TEA, CLUB)
    desk.ledger.rows = [
        row(1, LedgerState.SENT),
        row(2, LedgerState.UNKNOWN),
        row(3, LedgerState.REJECTED, code=45015),
        row(4, LedgerState.SENT, account="club"),
        row(5, LedgerState.UNKNOWN, rule="hello"),
    ]
    return desk


def shown(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines() if "event0" in line]


def test_unknown_first_then_what_was_refused(desk: FakeDesk) -> None:
    outcome = run(desk, "ledger", "show")
    assert outcome.status == 0
    assert shown(outcome.out) == ["UNKNOWN", "UNKNOWN", "REJECTED", "SENT", "SENT"]
    assert "UNKNOWN 2   REJECTED 1   SENT 2" in outcome.out
    assert "45015 the window is closed, or the fan left" in outcome.out
    assert "nothing sends it again" in outcome.err


def test_by_rule_account_state_and_number(desk: FakeDesk) -> None:
    assert shown(run(desk, "ledger", "show", "--rule", "claim").out) == ["UNKNOWN", "REJECTED", "SENT", "SENT"]
    assert shown(run(desk, "ledger", "show", "--account", "club").out) == ["SENT"]
    assert shown(run(desk, "ledger", "show", "--state", "rejected").out) == ["REJECTED"]
    assert shown(run(desk, "ledger", "show", "--limit", "1").out) == ["UNKNOWN"]
    rows = json.loads(run(desk, "ledger", "show", "--rule", "claim", "--account", "tea", "--json").out)
    assert [each["state"] for each in rows] == ["UNKNOWN", "REJECTED", "SENT"]


def test_no_rows_and_wrong_words(desk: FakeDesk) -> None:
    assert "no such rows" in run(desk, "ledger", "show", "--rule", "none").out
    outcome = run(desk, "ledger", "show", "--account", "coffee")
    assert outcome.status == 2
    assert "there are: tea, club" in outcome.err
    assert run(desk, "ledger", "show", "--state", "lost").status == 2
    assert run(desk, "ledger", "show", "--limit", "0").status == 2
