"""Decided actions from ``actions.fifo``: customer-service messages and webhooks, through the send ledger."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from yuchi.bootstrap import Application
from yuchi.records import failures, parse_messages
from yuchi.services.ports import ActionMessage
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
perform_action = application.perform_action()


@observed(application)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A batch of SQS records; the answer names those that are to come again."""
    messages, unreadable = parse_messages(event, ActionMessage)
    return failures(
        perform_action.perform_all(messages, seconds_left=lambda: context.get_remaining_time_in_millis() / 1000)
        | unreadable
    )
