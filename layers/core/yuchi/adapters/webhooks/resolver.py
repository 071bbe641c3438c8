"""Look a name up within a time limit."""

import queue
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from typing import Protocol

from yuchi.adapters.webhooks.addresses import Address
from yuchi.services.call_webhook import NoAnswerError, Reason, WebhookOutcome


class Resolver(Protocol):
    """Gives the addresses of a host name."""

    def __call__(self, host: str, *, timeout: float) -> tuple[Address, ...]:
        """The addresses of ``host``, best first. Raises :class:`NoAnswerError` (not sent) after ``timeout`` seconds."""
        ...


def _look_up(host: str) -> tuple[Address, ...]:
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(ip_address(str(answer[4][0])) for answer in answers))


def resolve(
    host: str, *, timeout: float, look_up: Callable[[str], tuple[Address, ...]] = _look_up
) -> tuple[Address, ...]:
    """The addresses of ``host`` as the system's resolver gives them.

    ``getaddrinfo`` knows no time limit, so it runs in a daemon thread that is left behind when it takes too long.
    """
    found: queue.SimpleQueue[tuple[Address, ...]] = queue.SimpleQueue()
    threading.Thread(target=lambda: found.put(look_up(host)), daemon=True).start()
    try:
        addresses = found.get(timeout=timeout)
    except queue.Empty as late:
        raise NoAnswerError(WebhookOutcome.NOT_SENT, Reason.TIMEOUT) from late
    if not addresses:
        raise NoAnswerError(WebhookOutcome.NOT_SENT, Reason.NAME_NOT_FOUND)
    return addresses
