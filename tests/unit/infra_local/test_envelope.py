"""The platform's envelope opens what it sealed, and nothing else."""

import base64

import pytest

from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.envelope import EnvelopeError, seal, signature, unseal

ACCOUNT = PlatformAccount.invent("shop", name="店")


@pytest.mark.parametrize("content", [b"", b"x", "鱼池".encode() * 40, bytes(range(256))])
def test_opens_what_it_sealed(content: bytes) -> None:
    sealed = seal(content, encoding_aes_key=ACCOUNT.encoding_aes_key, appid=ACCOUNT.appid)

    assert unseal(sealed, encoding_aes_key=ACCOUNT.encoding_aes_key, appid=ACCOUNT.appid) == content


def test_pads_to_32_bytes_and_is_different_each_time() -> None:
    sealed = [seal(b"hello", encoding_aes_key=ACCOUNT.encoding_aes_key, appid=ACCOUNT.appid) for _ in range(2)]

    assert sealed[0] != sealed[1]
    assert len(base64.b64decode(sealed[0])) % 32 == 0


def test_refuses_another_appid_and_another_key() -> None:
    other = PlatformAccount.invent("other", name="别家")
    sealed = seal(b"hello", encoding_aes_key=ACCOUNT.encoding_aes_key, appid=ACCOUNT.appid)

    with pytest.raises(EnvelopeError):
        unseal(sealed, encoding_aes_key=ACCOUNT.encoding_aes_key, appid=other.appid)
    with pytest.raises(EnvelopeError):
        unseal(sealed, encoding_aes_key=other.encoding_aes_key, appid=ACCOUNT.appid)


def test_signature_is_sha1_over_the_sorted_parts() -> None:
    # printf 'abcxyz' | sha1sum
    assert signature("xyz", "abc") == signature("abc", "xyz") == "0e3bbd26f46012ccec4776d171f314a00c022d98"
