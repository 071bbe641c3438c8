"""Access tokens: one broker fetches them, everybody else reads them from the store.

WeChat's ``stable_token`` in normal mode gives all callers the same token until five minutes before it ends, so that
nobody's refresh takes another's token away. Only the broker needs an address on the account's allow-list.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import requests

from yuchi.adapters.wechat.errors import AnswerMeaning
from yuchi.adapters.wechat.transport import (
    DEFAULT_URL,
    CallRefusedError,
    NotSentError,
    WeChatCallError,
    call,
    raise_for_code,
)

PATH: Final = "/cgi-bin/stable_token"
MARGIN: Final = timedelta(minutes=5)
"""A token is renewed this long before it ends; WeChat hands out the next one from then on."""

LEASE: Final = timedelta(seconds=10)
CACHED: Final = timedelta(seconds=60)
SETTLED: Final = timedelta(seconds=150)
"""A token younger than this is not thrown away when WeChat refuses it: a new one would be refused too, and an account
in trouble would burn its quota of token calls."""

TIMEOUT: Final = 3.0
_WAITS: Final = (0.1, 0.2, 0.4, 0.8, 1.5)
_HOLD: Final = {
    AnswerMeaning.MISCONFIGURED: timedelta(minutes=10),
    AnswerMeaning.SUSPENDED: timedelta(minutes=10),
    AnswerMeaning.REJECTED: timedelta(minutes=10),
    AnswerMeaning.TOKEN: timedelta(minutes=10),  # 40001 on this call means a wrong AppSecret
    AnswerMeaning.CLOSED_UNTIL_MIDNIGHT: timedelta(minutes=2),  # 45009 on this call may mean the minute's quota
    AnswerMeaning.MINUTE_LIMIT: timedelta(minutes=2),
}
_HOLD_UNKNOWN: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, when we got it and until when WeChat takes it."""

    value: str = field(repr=False)
    obtained_at: datetime
    expires_at: datetime

    def lasts(self, now: datetime, margin: timedelta = timedelta()) -> bool:
        """Whether it is still good for ``margin``."""
        return now + margin < self.expires_at


@dataclass(frozen=True, slots=True)
class TokenProblem:
    """Why the last fetch failed. Nobody tries again before ``hold_until``.

    ``code``: WeChat's errcode, None when it could not be reached. ``address``: our own IP address where WeChat names
    it.
    """

    code: int | None
    hold_until: datetime
    address: str = ""


@dataclass(frozen=True, slots=True)
class TokenState:
    """What the store holds for one account."""

    token: AccessToken | None = None
    problem: TokenProblem | None = None


class TokenStore(Protocol):
    """Tokens by account. Each method is one conditional write or one consistent read."""

    def read(self, account: str) -> TokenState:
        """What is stored now."""
        ...

    def lease(self, account: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Reserve the next fetch for ``owner``. False while another's lease is not over at ``now``."""
        ...

    def put(self, account: str, owner: str, token: AccessToken) -> bool:
        """Store ``token``, end the lease and forget the problem.

        False, and nothing changes, if the lease is not ``owner``'s any more or the stored token expires later.
        """
        ...

    def report(self, account: str, owner: str, problem: TokenProblem | None) -> None:
        """End ``owner``'s lease, if it still is ``owner``'s, and keep ``problem``."""
        ...

    def invalidate(self, account: str, value: str) -> bool:
        """Forget the token if it still is ``value``."""
        ...


class TokenUnavailableError(NotSentError):
    """There is no access token to be had. ``code`` and ``address`` as in :class:`TokenProblem`."""

    def __init__(self, problem: TokenProblem | None) -> None:
        code = problem.code if problem else None
        super().__init__(PATH, f"no access token, errcode {code}")
        self.code = code
        self.address = problem.address if problem else ""


class TokenBroker:
    """Fetches tokens, one flight at a time for each account. Runs where the egress address is fixed."""

    def __init__(
        self,
        *,
        store: TokenStore,
        clock: Callable[[], datetime],
        wait: Callable[[float], None],
        new_owner: Callable[[], str],
        base_url: str = DEFAULT_URL,
        http: requests.Session | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wait = wait
        self._new_owner = new_owner
        self._base_url = base_url.rstrip("/")
        self._http = http or requests.Session()

    def refresh(self, account: str, *, appid: str, secret: str) -> AccessToken:
        """A token that is good for five minutes or, when there is no such one, the best there is.

        Raises :class:`TokenUnavailableError`.
        """
        owner = self._new_owner()
        for wait in (*_WAITS, None):
            state, now = self._store.read(account), self._clock()
            if state.token and state.token.lasts(now, MARGIN):
                return state.token
            if state.problem and now < state.problem.hold_until:
                return _best_of(state, now)
            if self._store.lease(account, owner, now=now, until=now + LEASE):
                return self._fetch(account, owner, appid=appid, secret=secret)
            if wait is not None:
                self._wait(wait)
        return _best_of(self._store.read(account), self._clock())

    def _fetch(self, account: str, owner: str, *, appid: str, secret: str) -> AccessToken:
        state, now = self._store.read(account), self._clock()
        if state.token and state.token.lasts(now, MARGIN):
            self._store.report(account, owner, None)
            return state.token
        try:
            token = self._ask(now, appid=appid, secret=secret)
        except WeChatCallError as error:
            self._store.report(account, owner, _problem(error, now))
        else:
            if self._store.put(account, owner, token):
                return token
            self._store.report(account, owner, None)
        return _best_of(self._store.read(account), self._clock())

    def _ask(self, now: datetime, *, appid: str, secret: str) -> AccessToken:
        request = {"grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": False}
        answer = call(
            self._http,
            "post",
            self._base_url,
            PATH,
            params={},
            content=json.dumps(request).encode(),
            timeout=TIMEOUT,
        )
        raise_for_code(PATH, answer)
        value, lifetime = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value or not isinstance(lifetime, int):
            raise NotSentError(PATH, "answer without a token")
        return AccessToken(value=value, obtained_at=now, expires_at=now + timedelta(seconds=lifetime))


class AccountTokens:
    """The tokens of one account as callers use them: from the store, kept for a minute.

    ``refresh`` has the broker fetch one; what it raises is the caller's.
    """

    def __init__(
        self, account: str, *, store: TokenStore, refresh: Callable[[], Any], clock: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._store = store
        self._refresh = refresh
        self._clock = clock
        self._kept: tuple[AccessToken, datetime] | None = None

    def __call__(self) -> str:
        """The token to use now. Raises :class:`TokenUnavailableError`."""
        now, kept = self._clock(), self._kept
        if kept and now < kept[1] + CACHED and kept[0].lasts(now, MARGIN):
            return kept[0].value
        state = self._store.read(self._account)
        if not (state.token and state.token.lasts(now, MARGIN)) and not _held(state, now):
            self._refresh()
            state = self._store.read(self._account)
        token = _best_of(state, self._clock())
        self._kept = token, now
        return token.value

    def invalidate(self, token: str) -> None:
        """WeChat refused ``token``. It is forgotten once for everybody, unless it is new or replaced already."""
        self._kept = None
        stored = self._store.read(self._account).token
        if stored and stored.value == token and self._clock() - stored.obtained_at > SETTLED:
            self._store.invalidate(self._account, token)


def _held(state: TokenState, now: datetime) -> bool:
    return state.problem is not None and now < state.problem.hold_until


def _best_of(state: TokenState, now: datetime) -> AccessToken:
    if state.token and state.token.lasts(now):
        return state.token
    raise TokenUnavailableError(state.problem)


def _problem(error: WeChatCallError, now: datetime) -> TokenProblem:
    if isinstance(error, CallRefusedError):
        return TokenProblem(error.code, now + _HOLD.get(error.outcome, _HOLD_UNKNOWN), error.address)
    return TokenProblem(None, now + _HOLD_UNKNOWN)
