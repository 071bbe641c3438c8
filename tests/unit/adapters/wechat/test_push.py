import json

import pytest

from tests.unit.adapters.wechat.sealing import (
    ACCOUNT,
    GH,
    KEY,
    NONCE,
    NOW,
    PLAIN_ACCOUNT,
    SECRETS,
    TEXT,
    TIMESTAMP,
    TOKEN,
    aes,
    as_query,
    envelope,
    frame,
    pad,
    plain_query,
    safe_query,
    sealed,
    sha,
)
from yuchi.adapters.wechat.crypto import UnusableKeyError, parse_key
from yuchi.adapters.wechat.push import RefusedPushError, UnparsablePushError, open_push, verify_echo
from yuchi.domain.account import AccountSecrets

OTHER_KEY = "Z" * 42 + "Y"
OTHER_TOKEN = "older-token-of-tea-0123456789abc"


def test_answers_the_published_handshake() -> None:
    query = as_query(
        {
            "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
            "timestamp": "1714036504",
            "nonce": "1514711492",
            "echostr": "4375120948345356249",
        }
    )

    assert verify_echo(query, tokens=["AAAAA"]) == "4375120948345356249"


@pytest.mark.parametrize(
    "change",
    [
        {"signature": ["0" * 40]},
        {"signature": []},
        {"echostr": ["<script>"]},
        {"echostr": ["1", "2"]},
        {"nonce": ["a b"]},
        {"timestamp": ["171403650"]},
    ],
)
def test_refuses_other_handshakes(change: dict[str, list[str]]) -> None:
    query = as_query(
        {"signature": sha(TOKEN, TIMESTAMP, NONCE), "timestamp": TIMESTAMP, "nonce": NONCE, "echostr": "1"}
    )
    assert verify_echo(query, tokens=[TOKEN]) == "1"

    with pytest.raises(RefusedPushError):
        verify_echo({**query, **change}, tokens=[TOKEN])


def test_an_empty_token_signs_for_nobody() -> None:
    query = as_query({"signature": sha("", TIMESTAMP, NONCE), "timestamp": TIMESTAMP, "nonce": NONCE, "echostr": "1"})

    with pytest.raises(RefusedPushError):
        verify_echo(query, tokens=[""])


def test_opens_a_safe_push() -> None:
    query, body = sealed()

    opened = open_push(ACCOUNT, SECRETS, query, body, now=NOW)

    assert opened.payload["Content"] == "你好"
    assert opened.payload["MsgId"] == "24019283746501901"
    assert opened.body == TEXT.encode()
    assert opened.key == parse_key(KEY)
    assert TEXT not in repr(opened)


def test_in_compatible_mode_only_the_sealed_content_counts() -> None:
    encrypted = aes(pad(frame(TEXT.encode())))
    body = envelope(encrypted, extra="<MsgType>text</MsgType><Content><![CDATA[我是别人]]></Content>")

    opened = open_push(ACCOUNT, SECRETS, safe_query(encrypted), body, now=NOW)

    assert opened.payload["Content"] == "你好"


def test_a_fan_may_write_about_encrypt() -> None:
    encrypted = aes(pad(frame(TEXT.encode())))
    body = envelope(encrypted, extra="<Content><![CDATA[<Encrypt>x</Encrypt>]]></Content>")

    assert open_push(ACCOUNT, SECRETS, safe_query(encrypted), body, now=NOW).payload["Content"] == "你好"


def test_opens_a_json_push_of_a_mini_program() -> None:
    message = json.dumps({"ToUserName": GH, "MsgType": "text", "Content": "在吗", "MsgId": 2**63 - 1})
    encrypted = aes(pad(frame(message.encode())))
    body = json.dumps({"ToUserName": GH, "Encrypt": encrypted}).encode()

    opened = open_push(ACCOUNT, SECRETS, safe_query(encrypted), body, now=NOW)

    assert opened.payload["MsgId"] == "9223372036854775807"


def test_opens_a_plain_push_where_the_account_says_so() -> None:
    opened = open_push(PLAIN_ACCOUNT, SECRETS, plain_query(), TEXT.encode(), now=NOW)

    assert opened.payload["Content"] == "你好"
    assert opened.key is None


def test_the_previous_key_and_token_stay_valid_while_they_are_changed() -> None:
    secrets = AccountSecrets.model_validate(
        {
            "app_secret": "s",
            "token": TOKEN,
            "encoding_aes_key": KEY,
            "previous_token": OTHER_TOKEN,
            "previous_encoding_aes_key": OTHER_KEY,
        }
    )
    query, body = sealed(key=OTHER_KEY, token=OTHER_TOKEN)

    opened = open_push(ACCOUNT, secrets, query, body, now=NOW)

    assert (opened.token, opened.key) == (OTHER_TOKEN, parse_key(OTHER_KEY))
    with pytest.raises(RefusedPushError):
        open_push(ACCOUNT, SECRETS, query, body, now=NOW)


@pytest.mark.parametrize("key", [None, "too short"])
def test_an_account_without_a_usable_key_is_the_operators_error(key: str | None) -> None:
    secrets = AccountSecrets.model_validate({"app_secret": "s", "token": TOKEN, "encoding_aes_key": key})
    query, body = sealed()

    with pytest.raises(UnusableKeyError):
        open_push(ACCOUNT, secrets, query, body, now=NOW)


def test_a_bad_previous_key_does_not_matter_while_the_current_one_opens() -> None:
    secrets = SECRETS.model_copy(update={"previous_encoding_aes_key": SECRETS.token})
    query, body = sealed()

    assert open_push(ACCOUNT, secrets, query, body, now=NOW).payload["MsgType"] == "text"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<xml>",
        b"<xml></xml>",
        b"<root><a>1</a></root>",
        b"{",
        b"[1]",
        b'{"a":',
        b"\xff\xfe<xml>",
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><a>&a;</a></xml>',
        b"<xml>" + b"<a>" * 20 + b"</a>" * 20 + b"</xml>",
    ],
)
def test_authentic_nonsense_is_told_apart(content: bytes) -> None:
    query, body = sealed(content)

    with pytest.raises(UnparsablePushError) as caught:
        open_push(ACCOUNT, SECRETS, query, body, now=NOW)

    assert caught.value.body == content
    assert content.decode(errors="replace") not in str(caught.value) or not content


@pytest.mark.parametrize("drift", [-300, 0, 300])
def test_five_minutes_of_drift_are_fine(drift: int) -> None:
    encrypted = aes(pad(frame(TEXT.encode())))
    query = safe_query(encrypted, timestamp=str(int(TIMESTAMP) + drift))

    assert open_push(ACCOUNT, SECRETS, query, envelope(encrypted), now=NOW).payload["Content"] == "你好"
