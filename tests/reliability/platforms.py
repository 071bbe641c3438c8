"""WeChat's interface and a webhook receiver as the far ends of real adapters: they remember what they accepted."""

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.reliability.crash import Call, Fault, Gate

HTML = b"<html><body>502 Bad Gateway</body></html>"


@dataclass(frozen=True)
class Accepted:
    """A message that WeChat took: when, for whom, what, and how many fans' messages it had taken before."""

    at: datetime
    openid: str
    text: str


def response(status: int, body: bytes) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer.raw = io.BytesIO(body)
    return answer


class WeChat(requests.Session):
    """``api.weixin.qq.com`` behind the session of the real transport. ``codes``: errcodes to answer with, in turn."""

    def __init__(self, clock: Callable[[], datetime], gate: Gate) -> None:
        super().__init__()
        self.clock, self.gate = clock, gate
        self.accepted: list[Accepted] = []
        self.calls: list[str] = []
        self.codes: list[int] = []
        self.tags: dict[int, str] = {}
        self.tagged: dict[str, set[str]] = {}
        self.on_accept: Callable[[Accepted], None] = lambda _accepted: None

    def request(self, method: Any, url: Any, **arguments: Any) -> requests.Response:  # type: ignore[override]
        path, body = urlsplit(url).path, json.loads(arguments.get("data") or b"{}")

        def run() -> requests.Response:
            return self._answer(path, body)

        def fail(reached: bool) -> Any:
            # requests' own errors quote the whole URL, and so the token
            error = requests.ReadTimeout if reached else requests.ConnectTimeout
            raise error(f"HTTPSConnectionPool: Max retries exceeded with url: {url}?{urlencode(arguments['params'])}")

        answer: requests.Response = self.gate.pass_through(Call("wechat.request", run=run, fail=fail))
        return answer

    def _answer(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        self.calls.append(path)
        code = self.codes.pop(0) if self.codes else 0
        if code == 0 and "/tags/" in path:
            return response(200, json.dumps(self._answer_of_tags(path.rpartition("/")[2], body)).encode())
        if code == 0:
            taken = Accepted(self.clock(), body["touser"], body["text"]["content"])
            self.accepted.append(taken)
            self.on_accept(taken)
        return response(200, json.dumps({"errcode": code, "errmsg": "rid: 1-2-3"}).encode())

    def _answer_of_tags(self, interface: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if interface == "get":
            return {"tags": [{"id": number, "name": name, "count": 0} for number, name in self.tags.items()]}
        if interface == "create":
            if body["tag"]["name"] in self.tags.values():
                return {"errcode": 45157}
            self.tags[max(self.tags, default=99) + 1] = body["tag"]["name"]
            return {"tag": {"id": max(self.tags), "name": body["tag"]["name"]}}
        if body["tagid"] not in self.tags:
            return {"errcode": 45159}
        change = set.add if interface == "batchtagging" else set.discard
        for openid in body["openid_list"]:
            change(self.tagged.setdefault(openid, set()), self.tags[body["tagid"]])
        return {"errcode": 0}

    def counts(self) -> Counter[tuple[str, str]]:
        return Counter((each.openid, each.text) for each in self.accepted)


@dataclass
class Receiver:
    """The function ``call_webhook`` with the third party behind it, who knows repetitions by ``webhook-id``."""

    gate: Gate
    seen: Counter[str] = field(default_factory=Counter)
    outcomes: list[str] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803 - boto3's names
        call = json.loads(Payload)

        def run() -> Any:
            outcome = self.outcomes.pop(0) if self.outcomes else "delivered"
            if outcome in {"delivered", "unknown"}:
                self.seen[call["headers"]["webhook-id"]] += 1
            result = {"outcome": outcome, "status": 200, "reason": "accepted"}
            return {"Payload": SimpleNamespace(read=lambda: json.dumps(result).encode())}

        def fail(reached: bool) -> Any:
            error = ReadTimeoutError if reached else ConnectTimeoutError
            raise error(endpoint_url="https://lambda")

        return self.gate.pass_through(Call("lambda.invoke", run=run, fail=fail))


def html_though_accepted(call: Call) -> Any:
    call.run()
    return response(200, HTML)


def html(call: Call) -> Any:
    return response(200, HTML)


def bad_gateway_though_accepted(call: Call) -> Any:
    call.run()
    return response(502, HTML)


def busy(call: Call) -> Any:
    """-1: WeChat does not say whether it was done."""
    return response(200, b'{"errcode": -1, "errmsg": "system error"}')


AT_WECHAT: Mapping[str, Fault] = {
    "HTML 200, accepted": html_though_accepted,
    "HTML 200": html,
    "502, accepted": bad_gateway_though_accepted,
    "busy": busy,
}
