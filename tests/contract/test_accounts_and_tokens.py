"""Accounts with their secrets, and the token store."""

from datetime import timedelta

import pytest

from tests.contract.conftest import Ports
from tests.contract.examples import NOW, account, secrets
from yuchi.adapters.wechat.tokens import AccessToken, TokenProblem, TokenState
from yuchi.domain.account import AccountKind, AccountSettings

LATER = NOW + timedelta(seconds=10)


def test_an_account_and_its_secrets_come_back_as_they_were_put(ports: Ports, brand: str) -> None:
    given = account(
        brand,
        kind=AccountKind.MINI_PROGRAM,
        settings=AccountSettings(collect_location=True, webhook_hosts=("hooks.example.com",)),
    )
    assert ports.accounts.get(given.id) is None
    other = account(brand, id=f"{brand}-other")
    ports.put_account(other, secrets(webhook_secret="whsec_x", previous_token="old"))
    assert ports.accounts.get(other.id) == other
    found = ports.accounts.secrets(other.id)
    assert found == secrets(webhook_secret="whsec_x", previous_token="old")
    assert found.tokens() == ("t", "old")


def token(value: str = "t1", *, lasts: float = 7200) -> AccessToken:
    return AccessToken(value=value, obtained_at=NOW, expires_at=NOW + timedelta(seconds=lasts))


def test_at_first_there_is_nothing(ports: Ports, brand: str) -> None:
    assert ports.tokens.read(brand) == TokenState()
    assert not ports.tokens.invalidate(brand, "t1")


def test_one_flight_at_a_time(ports: Ports, brand: str) -> None:
    assert ports.tokens.lease(brand, "a", now=NOW, until=LATER)
    assert not ports.tokens.lease(brand, "b", now=NOW, until=LATER)
    assert ports.tokens.lease(brand, "b", now=LATER, until=LATER + timedelta(seconds=10))
    assert not ports.tokens.put(brand, "a", token())
    assert ports.tokens.put(brand, "b", token())
    assert ports.tokens.read(brand) == TokenState(token=token())
    assert ports.tokens.lease(brand, "c", now=LATER, until=LATER + timedelta(seconds=10))


def test_a_token_that_lasts_longer_is_never_replaced_by_one_that_does_not(ports: Ports, brand: str) -> None:
    for owner, value, lasts, taken in [("a", "t1", 100, True), ("b", "t2", 50, False), ("b", "t3", 200, True)]:
        ports.tokens.lease(brand, owner, now=NOW, until=LATER)
        assert ports.tokens.put(brand, owner, token(value, lasts=lasts)) is taken
    assert ports.tokens.read(brand).token == token("t3", lasts=200)


@pytest.mark.parametrize("code", [40164, None])
def test_a_problem_ends_the_lease_and_is_kept_until_a_token_comes(ports: Ports, brand: str, code: int | None) -> None:
    problem = TokenProblem(code=code, hold_until=LATER, address="203.0.113.7" if code else "")
    ports.tokens.lease(brand, "a", now=NOW, until=LATER)
    ports.tokens.report(brand, "b", problem)
    assert ports.tokens.read(brand) == TokenState()
    ports.tokens.report(brand, "a", problem)
    assert ports.tokens.read(brand) == TokenState(problem=problem)
    assert ports.tokens.lease(brand, "b", now=NOW, until=LATER)
    assert ports.tokens.put(brand, "b", token())
    assert ports.tokens.read(brand) == TokenState(token=token())


def test_only_the_token_that_was_refused_is_forgotten(ports: Ports, brand: str) -> None:
    ports.tokens.lease(brand, "a", now=NOW, until=LATER)
    ports.tokens.put(brand, "a", token("t1"))
    assert not ports.tokens.invalidate(brand, "t0")
    assert ports.tokens.invalidate(brand, "t1")
    assert ports.tokens.read(brand) == TokenState()
    ports.tokens.lease(brand, "b", now=NOW, until=LATER)
    ports.tokens.report(brand, "b", None)
    assert ports.tokens.lease(brand, "c", now=NOW, until=LATER)
