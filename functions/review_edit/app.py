"""Edits from the streams of ``Rules`` and ``Schema``: check, publish, tell the marketer."""

import os
from typing import Any

from yuchi.adapters.dynamodb.drafts import edits_in, is_of_definitions
from yuchi.bootstrap import Application
from yuchi.records import failures
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
review_edit = application.review_edit()
review_definitions = application.review_definitions()


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A batch of one of the streams, in the order of each brand; the answer names those that are to come again."""
    sequence_numbers, edits = [], []
    for sequence_number, edit in edits_in(event):
        sequence_numbers.append(sequence_number)
        edits.append(edit)
    review = review_definitions if is_of_definitions(event) else review_edit
    again = review.review_all(edits)
    return failures(sequence_numbers[position] for position in again)
