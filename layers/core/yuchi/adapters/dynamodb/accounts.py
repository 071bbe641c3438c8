"""``Accounts`` and the SSM parameters with their secrets, kept for some minutes in the container."""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import from_item, to_item
from yuchi.domain.account import ACCOUNT_ID, Account, AccountSecrets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

LOGGER: Final = logging.getLogger(__name__)
KEPT_SECONDS: Final = 300.0
UNKNOWN_KEPT_SECONDS: Final = 30.0
MAX_UNKNOWN: Final = 1000
"""How many unknown names are remembered, so that a flood of them costs neither reads nor memory."""


@dataclass(slots=True)
class DynamoDBAccounts:
    """:class:`yuchi.services.ports.Accounts` on DynamoDB and SSM."""

    client: "DynamoDBClient"
    ssm: "SSMClient"
    accounts_table: str
    parameter_prefix: str
    monotonic: Callable[[], float] = time.monotonic
    _accounts: dict[str, tuple[float, Account]] = field(default_factory=dict)
    _secrets: dict[str, tuple[float, AccountSecrets]] = field(default_factory=dict)
    _unknown: dict[str, float] = field(default_factory=dict)

    def get(self, account: str) -> Account | None:
        """The account, at most five minutes old; that there is none is remembered for half a minute."""
        if not re.fullmatch(ACCOUNT_ID, account):
            return None  # a path that somebody made up; DynamoDB would refuse the longest of them as a key
        now = self.monotonic()
        if account in self._accounts and now < self._accounts[account][0]:
            return self._accounts[account][1]
        if now < self._unknown.get(account, 0.0):
            return None
        with unavailable():
            item = self.client.get_item(TableName=self.accounts_table, Key={"account": {"S": account}}).get("Item")
        if item is None:
            if len(self._unknown) >= MAX_UNKNOWN:
                self._unknown.clear()
            self._unknown[account] = now + UNKNOWN_KEPT_SECONDS
            return None
        found = Account.model_validate(from_item(item))
        self._accounts[account] = (now + KEPT_SECONDS, found)
        return found

    def secrets(self, account: str) -> AccountSecrets:
        """The account's secrets, at most five minutes old."""
        now = self.monotonic()
        if account in self._secrets and now < self._secrets[account][0]:
            return self._secrets[account][1]
        with unavailable():
            parameter = self.ssm.get_parameter(Name=self._parameter(account), WithDecryption=True)["Parameter"]
        found = AccountSecrets.model_validate_json(parameter["Value"])
        self._secrets[account] = (now + KEPT_SECONDS, found)
        return found

    def forget(self, account: str) -> None:
        """Read the account and its secrets anew when next asked."""
        for kept in (self._accounts, self._secrets, self._unknown):
            kept.pop(account, None)

    def all(self) -> list[Account]:
        """Every account. For the token broker and the command line, not for the way of an event."""
        with unavailable():
            pages = self.client.get_paginator("scan").paginate(TableName=self.accounts_table)
            items = [from_item(item) for page in pages for item in page["Items"]]
        return [account for account in map(_read, items) if account is not None]

    def put(self, account: Account, secrets: AccountSecrets) -> None:
        """Store an account, its secrets first, so that nobody finds an account without them."""
        plain = {name: value.get_secret_value() for name, value in secrets if value is not None}
        with unavailable():
            self.ssm.put_parameter(
                Name=self._parameter(account.id),
                Value=json.dumps(plain),
                Type="SecureString",
                Overwrite=True,
            )
            self.client.put_item(
                TableName=self.accounts_table, Item=to_item(account.model_dump(mode="json", by_alias=True))
            )

    def _parameter(self, account: str) -> str:
        return f"{self.parameter_prefix}/accounts/{account}"


def _read(item: Mapping[str, Any]) -> Account | None:
    """The stored account; None for an item that is none, so that it costs no other account its token."""
    try:
        return Account.model_validate(item)
    except ValidationError:
        LOGGER.warning("unreadable account %s", item.get("account"))
        return None
