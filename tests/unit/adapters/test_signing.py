"""Our Signature Version 4 beside botocore's own: the same requests, the same signatures."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from yuchi.adapters.signing import SERVICES, Keys, LeanSigner, authorization

NOW = datetime(2026, 3, 1, 23, 59, 58, tzinfo=UTC)
MOMENT = "20260301T235958Z"
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("get_item", {"TableName": "T", "Key": {"k": {"S": "鱼池"}}}),
    "sqs": ("send_message", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q", "MessageBody": "鱼池"}),
    "ssm": ("get_parameter", {"Name": "/yuchi/dev/identity", "WithDecryption": True}),
    "firehose": ("put_record", {"DeliveryStreamName": "s", "Record": {"Data": b"{}\n"}}),
}
words = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)


class SentError(Exception):
    """A request was signed and would now go out."""

    def __init__(self, request: Any) -> None:
        super().__init__("sent")
        self.request = request


def botocores(keys: Keys, request: AWSRequest, *, region: str, service: str, moment: str = MOMENT) -> str:
    """The header that botocore writes for exactly these headers."""
    signer: Any = SigV4Auth(Credentials(*keys), service, region)
    request.context["timestamp"] = moment
    told = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(told, request))
    return str(request.headers["Authorization"])


@given(
    keys=st.builds(Keys, words, words, st.none() | words),
    host=st.from_regex(r"[a-z0-9.-]{1,30}(:[0-9]{2,5})?", fullmatch=True),
    headers=st.dictionaries(st.from_regex(r"x-amz-[a-z0-9-]{1,10}", fullmatch=True), words, max_size=4),
    body=st.binary(max_size=50),
    service=st.sampled_from(sorted(SERVICES)),
    region=st.sampled_from(["us-east-1", "cn-north-1"]),
)
def test_what_we_sign_botocore_signs_the_same(
    keys: Keys, host: str, headers: dict[str, str], body: bytes, service: str, region: str
) -> None:
    signed = {"host": host, "content-type": "application/x-amz-json-1.0", **headers, "x-amz-date": MOMENT}
    request = AWSRequest(method="POST", url=f"https://{host}/", headers=signed, data=body)
    ours = authorization(keys, signed, body, moment=MOMENT, region=region, service=service)
    assert ours == botocores(keys, request, region=region, service=service)


@pytest.mark.parametrize("service", sorted(SERVICES))
@pytest.mark.parametrize("token", [None, "session/token=="])
@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566"])
def test_a_client_sends_what_botocore_would_have_signed(service: str, token: str | None, endpoint: str | None) -> None:
    request = sent(service, token=token, endpoint=endpoint)
    found = request.headers["Authorization"].decode()
    names = found.split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"content-type", "host", "x-amz-date", "x-amz-target"} <= set(names)
    assert ("x-amz-security-token" in names) == (token is not None)
    read = {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
    }
    again = AWSRequest(
        method=request.method,
        url=request.url,
        headers={name: read[name] for name in names if name != "host"},
        data=request.body,
    )
    assert found == botocores(Keys("AKIDEXAMPLE", "secret", token), again, region="us-east-1", service=service)


def test_another_body_has_another_signature() -> None:
    """The planted defect: a signature that does not hold the content."""
    signed = {"host": "h", "x-amz-date": MOMENT}
    ours = [authorization(Keys("a", "s"), signed, body, moment=MOMENT, region="r", service="sqs") for body in "ab"]
    assert ours[0] != ours[1]


def test_a_retry_is_signed_anew_and_has_each_header_once() -> None:
    request = AWSRequest(method="POST", url="https://h/", headers={"X-Amz-Target": "T"}, data=b"{}")
    signer = LeanSigner(lambda: Credentials("a", "s", "t"), now=lambda: NOW)
    signer.sign(request, "sqs", "us-east-1")
    first = dict(request.headers.items())
    signer.sign(request, "sqs", "us-east-1")
    assert dict(request.headers.items()) == first
    assert len(request.headers.items()) == len(first)


def test_without_credentials_nothing_goes_out() -> None:
    request = AWSRequest(method="POST", url="https://h/", data=b"{}")
    with pytest.raises(NoCredentialsError):
        LeanSigner(lambda: None).sign(request, "sqs", "us-east-1")


def sent(service: str, *, token: str | None, endpoint: str | None) -> Any:
    """What the client would send."""
    session = boto3.Session(
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token=token,
        region_name="us-east-1",
    )
    make: Any = session.client
    client = make(service, endpoint_url=endpoint)
    LeanSigner(session.get_credentials, now=lambda: NOW).attach(client)

    def stop(request: Any, **_: Any) -> None:
        raise SentError(request)

    client.meta.events.register("before-send", stop)
    operation, asked = ASKED[service]
    with pytest.raises(SentError) as caught:
        getattr(client, operation)(**asked)
    return caught.value.request
