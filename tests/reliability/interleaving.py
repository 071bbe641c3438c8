"""Some actors whose remote calls a test lets happen one after the other, in the order that it chooses."""

from collections.abc import Callable, Collection
from threading import Lock, Thread, current_thread
from typing import Any

from tests.reliability.crash import Call, Killed
from tests.reliability.system import System


class Actor:
    """Runs in a thread of its own, and stops before each of its remote calls until :meth:`step` lets it make one."""

    def __init__(self, run: Callable[[], Any]) -> None:
        self.result: Any = None
        self.done = self.killed = False
        self._may_go, self._has_stopped = Lock(), Lock()
        self._may_go.acquire()
        self._has_stopped.acquire()
        self._thread = Thread(target=self._play, args=(run,), daemon=True)
        self._thread.start()

    def step(self) -> None:
        """Go on up to the next remote call, or to the end."""
        self._may_go.release()
        self._has_stopped.acquire()

    def kill(self) -> None:
        """Let it die where it stands: its next call never happens."""
        self.killed = True
        while not self.done:
            self.step()

    def pause(self) -> None:
        """Called by the actor itself before each of its calls."""
        self._has_stopped.release()
        self._may_go.acquire()
        if self.killed:
            raise Killed

    def _play(self, run: Callable[[], Any]) -> None:
        self._may_go.acquire()
        try:
            self.result = run()
        except Killed:
            pass
        finally:
            self.done = True
            self._has_stopped.release()

    @property
    def is_running_here(self) -> bool:
        """Whether the thread that asks is this actor's."""
        return current_thread() is self._thread


class Stage:
    """Where the remote calls of a system wait for the test."""

    def __init__(self, system: System, steps: Collection[str] | None = None) -> None:
        """``steps``: the calls before which actors stop."""
        self.steps = STEPS if steps is None else steps
        self.actors: list[Actor] = []
        system.gate.pass_through = self.pass_through  # type: ignore[method-assign]

    def add(self, run: Callable[[], Any]) -> Actor:
        """One more actor, stopped before it begins."""
        actor = Actor(run)
        self.actors.append(actor)
        return actor

    def pass_through(self, call: Call) -> Any:
        """In the place of :meth:`tests.reliability.crash.Gate.pass_through`."""
        actor = next((each for each in self.actors if each.is_running_here), None)
        if actor and call.name in self.steps:
            actor.pause()
        return call.run()


STEPS = frozenset(
    {"people.find", "people.commit", "receipts.claim", "events.send", "actions.send", "ledger.claim", "wechat.request"}
)
"""The calls whose order matters; the others only read what does not change here."""
