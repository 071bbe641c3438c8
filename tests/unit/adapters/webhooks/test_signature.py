import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis.strategies import binary, text

from yuchi.adapters.webhooks.signature import WebhookSecretError, new_secret, signed_headers, webhook_id


def verified(body: str, headers: dict[str, str], secret: str) -> object:
    return standardwebhooks.Webhook(secret).verify(body, headers)


def test_the_vector_of_the_reference_libraries() -> None:
    headers = signed_headers(
        '{"test": 2432232314}',
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        moment=datetime.fromtimestamp(1614265330, tz=UTC),
        secrets="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.peer
@given(text(), binary(min_size=24, max_size=64))
def test_the_reference_library_verifies_ours(content: str, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    body = json.dumps({"content": content}, ensure_ascii=False)
    try:
        body.encode()
    except UnicodeEncodeError:
        return
    headers = signed_headers(body, message_id="e1:r1:0", moment=datetime.now(UTC), secrets=secret)
    assert verified(body, headers, secret) == {"content": content}


@pytest.mark.peer
def test_while_keys_are_rotated_both_the_old_and_the_new_one_verify() -> None:
    new, old, other = new_secret(), new_secret(), new_secret()
    headers = signed_headers("{}", message_id="m", moment=datetime.now(UTC), secrets=f"{new} {old}")
    assert verified("{}", headers, new) == verified("{}", headers, old) == {}
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        verified("{}", headers, other)


@pytest.mark.peer
@pytest.mark.parametrize("field", ["webhook-id", "webhook-timestamp", "body"])
def test_the_signature_covers_id_time_and_body(field: str) -> None:
    secret, now = new_secret(), datetime.now(UTC)
    headers = signed_headers('{"a":1}', message_id="m", moment=now, secrets=secret)
    forged = {
        "webhook-id": (headers | {"webhook-id": "n"}, '{"a":1}'),
        "webhook-timestamp": (headers | {"webhook-timestamp": str(int(now.timestamp()) + 1)}, '{"a":1}'),
        "body": (headers, '{"a":2}'),
    }[field]
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        verified(forged[1], forged[0], secret)


@pytest.mark.peer
def test_another_time_zone_is_the_same_moment() -> None:
    secret = new_secret()
    beijing = datetime.now(timezone(timedelta(hours=8)))
    headers = signed_headers("{}", message_id="m", moment=beijing, secrets=secret)
    assert verified("{}", headers, secret) == {}


@pytest.mark.parametrize(
    "secrets",
    ["", "  ", "plain", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", "whsec_" + "A" * 96, "A" * 32, "whsec_密钥" * 9],
)
def test_a_bad_secret_is_refused_and_never_shown(secrets: str) -> None:
    with pytest.raises(WebhookSecretError) as refused:
        signed_headers("{}", message_id="m", moment=datetime.now(UTC), secrets=secrets)
    shown = secrets.removeprefix("whsec_").strip()
    assert not shown or shown not in str(refused.value)


def test_new_secrets_differ_and_are_long() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


@pytest.mark.parametrize("action", ["e-1:welcome:0", "wx_123:r:12"])
def test_a_plain_action_id_is_the_webhook_id(action: str) -> None:
    assert webhook_id(action) == action


@pytest.mark.parametrize("action", ["e:领取:0", "e:a.b:0", "e:a b:0", "x\r\nevil: 1", "", "x" * 201, "abc\n"])
def test_any_other_action_id_becomes_a_digest(action: str) -> None:
    assert webhook_id(action) == webhook_id(action)
    assert webhook_id(action).startswith("msg_")
    assert webhook_id(action).isascii()
    assert webhook_id(action) != webhook_id(action + "x")
