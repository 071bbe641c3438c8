"""Files that were dropped into the bucket of imports, and lists of followers: each invocation reads on for a while."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from yuchi.adapters.imports_queue import Notice
from yuchi.bootstrap import Application
from yuchi.records import failures, parse_messages
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
import_file = application.import_file()


@observed(application)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """What S3 says of new files, or our own word to go on; the answer names what is to come again."""

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    notices, unreadable = parse_messages(event, Notice)
    again = set(unreadable)
    for message_id, notice in notices:
        done = [import_file.dropped(key, seconds_left=seconds_left) for key in notice.keys]
        if notice.message is not None:
            done.append(import_file.work(notice.message, seconds_left=seconds_left))
        if not all(done):
            again.add(message_id)
    return failures(again)
