"""What goes wrong on purpose."""

import fnmatch
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["latency", "errcode", "status", "html", "disconnect", "timeout"]


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    ``path``: which endpoints, a shell pattern. ``kind``: ``latency`` (``value`` seconds, then a normal answer),
    ``errcode`` (``value`` is the code: -1, 40001, 45009, 45011, 45015, 45047 ...), ``status`` (an HTTP status of
    ``value``), ``html`` (status 200 with a page instead of JSON), ``disconnect`` (no answer at all),
    ``timeout`` (no answer for ``value`` seconds, then none at all).
    ``probability`` of each call; ``count``: after so many hits it is over (None: never). ``after``: so many calls that fit
    go well before the first hit.
    ``takes_effect``: the call is carried out nevertheless, only its answer is bad.
    ``account``: the calls of this account only.
    """

    kind: Kind
    path: str = "*"
    value: float = 0
    probability: float = 1.0
    count: int | None = None
    takes_effect: bool = False
    account: str | None = None
    after: int = 0
    hits: int = 0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Fault":
        """From the body of ``POST /simulator/faults``. Raises ``TypeError`` for an unknown name."""
        return cls(**values)


@dataclass(slots=True)
class Faults:
    """The faults that are switched on; the first that fits a call is the one that happens."""

    seed: int = 0
    _faults: list[Fault] = field(default_factory=list)
    _random: random.Random = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # The same run has the same misfortunes.
        self._random = random.Random(self.seed)  # noqa: S311 - a seed makes faults repeatable

    def add(self, *faults: Fault) -> None:
        """Switch on."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Switch all off."""
        with self._lock:
            self._faults.clear()

    def list(self) -> list[Fault]:
        """What is switched on, with the hits so far."""
        with self._lock:
            return list(self._faults)

    def strike(self, path: str, account: str | None) -> Fault | None:
        """The fault that this call suffers, counted."""
        with self._lock:
            for fault in self._faults:
                if (
                    (fault.count is None or fault.hits < fault.count)
                    and fault.account in (None, account)
                    and fnmatch.fnmatchcase(path, fault.path)
                    and self._random.random() < fault.probability
                ):
                    if fault.after > 0:
                        fault.after -= 1
                        continue
                    fault.hits += 1
                    return fault
        return None
