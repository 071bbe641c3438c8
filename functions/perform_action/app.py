"""Decided actions from ``actions.fifo``: customer-service messages and webhooks, through the send ledger."""

import os
from typing import Any

from yuchi.bootstrap import Application
from yuchi.records import failures, parse_messages
from yuchi.services.ports import ActionMessage
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
perform_action = application.perform_action()


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A batch of SQS records; the answer names those that are to come again."""
    messages, unreadable = parse_messages(event, ActionMessage)
    return failures(perform_action.perform_all(messages) | unreadable)
