import threading
from ipaddress import ip_address

import pytest

from yuchi.adapters.webhooks.addresses import Address
from yuchi.adapters.webhooks.resolver import resolve
from yuchi.services.call_webhook import NoAnswerError, Reason, WebhookOutcome

# A numeric name is answered by the C library itself; none of these asks a server.


def test_addresses_come_parsed_and_once() -> None:
    assert resolve("192.0.2.7", timeout=5) == (ip_address("192.0.2.7"),)


def test_a_name_that_does_not_exist_was_not_sent() -> None:
    with pytest.raises(NoAnswerError) as lost:
        resolve("a" * 64 + ".example.com", timeout=5)
    assert (lost.value.outcome, lost.value.reason) == (WebhookOutcome.NOT_SENT, Reason.NAME_NOT_FOUND)


def test_a_resolver_that_hangs_is_left_behind() -> None:
    never = threading.Event()

    def hang(_host: str) -> tuple[Address, ...]:
        never.wait(10)
        return ()

    with pytest.raises(NoAnswerError) as lost:
        resolve("hooks.example.com", timeout=0.05, look_up=hang)
    never.set()
    assert (lost.value.outcome, lost.value.reason) == (WebhookOutcome.NOT_SENT, Reason.TIMEOUT)
