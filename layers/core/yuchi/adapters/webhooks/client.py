"""An HTTPS client that can be handed any URL: it talks to allowed names at public addresses and to nothing else."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError, SSLError

from yuchi.adapters.webhooks.addresses import Address, is_public
from yuchi.adapters.webhooks.bounded_tls import CallBudget, bounded_context
from yuchi.adapters.webhooks.destination import HTTPS_PORT, Destination, parse_destination
from yuchi.adapters.webhooks.resolver import Resolver, resolve
from yuchi.services.call_webhook import NoAnswerError, Reason, WebhookCall, WebhookOutcome

MAX_ANSWER: Final = 64 * 1024
"""The most that is read of an answer, head and body, in bytes."""

_MAX_ADDRESSES: Final = 3
_USER_AGENT: Final = "Yuchi-Webhook/1"


@dataclass(frozen=True, slots=True)
class GuardedClient:
    """Posts to allowed hosts. The fields are there for tests; users have no way to them.

    ``permitted`` tells which addresses may be connected to, ``port`` is the only open port, ``ca_file`` replaces the
    trusted authorities.
    """

    resolver: Resolver = resolve
    permitted: Callable[[Address], bool] = is_public
    port: int = HTTPS_PORT
    ca_file: str | None = None

    def post(self, call: WebhookCall) -> int:
        """Make the call and return the receiver's HTTP status. Raises :class:`NoAnswerError`.

        The name is resolved once; the connection goes to an address of that very answer, while SNI, certificate check
        and Host carry the name. Redirects are not followed and no proxy is used.
        """
        budget = CallBudget(deadline=time.monotonic() + call.timeout_seconds, bytes_left=MAX_ANSWER)
        destination = parse_destination(call.url, allowed_hosts=call.allowed_hosts, port=self.port)
        addresses = self.addresses(destination, budget)
        for position, address in enumerate(addresses, start=1):
            try:
                return self.exchange(call, destination, address, budget, tries_left=len(addresses) - position + 1)
            except NoAnswerError as lost:
                if lost.reason is not Reason.CONNECT_FAILED or position == len(addresses):
                    raise
        raise NoAnswerError(WebhookOutcome.NOT_SENT, Reason.NAME_NOT_FOUND)

    def addresses(self, destination: Destination, budget: CallBudget) -> Sequence[Address]:
        """The addresses to try, IPv4 first since Lambda has no other way out.

        One that is not permitted spoils them all: a name that also leads inside is an attempt, not a service.
        """
        found = self.resolver(destination.host, timeout=_seconds_left(budget))
        if not all(self.permitted(address) for address in found):
            raise NoAnswerError(WebhookOutcome.REFUSED, Reason.ADDRESS_NOT_ALLOWED)
        return sorted(found, key=lambda address: address.version)[:_MAX_ADDRESSES]

    def exchange(
        self, call: WebhookCall, destination: Destination, address: Address, budget: CallBudget, *, tries_left: int
    ) -> int:
        """One request to one ``address``. A connection may take its share of the time among ``tries_left``."""
        left = _seconds_left(budget)
        pool = urllib3.HTTPSConnectionPool(
            str(address),
            destination.port,
            ssl_context=bounded_context(budget, ca_file=self.ca_file),
            server_hostname=destination.host,
            timeout=urllib3.Timeout(connect=left / tries_left, read=left),
        )
        try:
            response = pool.urlopen(
                "POST",
                destination.target,
                body=call.body.encode(),
                headers={"user-agent": _USER_AGENT, **call.headers, "host": _host_header(destination)},
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            _drain(response)
        except (HTTPError, OSError) as broken:
            raise _lost(broken, budget) from None  # what urllib3 raises holds the URL
        finally:
            pool.close()
        return response.status


def _drain(response: urllib3.BaseHTTPResponse) -> None:
    """Read the body and forget it: some servers give up their work when the caller leaves early.

    The status is the answer already; a body that is too slow or too long does not change it.
    """
    try:
        response.read(decode_content=False)
    except (HTTPError, OSError):
        pass
    finally:
        response.close()


def _lost(broken: HTTPError | OSError, budget: CallBudget) -> NoAnswerError:
    if budget.written:
        over = Reason.ANSWER_TOO_LARGE if budget.overdrawn else Reason.ANSWER_LOST
        return NoAnswerError(WebhookOutcome.UNKNOWN, Reason.TIMEOUT if budget.expired else over)
    if budget.expired:
        return NoAnswerError(WebhookOutcome.NOT_SENT, Reason.TIMEOUT)
    failed = Reason.TLS_FAILED if isinstance(broken, SSLError) else Reason.CONNECT_FAILED
    return NoAnswerError(WebhookOutcome.NOT_SENT, failed)


def _seconds_left(budget: CallBudget) -> float:
    try:
        return budget.seconds_left()
    except TimeoutError as late:
        raise NoAnswerError(WebhookOutcome.NOT_SENT, Reason.TIMEOUT) from late


def _host_header(destination: Destination) -> str:
    return destination.host if destination.port == HTTPS_PORT else f"{destination.host}:{destination.port}"
