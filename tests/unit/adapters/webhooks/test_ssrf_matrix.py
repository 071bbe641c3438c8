"""Whatever URL a rule names, the webhook client connects to an allowed name's public address or to nothing.

The marker ``loopback``: unit tests have no sockets, except these. A client's connections cannot be proved without any,
so they go to receivers on 127.0.0.1 that the test itself starts, and 127.0.0.1 plays the public Internet there.
"""

from ipaddress import ip_address

import pytest

from tests.unit.adapters.webhooks.loopback import HOST, Connections, names
from yuchi.adapters.webhooks.client import GuardedClient
from yuchi.services.call_webhook import NoAnswerError, Reason, WebhookCall, WebhookOutcome

URLS = {
    Reason.SCHEME_NOT_ALLOWED: """
        http://hooks.example.com/ file:///proc/self/environ file://localhost/etc/passwd FILE:/proc/self/environ
        gopher://127.0.0.1:6379/_INFO dict://127.0.0.1:11211/ ftp://hooks.example.com/ ldap://127.0.0.1/
        tftp://127.0.0.1/ jar:https://hooks.example.com!/ data:text/plain,x javascript:alert(1) ws://hooks.example.com/
        //hooks.example.com/
        hooks.example.com/ unix:///var/run/docker.sock netdoc:///etc/passwd http+unix://%2Ftmp%2Fa.sock/
        view-source:https://hooks.example.com/ url:https://hooks.example.com/
    """,
    Reason.HOST_NOT_A_NAME: """
        https://127.0.0.1:9001/2018-06-01/runtime/invocation/next https://127.0.0.1/ https://localhost/ https://LOCALHOST./
        https://169.254.169.254/latest/meta-data/ https://169.254.170.2/v2/credentials
        https://2130706433/ https://0x7f000001/ https://0x7F.0x0.0x0.0x1/ https://017700000001/ https://0177.0.0.1/
        https://0177.0.0.01/ https://127.1/ https://127.0.1/ https://0/ https://0.0.0.0/ https://127.0.0.1./ https://1.1.1.1/
        https://00000177.0.0.1/ https://0300.0250.0.1/ https://3232235521/ https://2852039166/ https://425.510.425.510/
        https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/ https://[0:0:0:0:0:ffff:127.0.0.1]/
        https://[64:ff9b::7f00:1]/ https://[2002:7f00:1::]/ https://[fe80::1%25eth0]/ https://[fd00:ec2::254]/
        https://[2606:4700:4700::1111]/ https://１２７.0.0.1/ https://①②⑦.⓪.⓪.①/ https://127。0。0。1/ https://127%2e0%2e0%2e1/
        https:/// https:///path https:hooks.example.com/ https:/hooks.example.com/ https://?hooks.example.com
        https://#hooks.example.com https://.hooks.example.com/ https://hooks..example.com/ https://%68ooks.example.com/
        https://hooks.example.com%00.evil.example/ https://hooks.example.com%2f.evil.example/ https://*.example.com/
        https://hooks.example.com,evil.example/ https://hooks.example.com;evil.example/ https://hooks_example.com/
        https://[v1.x]/
    """,
    Reason.CREDENTIALS_IN_URL: """
        https://user:password@hooks.example.com/ https://@hooks.example.com/ https://:@hooks.example.com/
        https://hooks.example.com@127.0.0.1/ https://hooks.example.com:443@169.254.169.254/
        https://hooks.example.com%40@127.0.0.1/ https://127.0.0.1@hooks.example.com/ https://a@b@hooks.example.com/
        https://hooks.example.com&@127.0.0.1/ https://127.0.0.1:80@hooks.example.com:443@127.0.0.1:80/
    """,
    Reason.HOST_NOT_ALLOWED: """
        https://evil.example/ https://hooks.example.com.evil.example/ https://example.com/ https://a.hooks.example.com/
        https://xhooks.example.com/ https://hooks.example.co/ https://hooks-example.com/ https://metadata.google.internal/
        https://localhost.localdomain/ https://127.0.0.1.nip.io/ https://evil.example/?hooks.example.com
        https://evil.example/#@hooks.example.com https://evil.example/hooks.example.com https://hооks.example.com/
    """,
    Reason.PORT_NOT_ALLOWED: """
        https://hooks.example.com:80/ https://hooks.example.com:22/ https://hooks.example.com:9001/
        https://hooks.example.com:0/ https://hooks.example.com:8443/ https://hooks.example.com:0444/
    """,
    Reason.URL_INVALID: """
        https://hooks.example.com:99999/ https://hooks.example.com:-1/ https://hooks.example.com:port/ https://[::1/
        https://[127.0.0.1]/ https://hooks.example.com:443:443/ https://evil.example\\@hooks.example.com/
        https:\\\\hooks.example.com\\ https://hooks.example.com\\.evil.example/ https://hooks.example.com/a^b
        https://hooks.example.com／@evil.example/ https://hooks.example.com/<script> https://a℀.example.com/
    """,
}

MATRIX = [(url, reason) for reason, urls in URLS.items() for url in urls.split()] + [
    (url, Reason.URL_INVALID)
    for url in (
        " https://hooks.example.com/", "https://hooks.example.com/ ", "https://hooks.example.com/a b",
        "https:\t//hooks.example.com/", "https://hooks.example.com/\r\nHost: evil.example",
        "https://hooks.example.com\n.evil.example/", "https://hooks.example.com/\x00",
        "https://evil.example\u00a0hooks.example.com/", "\x01https://hooks.example.com/", "https://hooks.example.com\u2028/",
    )
]  # fmt: skip

CLOSED_ADDRESSES = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.0.0.53",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.100.1",
    "172.16.0.1",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:1.1.1.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "fe80::1",
    "fe80::1%lo",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
]


def call(url: str, *allowed_hosts: str, timeout_seconds: float = 3) -> WebhookCall:
    return WebhookCall(url=url, allowed_hosts=allowed_hosts or (HOST,), timeout_seconds=timeout_seconds)


def refusal(client: GuardedClient, made: WebhookCall) -> tuple[WebhookOutcome, Reason]:
    with pytest.raises(NoAnswerError) as refused:
        client.post(made)
    return refused.value.outcome, refused.value.reason


def test_the_matrix_is_large() -> None:
    assert len(dict(MATRIX)) > 120


@pytest.mark.parametrize(("url", "reason"), MATRIX)
def test_a_bad_url_is_refused_before_anything_is_looked_up(connections: Connections, url: str, reason: Reason) -> None:
    resolver = names("1.1.1.1")
    assert refusal(GuardedClient(resolver=resolver), call(url)) == (WebhookOutcome.REFUSED, reason)
    assert resolver.asked == []
    connections.check()


@pytest.mark.parametrize("url", URLS[Reason.HOST_NOT_A_NAME].split())
def test_an_address_is_refused_even_where_the_operator_allowed_it(connections: Connections, url: str) -> None:
    host = url.removeprefix("https://").split("/")[0]
    allowed = (host, host.strip("[]"), "127.0.0.1", "localhost", "::1", "*", "")
    assert refusal(GuardedClient(), call(url, *allowed)) == (WebhookOutcome.REFUSED, Reason.HOST_NOT_A_NAME)
    connections.check()


@pytest.mark.parametrize("address", CLOSED_ADDRESSES)
@pytest.mark.parametrize("beside", [(), ("1.1.1.1",)])
def test_a_name_that_leads_inside_is_refused(connections: Connections, address: str, beside: tuple[str, ...]) -> None:
    resolver = names((*beside, address))
    made = call(f"https://{HOST}/")
    assert refusal(GuardedClient(resolver=resolver), made) == (WebhookOutcome.REFUSED, Reason.ADDRESS_NOT_ALLOWED)
    assert resolver.asked == [HOST]
    connections.check()


def test_a_name_without_addresses_was_not_sent(connections: Connections) -> None:
    made = call(f"https://{HOST}/")
    assert refusal(GuardedClient(resolver=names(())), made) == (WebhookOutcome.NOT_SENT, Reason.NAME_NOT_FOUND)
    connections.check()


def test_users_have_no_way_to_the_test_settings() -> None:
    client = GuardedClient()
    assert client.port == 443
    assert not client.permitted(ip_address("127.0.0.1"))
    assert not {"port", "permitted", "resolver", "ca_file"} & WebhookCall.model_fields.keys()
