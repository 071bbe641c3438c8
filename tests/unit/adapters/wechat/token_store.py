"""The token store in memory, under one lock, with the conditions that :class:`TokenStore` asks for."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from yuchi.adapters.wechat.tokens import AccessToken, TokenProblem, TokenState


@dataclass
class MemoryTokenStore:
    states: dict[str, TokenState] = field(default_factory=dict)
    leases: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def read(self, account: str) -> TokenState:
        with self.lock:
            return self.states.get(account, TokenState())

    def lease(self, account: str, owner: str, *, now: datetime, until: datetime) -> bool:
        with self.lock:
            held = self.leases.get(account)
            if held and held[1] > now:
                return False
            self.leases[account] = owner, until
            return True

    def put(self, account: str, owner: str, token: AccessToken) -> bool:
        with self.lock:
            stored = self.states.get(account, TokenState()).token
            if self.leases.get(account, ("", None))[0] != owner or (stored and stored.expires_at > token.expires_at):
                return False
            self.states[account] = TokenState(token=token)
            del self.leases[account]
            return True

    def report(self, account: str, owner: str, problem: TokenProblem | None) -> None:
        with self.lock:
            if self.leases.get(account, ("", None))[0] != owner:
                return
            del self.leases[account]
            if problem:
                self.states[account] = replace(self.states.get(account, TokenState()), problem=problem)

    def invalidate(self, account: str, value: str) -> bool:
        with self.lock:
            state = self.states.get(account, TokenState())
            if state.token is None or state.token.value != value:
                return False
            self.states[account] = replace(state, token=None)
            return True
