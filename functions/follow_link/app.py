"""A tap on a campaign's link: led to where it belongs, and told."""

import os
from typing import Any

from yuchi.bootstrap import RECEIVER_TIMEOUTS, Application
from yuchi.services.follow_link import Tap
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ), config=RECEIVER_TIMEOUTS)
follow_link = application.follow_link()


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One HTTP request of API Gateway (payload 2.0)."""
    answer = follow_link.follow(
        Tap(
            method=str(event["requestContext"]["http"]["method"]),
            link=str((event.get("pathParameters") or {}).get("link", "")),
            mark=str((event.get("queryStringParameters") or {}).get("r", "")),
            headers={name.lower(): str(value) for name, value in (event.get("headers") or {}).items()},
        )
    )
    return {"statusCode": answer.status, "headers": dict(answer.headers), "body": answer.body}
