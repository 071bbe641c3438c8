"""The token storm: however many ask, WeChat hears it once or twice, and no newer token is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier, Lock
from typing import Any

import pytest

from tests.unit.adapters.wechat.platform import URL, Answer, Call, Platform, always
from tests.unit.adapters.wechat.sealing import NOW
from tests.unit.adapters.wechat.token_store import MemoryTokenStore
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.custom_messages import text
from yuchi.adapters.wechat.tokens import (
    LEASE,
    AccessToken,
    AccountTokens,
    TokenBroker,
    TokenProblem,
    TokenState,
    TokenUnavailableError,
)
from yuchi.adapters.wechat.transport import CallRefusedError

SECRET = "CANARY-app-secret"
WORKERS = 50
TOKEN_PATH = "/cgi-bin/stable_token"


@dataclass
class Clock:
    """Time that moves only when somebody waits."""

    now: datetime = NOW
    lock: Lock = field(default_factory=Lock)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        with self.lock:
            self.now += timedelta(seconds=seconds / 1000)


@dataclass
class WeChat:
    """The token interface in normal mode: the same token to all callers until five minutes before it ends."""

    clock: Clock
    answer: Answer | None = None
    issued: list[AccessToken] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def __call__(self, call: Call) -> Answer:
        assert call.path == TOKEN_PATH
        if self.answer is not None:
            return self.answer
        with self.lock:
            now = self.clock()
            if not self.issued or not self.issued[-1].lasts(now, timedelta(minutes=5)):
                self.issued.append(AccessToken(f"token-{len(self.issued) + 1}", now, now + timedelta(hours=2)))
            token = self.issued[-1]
        return {"access_token": token.value, "expires_in": int((token.expires_at - now).total_seconds())}


def a_token(
    value: str = "old", *, age: timedelta = timedelta(hours=1), lasts: timedelta = timedelta(hours=1)
) -> AccessToken:
    return AccessToken(value, NOW - age, NOW + lasts)


def broker_of(platform: Platform, store: MemoryTokenStore, clock: Clock) -> TokenBroker:
    numbers = count()
    return TokenBroker(
        store=store,
        clock=clock,
        wait=clock.wait,
        new_owner=lambda: f"owner-{next(numbers)}",
        base_url=URL,
        http=platform.session(),
    )


def refresh(broker: TokenBroker) -> AccessToken:
    return broker.refresh("tea", appid="wx1", secret=SECRET)


def test_asks_for_the_stable_token_in_normal_mode() -> None:
    clock, store = Clock(), MemoryTokenStore()
    platform = Platform(WeChat(clock))

    token = refresh(broker_of(platform, store, clock))

    assert (token.value, token.expires_at) == ("token-1", NOW + timedelta(hours=2))
    assert store.read("tea") == TokenState(token=token)
    assert store.leases == {}
    (call,) = platform.calls
    assert (call.method, call.params, call.timeout) == ("POST", {}, 3.0)
    assert call.json == {"grant_type": "client_credential", "appid": "wx1", "secret": SECRET, "force_refresh": False}


def test_a_token_that_lasts_is_not_fetched_again() -> None:
    clock, store = Clock(), MemoryTokenStore({"tea": TokenState(token=a_token())})
    platform = Platform(WeChat(clock))

    assert refresh(broker_of(platform, store, clock)).value == "old"
    assert platform.calls == []


def test_a_token_is_renewed_five_minutes_before_its_end() -> None:
    clock, store = Clock(), MemoryTokenStore({"tea": TokenState(token=a_token(lasts=timedelta(seconds=299)))})

    assert refresh(broker_of(Platform(WeChat(clock)), store, clock)).value == "token-1"


def in_parallel(work: Callable[[int], Any]) -> list[Any]:
    gate = Barrier(WORKERS)

    def start(number: int) -> Any:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(start, range(WORKERS)))


def test_fifty_workers_with_an_expired_token_cause_one_call() -> None:
    clock, store = Clock(), MemoryTokenStore({"tea": TokenState(token=a_token(lasts=timedelta(seconds=-1)))})
    platform = Platform(WeChat(clock))
    broker = broker_of(platform, store, clock)

    def work(_number: int) -> str:
        return AccountTokens("tea", store=store, refresh=lambda: refresh(broker), clock=clock)()

    results = in_parallel(lambda number: _or_error(work, number))

    assert len(platform.calls) <= 2
    assert "token-1" in results
    assert set(results) <= {"token-1", TokenUnavailableError}
    assert work(0) == "token-1"


def _or_error(work: Callable[[int], str], number: int) -> Any:
    try:
        return work(number)
    except TokenUnavailableError as error:
        return type(error)


def test_twin_without_a_lease_every_worker_fetches() -> None:
    class Generous(MemoryTokenStore):
        def lease(self, account: str, owner: str, *, now: datetime, until: datetime) -> bool:
            self.leases[account] = owner, until
            del now
            return True

    clock, store, gate = Clock(), Generous(), Barrier(10)
    wechat = WeChat(clock)

    def script(call: Call) -> Answer:
        gate.wait(timeout=5)
        return wechat(call)

    platform = Platform(script)
    broker = broker_of(platform, store, clock)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: _or_error(lambda _n: refresh(broker).value, 0), range(10)))

    assert len(platform.calls) == 10


def test_a_permanent_40001_costs_few_token_calls() -> None:
    clock, store = Clock(), MemoryTokenStore({"tea": TokenState(token=a_token())})
    wechat = WeChat(clock)
    platform = Platform(lambda call: wechat(call) if call.path == TOKEN_PATH else {"errcode": 40001, "errmsg": "x"})
    broker, http = broker_of(platform, store, clock), platform.session()
    sends = 0

    def work(_number: int) -> int:
        tokens = AccountTokens("tea", store=store, refresh=lambda: refresh(broker), clock=clock)
        client = WeChatClient(appid="wx1", tokens=tokens, base_url=URL, http=http)
        with pytest.raises((CallRefusedError, TokenUnavailableError)):
            client.send_custom("o1", text("您好"))
        return 1

    for _ in range(20):  # ten minutes, every 30 seconds a burst
        sends += sum(in_parallel(work))
        clock.now += timedelta(seconds=30)

    token_calls = sum(call.path == TOKEN_PATH for call in platform.calls)
    assert token_calls <= 5
    assert len(platform.calls) - token_calls <= 2 * sends


def test_twin_throwing_away_every_refused_token_burns_the_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yuchi.adapters.wechat.tokens.SETTLED", timedelta(0))
    clock, store = Clock(), MemoryTokenStore({"tea": TokenState(token=a_token())})
    wechat = WeChat(clock)
    platform = Platform(lambda call: wechat(call) if call.path == TOKEN_PATH else {"errcode": 40001, "errmsg": "x"})
    broker = broker_of(platform, store, clock)
    for _ in range(20):
        tokens = AccountTokens("tea", store=store, refresh=lambda: refresh(broker), clock=clock)
        client = WeChatClient(appid="wx1", tokens=tokens, base_url=URL, http=platform.session())
        with pytest.raises((CallRefusedError, TokenUnavailableError)):
            client.send_custom("o1", text("您好"))
        clock.now += timedelta(seconds=30)

    assert sum(call.path == TOKEN_PATH for call in platform.calls) > 5


def test_a_late_broker_does_not_overwrite_a_newer_token() -> None:
    clock, store = Clock(), MemoryTokenStore()
    newer = AccessToken("newer", NOW, NOW + timedelta(hours=2))

    def script(_call: Call) -> Answer:
        # While our call hangs, our lease ends and another broker stores a newer token.
        clock.now += LEASE + timedelta(seconds=1)
        assert store.lease("tea", "other", now=clock(), until=clock() + LEASE)
        assert store.put("tea", "other", newer)
        return {"access_token": "stale", "expires_in": 7000}

    assert refresh(broker_of(Platform(script), store, clock)) == newer
    assert store.read("tea").token == newer


def test_twin_an_unconditional_put_loses_the_newer_token() -> None:
    class Careless(MemoryTokenStore):
        def put(self, account: str, owner: str, token: AccessToken) -> bool:
            del owner
            self.states[account] = TokenState(token=token)
            return True

    store = Careless({"tea": TokenState(token=a_token("newer", lasts=timedelta(hours=2)))})
    store.put("tea", "late", a_token("stale"))

    assert store.read("tea").token == a_token("stale")


@pytest.mark.parametrize(
    ("code", "hold"),
    [(40164, 600), (40013, 600), (40125, 600), (40001, 600), (40243, 600), (50007, 600), (45009, 120), (45011, 120)],
)
def test_an_account_in_trouble_is_left_alone_for_a_while(code: int, hold: int) -> None:
    clock, store = Clock(), MemoryTokenStore()
    answer = {"errcode": code, "errmsg": "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1"}
    platform = Platform(always(answer))
    broker = broker_of(platform, store, clock)

    with pytest.raises(TokenUnavailableError) as caught:
        refresh(broker)
    for _ in range(10):
        with pytest.raises(TokenUnavailableError):
            refresh(broker)
        clock.now += timedelta(seconds=hold / 11)

    assert (caught.value.code, caught.value.address, len(platform.calls)) == (code, "203.0.113.7", 1)
    assert store.read("tea").problem == TokenProblem(code, NOW + timedelta(seconds=hold), "203.0.113.7")
    assert SECRET not in repr(caught.value) + repr(store)

    clock.now = NOW + timedelta(seconds=hold)
    platform.script = WeChat(clock)
    assert refresh(broker).value == "token-1"
    assert store.read("tea").problem is None


@pytest.mark.parametrize(
    "answer",
    [
        500,
        b"<html>",
        OSError("cut"),
        {"errcode": -1},
        {"errcode": 0},
        {"access_token": "", "expires_in": 1},
        {"access_token": "t"},
        {"access_token": "t", "expires_in": "soon"},
        {"access_token": ["t"], "expires_in": 7200},
    ],
)
def test_a_call_without_a_clear_answer_is_repeated_soon_but_not_at_once(answer: Answer) -> None:
    clock, store = Clock(), MemoryTokenStore()
    platform = Platform(always(answer))
    broker = broker_of(platform, store, clock)

    for _ in range(3):
        with pytest.raises(TokenUnavailableError):
            refresh(broker)

    assert len(platform.calls) == 1
    assert store.leases == {}
    clock.now += timedelta(seconds=6)
    platform.script = WeChat(clock)
    assert refresh(broker).value == "token-1"


def test_while_wechat_is_down_the_token_that_still_lasts_is_used() -> None:
    clock, store = Clock(), MemoryTokenStore({"tea": TokenState(token=a_token(lasts=timedelta(minutes=3)))})
    broker = broker_of(Platform(always(502)), store, clock)

    tokens = AccountTokens("tea", store=store, refresh=lambda: refresh(broker), clock=clock)

    assert tokens() == "old"


def test_a_lease_that_nobody_ends_is_taken_over() -> None:
    clock, store = Clock(), MemoryTokenStore()
    assert store.lease("tea", "dead", now=NOW, until=NOW + LEASE)
    broker = broker_of(Platform(WeChat(clock)), store, clock)
    with pytest.raises(TokenUnavailableError):
        refresh(broker)

    clock.now = NOW + LEASE

    assert refresh(broker).value == "token-1"


def test_a_warm_container_reads_the_store_once_a_minute() -> None:
    clock, reads = Clock(), []

    class Counting(MemoryTokenStore):
        def read(self, account: str) -> TokenState:
            reads.append(account)
            return super().read(account)

    store = Counting({"tea": TokenState(token=a_token())})
    tokens = AccountTokens("tea", store=store, refresh=lambda: None, clock=clock)

    for _ in range(10):
        assert tokens() == "old"
    assert len(reads) == 1

    clock.now += timedelta(seconds=61)
    assert (tokens(), len(reads)) == ("old", 2)


def test_a_replaced_token_is_not_invalidated_by_latecomers() -> None:
    clock, store = Clock(), MemoryTokenStore({"tea": TokenState(token=a_token("new"))})
    tokens = AccountTokens("tea", store=store, refresh=lambda: None, clock=clock)

    tokens.invalidate("old")

    assert tokens() == "new"
