"""What happened after a campaign's message: shown, tapped, bought, left."""

import os
from typing import Any

from yuchi.bootstrap import Application
from yuchi.records import failures, parse_messages
from yuchi.services.ports_campaigns import DeliveryMessage
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
record_delivery = application.record_delivery()


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A batch of SQS records; the answer names those that are to come again."""
    messages, unreadable = parse_messages(event, DeliveryMessage)
    again = {name for name, message in messages if not record_delivery.work(message)}
    return failures(again | unreadable)
