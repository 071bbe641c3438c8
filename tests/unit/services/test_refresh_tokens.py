from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from tests.fakes.stores import FakeAccounts, FakeMetrics
from tests.fakes.world import ACCOUNT, SECRETS
from yuchi.domain.account import Account, AccountSecrets
from yuchi.services.ports import UnavailableError
from yuchi.services.refresh_tokens import RefreshReport, RefreshTokens, TokenRefusedError


class AllAccounts(FakeAccounts):
    def all(self) -> Iterable[Account]:
        return self.accounts.values()

    def forget(self, account: str) -> None:
        self.forgotten = account


@dataclass
class FakeBroker:
    errors: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def refresh(self, account: Account, secrets: AccountSecrets) -> bool:
        self.asked.append(account.id)
        if account.id in self.errors:
            raise self.errors[account.id]
        return account.id != "juice"


def make(**errors: Exception) -> tuple[RefreshTokens, FakeBroker, FakeMetrics]:
    names = ("tea", "coffee", "juice")
    accounts = AllAccounts(
        {name: ACCOUNT.model_copy(update={"id": name}) for name in names}, dict.fromkeys(names, SECRETS)
    )
    broker, metrics = FakeBroker(errors), FakeMetrics()
    return RefreshTokens(accounts=accounts, broker=broker, metrics=metrics), broker, metrics


def test_all_accounts_are_refreshed() -> None:
    refresh, broker, metrics = make()
    assert refresh.refresh_all() == RefreshReport(fresh=3, failed=[])
    assert broker.asked == ["tea", "coffee", "juice"]
    assert metrics.counts == {"TokenRefreshed": 2}


@pytest.mark.parametrize(
    ("error", "metric"),
    [
        (TokenRefusedError(40164), "EgressAddressRefused"),
        (TokenRefusedError(40125), "TokenRefreshFailed"),
        (TokenRefusedError(None), "TokenRefreshFailed"),
        (UnavailableError("down"), "TokenRefreshFailed"),
        (ValueError("secret text"), "TokenRefreshFailed"),
    ],
)
def test_one_that_fails_stops_no_other(error: Exception, metric: str, caplog: pytest.LogCaptureFixture) -> None:
    refresh, _, metrics = make(coffee=error)
    assert refresh.refresh_all() == RefreshReport(fresh=2, failed=["coffee"])
    assert metrics.counts[metric] == 1
    assert "secret text" not in caplog.text


def test_one_account_is_refreshed_alone() -> None:
    refresh, broker, _ = make()
    assert refresh.refresh_one("coffee") == RefreshReport(fresh=1, failed=[])
    assert broker.asked == ["coffee"]
    assert refresh.refresh_one("gone") == RefreshReport(fresh=0, failed=["gone"])
