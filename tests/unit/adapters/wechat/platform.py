"""WeChat's side of the wire without a socket: an adapter for ``requests`` that answers from a script and keeps the calls."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

URL = "https://wechat.test"


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    params: Mapping[str, str]
    body: bytes
    timeout: Any

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Mapping[str, Any] | bytes | int | Exception
Script = Callable[[Call], Answer]


def always(answer: Answer) -> Script:
    return lambda _call: answer


@dataclass
class Platform(BaseAdapter):
    script: Script
    calls: list[Call] = field(default_factory=list)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(request.url or "")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        call = Call(request.method or "", parts.path, dict(parse_qsl(parts.query)), body, options.get("timeout"))
        self.calls.append(call)
        answer = self.script(call)
        if isinstance(answer, Exception):
            raise answer
        return _response(request, answer)

    def close(self) -> None:
        pass

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self)
        return session


def _response(request: requests.PreparedRequest, answer: Mapping[str, Any] | bytes | int) -> requests.Response:
    response = requests.Response()
    response.status_code = answer if isinstance(answer, int) else 200
    content = answer if isinstance(answer, bytes) else b"" if isinstance(answer, int) else json.dumps(answer).encode()
    response.raw = HTTPResponse(io.BytesIO(content), preload_content=False)
    response.request = request
    response.url = request.url or ""
    return response


@dataclass
class Tokens:
    """A token source that hands out ``token-1``, ``token-2``, ... and moves on when one is invalidated."""

    current: int = 1
    moves: bool = True
    invalidated: list[str] = field(default_factory=list)

    def __call__(self) -> str:
        return f"token-{self.current}"

    def invalidate(self, token: str) -> None:
        self.invalidated.append(token)
        if self.moves and token == self():
            self.current += 1
