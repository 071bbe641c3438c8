"""The second half of the SSRF matrix: real connections, to receivers that behave badly, and twins that fall for it."""

import time
from collections.abc import Callable, Sequence

import pytest
import trustme
import urllib3

from tests.unit.adapters.webhooks.loopback import (
    HOME,
    HOST,
    Connections,
    Names,
    Receiver,
    Script,
    answer,
    drip,
    endless,
    hang_up,
    names,
    permit_home,
    redirect,
    silent,
)
from yuchi.adapters.webhooks.addresses import Address
from yuchi.adapters.webhooks.bounded_tls import CallBudget
from yuchi.adapters.webhooks.client import GuardedClient
from yuchi.adapters.webhooks.destination import Destination
from yuchi.services.call_webhook import CallWebhook, Reason, WebhookCall, WebhookOutcome, WebhookResult

pytestmark = pytest.mark.loopback

Start = Callable[..., Receiver]


def make(
    receiver: Receiver,
    ca_file: str | None,
    *,
    resolver: Names | None = None,
    kind: type[GuardedClient] = GuardedClient,
    permitted: Callable[[Address], bool] = permit_home,
    body: str = "{}",
    seconds: float = 3,
) -> WebhookResult:
    client = kind(resolver=resolver or names(str(HOME)), permitted=permitted, port=receiver.port, ca_file=ca_file)
    headers = {"content-type": "application/json", "webhook-id": "e1:r1:0"}
    call = WebhookCall(url=receiver.url, headers=headers, body=body, allowed_hosts=(HOST,), timeout_seconds=seconds)
    return CallWebhook(client=client).call(call)


# ---------------------------------------------------------------- the good way


def test_the_name_is_in_sni_and_host_and_the_body_arrives_once(
    receive: Start, ca_file: str, connections: Connections
) -> None:
    receiver = receive(answer())
    resolver = names(str(HOME))
    result = make(receiver, ca_file, resolver=resolver, body='{"name":"张三"}')
    assert result == WebhookResult(outcome=WebhookOutcome.DELIVERED, status=204, reason=Reason.ACCEPTED)
    assert resolver.asked == [HOST]
    assert receiver.names == [HOST]
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    assert len(receiver.requests) == 1
    assert head.startswith(b"POST /in HTTP/1.1\r\n")
    assert f"host: {HOST}:{receiver.port}".encode() in head.lower()
    assert body.decode() == '{"name":"张三"}'
    connections.check((str(HOME), receiver.port))


def test_no_credential_and_no_proxy_of_the_environment_is_used(
    receive: Start, ca_file: str, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "environment-credential")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.9:3128")
    receiver = receive(answer())
    assert make(receiver, ca_file).outcome is WebhookOutcome.DELIVERED
    assert b"environment-credential" not in receiver.requests[0]
    assert b"authorization" not in receiver.requests[0].lower()
    connections.check((str(HOME), receiver.port))


def test_the_next_address_is_tried_when_one_refuses(receive: Start, ca_file: str, connections: Connections) -> None:
    receiver = receive(answer())
    result = make(
        receiver, ca_file, resolver=names(("127.0.0.3", str(HOME))), permitted=lambda address: address.is_loopback
    )
    assert result.outcome is WebhookOutcome.DELIVERED
    connections.check(("127.0.0.3", receiver.port), (str(HOME), receiver.port))


# ---------------------------------------------------------------- rebinding and redirects


class ResolvesAgain(GuardedClient):
    """The planted defect: checks what the name leads to, then lets the connection resolve it again."""

    def addresses(self, destination: Destination, budget: CallBudget) -> Sequence[Address]:
        super().addresses(destination, budget)
        return self.resolver(destination.host, timeout=budget.seconds_left())


def test_a_name_that_turns_inside_after_the_check_is_not_followed(
    receive: Start, ca_file: str, connections: Connections
) -> None:
    receiver = receive(answer())
    resolver = names(str(HOME), "127.0.0.2")
    assert make(receiver, ca_file, resolver=resolver).outcome is WebhookOutcome.DELIVERED
    connections.check((str(HOME), receiver.port))


def test_twin_a_client_that_resolves_again_is_caught(receive: Start, ca_file: str, connections: Connections) -> None:
    receiver = receive(answer())
    make(receiver, ca_file, resolver=names(str(HOME), "127.0.0.2"), kind=ResolvesAgain, seconds=1)
    with pytest.raises(AssertionError):
        connections.check((str(HOME), receiver.port))


class FollowsRedirects(GuardedClient):
    """The planted defect: redirects are on."""

    def exchange(
        self, call: WebhookCall, destination: Destination, address: Address, budget: CallBudget, *, tries_left: int
    ) -> int:
        with urllib3.PoolManager(ca_certs=self.ca_file, server_hostname=destination.host) as manager:
            url = f"https://{address}:{destination.port}{destination.target}"
            return manager.request("POST", url, body=call.body, headers=call.headers, timeout=1).status


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(receive: Start, ca_file: str, connections: Connections, status: str) -> None:
    inside = receive(answer("200 OK"))
    receiver = receive(redirect(f"https://127.0.0.1:{inside.port}/latest/meta-data", status))
    result = make(receiver, ca_file)
    assert result == WebhookResult(outcome=WebhookOutcome.REFUSED, status=int(status[:3]), reason=Reason.REDIRECTED)
    assert inside.requests == []
    connections.check((str(HOME), receiver.port))


def test_twin_a_client_that_follows_redirects_is_caught(receive: Start, ca_file: str, connections: Connections) -> None:
    inside = receive(answer("200 OK"))
    receiver = receive(redirect(f"https://127.0.0.1:{inside.port}/latest/meta-data"))
    assert make(receiver, ca_file, kind=FollowsRedirects).outcome is WebhookOutcome.DELIVERED
    assert inside.requests != []
    with pytest.raises(AssertionError):
        connections.check((str(HOME), receiver.port))


# ---------------------------------------------------------------- slow and endless

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ACCEPTED = (WebhookOutcome.DELIVERED, Reason.ACCEPTED)
LOST = (WebhookOutcome.UNKNOWN, Reason.ANSWER_LOST)
LATE = (WebhookOutcome.UNKNOWN, Reason.TIMEOUT)
TOO_LARGE = (WebhookOutcome.UNKNOWN, Reason.ANSWER_TOO_LARGE)


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        pytest.param(silent, LATE, id="never answers"),
        pytest.param(drip(HEAD * 100), LATE, id="drips its head"),
        pytest.param(drip(b"x" * 1000, after=HEAD), ACCEPTED, id="drips its body"),
        pytest.param(drip(b"1\r\nx\r\n" * 1000, after=CHUNKED), ACCEPTED, id="drips its chunks"),
        pytest.param(drip(b"x" * 1000, after=b"HTTP/1.1 200 OK\r\nX: "), LATE, id="drips a header"),
    ],
)
def test_a_slow_receiver_gets_the_whole_call_s_time_and_no_more(
    receive: Start, ca_file: str, connections: Connections, script: Script, verdict: tuple[WebhookOutcome, Reason]
) -> None:
    receiver = receive(script)
    started = time.monotonic()
    result = make(receiver, ca_file, seconds=0.4)
    assert time.monotonic() - started < 2
    assert (result.outcome, result.reason) == verdict
    connections.check((str(HOME), receiver.port))


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        pytest.param(endless(b"x" * 16384, after=HEAD), ACCEPTED, id="endless body"),
        pytest.param(endless(b"4000\r\n" + b"x" * 16384 + b"\r\n", after=CHUNKED), ACCEPTED, id="endless chunks"),
        pytest.param(endless(b"x" * 16384, after=b"HTTP/1.1 200 OK\r\nX: "), TOO_LARGE, id="endless header"),
        pytest.param(endless(b"X: y\r\n" * 1000, after=b"HTTP/1.1 200 OK\r\n"), LOST, id="endless headers"),
        pytest.param(endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 500), TOO_LARGE, id="endless continue"),
        pytest.param(endless(b"0" * 16384, after=CHUNKED), ACCEPTED, id="endless chunk size"),
    ],
)
def test_an_endless_answer_is_cut_long_before_the_deadline(
    receive: Start, ca_file: str, connections: Connections, script: Script, verdict: tuple[WebhookOutcome, Reason]
) -> None:
    receiver = receive(script)
    started = time.monotonic()
    result = make(receiver, ca_file, seconds=3)
    assert time.monotonic() - started < 2
    assert (result.outcome, result.reason) == verdict
    connections.check((str(HOME), receiver.port))


def test_a_receiver_that_never_shakes_hands_was_not_sent(
    receive: Start, ca_file: str, connections: Connections
) -> None:
    receiver = receive(silent, shakes_hands=False)
    result = make(receiver, ca_file, seconds=0.4)
    assert (result.outcome, result.reason) == (WebhookOutcome.NOT_SENT, Reason.TIMEOUT)
    connections.check((str(HOME), receiver.port))


class WaitsForEachByte(GuardedClient):
    """The planted defect: a time limit for each read instead of one for the call."""

    def exchange(
        self, call: WebhookCall, destination: Destination, address: Address, budget: CallBudget, *, tries_left: int
    ) -> int:
        left = budget.seconds_left()
        with urllib3.HTTPSConnectionPool(
            str(address), destination.port, ca_certs=self.ca_file, server_hostname=destination.host
        ) as pool:
            return pool.request("POST", destination.target, body=call.body, timeout=left, retries=False).status


def test_twin_a_time_limit_for_each_read_is_outwaited(receive: Start, ca_file: str) -> None:
    receiver = receive(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    started = time.monotonic()
    assert make(receiver, ca_file, kind=WaitsForEachByte, seconds=0.4).outcome is WebhookOutcome.DELIVERED
    assert time.monotonic() - started > 0.6


# ---------------------------------------------------------------- what may be repeated


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        pytest.param(answer("410 Gone"), (WebhookOutcome.REFUSED, Reason.REJECTED), id="gone"),
        pytest.param(answer("429 Slow Down"), (WebhookOutcome.NOT_SENT, Reason.RECEIVER_BUSY), id="busy"),
        pytest.param(answer("503 Down", body=b"<html>"), (WebhookOutcome.UNKNOWN, Reason.RECEIVER_FAILED), id="failed"),
        pytest.param(hang_up, LOST, id="hangs up"),
        pytest.param(endless(b"\x00garbage\r\n"), LOST, id="no HTTP"),
        pytest.param(answer("abc def"), LOST, id="no status"),
    ],
)
def test_verdicts(receive: Start, ca_file: str, script: Script, verdict: tuple[WebhookOutcome, Reason]) -> None:
    result = make(receive(script), ca_file)
    assert (result.outcome, result.reason) == verdict


def test_a_closed_port_was_not_sent(receive: Start, ca_file: str) -> None:
    receiver = receive(answer())
    result = make(
        receiver, ca_file, resolver=names("127.0.0.3"), permitted=lambda address: address.is_loopback, seconds=1
    )
    assert (result.outcome, result.status) == (WebhookOutcome.NOT_SENT, None)


def test_a_certificate_for_another_name_was_not_sent(receive: Start, ca_file: str) -> None:
    receiver = receive(answer(), name="other.example.com")
    result = make(receiver, ca_file)
    assert (result.outcome, result.reason) == (WebhookOutcome.NOT_SENT, Reason.TLS_FAILED)
    assert b"".join(receiver.requests) == b""


@pytest.mark.parametrize("trusted", ["another authority", "the public ones"])
def test_a_certificate_of_an_unknown_authority_was_not_sent(receive: Start, ca_file: str, trusted: str) -> None:
    receiver = receive(answer(), authority=trustme.CA())
    result = make(receiver, ca_file if trusted == "another authority" else None)
    assert (result.outcome, result.reason) == (WebhookOutcome.NOT_SENT, Reason.TLS_FAILED)
    assert b"".join(receiver.requests) == b""
