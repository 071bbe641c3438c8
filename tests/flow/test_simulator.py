"""The simulator over HTTP: faults as a client sees them, and pushes that pass through to an API."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
import requests

from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.client import SimulatorClient, SimulatorError
from infra.local.simulator.envelope import seal, signature
from infra.local.simulator.faults import Fault
from infra.local.simulator.pusher import Pusher
from infra.local.simulator.server import Simulator
from infra.local.simulator.upstream import Upstream
from infra.local.simulator.xml import write

ACCOUNT = PlatformAccount.invent("shop", name="店")


class Api(BaseHTTPRequestHandler):
    """Stands in for the product's API: answers with what the test put into ``answers``, then with success."""

    answers: ClassVar[list[tuple[int, bytes]]] = []
    requests: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.requests.append(self.path)
        status, body = self.answers.pop(0) if self.answers else (200, b"success")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    Api.answers.clear()
    Api.requests.clear()
    api = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=api.serve_forever, args=[0.05], daemon=True).start()
    running = Simulator(upstream=Upstream(port=api.server_address[1], prefix="/prefix")).start()
    running.platform.add_account(ACCOUNT)
    yield running
    running.stop()
    api.shutdown()
    api.server_close()


@pytest.fixture
def client(simulator: Simulator) -> SimulatorClient:
    return SimulatorClient(simulator.url)


@pytest.fixture
def pusher(simulator: Simulator) -> Pusher:
    return Pusher(ACCOUNT, f"{simulator.url}/wechat/shop", answer_seconds=2.0)


def token(simulator: Simulator) -> str:
    state = simulator.platform.account("shop")
    assert state
    return simulator.platform.issue_stable_token(state, force=False)[0]


def send(simulator: Simulator, openid: str, *, timeout: float = 5.0) -> requests.Response:
    body = {"touser": openid, "msgtype": "text", "text": {"content": "好"}}
    return requests.post(
        f"{simulator.url}/cgi-bin/message/custom/send",
        params={"access_token": token(simulator)},
        data=json.dumps(body, ensure_ascii=False).encode(),
        timeout=timeout,
    )


def test_a_push_passes_through_with_its_query_and_opens_the_fans_window(
    simulator: Simulator, client: SimulatorClient, pusher: Pusher
) -> None:
    fan = pusher.fan()

    push = fan.text("你好")

    assert push.accepted
    assert Api.requests[0].startswith("/prefix/wechat/shop?signature=")
    assert send(simulator, fan.openid).json()["errcode"] == 0
    (message,) = client.custom_messages(openid=fan.openid)
    assert message["text"] == {"content": "好"}
    assert [entry["kind"] for entry in client.received(openid=fan.openid)] == ["push", "api"]


def test_three_tries_with_one_message_id(pusher: Pusher) -> None:
    Api.answers[:] = [(500, b""), (503, b""), (200, b"success")]

    push = pusher.fan().text("你好")

    assert [attempt.status for attempt in push.attempts] == [500, 503, 200]
    assert push.accepted
    assert len({request.split("nonce=")[1] for request in Api.requests}) == 3


def test_wechat_gives_up_after_the_third(pusher: Pusher) -> None:
    Api.answers[:] = [(500, b"")] * 5

    push = pusher.fan().text("你好")

    assert len(push.attempts) == 3
    assert not push.accepted


def test_a_passive_reply_is_opened_and_kept(client: SimulatorClient, pusher: Pusher) -> None:
    Api.answers[:] = [(200, sealed_reply("欢迎"))]
    fan = pusher.fan()

    push = fan.subscribe(scene="store-1")

    assert push.reply is not None
    assert push.reply["Content"] == "欢迎"
    (kept,) = client.received(kind="reply")
    assert (kept["openid"], kept["content"]["Content"]) == (fan.openid, "欢迎")


def test_a_reply_that_wechat_would_refuse_is_marked(pusher: Pusher) -> None:
    Api.answers[:] = [(200, sealed_reply("欢迎").replace(b"<MsgSignature><![CDATA[", b"<MsgSignature><![CDATA[0"))]

    push = pusher.fan().text("你好")

    assert push.reply is not None
    assert set(push.reply) == {"refused"}


@pytest.mark.parametrize("code", [-1, 40001, 45009, 45011, 45015, 45047])
def test_a_code_on_demand(simulator: Simulator, client: SimulatorClient, pusher: Pusher, code: int) -> None:
    fan = pusher.fan()
    fan.text("你好")
    client.break_with(Fault("errcode", path="*/custom/send", value=code, count=1))

    assert send(simulator, fan.openid).json()["errcode"] == code
    assert client.custom_messages() == []
    assert send(simulator, fan.openid).json()["errcode"] == 0
    assert [fault.hits for fault in client.faults()] == [1]


def test_an_answer_may_be_lost_after_the_message_was_sent(
    simulator: Simulator, client: SimulatorClient, pusher: Pusher
) -> None:
    fan = pusher.fan()
    fan.text("你好")
    client.break_with(Fault("disconnect", takes_effect=True, count=1))

    with pytest.raises(requests.ConnectionError):
        send(simulator, fan.openid)

    assert len(client.custom_messages(openid=fan.openid)) == 1


def test_a_page_instead_of_json_a_bad_status_and_a_late_answer(
    simulator: Simulator, client: SimulatorClient, pusher: Pusher
) -> None:
    fan = pusher.fan()
    fan.text("你好")
    client.break_with(Fault("html", count=1), Fault("status", value=502, count=1), Fault("latency", value=1.0, count=1))

    page, bad = send(simulator, fan.openid), send(simulator, fan.openid)

    assert (page.status_code, page.text[:6]) == (200, "<html>")
    assert bad.status_code == 502
    with pytest.raises(requests.ReadTimeout):
        send(simulator, fan.openid, timeout=0.2)


def test_steering_says_what_was_wrong(client: SimulatorClient) -> None:
    with pytest.raises(SimulatorError, match="likelihood"):
        client._call("POST", "faults", {"kind": "html", "likelihood": 1})


def test_before_the_stack_is_deployed_a_push_is_not_accepted(client: SimulatorClient, pusher: Pusher) -> None:
    client.set_upstream(host="127.0.0.1", port=0, prefix="")

    assert pusher.fan().text("你好").status == 503


def test_secrets_are_not_kept(simulator: Simulator, client: SimulatorClient) -> None:
    body = {"grant_type": "client_credential", "appid": ACCOUNT.appid, "secret": ACCOUNT.app_secret}
    requests.post(f"{simulator.url}/cgi-bin/stable_token", json=body, timeout=5.0)

    assert ACCOUNT.app_secret not in json.dumps(client.received())


def sealed_reply(content: str) -> bytes:
    inner = write({"ToUserName": "o1", "FromUserName": "gh", "CreateTime": 1, "MsgType": "text", "Content": content})
    sealed = seal(inner.encode(), encoding_aes_key=ACCOUNT.encoding_aes_key, appid=ACCOUNT.appid)
    signed = signature(ACCOUNT.token, "1700000000", "n1", sealed)
    return write({"Encrypt": sealed, "MsgSignature": signed, "TimeStamp": 1700000000, "Nonce": "n1"}).encode()


def test_a_mass_message_is_reported_by_a_push(simulator: Simulator, client: SimulatorClient) -> None:
    client.add_followers("shop", [{"openid": "o1"}, {"openid": "o2"}])
    client.set_rights("shop", delay=0.0)
    body = {"touser": ["o1", "o2"], "msgtype": "text", "text": {"content": "hi"}, "clientmsgid": "c1"}

    requests.post(f"{simulator.url}/cgi-bin/message/mass/send", params={"access_token": token(simulator)}, json=body)

    deadline = time.monotonic() + 10
    while not client.received(kind="push") and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert [push["content"]["Event"] for push in client.received(kind="push")] == ["MASSSENDJOBFINISH"]
    assert {openid: len(got) for openid, got in client.accepted("shop", "c1").items()} == {"o1": 1, "o2": 1}
    assert client.accepted("shop", "c2") == {}


@pytest.mark.parametrize(("takes_effect", "reached"), [(True, 2), (False, 0)])
def test_an_answer_that_comes_too_late_tells_nothing(
    simulator: Simulator, client: SimulatorClient, takes_effect: bool, reached: int
) -> None:
    client.add_followers("shop", [{"openid": "o1"}, {"openid": "o2"}])
    client.break_with(Fault("timeout", path="/cgi-bin/message/mass/send", value=0.6, takes_effect=takes_effect))
    body = {"touser": ["o1", "o2"], "msgtype": "text", "text": {"content": "hi"}, "clientmsgid": "c1"}
    address = f"{simulator.url}/cgi-bin/message/mass/send?access_token={token(simulator)}"

    with pytest.raises(requests.ReadTimeout):
        requests.post(address, json=body, timeout=0.3)

    assert len(client.accepted("shop")) == reached
