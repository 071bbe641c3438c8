"""WeChat's pushes over the HTTP API: verify, queue, answer."""

import base64
import os
from typing import Any
from urllib.parse import parse_qs

from aws_lambda_powertools import Logger

from yuchi.bootstrap import RECEIVER_TIMEOUTS, Application
from yuchi.settings import Settings
from yuchi.telemetry import observed

logger = Logger()
application = Application(Settings.from_environment(os.environ), config=RECEIVER_TIMEOUTS)
receive_callback = application.receive_callback()


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """An HTTP API request (payload 2.0) to ``/wechat/{account}``; the answer is what WeChat expects."""
    account = event["pathParameters"]["account"]
    query = parse_qs(event.get("rawQueryString", ""), keep_blank_values=True)
    if event["requestContext"]["http"]["method"] == "GET":
        response = receive_callback.verify(account, query)
    else:
        body = event.get("body") or ""
        raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
        response = receive_callback.receive(account, query, raw)
    if response.reason:
        logger.warning(response.reason, extra={"account": account, "status": response.status})
    return {
        "statusCode": response.status,
        "headers": {"content-type": response.content_type},
        "body": response.body,
    }
