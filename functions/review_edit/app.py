"""Edits of rules from the stream of ``Rules``: check, publish, tell the marketer."""

import os
from typing import Any

from yuchi.adapters.dynamodb.edits import edits_in
from yuchi.bootstrap import Application
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
review_edit = application.review_edit()


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A batch of stream records, in the order of each brand; the answer names the first that is to come again."""
    for sequence_number, edit in edits_in(event):
        if not review_edit.review(edit):
            return {"batchItemFailures": [{"itemIdentifier": sequence_number}]}
    return {"batchItemFailures": []}
