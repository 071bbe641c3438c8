"""Logs and metrics of a function: what is counted goes out as one EMF line at the end of each invocation."""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, Protocol, TextIO, TypeVar

R = TypeVar("R")
NAMESPACE: Final = "Yuchi"


@dataclass(slots=True)
class EmfMetrics:
    """:class:`yuchi.services.ports.Metrics` as CloudWatch's embedded metric format on standard output.

    Powertools' Metrics allows one set of dimensions for each flush and costs 30 ms at import; all that is needed here is
    one line for each set of dimensions.
    """

    service: str
    stream: TextIO | None = None
    clock: Callable[[], float] = time.time
    _counts: dict[tuple[tuple[str, str], ...], Counter[str]] = field(default_factory=dict)

    def count(self, name: str, value: int = 1, **dimensions: str) -> None:
        """Add ``value`` to the metric ``name``; zero adds nothing."""
        if value:
            self._counts.setdefault(tuple(sorted(dimensions.items())), Counter())[name] += value

    def flush(self) -> None:
        """Write what was counted and start anew."""
        for dimensions, counts in self._counts.items():
            names = {"service": self.service, **dict(dimensions)}
            line: dict[str, Any] = {
                "_aws": {
                    "Timestamp": int(self.clock() * 1000),
                    "CloudWatchMetrics": [
                        {
                            "Namespace": NAMESPACE,
                            "Dimensions": [list(names)] if not dimensions else [["service"], list(names)],
                            "Metrics": [{"Name": name, "Unit": "Count"} for name in counts],
                        }
                    ],
                },
                **names,
                **counts,
            }
            print(json.dumps(line, ensure_ascii=False), file=self.stream or sys.stdout)
        self._counts.clear()


class HasMetrics(Protocol):
    """Whatever carries the metrics of this function."""

    @property
    def metrics(self) -> EmfMetrics:
        """The metrics to flush."""
        ...


def observed(owner: HasMetrics) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Flush the metrics of ``owner`` when the handler ends, however it ends."""

    def decorate(handler: Callable[..., R]) -> Callable[..., R]:
        @wraps(handler)
        def observed_handler(*arguments: Any, **named: Any) -> R:
            try:
                return handler(*arguments, **named)
            finally:
                owner.metrics.flush()

        return observed_handler

    return decorate
