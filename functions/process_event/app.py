"""Events from ``events.fifo``: rules, profiles, timeline."""

import gc
import os
from typing import Any

from yuchi.bootstrap import Application
from yuchi.records import failures, parse_messages
from yuchi.services.ports import EventMessage
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
process_event = application.process_event()
gc.freeze()  # what was made until here stays as long as the container: no collection need look at it again


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A batch of SQS records; the answer names those that are to come again."""
    messages, unreadable = parse_messages(event, EventMessage)
    return failures(process_event.process(messages) | unreadable)
