"""Faults on the way to an AWS that runs in this process: what botocore's own retries see, and what they leave."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber

THROTTLED = b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "canary-in-the-message"}'
BROKEN = b'{"__type": "InternalServerError", "message": "canary-in-the-message"}'

stubber: BotocoreStubber = botocore_stubber


class Raw:
    """The body of an answer."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.body


class Faults:
    """Registered on one client. ``plans[operation]`` are applied to its next HTTP requests, one each.

    ``lost``: done, but no answer comes. ``throttled``, ``broken``: not done, and AWS says so.
    """

    def __init__(self, client: Any) -> None:
        self.plans: defaultdict[str, list[str]] = defaultdict(list)
        self.requests: list[str] = []
        client.meta.events.register_first("before-send", self)
        client.meta.events.register_last("before-send", lambda **_: setattr(stubber, "enabled", True))

    def __call__(self, *, event_name: str, request: Any, **_: Any) -> Any:
        operation = event_name.rsplit(".", 1)[1]
        self.requests.append(operation)
        plan = self.plans[operation].pop(0) if self.plans[operation] else ""
        if plan == "lost":
            stubber(event_name=event_name, request=request)
            raise ReadTimeoutError(endpoint_url=request.url)
        if plan in {"throttled", "broken"}:
            stubber.enabled = False  # for this request: botocore asks every handler, although we answer it
            body = THROTTLED if plan == "throttled" else BROKEN
            return AWSResponse(request.url, 400 if plan == "throttled" else 500, HTTPHeaders(), Raw(body))
        return None


@contextmanager
def no_waiting() -> Iterator[None]:
    """Let botocore try again at once."""
    with patch("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None)):
        yield
