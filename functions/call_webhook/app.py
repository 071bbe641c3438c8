"""CallWebhook: posts one signed webhook for ``perform_action``. Its role may write logs and nothing else."""

import logging
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from yuchi.adapters.webhooks.client import GuardedClient
from yuchi.services.call_webhook import CallWebhook, Reason, WebhookCall, WebhookOutcome, WebhookResult

# Wired here and not in bootstrap: with nothing on AWS to talk to, it starts without boto3 and without settings.
service = CallWebhook(client=GuardedClient())
logger = Logger()
# urllib3 writes whole URLs, and their queries, into its warnings.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take a :class:`WebhookCall`, give a :class:`WebhookResult`."""
    try:
        call = WebhookCall.model_validate(event)
    except ValidationError:
        result, message_id = WebhookResult(outcome=WebhookOutcome.REFUSED, reason=Reason.CALL_INVALID), None
    else:
        result, message_id = service.call(call), call.headers.get("webhook-id")
    answer = result.model_dump(mode="json")
    logger.info("webhook called", extra={**answer, "webhook_id": message_id})
    return answer
