"""What the platform knows: accounts, their tokens, their fans, and everything that was sent to it."""

import itertools
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from infra.local.simulator import limits
from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.faults import Faults
from infra.local.simulator.notices import Notices
from infra.local.simulator.sent import Got, SentState

BEIJING: Final = timezone(timedelta(hours=8))


class ApiError(Exception):
    """An answer with an errcode other than 0; ``more``: what else stands in it."""

    def __init__(self, code: int, **more: Any) -> None:
        super().__init__(f"errcode {code}")
        self.code = code
        self.more = more


@dataclass(slots=True)
class FanState:
    """One follower of one account, as the platform knows them. ``windows``: trigger -> (messages left, until)."""

    openid: str
    subscribed: bool = True
    since: int = 0
    scene: str = ""
    unionid: str = ""
    remark: str = ""
    tags: list[int] = field(default_factory=list)
    windows: dict[str, tuple[int | None, float]] = field(default_factory=dict)
    blocks: bool = False
    """Whether they turned the account's messages off: accepted, and reported as not delivered."""


@dataclass(slots=True)
class AccountState:
    """One account and what changes about it. ``tokens``: every token that was given out -> its end."""

    account: PlatformAccount
    fans: dict[str, FanState] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    current: str = ""
    stable: str = ""
    forced_at: float = float("-inf")
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    media: dict[str, tuple[str, float]] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)
    """The account's own tags: number -> name. WeChat has 2 to 99 for itself, and gives numbers from 100 on."""
    sent: SentState = field(default_factory=SentState)


@dataclass(slots=True)
class Platform:
    """All accounts. Every method may be called from any thread."""

    faults: Faults = field(default_factory=Faults)
    notices: Notices = field(default_factory=Notices)
    _accounts: dict[str, AccountState] = field(default_factory=dict)
    _received: list[dict[str, Any]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _advanced: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock)

    # ------------------------------------------------------------------ time and numbers

    def now(self) -> float:
        """Seconds since the epoch, by the platform's clock."""
        return time.time() + self._advanced

    def advance(self, seconds: float) -> None:
        """Let time pass: windows close, tokens expire."""
        self._advanced += seconds

    def today(self) -> str:
        """Quotas start anew at midnight in Beijing."""
        return datetime.fromtimestamp(self.now(), tz=BEIJING).date().isoformat()

    def number(self) -> int:
        """A number never given before."""
        return next(self._numbers)

    # ------------------------------------------------------------------ accounts and tokens

    def add_account(self, account: PlatformAccount) -> None:
        """Register an account, or change one: its fans and tokens stay."""
        with self.lock:
            known = self._accounts.get(account.appid)
            if known:
                known.account = account
            else:
                self._accounts[account.appid] = AccountState(account)

    def account(self, name: str) -> AccountState | None:
        """By appid, or by the id in the callback path."""
        with self.lock:
            by_id = (state for state in self._accounts.values() if state.account.id == name)
            return self._accounts.get(name) or next(by_id, None)

    def accounts(self) -> list[PlatformAccount]:
        """All of them."""
        with self.lock:
            return [state.account for state in self._accounts.values()]

    def issue_token(self, state: AccountState) -> str:
        """A new token. The one before is good for some minutes still, all older ones no more."""
        with self.lock:
            previous, now = state.current, self.now()
            state.tokens = {
                token: min(end, now + limits.OLD_TOKEN_GRACE) if token == previous else end
                for token, end in state.tokens.items()
                if token in (previous, state.stable)
            }
            state.current = self._new_token(state)
            return state.current

    def issue_stable_token(self, state: AccountState, *, force: bool) -> tuple[str, int]:
        """The stable token and the seconds it is good for; it is apart from :meth:`issue_token`."""
        with self.lock:
            now = self.now()
            end = state.tokens.get(state.stable, 0.0)
            if force:
                if now - state.forced_at < limits.FORCED_REFRESH_GAP:
                    raise ApiError(45011)
                if self.count_call(state, "forced refresh") > limits.FORCED_REFRESHES:
                    raise ApiError(45009)
                state.forced_at = now
                state.tokens.pop(state.stable, None)
                end = 0.0
            if end - now <= limits.STABLE_TOKEN_MARGIN:
                state.stable = self._new_token(state)
                end = state.tokens[state.stable]
            return state.stable, int(end - now)

    def _new_token(self, state: AccountState) -> str:
        token = f"{self.number()}_{secrets.token_urlsafe(96)}"
        state.tokens[token] = self.now() + limits.TOKEN_SECONDS
        return token

    def by_token(self, token: str) -> AccountState:
        """Whose token it is. Raises :class:`ApiError` 41001, 40001 or 42001."""
        if not token:
            raise ApiError(41001)
        with self.lock:
            for state in self._accounts.values():
                if token in state.tokens:
                    if self.now() >= state.tokens[token]:
                        raise ApiError(42001)
                    return state
        raise ApiError(40001)

    def revoke_tokens(self, name: str) -> None:
        """Make every token of an account bad at once, as when its secret is reset."""
        state = self.account(name)
        if state:
            with self.lock:
                state.tokens.clear()

    def count_call(self, state: AccountState, path: str) -> int:
        """Count a call against today's quota; the number of calls so far, with this one."""
        with self.lock:
            state.calls[self.today(), path] += 1
            return state.calls[self.today(), path]

    # ------------------------------------------------------------------ fans

    def touch(self, state: AccountState, openid: str, trigger: str | None, *, scene: str = "") -> FanState:
        """A fan did something: they exist now, and the window of ``trigger`` is open."""
        with self.lock:
            fan = state.fans.get(openid)
            if fan is None:
                fan = state.fans[openid] = FanState(openid, since=int(self.now()), scene=scene)
            if trigger == "follow":
                fan.subscribed, fan.since, fan.scene = True, int(self.now()), scene
            if trigger == "unfollow":
                fan.subscribed = False
                fan.windows.clear()
            elif trigger:
                allowance = limits.ALLOWANCES[trigger]
                fan.windows[trigger] = (allowance.messages, self.now() + allowance.seconds)
            return fan

    def follow_before(self, state: AccountState, fans: Iterable[Mapping[str, Any]]) -> None:
        """People who followed before anybody listened. Each: ``openid``, and ``since``, ``unionid``, ``remark``, ``tags``
        (names) and ``blocks`` where they have some.
        """
        with self.lock:
            for each in fans:
                numbers = {name: number for number, name in state.tags.items()}
                for name in each.get("tags", ()):
                    numbers.setdefault(name, 100 + len(numbers))
                state.tags = {number: name for name, number in numbers.items()}
                state.fans[each["openid"]] = FanState(
                    each["openid"],
                    since=int(each.get("since", self.now())),
                    unionid=each.get("unionid", ""),
                    remark=each.get("remark", ""),
                    tags=[numbers[name] for name in each.get("tags", ())],
                    blocks=bool(each.get("blocks")),
                )

    def use_window(self, state: AccountState, openid: str) -> None:
        """Take one customer-service message from a fan's allowance. Raises :class:`ApiError` 40003, 45015, 45047.

        Allowances do not add up: one message counts against every window that is open.
        """
        with self.lock:
            fan = state.fans.get(openid)
            if fan is None:
                raise ApiError(40003)
            open_windows = {name: left for name, (left, until) in fan.windows.items() if self.now() < until}
            if not fan.subscribed or not open_windows:
                raise ApiError(45015)
            if all(left == 0 for left in open_windows.values()):
                raise ApiError(45047)
            for name, left in open_windows.items():
                if left:
                    fan.windows[name] = (left - 1, fan.windows[name][1])
            state.sent.give(openid, Got("custom", "", self.number()))

    # ------------------------------------------------------------------ what was received

    def record(self, kind: str, *, account: str, path: str, **details: Any) -> None:
        """Keep what came in. ``kind``: ``api`` (a call), ``reply`` (a passive one), ``push`` (passed on to the API)."""
        with self.lock:
            entry = {"number": self.number(), "kind": kind, "at": datetime.now(UTC).isoformat(), "account": account}
            self._received.append({**entry, "path": path, **details})

    def received(self, where: Mapping[str, str], *, after: int = 0) -> list[dict[str, Any]]:
        """Everything after number ``after`` whose fields have the given values."""
        with self.lock:
            return [
                entry
                for entry in self._received
                if entry["number"] > after and all(str(entry.get(name)) == value for name, value in where.items())
            ]

    def forget(self) -> None:
        """Drop what was received; accounts, fans and tokens stay."""
        with self.lock:
            self._received.clear()
