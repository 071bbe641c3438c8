"""Signature Version 4 for services that take JSON at "/": a quarter of the CPU of a request goes into botocore's own.

Botocore sorts, folds and encodes all headers of a request twice and derives the day's key anew each time, for it signs any
request of any service. Those of DynamoDB, SQS, SSM and Firehose are all alike: POST, one path, no query. What is signed is
what AWS asks for (IAM User Guide, "Create a signed AWS API request"): the host, the type of the content and each ``x-amz-``
header. Requests of another form stay botocore's.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from botocore import UNSIGNED
from botocore.exceptions import NoCredentialsError

SERVICES: Final = frozenset({"dynamodb", "sqs", "ssm", "firehose"})
"""Those whose every request is a POST of JSON to "/"."""
ALGORITHM: Final = "AWS4-HMAC-SHA256"
BEFORE: Final = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")
"""What an earlier try of the same request left in its headers."""


class Keys(NamedTuple):
    """Credentials as they are at one moment; ``token`` only for those that end."""

    access_key: str
    secret_key: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class LeanSigner:
    """Signs the requests of one client. ``credentials``: asked for each request, for Lambda's own change over time."""

    credentials: Callable[[], Any]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def attach(self, client: Any) -> None:
        """Sign in botocore's place, by its own events: it is told to leave requests unsigned, right before we sign them."""
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register(f"choose-signer.{service}", _unsigned)
        client.meta.events.register(f"before-sign.{service}", self.sign)

    def sign(self, request: Any, signing_name: str, region_name: str, **_: Any) -> None:
        """Add the headers that prove who asks. Raises :class:`NoCredentialsError` where nobody is known."""
        held = self.credentials()
        if held is None:
            raise NoCredentialsError
        keys = Keys(*held.get_frozen_credentials()[:3])
        headers = request.headers
        for name in BEFORE:
            del headers[name]
        headers["X-Amz-Date"] = moment = self.now().strftime("%Y%m%dT%H%M%SZ")
        if keys.token:
            headers["X-Amz-Security-Token"] = keys.token
        signed = {"host": urlsplit(request.url).netloc}
        for name, value in headers.items():
            lowered = name.lower()
            if lowered == "content-type" or lowered.startswith("x-amz-"):
                signed[lowered] = value
        told = request.context.get("signing", {})  # what the endpoint says of itself goes before the client's own
        headers["Authorization"] = authorization(
            keys,
            signed,
            request.body,
            moment=moment,
            region=told.get("region") or region_name,
            service=told.get("signing_name") or signing_name,
        )


def authorization(
    keys: Keys, signed: dict[str, str], body: bytes | str, *, moment: str, region: str, service: str
) -> str:
    """The header ``Authorization`` of a POST to "/" with the headers ``signed`` (names in lower case)."""
    content = body.encode() if isinstance(body, str) else body
    names = sorted(signed)
    lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in names)
    listed = ";".join(names)
    canonical = f"POST\n/\n\n{lines}\n{listed}\n{sha256(content).hexdigest()}"
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    told = f"{ALGORITHM}\n{moment}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    key = _key_of_day(keys.secret_key, moment[:8], region, service)
    signature = hmac.digest(key, told.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={listed}, Signature={signature}"


@lru_cache(maxsize=8)
def _key_of_day(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _unsigned(**_: Any) -> Any:
    return UNSIGNED
