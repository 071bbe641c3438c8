"""One port for two things: WeChat's API (``/cgi-bin/...``), and the product's own API (every other path, passed on).

``/simulator/...`` steers the simulator:

| call | what |
|---|---|
| GET received?kind=&account=&openid=&path=&after=N | what came in, in order; every field can be a filter |
| DELETE received | forget it |
| GET, POST, DELETE faults | what goes wrong on purpose (:class:`infra.local.simulator.faults.Fault`, one or a list) |
| POST clock {"advance": seconds} | let time pass for windows and tokens |
| POST accounts {account} | register one (:class:`PlatformAccount`) |
| POST fans {"account", "openid", "trigger"} | a fan did something that was not pushed |
| POST revoke {"account"} | make every token of an account bad |
| POST rights {"account", "forbidden", "daily", "verdict", "delay", "told"} | what it may do and gets |
| POST credits {"account", "template", "openids", "count"} | these fans agreed to so many notices of that template |
| GET accepted?account=&client_id= | what each openid was sent, whatever was answered: [channel, client id, number, shown] |
| POST upstream {"host", "port", "prefix"} | where the product's API is |
| GET health | {"ok": true} |
"""

import http.client
import json
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from infra.local.ports import HOST
from infra.local.simulator import pushes
from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.endpoints import Call, answer, failure
from infra.local.simulator.faults import Fault
from infra.local.simulator.platform import Platform
from infra.local.simulator.pusher import Pusher
from infra.local.simulator.steering import STEERING
from infra.local.simulator.upstream import Upstream

WECHAT_PREFIXES: Final = ("/cgi-bin/", "/wxa/", "/sns/", "/customservice/", "/card/", "/datacube/")
SIMULATOR_PREFIX: Final = "/simulator/"
CALLBACK_PREFIX: Final = "/wechat/"
_PER_HOP: Final = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "upgrade", "te"}
)
_PASSED_ON: Final = ("access-control-", "retry-after", "vary")
"""What of an answer of the product's API goes on, beside its type."""
_PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(slots=True)
class Simulator:
    """The HTTP server, in threads of its own. ``port`` 0 takes a free one."""

    port: int = 0
    platform: Platform = field(default_factory=Platform)
    upstream: Upstream = field(default_factory=Upstream)
    _server: ThreadingHTTPServer | None = None

    def start(self) -> "Simulator":
        """Listen; raises ``OSError`` when the port is taken."""
        handler = type("Handler", (_Handler,), {"simulator": self})
        self._server = _Server((HOST, self.port), handler)
        self.platform.notices.push = self._push
        self.port = self._server.server_address[1]
        # How often it looks whether it is to stop, in seconds.
        threading.Thread(target=self._server.serve_forever, args=[0.05], name="simulator", daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening."""
        self.platform.notices.stop()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _push(self, account: PlatformAccount, fields: Mapping[str, Any]) -> None:
        # Through this very server, so that such pushes are seen like all others; dropped while nobody listens.
        if self.upstream.port:
            Pusher(account, f"{self.url}{CALLBACK_PREFIX}{account.id}").push(fields)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class _Handler(BaseHTTPRequestHandler):
    simulator: Simulator
    protocol_version = "HTTP/1.1"
    # Answers are written in one piece; waiting for more only costs 40 ms.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Keep quiet: query strings carry secrets, and what came in is at /simulator/received."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path.startswith(SIMULATOR_PREFIX):
            self._steer(url.path.removeprefix(SIMULATOR_PREFIX), query, body)
        elif url.path.startswith(WECHAT_PREFIXES):
            self._wechat(url.path, query, body)
        else:
            self._forward(url.path, query, body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = _serve  # noqa: N815 - the base class's names

    # ------------------------------------------------------------------ WeChat's API

    def _wechat(self, path: str, query: Mapping[str, str], body: bytes) -> None:
        platform = self.simulator.platform
        name = self._account_of(query, body)
        fault = platform.faults.strike(path, name)
        if fault and fault.kind == "latency":
            time.sleep(fault.value)
        bad = fault is not None and fault.kind != "latency"
        call = Call(platform, self.command, path, query, body, self.headers.get("Content-Type", ""))
        if bad and fault and not fault.takes_effect:
            result = failure(platform, int(fault.value) if fault.kind == "errcode" else -1)
        else:
            result, name = answer(call)[0], name or answer_account(platform, query)
        self._record_call(path, body, result, name, fault)
        if not bad or fault is None:
            self._json(result)
        elif fault.kind == "errcode":
            self._json(failure(platform, int(fault.value)))
        elif fault.kind in {"disconnect", "timeout"}:
            time.sleep(fault.value if fault.kind == "timeout" else 0)
            self.close_connection = True
        else:
            status = int(fault.value) if fault.kind == "status" else 200
            self._send(status, _PAGE, "text/html; charset=utf-8")

    def _account_of(self, query: Mapping[str, str], body: bytes) -> str | None:
        found = answer_account(self.simulator.platform, query)
        if found is None and b'"appid"' in body:
            state = self.simulator.platform.account(str(_loads(body).get("appid", "")))
            found = state.account.id if state else None
        return found

    def _record_call(
        self, path: str, body: bytes, result: dict[str, Any], name: str | None, fault: Fault | None
    ) -> None:
        content = _loads(body)
        content.pop("secret", None)
        self.simulator.platform.record(
            "api",
            account=name or "",
            path=path,
            openid=str(content.get("touser", "")),
            content=content,
            errcode=result.get("errcode", 0),
            fault=fault.kind if fault else None,
        )

    # ------------------------------------------------------------------ the product's API

    def _forward(self, path: str, query: Mapping[str, str], body: bytes) -> None:
        platform, upstream = self.simulator.platform, self.simulator.upstream
        name = path.removeprefix(CALLBACK_PREFIX) if path.startswith(CALLBACK_PREFIX) else ""
        push = pushes.observe_push(platform, name, query, body) if name and self.command == "POST" else None
        if not upstream.port:
            self._json({"message": "The stack is not deployed yet"}, HTTPStatus.SERVICE_UNAVAILABLE)
            return
        headers = {key: value for key, value in self.headers.items() if key.lower() not in _PER_HOP}
        headers["X-Forwarded-For"] = self.client_address[0]
        connection = http.client.HTTPConnection(upstream.host, upstream.port, timeout=35)
        try:
            connection.request(self.command, upstream.prefix + self.path, body=body or None, headers=headers)
            response = connection.getresponse()
            status, content = response.status, response.read()
            content_type = response.getheader("Content-Type", "text/plain")
            more = [(name, value) for name, value in response.getheaders() if name.lower().startswith(_PASSED_ON)]
        except OSError:
            self._json({"message": "The stack does not answer"}, HTTPStatus.BAD_GATEWAY)
            return
        finally:
            connection.close()
        if push:
            self._record_push(name, push, status, content)
        self._send(status, content, content_type, more)

    def _record_push(self, name: str, push: dict[str, Any], status: int, content: bytes) -> None:
        platform = self.simulator.platform
        state, openid = platform.account(name), str(push["FromUserName"])
        path = CALLBACK_PREFIX + name
        platform.record("push", account=name, path=path, openid=openid, content=push, status=status)
        if state is None or status != HTTPStatus.OK:
            return
        try:
            reply = pushes.open_reply(state.account, content)
        except ValueError as error:
            reply = {"refused": str(error)}
        if reply:
            platform.record("reply", account=name, path=path, openid=openid, content=reply)

    # ------------------------------------------------------------------ steering

    def _steer(self, what: str, query: dict[str, str], body: bytes) -> None:
        steer = STEERING.get((self.command, what))
        if steer is None:
            self._json({"error": f"no {self.command} {SIMULATOR_PREFIX}{what}"}, HTTPStatus.NOT_FOUND)
            return
        try:
            self._json(steer(self.simulator, query, json.loads(body) if body else {}))
        except (KeyError, TypeError, ValueError) as error:
            self._json({"error": f"{type(error).__name__}: {error}"}, HTTPStatus.BAD_REQUEST)

    # ------------------------------------------------------------------ answers

    def _json(self, value: object, status: int = HTTPStatus.OK) -> None:
        self._send(status, json.dumps(value, ensure_ascii=False).encode(), "application/json; encoding=utf-8")

    def _send(self, status: int, content: bytes, content_type: str, more: Iterable[tuple[str, str]] = ()) -> None:
        self.send_response(status)
        for name, value in more:
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def answer_account(platform: Platform, query: Mapping[str, str]) -> str | None:
    """The account that a query names by its appid or by a token, however old."""
    token = query.get("access_token", "")
    for account in platform.accounts():
        state = platform.account(account.appid)
        if query.get("appid") == account.appid or (state and token and token in state.tokens):
            return account.id
    return None


def _loads(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
