"""Keep every account's access token fresh, from the one place whose address WeChat knows."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from yuchi.domain.account import Account, AccountSecrets
from yuchi.services.places import place_of
from yuchi.services.ports import Accounts, Metrics, UnavailableError

LOGGER: Final = logging.getLogger(__name__)

ADDRESS_REFUSED: Final = frozenset({40164, 89501, 89503, 89506, 89507, 61004})
"""WeChat's codes for an address that is not on the account's allow-list, or waits for its administrator."""


class AllAccounts(Accounts, Protocol):
    """The accounts of this deployment, and all of them."""

    def all(self) -> Iterable[Account]:
        """Every account."""
        ...

    def forget(self, account: str) -> None:
        """Read the account and its secrets anew when next asked."""
        ...


class TokenRefusedError(Exception):
    """WeChat gives no token. ``code``: its errcode, None where it could not be reached."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"errcode {code}")
        self.code = code


class Broker(Protocol):
    """Fetches the token of one account where that is needed."""

    def refresh(self, account: Account, secrets: AccountSecrets) -> bool:
        """Make sure there is a token good for five minutes; whether a new one was fetched for it.

        Raises :class:`TokenRefusedError`.
        """
        ...


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """How many accounts have a token, and the ids of those that have none."""

    fresh: int
    failed: list[str]


@dataclass(frozen=True, slots=True)
class RefreshTokens:
    """The use case behind ``functions/refresh_tokens``."""

    accounts: AllAccounts
    broker: Broker
    metrics: Metrics

    def refresh_all(self) -> RefreshReport:
        """Refresh each account; one that fails stops no other."""
        return self._refresh(self.accounts.all())

    def refresh_one(self, account_id: str) -> RefreshReport:
        """Refresh one account: for a sender whose token was refused, or an operator who has just changed the AppSecret."""
        self.accounts.forget(account_id)
        account = self.accounts.get(account_id)
        return self._refresh([account]) if account else RefreshReport(fresh=0, failed=[account_id])

    def _refresh(self, accounts: Iterable[Account]) -> RefreshReport:
        fresh, failed = 0, []
        for account in accounts:
            try:
                fetched = self.broker.refresh(account, self.accounts.secrets(account.id))
            except TokenRefusedError as refused:
                failed.append(account.id)
                self.metrics.count("EgressAddressRefused" if refused.code in ADDRESS_REFUSED else "TokenRefreshFailed")
            except UnavailableError:
                failed.append(account.id)
                self.metrics.count("TokenRefreshFailed")
            except Exception as error:  # noqa: BLE001 - secrets that cannot be read must not cost others their tokens
                LOGGER.error("token not refreshed: %s", place_of(error))  # noqa: TRY400 - the text may quote secrets
                failed.append(account.id)
                self.metrics.count("TokenRefreshFailed")
            else:
                fresh += 1
                self.metrics.count("TokenRefreshed", int(fetched))
        return RefreshReport(fresh=fresh, failed=failed)
