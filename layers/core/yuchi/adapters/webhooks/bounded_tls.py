"""TLS sockets that keep a deadline and a size for a whole call.

A socket's own timeout starts anew with each byte, so that a receiver who drips one byte a second holds the caller for
hours. Here every read, write and handshake gets only the time that is left of the call, and bytes are counted below
HTTP, where head and body are one.
"""

import ssl
import time
from dataclasses import dataclass
from typing import Any, cast

import certifi


class AnswerTooLargeError(OSError):
    """The receiver answered more than the budget allows."""


@dataclass(slots=True)
class CallBudget:
    """What one call may use up. ``deadline`` is on ``time.monotonic()``; ``bytes_left`` counts the answer.

    ``written`` turns True just before the first byte of the request leaves: until then nothing can have been taken.
    """

    deadline: float
    bytes_left: int
    written: bool = False

    @property
    def expired(self) -> bool:
        """Whether the time is used up."""
        return time.monotonic() >= self.deadline

    @property
    def overdrawn(self) -> bool:
        """Whether the receiver answered too much."""
        return self.bytes_left < 0

    def seconds_left(self) -> float:
        """The time left, always positive. Raises TimeoutError when there is none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call's time is used up")
        return left

    def take(self, size: int) -> None:
        """Count ``size`` bytes of the answer. Raises :class:`AnswerTooLargeError`."""
        self.bytes_left -= size
        if self.overdrawn:
            raise AnswerTooLargeError("the answer is too large")


class BoundedSocket(ssl.SSLSocket):
    """A TLS socket that keeps the budget of its context."""

    @property
    def _budget(self) -> CallBudget:
        return cast("BoundedContext", self.context).budget

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002  the base class's signature
        """Shake hands in what is left of the call's time."""
        self.settimeout(self._budget.seconds_left())
        super().do_handshake(block)

    def read(self, len: int | None = 1024, buffer: Any = None) -> Any:  # noqa: A002  the base class's signature
        """Read at most ``len`` bytes, into ``buffer`` if given; ``recv`` and ``recv_into`` come here too."""
        self.settimeout(self._budget.seconds_left())
        got: Any = super().read(len or 1024, buffer)
        self._budget.take(got if isinstance(got, int) else memoryview(got).nbytes)
        return got

    def send(self, data: Any, flags: int = 0) -> int:
        """Send some of ``data``; ``sendall`` comes here too."""
        self.settimeout(self._budget.seconds_left())
        self._budget.written = True
        return super().send(data, flags)


class BoundedContext(ssl.SSLContext):
    """A client context for one call: certificates and host names are checked, TLS 1.2 at least."""

    sslsocket_class = BoundedSocket
    budget: CallBudget


def bounded_context(budget: CallBudget, *, ca_file: str | None = None) -> BoundedContext:
    """A context whose sockets keep ``budget``. Trusts ``ca_file`` (PEM) alone, or certifi's authorities."""
    context = BoundedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.budget = budget
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.load_verify_locations(cafile=ca_file or certifi.where())
    return context
