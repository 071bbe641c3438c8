"""Published values: WeChat's documentation of message push, and the samples of Tencent's own demo code."""

import pytest

from tests.unit.adapters.wechat.sealing import APPID, KEY, aes, frame, pad
from yuchi.adapters.wechat.crypto import (
    DecryptionError,
    UnusableKeyError,
    decrypt,
    encrypt,
    is_signature,
    parse_key,
    sign,
)

OFFICIAL_KEY = "A" * 43
OFFICIAL_APPID = "wxba5fad812f8e6fb9"
OFFICIAL_REQUEST = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR"
    "8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km3"
    "2IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
OFFICIAL_REPLY = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
TENCENT_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TENCENT_APPID = "wxb11529c136998cb6"
TENCENT_MESSAGE = "我是中文abcd123"
TENCENT_CIPHERTEXT = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("AAAAA", "1714036504", "1514711492"), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        (("AAAAA", "1714037059", "486452656"), "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        (("AAAAA", "1714112445", "415670741", OFFICIAL_REQUEST), "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"),
        (("AAAAA", "1713424427", "415670741", OFFICIAL_REPLY), "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"),
    ],
)
def test_signs_as_published(parts: tuple[str, ...], expected: str) -> None:
    assert sign(*parts) == expected
    assert is_signature(expected, *parts)


def test_decrypts_the_published_request() -> None:
    message = decrypt(parse_key(OFFICIAL_KEY), OFFICIAL_REQUEST, OFFICIAL_APPID)

    assert len(message) == 167
    assert b'"debug_demo"' in message


def test_encrypts_the_published_reply() -> None:
    made = encrypt(parse_key(OFFICIAL_KEY), b'{"demo_resp":"good luck"}', OFFICIAL_APPID, b"707722b803182950")

    assert made == OFFICIAL_REPLY


def test_encrypts_and_decrypts_tencents_sample() -> None:
    key = parse_key(TENCENT_KEY)

    assert encrypt(key, TENCENT_MESSAGE.encode(), TENCENT_APPID, b"aaaabbbbccccdddd") == TENCENT_CIPHERTEXT
    assert decrypt(key, TENCENT_CIPHERTEXT, TENCENT_APPID).decode() == TENCENT_MESSAGE


@pytest.mark.parametrize("length", range(65))
def test_opens_what_it_sealed_at_every_length(length: int) -> None:
    key, message = parse_key(KEY), b"m" * length

    assert decrypt(key, encrypt(key, message, APPID, bytes(16)), APPID) == message


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "A" * 22, "?" * 43, "密" * 43, "A" * 40 + "=" * 3])
def test_a_key_of_another_form_is_the_operators_error(key: str) -> None:
    with pytest.raises(UnusableKeyError):
        parse_key(key)


def test_the_length_field_must_fit_exactly() -> None:
    for length in (0, 3, 5, 2**31, 2**32 - 1):
        with pytest.raises(DecryptionError):
            decrypt(parse_key(KEY), aes(pad(frame(b"four", length=length))), APPID)


@pytest.mark.parametrize("last", [value for value in range(256) if value != 18])
def test_every_wrong_padding_is_refused(last: int) -> None:
    content = pad(frame(b"m" * 8))
    assert content[-1] == 18

    with pytest.raises(DecryptionError):
        decrypt(parse_key(KEY), aes(content[:-1] + bytes([last])), APPID)


def test_each_byte_of_the_padding_counts() -> None:
    content = bytearray(pad(frame(b"m" * 8)))
    content[-18] ^= 1

    with pytest.raises(DecryptionError):
        decrypt(parse_key(KEY), aes(bytes(content)), APPID)


def test_twin_reading_only_the_last_byte_of_the_padding_accepts_a_forgery() -> None:
    content = bytearray(pad(frame(b"m" * 8)))
    content[-18] ^= 1

    careless = bytes(content)[16 : -content[-1]]

    assert careless[4:12] == b"m" * 8
