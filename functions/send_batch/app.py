"""Batches of campaigns: sent through the ledger, inside WeChat's quotas."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from yuchi.bootstrap import Application
from yuchi.records import failures, parse_messages
from yuchi.services.ports_campaigns import BatchMessage
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
send_batch = application.send_batch()


@observed(application)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A batch of SQS records; the answer names those that are to come again."""

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    messages, unreadable = parse_messages(event, BatchMessage)
    again = {name for name, message in messages if not send_batch.work(message, seconds_left=seconds_left)}
    return failures(again | unreadable)
