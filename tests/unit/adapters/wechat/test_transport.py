"""What WeChat and the network may answer, and what becomes of it."""

import logging
import ssl
import traceback
from socket import gaierror
from typing import Any

import pytest
import requests
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import (
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from tests.unit.adapters.wechat.platform import URL, Answer, Platform, Script, Tokens, always
from yuchi.adapters.wechat.errors import AnswerMeaning
from yuchi.adapters.wechat.transport import (
    CallRefusedError,
    NotSentError,
    OutcomeUnknownError,
    Transport,
    WeChatCallError,
)

OK = {"errcode": 0, "errmsg": "ok"}
STALE = (40001, 40014, 42001)
SECRET = "CANARY-access-token"
POOL = HTTPSConnectionPool("wechat.test")


def transport(platform: Platform, tokens: Tokens | None = None, **options: Any) -> Transport:
    return Transport(appid="wx1", tokens=tokens or Tokens(), base_url=URL, http=platform.session(), **options)


def send(platform: Platform, tokens: Tokens | None = None, **options: Any) -> Any:
    return transport(platform, tokens, **options).post("message/custom/send", data={"touser": "o1", "text": "你好"})


def error(code: int, message: str = "refused rid: 65f0-1a2b-3c4d") -> dict[str, Any]:
    return {"errcode": code, "errmsg": message}


def test_sends_raw_utf8_with_the_token_in_the_query() -> None:
    platform = Platform(always(OK))

    assert send(platform) == OK

    (call,) = platform.calls
    assert (call.method, call.path, call.params) == (
        "POST",
        "/cgi-bin/message/custom/send",
        {"access_token": "token-1"},
    )
    assert call.body == '{"touser": "o1", "text": "你好"}'.encode()


def test_each_call_has_a_timeout_of_five_seconds_or_of_what_is_left() -> None:
    platform = Platform(always(OK))

    send(platform)
    send(platform, remaining=lambda: 1.5)

    assert [call.timeout for call in platform.calls] == [5.0, 1.5]


def test_nothing_is_sent_when_no_time_is_left() -> None:
    platform = Platform(always(OK))

    with pytest.raises(NotSentError):
        send(platform, remaining=lambda: 0.0)

    assert platform.calls == []


def test_every_interface_of_the_sdk_goes_through_the_same_call() -> None:
    platform = Platform(always({**OK, "tags": [], "ip_list": []}))
    sdk = transport(platform)

    sdk.message.send_text("o1", "你好")
    sdk.tag.get()
    sdk.draft.count()

    assert {call.params["access_token"] for call in platform.calls} == {"token-1"}
    assert platform.calls[0].json["text"] == {"content": "你好"}
    assert all(call.timeout == 5.0 for call in platform.calls)


def test_an_interface_named_with_wechats_host_goes_to_the_base_url() -> None:
    platform = Platform(always(OK))

    transport(platform).get("https://api.weixin.qq.com/cgi-bin/x", params={"a": "1"})

    assert (platform.calls[0].path, platform.calls[0].params["a"]) == ("/cgi-bin/x", "1")


@pytest.mark.parametrize("code", STALE)
def test_a_stale_token_is_replaced_once(code: int) -> None:
    tokens = Tokens()
    platform = Platform(lambda call: error(code) if call.params["access_token"] == "token-1" else OK)

    assert send(platform, tokens) == OK

    assert tokens.invalidated == ["token-1"]
    assert [call.params["access_token"] for call in platform.calls] == ["token-1", "token-2"]


@pytest.mark.parametrize("code", STALE)
def test_a_token_that_stays_refused_ends_after_the_second_call(code: int) -> None:
    platform = Platform(always(error(code)))

    with pytest.raises(CallRefusedError) as caught:
        send(platform)

    assert (caught.value.code, caught.value.outcome, len(platform.calls)) == (code, AnswerMeaning.TOKEN, 2)


def test_the_same_token_is_not_tried_twice() -> None:
    platform = Platform(always(error(40001)))

    with pytest.raises(CallRefusedError):
        send(platform, Tokens(moves=False))

    assert len(platform.calls) == 1


def test_twin_wechatpy_itself_burns_the_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    from wechatpy import WeChatClient

    def script(call: Any) -> Answer:
        return {"access_token": "t", "expires_in": 7200} if call.path.endswith("/token") else error(40001)

    platform = Platform(script)
    client = WeChatClient("wx1", "secret", access_token="t")
    monkeypatch.setattr(client, "_http", platform.session())

    with pytest.raises(RecursionError):
        client.message.send_text("o1", "hello")

    assert len(platform.calls) > 100


@pytest.mark.parametrize("code", [40003, 43004, 45009, 45011, 45015, 45047, 48001, 99999])
def test_an_error_code_means_not_done(code: int) -> None:
    with pytest.raises(CallRefusedError) as caught:
        send(Platform(always(error(code))))

    assert (caught.value.code, caught.value.rid) == (code, "65f0-1a2b-3c4d")


def test_the_address_that_wechat_does_not_know_is_kept() -> None:
    message = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 65f0-1a2b"

    with pytest.raises(CallRefusedError) as caught:
        send(Platform(always(error(40164, message))))

    assert (caught.value.address, caught.value.rid) == ("203.0.113.7", "65f0-1a2b")


def test_a_repeated_mass_message_is_a_success() -> None:
    answer = {"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": 3147483999}

    assert send(Platform(always(answer))) == answer


def _refused(reason: Exception) -> Exception:
    return requests.ConnectionError(MaxRetryError(POOL, "/x?access_token=" + SECRET, reason))


NEVER_SENT = {
    "connection refused": _refused(NewConnectionError(HTTPSConnection("wechat.test"), "refused")),
    "no such host": _refused(NameResolutionError("wechat.test", HTTPSConnection("wechat.test"), gaierror())),
    "connect timeout": requests.ConnectTimeout("token=" + SECRET),
    "bad certificate": requests.exceptions.SSLError(
        MaxRetryError(POOL, "/x", SSLError(ssl.SSLCertVerificationError(1, "expired")))
    ),
}
UNKNOWN: dict[str, Answer] = {
    "read timeout": requests.ReadTimeout("access_token=" + SECRET),
    "reset": requests.ConnectionError(ProtocolError("aborted " + SECRET, ConnectionResetError())),
    "timeout in the body": requests.ConnectionError(ReadTimeoutError(POOL, "/x?" + SECRET, "slow")),
    "broken chunk": requests.exceptions.ChunkedEncodingError(SECRET),
    "TLS cut": requests.exceptions.SSLError(MaxRetryError(POOL, "/x", SSLError(ssl.SSLEOFError()))),
    "bare OSError": OSError(SECRET),
    "500": 500,
    "502": 502,
    "redirect": 302,
    "HTML": b"<html>access_token=" + SECRET.encode() + b"</html>",
    "empty": b"",
    "list": b"[]",
    "half": b'{"errcode":',
    "deep": b'{"a":' * 100_000,
    "too long": b" " * 2_000_000 + b'{"errcode":0}',
    "busy": error(-1),
    "errcode in words": {"errcode": "none"},
    "errcode true": {"errcode": True},
    "errcode null": {"errcode": None},
}


@pytest.mark.parametrize("name", NEVER_SENT)
def test_what_never_left_is_known_not_to_be_done(name: str) -> None:
    with pytest.raises(NotSentError):
        send(Platform(always(NEVER_SENT[name])))


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_left_without_a_clear_answer_is_unknown(name: str) -> None:
    platform = Platform(always(UNKNOWN[name]))

    with pytest.raises(OutcomeUnknownError):
        send(platform)

    assert len(platform.calls) == 1


def _everything_about(caught: BaseException) -> str:
    shown = "".join(traceback.format_exception(caught))
    chain: BaseException | None = caught
    while chain is not None:
        shown += f"{chain!r} {vars(chain)!r}"
        chain = chain.__cause__ or chain.__context__
    return shown


@pytest.mark.parametrize("name", [*NEVER_SENT, *UNKNOWN, "refused", "stale"])
def test_no_token_is_in_any_exception_or_log(name: str, caplog: pytest.LogCaptureFixture) -> None:
    class CanaryTokens(Tokens):
        def __call__(self) -> str:
            return SECRET

    answers: dict[str, Answer] = {
        **NEVER_SENT,
        **UNKNOWN,
        "refused": error(45015, SECRET),
        "stale": error(40001, SECRET),
    }
    with caplog.at_level(logging.DEBUG), pytest.raises(WeChatCallError) as caught:
        send(Platform(always(answers[name])), CanaryTokens())

    assert SECRET not in _everything_about(caught.value) + caplog.text
    assert "/cgi-bin/message/custom/send" in str(caught.value)


def test_twin_wechatpys_own_exception_tells_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    from wechatpy import WeChatClient, WeChatClientException

    client = WeChatClient("wx1", "secret", access_token=SECRET)
    monkeypatch.setattr(client, "_http", Platform(always(500)).session())

    with pytest.raises(WeChatClientException) as caught:
        client.message.send_text("o1", "hello")

    assert SECRET in caught.value.request.url


def test_twin_wechatpy_takes_a_web_page_for_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    from wechatpy import WeChatClient

    client = WeChatClient("wx1", "secret", access_token="t")
    monkeypatch.setattr(client, "_http", Platform(always(b"<html></html>")).session())

    assert isinstance(client.message.send_text("o1", "hello"), requests.Response)


def test_idle_connections_are_dropped_before_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    platform = Platform(always(OK))
    client = transport(platform)
    monkeypatch.setattr(platform, "close", lambda: closed.append(1))

    client.post("x", data={})
    client._used_at -= 16
    client.post("x", data={})

    assert closed == [1]


def test_control_characters_in_an_answer_do_no_harm() -> None:
    assert send(Platform(always(b'{"errcode":0,"remark":"a\x01b"}')))["remark"] == "a\x01b"


def _script(*answers: Answer) -> Script:
    left = list(answers)
    return lambda _call: left.pop(0)


def test_an_unknown_outcome_after_a_stale_token_stays_unknown() -> None:
    platform = Platform(_script(error(42001), 502))

    with pytest.raises(OutcomeUnknownError):
        send(platform)

    assert len(platform.calls) == 2
