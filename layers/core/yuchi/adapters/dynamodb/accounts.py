"""``Accounts`` and the SSM parameters with their secrets, kept for some minutes in the container."""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from yuchi.adapters.dynamodb.registry import Form, Registry
from yuchi.domain.account import ACCOUNT_ID, Account, AccountSecrets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

_FORM: Final = Form("account", "accounts", Account, AccountSecrets)


class DynamoDBAccounts:
    """:class:`yuchi.services.ports.Accounts` on DynamoDB and SSM."""

    def __init__(
        self,
        client: "DynamoDBClient",
        ssm: "SSMClient",
        accounts_table: str,
        parameter_prefix: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.registry = Registry(_FORM, client, ssm, accounts_table, parameter_prefix, monotonic)
        self.secrets = self.registry.secrets
        self.forget = self.registry.forget
        self.all = self.registry.all

    def get(self, account: str) -> Account | None:
        """The account, at most five minutes old; None also for what nobody can be called: a path that somebody made up."""
        return self.registry.get(account) if re.fullmatch(ACCOUNT_ID, account) else None

    def put(self, account: Account, secrets: AccountSecrets) -> None:
        """Store an account, its secrets first, so that nobody finds an account without them."""
        self.registry.put(account.id, account, secrets)
