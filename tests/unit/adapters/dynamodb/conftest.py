from collections.abc import Iterator
from itertools import count
from typing import Any

import boto3
import pytest

from tests.contract.aws import CONFIG, aws
from tests.unit.adapters.dynamodb.faults import Faults, no_waiting


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    """An AWS for the tests of one file: moto must not catch calls of tests that mean another endpoint."""
    with aws() as made:
        yield made


@pytest.fixture
def client(session: boto3.Session) -> Iterator[Any]:
    """A client of its own for each test, so that the faults of one do not reach another."""
    with no_waiting():
        yield session.client("dynamodb", config=CONFIG)


@pytest.fixture
def faults(client: Any) -> Faults:
    return Faults(client)


_NUMBERS = count(1)


@pytest.fixture
def brand() -> str:
    return f"unit-{next(_NUMBERS)}"
