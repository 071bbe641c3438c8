"""Logs and metrics of a function: what is counted goes out as one EMF line at the end of each invocation."""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, Protocol, TypeVar

from yuchi.services.places import place_of

R = TypeVar("R")

GATHERED: Final = frozenset({"ReplyGiven", "RuleMatched", "TagGiven"})
"""What nobody is alarmed by and nearly every event counts: where there is nothing else to say, it may wait."""
GATHER_SECONDS: Final = 60.0
"""How long: the last minute of a container that gets no more work is not counted."""


class EmfMetrics:
    """:class:`yuchi.services.ports.Metrics` as one line of CloudWatch's embedded metric format, as short as it may be: each
    event pays for its bytes.

    Counts are added up first, so that an invocation writes each metric once, whatever the size of its batch.
    """

    def __init__(self, service: str, *, namespace: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._namespace = namespace
        self.monotonic = monotonic
        self._counts: Counter[str] = Counter()
        self._written_at = float("-inf")

    def count(self, name: str, value: int = 1) -> None:
        """Add ``value`` to the metric ``name``."""
        self._counts[name] += value

    def flush(self) -> None:
        """Write what was counted and start anew; what is only :data:`GATHERED` once a minute."""
        counts, now = +self._counts, self.monotonic()
        if not counts or (GATHERED.issuperset(counts) and now - self._written_at < GATHER_SECONDS):
            return
        self._counts, self._written_at = Counter(), now
        described = {
            "Namespace": self._namespace,
            "Dimensions": [["service"]],
            "Metrics": [{"Name": name} for name in counts],
        }
        said = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [described]}
        line = json.dumps({"_aws": said, "service": self._service, **counts}, separators=(",", ":"))
        sys.stdout.write(line + "\n")


class HasMetrics(Protocol):
    """Whatever carries the metrics of this function."""

    @property
    def metrics(self) -> EmfMetrics:
        """The metrics to flush."""
        ...


class FunctionFailedError(Exception):
    """A function failed; says the kind of error and its place, never its text."""


def observed(owner: HasMetrics) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Flush the metrics of ``owner`` when the handler ends, however it ends.

    What it raises reaches the runtime, and so the log, as :class:`FunctionFailedError`.
    """

    def decorate(handler: Callable[..., R]) -> Callable[..., R]:
        @wraps(handler)
        def observed_handler(*arguments: Any, **named: Any) -> R:
            try:
                return handler(*arguments, **named)
            except Exception as error:  # noqa: BLE001 - all of them, for any may quote a person's data
                failure = FunctionFailedError(place_of(error))
            finally:
                owner.metrics.flush()
            # Out of the except block, so that the error is not even its context.
            raise failure

        return observed_handler

    return decorate
