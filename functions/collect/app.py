"""What third parties tell us over the HTTP API: read, queue, answer."""

import base64
import json
import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from yuchi.bootstrap import RECEIVER_TIMEOUTS, Application
from yuchi.services.collect import DoorAnswer, Request
from yuchi.settings import Settings
from yuchi.telemetry import observed

logger = Logger()
application = Application(Settings.from_environment(os.environ), config=RECEIVER_TIMEOUTS)
collect = application.collect()
webhooks = cache(application.receive_webhook)  # mappings and YAML are loaded for those who send some


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """An HTTP API request (payload 2.0) to ``/v1/{call}`` or ``/v1/webhooks/{source}``; SDKs know the answers."""
    path = event["pathParameters"]
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
    if "source" in path:
        return _answer(webhooks().receive(path["source"], headers, raw))
    return _answer(collect.receive(Request(call=path["call"], headers=headers, body=raw)))


def _answer(response: DoorAnswer) -> dict[str, Any]:
    if response.reason:
        logger.warning(response.reason, extra={"status": response.status})
    return {
        "statusCode": response.status,
        "headers": {"content-type": "application/json; charset=utf-8"},
        "body": json.dumps(response.body, separators=(",", ":")),
    }
