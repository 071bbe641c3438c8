"""Tokens and customer-service windows as WeChat documents them."""

import inspect
import json
import re
from typing import Any

import pytest

from infra.local.simulator import endpoints
from infra.local.simulator import platform as platform_module
from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.endpoints import ENDPOINTS, Call, answer
from infra.local.simulator.limits import ALLOWANCES, DAILY, MESSAGES
from infra.local.simulator.platform import AccountState, ApiError, Platform

ACCOUNT = PlatformAccount.invent("shop", name="店")
SEND = "/cgi-bin/message/custom/send"


@pytest.fixture
def platform() -> Platform:
    platform = Platform()
    platform.add_account(ACCOUNT)
    return platform


@pytest.fixture
def state(platform: Platform) -> AccountState:
    state = platform.account("shop")
    assert state is not None
    return state


def call(platform: Platform, path: str, body: Any = None, **query: str) -> dict[str, Any]:
    method = ENDPOINTS[path].method if path in ENDPOINTS else "GET"
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode() if body else b""
    return answer(Call(platform, method, path, query, raw))[0]


def stable(platform: Platform, **more: Any) -> dict[str, Any]:
    secret = {"grant_type": "client_credential", "appid": ACCOUNT.appid, "secret": ACCOUNT.app_secret}
    return call(platform, "/cgi-bin/stable_token", {**secret, **more})


def send(platform: Platform, openid: str, token: str, content: Any = "好") -> int:
    body = {"touser": openid, "msgtype": "text", "text": {"content": content}}
    return int(call(platform, SEND, body, access_token=token)["errcode"])


# ---------------------------------------------------------------------- tokens


def test_every_caller_gets_the_same_stable_token_until_five_minutes_before_its_end(platform: Platform) -> None:
    first = stable(platform)
    platform.advance(7200 - 301)
    again = stable(platform)
    platform.advance(2)
    next_one = stable(platform)

    assert again["access_token"] == first["access_token"]
    assert next_one["access_token"] != first["access_token"]
    # The old one is good to its end.
    assert send(platform, "o-unknown", first["access_token"]) == 40003


def test_a_forced_refresh_kills_the_old_token_and_is_rationed(platform: Platform) -> None:
    old = stable(platform)["access_token"]

    assert stable(platform, force_refresh=True)["access_token"] != old
    assert send(platform, "o-unknown", old) == 40001
    assert stable(platform, force_refresh=True)["errcode"] == 45011
    for _ in range(19):
        platform.advance(31)
        assert "access_token" in stable(platform, force_refresh=True)
    platform.advance(31)
    assert stable(platform, force_refresh=True)["errcode"] == 45009


def test_each_plain_token_replaces_the_one_before_and_leaves_the_stable_one(platform: Platform) -> None:
    secret = {"grant_type": "client_credential", "appid": ACCOUNT.appid, "secret": ACCOUNT.app_secret}
    kept = stable(platform)["access_token"]
    first, second, third = (call(platform, "/cgi-bin/token", **secret)["access_token"] for _ in range(3))

    assert len({first, second, third}) == 3
    assert send(platform, "o-unknown", first) == 40001
    assert send(platform, "o-unknown", second) == 40003
    platform.advance(301)
    assert send(platform, "o-unknown", second) == 42001
    assert send(platform, "o-unknown", kept) == 40003


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": "wx0"}, 40013),
        ({"secret": ""}, 41004),
        ({"secret": "wrong"}, 40125),
    ],
)
def test_wrong_credentials_have_their_own_codes(platform: Platform, change: dict[str, str], code: int) -> None:
    assert stable(platform, **change)["errcode"] == code


def test_the_daily_quota_of_tokens_ends(platform: Platform, state: AccountState) -> None:
    state.calls[platform.today(), "/cgi-bin/token"] = DAILY["/cgi-bin/token"]
    secret = {"grant_type": "client_credential", "appid": ACCOUNT.appid, "secret": ACCOUNT.app_secret}

    assert call(platform, "/cgi-bin/token", **secret)["errcode"] == 45009
    platform.advance(86_400)
    assert "access_token" in call(platform, "/cgi-bin/token", **secret)


# ---------------------------------------------------------------------- windows


@pytest.mark.parametrize(("trigger", "messages"), [("message", 5), ("menu", 3), ("follow", 3), ("scan", 3)])
def test_a_fans_act_allows_so_many_messages(
    platform: Platform, state: AccountState, trigger: str, messages: int
) -> None:
    platform.touch(state, "o1", trigger)
    token = stable(platform)["access_token"]

    assert [send(platform, "o1", token) for _ in range(messages + 1)] == [0] * messages + [45047]


@pytest.mark.parametrize(("trigger", "allowance"), [item for item in ALLOWANCES.items() if item[0] != "payment"])
def test_a_window_closes(platform: Platform, state: AccountState, trigger: str, allowance: Any) -> None:
    platform.touch(state, "o1", trigger)
    platform.advance(allowance.seconds - 1)
    platform.use_window(state, "o1")
    platform.advance(2)

    with pytest.raises(ApiError) as caught:
        platform.use_window(state, "o1")
    assert caught.value.code == 45015


def test_allowances_do_not_add_up(platform: Platform, state: AccountState) -> None:
    platform.touch(state, "o1", "message")
    platform.touch(state, "o1", "menu")

    for _ in range(5):
        platform.use_window(state, "o1")
    with pytest.raises(ApiError) as caught:
        platform.use_window(state, "o1")
    assert caught.value.code == 45047


def test_who_left_cannot_be_reached_and_who_paid_can_any_number_of_times(
    platform: Platform, state: AccountState
) -> None:
    platform.touch(state, "o1", "payment")
    for _ in range(50):
        platform.use_window(state, "o1")
    platform.touch(state, "o1", "unfollow")

    with pytest.raises(ApiError) as caught:
        platform.use_window(state, "o1")
    assert caught.value.code == 45015


# ---------------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 44002),
        (b"{", 47001),
        (b"[]", 47001),
        (rb'{"touser": "o1", "msgtype": "text", "text": {"content": "\u597d"}}', 40033),
        ({"touser": "o1", "msgtype": "smoke"}, 40008),
        ({"touser": "o1", "msgtype": "text", "text": {"content": ""}}, 44004),
        ({"touser": "o1", "msgtype": "text", "text": {"content": "长" * 700}}, 45002),
        ({"touser": "o1", "msgtype": "image", "image": {}}, 40007),
        ({"touser": "o1", "msgtype": "news", "news": {"articles": [{}, {}]}}, 45008),
        ({"touser": "nobody", "msgtype": "text", "text": {"content": "好"}}, 40003),
    ],
)
def test_bad_bodies_have_their_own_codes(platform: Platform, state: AccountState, body: Any, code: int) -> None:
    platform.touch(state, "o1", "message")
    token = stable(platform)["access_token"]

    assert call(platform, SEND, body, access_token=token)["errcode"] == code


def test_a_hundred_fans_a_call_and_no_more(platform: Platform, state: AccountState) -> None:
    openids = [f"o{number}" for number in range(101)]
    for openid in openids:
        platform.touch(state, openid, "follow")
    token = stable(platform)["access_token"]
    asked = [{"openid": openid} for openid in openids]

    found = call(platform, "/cgi-bin/user/info/batchget", {"user_list": asked[:100]}, access_token=token)
    refused = call(platform, "/cgi-bin/user/info/batchget", {"user_list": asked}, access_token=token)

    assert [fan["openid"] for fan in found["user_info_list"]] == openids[:100]
    assert refused["errcode"] == 40032


def test_quota_tells_what_was_used(platform: Platform) -> None:
    token = stable(platform)["access_token"]
    send(platform, "o1", token)

    quota = call(platform, "/cgi-bin/openapi/quota/get", {"cgi_path": SEND}, access_token=token)["quota"]

    assert quota == {"daily_limit": 500_000, "used": 1, "remain": 499_999}


def test_an_unknown_path_is_not_granted(platform: Platform) -> None:
    assert call(platform, "/cgi-bin/teleport")["errcode"] == 48001


def test_every_code_that_is_raised_has_its_text() -> None:
    for module in (endpoints, platform_module):
        raised = re.findall(r"ApiError\((.*)\)", inspect.getsource(module))
        codes = {int(code) for arguments in raised for code in re.findall(r"\d{5}", arguments)}
        assert codes <= set(MESSAGES)
