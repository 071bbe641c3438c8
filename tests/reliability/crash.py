"""Faults at every remote call: each call of a run is numbered, and a plan makes one of them fail in one way."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any

from tests.fakes.stores import FakeLedger, FakeReceipts
from yuchi.domain.ledger import LedgerEntry, LedgerKey
from yuchi.domain.timeline import Answer
from yuchi.services.ports import UnavailableError


class Killed(BaseException):
    """The process died here. Not an Exception: no handler of ours may survive it."""


@dataclass(frozen=True)
class Call:
    """One remote call. ``run`` makes it; ``fail(reached)`` gives or raises what its caller sees when it fails."""

    name: str
    run: Callable[[], Any]
    fail: Callable[[bool], Any]


Fault = Callable[[Call], Any]


def kill_before(call: Call) -> Any:
    raise Killed(call.name)


def kill_after(call: Call) -> Any:
    call.run()
    raise Killed(call.name)


def refuse(call: Call) -> Any:
    """The other side never saw it."""
    return call.fail(False)


def lose_answer(call: Call) -> Any:
    """The other side did it, and nobody hears of that."""
    call.run()
    return call.fail(True)


EVERYWHERE: Mapping[str, Fault] = {
    "kill before": kill_before,
    "kill after": kill_after,
    "refused": refuse,
    "answer lost": lose_answer,
}


@dataclass
class Plan:
    point: int
    fault: Fault


@dataclass
class Gate:
    """Every remote call goes through here. ``names``: the calls made so far; ``plan``: the one to fail, once."""

    names: list[str] = field(default_factory=list)
    plan: Plan | None = None
    visited: list[str] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)

    def arm(self, point: int, fault: Fault) -> None:
        """Let the call that is number ``point`` from now fail."""
        self.plan = Plan(len(self.names) + point, fault)

    def pass_through(self, call: Call) -> Any:
        with self.lock:
            number = len(self.names)
            self.names.append(call.name)
            plan = self.plan if self.plan and self.plan.point == number else None
            if plan:
                self.plan = None
                self.visited.append(call.name)
        return plan.fault(call) if plan else call.run()


def unavailable(_reached: bool, *_arguments: Any) -> Any:
    raise UnavailableError("fault")


def refused_ids(_reached: bool, messages: Any, *_arguments: Any) -> Any:
    return {identifier for identifier, _, _ in messages}


def refused_keys(_reached: bool, entries: Any) -> Any:
    return set(entries)


def silent(_reached: bool, *_arguments: Any) -> Any:
    """Ports that promise never to raise."""


FAILURES: Mapping[str, Callable[..., Any]] = {"send": refused_ids, "put": refused_keys, "add": silent}


class Gated:
    """``target`` behind the gate, under ``name``: whatever port it is."""

    def __init__(
        self, target: Any, name: str, gate: Gate, failures: Mapping[str, Callable[..., Any]] = FAILURES
    ) -> None:
        self._target, self._name, self._gate, self._failures = target, name, gate, failures

    def __getattr__(self, method: str) -> Any:
        function = getattr(self._target, method)
        if not callable(function):
            return function
        fail: Callable[..., Any] = self._failures.get(method, unavailable)

        def call(*arguments: Any, **named: Any) -> Any:
            return self._gate.pass_through(
                Call(
                    f"{self._name}.{method}",
                    run=lambda: function(*arguments, **named),
                    fail=lambda reached: fail(reached, *arguments),
                )
            )

        return call


def points(names: list[str], faults: Mapping[str, Fault]) -> Iterator[tuple[int, str, Fault]]:
    """Every point of a run in each of the ways it can fail."""
    for point in range(len(names)):
        for label, fault in faults.items():
            yield point, f"{point} {names[point]}: {label}", fault


# --- planted defects ---


class NoLedger(FakeLedger):
    """Twin: a sender without a ledger. Every claim is granted and nothing is remembered."""

    def claim(self, key: LedgerKey, **arguments: Any) -> LedgerEntry | None:
        with self.lock:
            self.rows.pop(key, None)
        return super().claim(key, **arguments)


class GetThenPutLedger(FakeLedger):
    """Twin: the claim is a read and then a write, so that two workers can both find nothing."""

    gate: Gate

    def claim(self, key: LedgerKey, **arguments: Any) -> LedgerEntry | None:
        def call(name: str, run: Callable[[], Any]) -> Any:
            return self.gate.pass_through(Call(name, run=run, fail=unavailable))

        old = call("ledger.get", lambda: self.rows.get(key))

        def put() -> LedgerEntry | None:
            if old is None:
                self.rows.pop(key, None)
            return FakeLedger.claim(self, key, **arguments)

        claimed: LedgerEntry | None = call("ledger.put", put)
        return claimed


class ForgetfulReceipts(FakeReceipts):
    """Twin: only passive replies are kept, so that nobody knows of the copies that got none, nor of messages."""

    def claim(self, key: str, body: str, answer: Answer, *, now: datetime) -> tuple[str, Answer]:
        return super().claim(key, body, answer, now=now) if body else (body, answer)


class ImpatientLedger(FakeLedger):
    """Twin: what is UNKNOWN, or was claimed by a dead worker, is sent again."""

    def claim(self, key: LedgerKey, *, repeatable: bool, **arguments: Any) -> LedgerEntry | None:
        with self.lock:
            row = self.rows.get(key)
            if row and row.state == "UNKNOWN":
                self.rows.pop(key)
        return super().claim(key, repeatable=True, **arguments)
