"""What a push means for a fan's windows, and which pushes count."""

from typing import Any

import pytest

from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.platform import Platform
from infra.local.simulator.pusher import Pusher
from infra.local.simulator.pushes import observe_push, open_push, trigger_of

ACCOUNT = PlatformAccount.invent("shop", name="店")
TEXT = {"FromUserName": "o1", "MsgType": "text", "Content": "好", "CreateTime": 1}


@pytest.mark.parametrize(
    ("fields", "trigger"),
    [
        ({"MsgType": "text"}, "message"),
        ({"MsgType": "text", "bizmsgmenuid": "101"}, "menu"),
        ({"MsgType": "event", "Event": "CLICK"}, "menu"),
        ({"MsgType": "event", "Event": "VIEW"}, None),
        ({"MsgType": "event", "Event": "subscribe"}, "follow"),
        ({"MsgType": "event", "Event": "SCAN"}, "scan"),
        ({"MsgType": "event", "Event": "LOCATION"}, None),
        ({"MsgType": "event", "Event": "unsubscribe"}, "unfollow"),
    ],
)
def test_trigger(fields: dict[str, Any], trigger: str | None) -> None:
    assert trigger_of(fields) == trigger


@pytest.mark.parametrize("mode", ["safe", "compatible", "plain"])
@pytest.mark.parametrize("kind", ["official_account", "mini_program"])
def test_opens_what_the_pusher_sealed(mode: Any, kind: Any) -> None:
    account = PlatformAccount(**{**ACCOUNT.to_json(), "mode": mode, "kind": kind})
    query, body = Pusher(account, "http://127.0.0.1:1").seal(TEXT)

    opened = open_push(account, query, body)

    assert opened is not None
    assert (opened["FromUserName"], opened["Content"]) == ("o1", "好")
    assert ("好".encode() in body) == (mode != "safe")


@pytest.mark.parametrize("spoilt", ["msg_signature", "timestamp", "nonce", "body"])
def test_a_forged_push_opens_no_window(spoilt: str) -> None:
    platform = Platform()
    platform.add_account(ACCOUNT)
    query, body = Pusher(ACCOUNT, "http://127.0.0.1:1").seal(TEXT)
    if spoilt == "body":
        body = body[:-30] + body[-29:]
    else:
        query[spoilt] = query[spoilt][::-1] + "1"

    assert observe_push(platform, "shop", query, body) is None
    state = platform.account("shop")
    assert state is not None
    assert not state.fans


def test_a_real_push_opens_one() -> None:
    platform = Platform()
    platform.add_account(ACCOUNT)
    query, body = Pusher(ACCOUNT, "http://127.0.0.1:1").seal(TEXT)

    assert observe_push(platform, "shop", query, body) is not None
    state = platform.account("shop")
    assert state is not None
    platform.use_window(state, "o1")
