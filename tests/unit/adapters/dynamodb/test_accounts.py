from typing import Any

import boto3
import pytest

from tests.contract.examples import account, secrets
from tests.unit.adapters.dynamodb.faults import Faults
from yuchi.adapters.dynamodb.accounts import DynamoDBAccounts
from yuchi.adapters.dynamodb.registry import KEPT_SECONDS, MAX_UNKNOWN, RENEWED_SECONDS
from yuchi.services.ports import UnavailableError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(client: Any, session: boto3.Session, clock: Clock) -> DynamoDBAccounts:
    return DynamoDBAccounts(client, session.client("ssm"), "Accounts", "/yuchi/test", monotonic=clock)


def test_an_account_is_read_once_in_five_minutes(
    accounts: DynamoDBAccounts, faults: Faults, clock: Clock, brand: str
) -> None:
    given = account(brand)
    accounts.put(given, secrets())
    faults.requests.clear()
    for now in (0, KEPT_SECONDS - 1, KEPT_SECONDS + 1):
        clock.now = now
        assert accounts.get(given.id) == given
    assert faults.requests == ["GetItem", "GetItem"]


def test_unknown_names_are_remembered_for_a_while_and_not_without_bound(
    accounts: DynamoDBAccounts, faults: Faults, clock: Clock, brand: str
) -> None:
    for now in (0, RENEWED_SECONDS - 1, RENEWED_SECONDS + 1):
        clock.now = now
        assert accounts.get(f"{brand}-none") is None
    assert faults.requests == ["GetItem", "GetItem"]
    accounts.registry.unknown = dict.fromkeys(map(str, range(MAX_UNKNOWN)), 1e9)
    assert accounts.get(f"{brand}-flood") is None
    assert len(accounts.registry.unknown) == 1


@pytest.mark.parametrize("name", ["", "a" * 41, "a" * 3_000, "Tea", "tea#x", "../tea", "tea\n", "茶"])
def test_a_name_that_no_account_can_have_is_not_even_looked_up(
    accounts: DynamoDBAccounts, faults: Faults, name: str
) -> None:
    assert accounts.get(name) is None
    assert (faults.requests, accounts.registry.unknown) == ([], {})


def test_an_account_that_was_just_added_is_found_within_the_half_minute(
    accounts: DynamoDBAccounts, clock: Clock, brand: str
) -> None:
    assert accounts.get(account(brand).id) is None
    accounts.put(account(brand), secrets())
    clock.now = RENEWED_SECONDS + 1
    assert accounts.get(account(brand).id) == account(brand)


def test_missing_secrets_are_an_outage_of_the_account(accounts: DynamoDBAccounts, brand: str) -> None:
    with pytest.raises(UnavailableError, match="ParameterNotFound"):
        accounts.secrets(f"{brand}-none")


def test_all_accounts_are_listed(accounts: DynamoDBAccounts, brand: str) -> None:
    accounts.put(account(brand), secrets())
    assert account(brand) in accounts.all()
