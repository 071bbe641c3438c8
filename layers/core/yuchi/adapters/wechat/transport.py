"""wechatpy's client with every call going through one corrected request.

wechatpy 2.0.0a26 retries without end on a stale token, has no timeout on its token call, returns a HTML page as a
value, and its exceptions carry URLs with tokens. Here one method, :meth:`Transport._request`, replaces all of that, so
the whole of the SDK (``transport.message``, ``transport.user``, ``transport.draft``, ...) inherits the corrections.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from ssl import SSLCertVerificationError
from typing import Any, Final, NoReturn, Protocol

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError
from wechatpy import WeChatClient as WeChatSdk

from yuchi.adapters.wechat.errors import AnswerMeaning, explain_error

DEFAULT_URL: Final = "https://api.weixin.qq.com"
TIMEOUT: Final = 5.0
"""Seconds that one call may take."""

MAX_IDLE: Final = 15.0
"""Seconds that a connection may lie idle before it is not used any more."""

MAX_ANSWER: Final = 1024 * 1024
_MIN_TIMEOUT: Final = 0.1
_HTTP_OK: Final = 200
_RID: Final = re.compile(r"rid: ([0-9a-z-]{1,64})")
_ADDRESS: Final = re.compile(r"invalid ip ([0-9a-fA-F.:]{2,45})")
_NEVER_CONNECTED: Final = (NewConnectionError, ConnectTimeoutError)


class WeChatCallError(Exception):
    """A call to WeChat that did not end well. ``path`` names the interface; no token or secret is ever in here."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class CallRefusedError(WeChatCallError):
    """WeChat answered with an error code, so it did not do it.

    ``rid`` is WeChat's id of the request, kept there for 7 days. ``address`` is our own IP address where WeChat names
    it.
    """

    def __init__(self, path: str, code: int, rid: str = "", address: str = "") -> None:
        super().__init__(path, f"errcode {code}{f' rid {rid}' if rid else ''}")
        self.code = code
        self.rid = rid
        self.address = address

    @property
    def outcome(self) -> AnswerMeaning:
        """What the code means for the call."""
        return explain_error(self.code).outcome


class OutcomeUnknownError(WeChatCallError):
    """The request went out, and no answer tells whether WeChat did it."""


class NotSentError(WeChatCallError):
    """The request never reached WeChat: no address, no connection, or no time left."""


class TokenSource(Protocol):
    """Where access tokens come from; see :mod:`yuchi.adapters.wechat.tokens`."""

    def __call__(self) -> str:
        """The access token to use now."""
        ...

    def invalidate(self, token: str) -> None:
        """WeChat refused ``token``: do not hand it out again."""
        ...


def no_deadline() -> float:
    """Seconds left, when nobody sets a limit."""
    return TIMEOUT


class Transport(WeChatSdk):  # type: ignore[misc]  # wechatpy has no types
    """The SDK's client. ``remaining`` gives the seconds that the caller has left; ``base_url`` may be a simulator's."""

    def __init__(
        self,
        *,
        appid: str,
        tokens: TokenSource,
        base_url: str = DEFAULT_URL,
        remaining: Callable[[], float] = no_deadline,
        http: requests.Session | None = None,
    ) -> None:
        super().__init__(appid, secret="", auto_retry=False)
        self._http = http or requests.Session()
        self._used_at = time.time()
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._remaining = remaining

    @property
    def access_token(self) -> str:
        """The access token to use now."""
        return self._tokens()

    def fetch_access_token(self) -> NoReturn:
        """Not here: only the token broker talks to the token interface."""
        raise NotImplementedError

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """What every interface of the SDK calls. Tries a second time when, and only when, the token was stale."""
        path = self._path(url_or_endpoint, kwargs.pop("api_base_url", self.API_BASE_URL))
        params = dict(kwargs.pop("params", None) or {})
        processor = kwargs.pop("result_processor", None)
        content = _content(kwargs.pop("data", None))
        token = params.pop("access_token", None) or self._tokens()
        answer = self._call(method, path, {**params, "access_token": token}, content, kwargs.get("files"))
        if explain_error(errcode(answer)).outcome is AnswerMeaning.TOKEN:
            self._tokens.invalidate(token)
            fresh = self._tokens()
            if fresh != token:
                answer = self._call(method, path, {**params, "access_token": fresh}, content, kwargs.get("files"))
        raise_for_code(path, answer)
        return processor(answer) if processor else answer

    def _call(
        self, method: str, path: str, params: Mapping[str, Any], content: bytes | None, files: Any
    ) -> dict[str, Any]:
        # A function sleeps between invocations and its idle connections die unnoticed; a send on a dead one would end
        # as "unknown" although it never left.
        if time.time() - self._used_at > MAX_IDLE:
            self._http.close()
        self._used_at = time.time()
        return call(
            self._http,
            method,
            self._base_url,
            path,
            params=params,
            content=content,
            files=files,
            timeout=min(TIMEOUT, self._remaining()),
        )

    @staticmethod
    def _path(endpoint: str, base: str) -> str:
        # The SDK names interfaces relative to api.weixin.qq.com, or with that host in front.
        url = endpoint if endpoint.startswith(("http://", "https://")) else f"{base}{endpoint}"
        return "/" + url.split("://", 1)[-1].partition("/")[2]


def call(
    http: requests.Session,
    method: str,
    base_url: str,
    path: str,
    *,
    params: Mapping[str, Any],
    content: bytes | None,
    timeout: float,
    files: Any = None,
) -> dict[str, Any]:
    """One HTTP call; the JSON object that WeChat answered, which may hold an errcode.

    Raises :class:`NotSentError` and :class:`OutcomeUnknownError`, never anything that knows the URL's query.
    """
    if timeout < _MIN_TIMEOUT:
        raise NotSentError(path, "no time left")
    headers = {"Content-Type": "application/json; charset=utf-8"} if content is not None else {}
    try:
        answer = http.request(
            method,
            base_url + path,
            params=dict(params),
            data=content,
            files=files,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        )
        with answer:
            status, body = answer.status_code, _read(answer, time.monotonic() + timeout)
    except requests.RequestException as error:
        never_sent = _never_connected(error)
    except (OSError, ValueError):
        never_sent = False
    else:
        return _parse(path, status, body)
    # Out of the except block, so that the exception, which knows the URL with its token, is not even its context.
    if never_sent:
        raise NotSentError(path, "no connection")
    raise OutcomeUnknownError(path, "connection lost or timed out")


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, SSLError):
        return bool(reason.args) and isinstance(reason.args[0], SSLCertVerificationError)
    return isinstance(reason, _NEVER_CONNECTED)


def _read(answer: requests.Response, deadline: float) -> bytes | None:
    """The body, or None when it is too long or too slow."""
    body = bytearray()
    for chunk in answer.iter_content(16 * 1024):
        body += chunk
        if len(body) > MAX_ANSWER or time.monotonic() > deadline:
            return None
    return bytes(body)


def _parse(path: str, status: int, body: bytes | None) -> dict[str, Any]:
    if status != _HTTP_OK or body is None:
        raise OutcomeUnknownError(path, f"HTTP {status}")
    try:
        # Some of WeChat's answers hold raw control characters in strings.
        answer = json.loads(body.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise OutcomeUnknownError(path, "answer is no JSON object")
    return answer


def errcode(answer: Mapping[str, Any]) -> int:
    """The errcode of an answer; 0 where there is none. One that is no number counts as -1, busy."""
    wrapped = answer.get("base_resp")
    code = answer.get("errcode", wrapped.get("errcode", 0) if isinstance(wrapped, dict) else 0)
    if isinstance(code, str) and re.fullmatch(r"-?[0-9]{1,9}", code):
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else -1


def raise_for_code(path: str, answer: Mapping[str, Any]) -> None:
    """Raise what the errcode of ``answer`` means; nothing for success."""
    code = errcode(answer)
    outcome = explain_error(code).outcome
    if outcome is AnswerMeaning.UNKNOWN:
        raise OutcomeUnknownError(path, f"errcode {code}")
    if outcome is not AnswerMeaning.SUCCESS:
        message = str(answer.get("errmsg", ""))
        rid, address = _RID.search(message), _ADDRESS.search(message)
        raise CallRefusedError(path, code, rid[1] if rid else "", address[1] if address else "")


def _content(data: Any) -> bytes | None:
    if data is None or isinstance(data, bytes):
        return data
    if isinstance(data, str):
        return data.encode()
    # WeChat refuses \uXXXX escapes (errcode 40033).
    return json.dumps(data, ensure_ascii=False).encode()
