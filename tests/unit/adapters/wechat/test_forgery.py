"""The forgery matrix: whatever is changed on an authentic push, the answer is the same, and says nothing."""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping

import pytest
import xmltodict

from tests.unit.adapters.wechat.sealing import (
    ACCOUNT,
    APPID,
    GH,
    KEY,
    NONCE,
    NOW,
    PLAIN_ACCOUNT,
    SECRETS,
    TEXT,
    TIMESTAMP,
    TOKEN,
    Query,
    aes,
    envelope,
    frame,
    pad,
    plain_query,
    safe_query,
    sealed,
    sha,
)
from yuchi.adapters.wechat.push import OpenedPush, RefusedPushError, open_push
from yuchi.domain.account import Account, AccountSecrets

QUERY, BODY = sealed()
ENCRYPTED = str(xmltodict.parse(BODY)["xml"]["Encrypt"])
OTHER_GH = TEXT.replace(GH, "gh_ffffffffffff")
BIG = b"<!--" + b"x" * 65_536 + b"-->"

Push = tuple[Account, Query, bytes]


def _query(**changes: list[str]) -> Push:
    return ACCOUNT, {**QUERY, **changes}, BODY


def _resigned(encrypted: str, **changes: str) -> Push:
    return ACCOUNT, safe_query(encrypted, **changes), envelope(encrypted)


def _body(body: bytes) -> Push:
    return ACCOUNT, QUERY, body


def _flip(index: int) -> str:
    raw = bytearray(b64decode(ENCRYPTED))
    raw[index] ^= 1
    return b64encode(bytes(raw)).decode()


def _shifted(by: int) -> Push:
    return _resigned(ENCRYPTED, timestamp=str(int(TIMESTAMP) + by))


SIGNATURE = QUERY["msg_signature"][0]

MUTATIONS: Mapping[str, Push] = {
    # the signature
    "no msg_signature": _query(msg_signature=[]),
    "empty msg_signature": _query(msg_signature=[""]),
    "zero msg_signature": _query(msg_signature=["0" * 40]),
    "first digit": _query(msg_signature=[("1" if SIGNATURE[0] == "0" else "0") + SIGNATURE[1:]]),
    "last digit": _query(msg_signature=[SIGNATURE[:-1] + ("1" if SIGNATURE[-1] == "0" else "0")]),
    "only the first 8 digits": _query(msg_signature=[SIGNATURE[:8] + "0" * 32]),
    "short": _query(msg_signature=[SIGNATURE[:-1]]),
    "long": _query(msg_signature=[SIGNATURE + "0"]),
    "upper case": _query(msg_signature=[SIGNATURE.upper() if SIGNATURE.upper() != SIGNATURE else "A" * 40]),
    "trailing newline": _query(msg_signature=[SIGNATURE + "\n"]),
    "full-width digits": _query(msg_signature=["０" * 40]),
    "the plain signature in its place": _query(msg_signature=QUERY["signature"]),
    "given twice": _query(msg_signature=[SIGNATURE, SIGNATURE]),
    "wrong one first": _query(msg_signature=["0" * 40, SIGNATURE]),
    "wrong one last": _query(msg_signature=[SIGNATURE, "0" * 40]),
    "of another token": _resigned(ENCRYPTED, token="somebody-elses-token-0123456789"),
    "of an empty token": _resigned(ENCRYPTED, token=""),
    # timestamp and nonce
    "no timestamp": _query(timestamp=[]),
    "timestamp given twice": _query(timestamp=[TIMESTAMP, TIMESTAMP]),
    "timestamp of 9 digits": _resigned(ENCRYPTED, timestamp=TIMESTAMP[:9]),
    "timestamp of 11 digits": _resigned(ENCRYPTED, timestamp=TIMESTAMP + "0"),
    "timestamp with sign": _resigned(ENCRYPTED, timestamp="-" + TIMESTAMP[:9]),
    "timestamp in other digits": _resigned(ENCRYPTED, timestamp="１７７２９３５２００"),
    "timestamp with blank": _resigned(ENCRYPTED, timestamp=TIMESTAMP[:9] + " "),
    "changed timestamp": _query(timestamp=[str(int(TIMESTAMP) + 1)]),
    "too old": _shifted(-301),
    "from the future": _shifted(301),
    "of yesterday": _shifted(-86_400),
    "no nonce": _query(nonce=[]),
    "empty nonce": _resigned(ENCRYPTED, nonce=""),
    "nonce of 65": _resigned(ENCRYPTED, nonce="n" * 65),
    "nonce with blank": _resigned(ENCRYPTED, nonce="a b"),
    "nonce with newline": _resigned(ENCRYPTED, nonce="abc\n"),
    "nonce in Chinese": _resigned(ENCRYPTED, nonce="随机"),
    "changed nonce": _query(nonce=["other"]),
    "nonce given twice": _query(nonce=[NONCE, NONCE]),
    "digit moved from nonce to timestamp": (
        ACCOUNT,
        safe_query(ENCRYPTED, timestamp=TIMESTAMP, nonce="1" + NONCE)
        | {"timestamp": [TIMESTAMP + "1"], "nonce": [NONCE]},
        BODY,
    ),
    # downgrades
    "plain body, plain signature": (ACCOUNT, plain_query(), TEXT.encode()),
    "plain body, encrypt_type raw": (ACCOUNT, {**plain_query(), "encrypt_type": ["raw"]}, TEXT.encode()),
    "plain body under a good msg_signature": (ACCOUNT, {**QUERY, "encrypt_type": ["raw"]}, TEXT.encode()),
    "plain JSON, plain signature": (ACCOUNT, plain_query(), json.dumps({"ToUserName": GH, "MsgType": "text"}).encode()),
    "nothing but a body": (ACCOUNT, {}, TEXT.encode()),
    "plain account, no signature": (PLAIN_ACCOUNT, {**plain_query(), "signature": []}, TEXT.encode()),
    "plain account, wrong signature": (PLAIN_ACCOUNT, {**plain_query(), "signature": ["0" * 40]}, TEXT.encode()),
    "plain account, old query": (
        PLAIN_ACCOUNT,
        plain_query(timestamp=str(int(TIMESTAMP) - 301)),
        TEXT.encode(),
    ),
    "plain account, another account's push": (PLAIN_ACCOUNT, plain_query(), OTHER_GH.encode()),
    # the envelope
    "another ciphertext": _body(envelope(_flip(40))),
    "two ciphertexts": _body(BODY.replace(b"</xml>", f"<Encrypt>{ENCRYPTED}</Encrypt></xml>".encode())),
    "ciphertext one level down": _body(f"<xml><a><Encrypt>{ENCRYPTED}</Encrypt></a></xml>".encode()),
    "nested ciphertext": _body(f"<xml><Encrypt><a>{ENCRYPTED}</a></Encrypt></xml>".encode()),
    "no ciphertext": _body(f"<xml><ToUserName>{GH}</ToUserName></xml>".encode()),
    "another root": _body(BODY.replace(b"xml>", b"msg>")),
    "truncated body": _body(BODY[:-10]),
    "empty body": _body(b""),
    "blank body": _body(b"  \n"),
    "no XML": _body(b"hello"),
    "bytes": _body(bytes(range(256))),
    "JSON list": _body(b"[1, 2]"),
    "deep JSON": _body(b'{"a":' * 9_000),
    "deep XML": _body(b"<a>" * 9_000),
    "JSON with another ciphertext": _body(json.dumps({"Encrypt": _flip(40)}).encode()),
    "JSON ciphertext as a list": _body(json.dumps({"Encrypt": [ENCRYPTED]}).encode()),
    "doctype": _body(b"<!DOCTYPE xml>" + BODY),
    "entity": _body(f'<!DOCTYPE xml [<!ENTITY e "{ENCRYPTED}">]><xml><Encrypt>&e;</Encrypt></xml>'.encode()),
    "external entity": _body(
        b'<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>'
    ),
    "over 64 KB": _body(BODY + BIG),
    # the ciphertext, signed by somebody who knows the token
    "empty ciphertext": _resigned(""),
    "no base64": _resigned("?" * 64),
    "base64 with blanks": _resigned(ENCRYPTED[:20] + " " + ENCRYPTED[20:]),
    "cut to a part of a block": _resigned(b64encode(b64decode(ENCRYPTED)[:-5]).decode()),
    "cut to half a WeChat block": _resigned(b64encode(b64decode(ENCRYPTED)[:-16]).decode()),
    "one block less": _resigned(b64encode(b64decode(ENCRYPTED)[:-32]).decode()),
    "flipped in the second block": _resigned(_flip(20)),
    "flipped in the last block": _resigned(_flip(-1)),
    "another key": _resigned(aes(pad(frame(TEXT.encode())), "B" * 43)),
    "another appid": _resigned(aes(pad(frame(TEXT.encode(), appid="wx00000000000000b2")))),
    "no appid": _resigned(aes(pad(frame(TEXT.encode(), appid="")))),
    "longer appid": _resigned(aes(pad(frame(TEXT.encode(), appid=APPID + "0")))),
    "length too short": _resigned(aes(pad(frame(TEXT.encode(), length=3)))),
    "length too long": _resigned(aes(pad(frame(TEXT.encode(), length=4_000_000_000)))),
    "padding 0": _resigned(aes(frame(b"m" * 8) + b"\0" * 18)),
    "padding 33": _resigned(aes(frame(b"m" * 25) + bytes([33]) * 33)),
    "mixed padding": _resigned(aes(frame(b"m" * 8) + b"\1" + bytes([18]) * 17)),
    "another account's push": _resigned(aes(pad(frame(OTHER_GH.encode())))),
    "no addressee": _resigned(aes(pad(frame(b"<xml><MsgType>text</MsgType></xml>")))),
    "two addressees": _resigned(
        aes(pad(frame(TEXT.replace("</xml>", f"<ToUserName>{GH}</ToUserName></xml>").encode())))
    ),
}


def _outcome(account: Account, query: Query, body: bytes) -> OpenedPush | tuple[type[Exception], str, object]:
    try:
        return open_push(account, SECRETS, query, body, now=NOW)
    except RefusedPushError as error:
        return type(error), str(error), error.__cause__


def test_the_push_that_is_mutated_is_good() -> None:
    assert isinstance(_outcome(ACCOUNT, QUERY, BODY), OpenedPush)


def test_the_matrix_is_large_enough() -> None:
    assert len(MUTATIONS) >= 60


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_gets_one_and_the_same_refusal(name: str) -> None:
    assert _outcome(*MUTATIONS[name]) == (RefusedPushError, "", None)


def test_ten_thousand_bad_signatures_cost_little() -> None:
    durations = []
    for number in range(10_000):
        query = {**QUERY, "msg_signature": [f"{number:040x}"]}
        start = time.perf_counter()
        with pytest.raises(RefusedPushError):
            open_push(ACCOUNT, SECRETS, query, BODY, now=NOW)
        durations.append(time.perf_counter() - start)

    assert sorted(durations)[5_000] < 0.005


# Twins: each is the door with one defect, and at least one mutation gets through or tells something.

Door = Callable[[Account, AccountSecrets, Query, bytes], object]


def _lets_through(door: Door) -> set[str]:
    caught = set()
    for name, (account, query, body) in MUTATIONS.items():
        try:
            door(account, SECRETS, query, body)
            caught.add(name)
        except Exception as error:  # noqa: BLE001 - a planted defect may raise anything; telling is a defect too
            if (type(error), str(error)) != (RefusedPushError, ""):
                caught.add(name)
    return caught


def test_twin_branching_on_encrypt_type_is_caught() -> None:
    def branching(account: Account, secrets: AccountSecrets, query: Query, body: bytes) -> object:
        mode = account if query.get("encrypt_type") == ["aes"] else PLAIN_ACCOUNT
        return open_push(mode, secrets, query, body, now=NOW)

    assert {"plain body, plain signature", "plain body, encrypt_type raw"} <= _lets_through(branching)


def test_twin_comparing_eight_digits_is_caught() -> None:
    def short_sighted(account: Account, secrets: AccountSecrets, query: Query, body: bytes) -> object:
        given, expected = query.get("msg_signature", [""])[:1], sha(TOKEN, TIMESTAMP, NONCE, ENCRYPTED)
        fixed = {**query, "msg_signature": [expected]} if given and given[0][:8] == expected[:8] else query
        return open_push(account, secrets, fixed, body, now=NOW)

    assert "only the first 8 digits" in _lets_through(short_sighted)


def test_twin_telling_what_was_wrong_is_caught() -> None:
    def talkative(account: Account, secrets: AccountSecrets, query: Query, body: bytes) -> object:
        if not query.get("msg_signature"):
            raise ValueError("msg_signature is missing")
        return open_push(account, secrets, query, body, now=NOW)

    assert "no msg_signature" in _lets_through(talkative)


def test_twin_without_a_window_is_caught() -> None:
    def patient(account: Account, secrets: AccountSecrets, query: Query, body: bytes) -> object:
        from datetime import UTC, datetime

        claimed = query.get("timestamp", [TIMESTAMP])[0] if query.get("timestamp") else TIMESTAMP
        now = datetime.fromtimestamp(int(claimed), UTC) if claimed.isdecimal() and len(claimed) == 10 else NOW
        return open_push(account, secrets, query, body, now=now)

    assert {"too old", "from the future", "of yesterday"} <= _lets_through(patient)


def test_twin_of_wechatpy_lets_many_through() -> None:
    from wechatpy.crypto import WeChatCrypto

    def sdk(account: Account, secrets: AccountSecrets, query: Query, body: bytes) -> object:
        del secrets
        first = {name: (values or [""])[0] for name, values in query.items()}
        crypto = WeChatCrypto(TOKEN, KEY, account.appid)
        return crypto.decrypt_message(
            body, first.get("msg_signature", ""), first.get("timestamp", ""), first.get("nonce", "")
        )

    assert {"too old", "another account's push", "mixed padding", "doctype"} <= _lets_through(sdk)
