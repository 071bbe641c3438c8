"""The numbers of WeChat's tags: the fake keeps them as DynamoDB does."""

from datetime import timedelta
from typing import Any

import boto3
import pytest

from tests.contract.conftest import Ports
from tests.contract.examples import NOW
from tests.fakes.stores import FakeTagNumbers
from yuchi.adapters.dynamodb.tag_numbers import DynamoDBTagNumbers
from yuchi.domain.ledger import LedgerKey


@pytest.fixture(params=["memory", "deployed"])
def numbers(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return FakeTagNumbers()
    session: boto3.Session = request.getfixturevalue("session")
    return DynamoDBTagNumbers(session.client("dynamodb"), "Ledger")


def test_a_number_is_known_for_a_day(numbers: Any, brand: str) -> None:
    assert numbers.get(brand, "会员", now=NOW) is None
    numbers.put(brand, "会员", 100, now=NOW)
    assert numbers.get(brand, "会员", now=NOW + timedelta(hours=23)) == 100
    assert numbers.get(brand, "试用", now=NOW) is None
    assert numbers.get(brand, "会员", now=NOW + timedelta(hours=25)) is None
    numbers.put(brand, "会员", 101, now=NOW + timedelta(hours=25))
    assert numbers.get(brand, "会员", now=NOW + timedelta(hours=26)) == 101


def test_a_row_of_the_ledger_can_be_looked_at(ports: Ports, brand: str) -> None:
    key = LedgerKey(owner=f"{brand}#rule#r", entry="e")
    ledger: Any = ports.ledger
    assert ledger.get(key) is None
    entry = ledger.claim(key, channel="mirror_tag", subject="s", now=NOW, repeatable=True)
    assert ledger.get(key) == entry
