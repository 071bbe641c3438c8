"""Edits from the streams of ``Rules``, ``Schema`` and ``Campaigns``: check, publish, tell the marketer."""

import os
from typing import Any

from yuchi.adapters.dynamodb.drafts import edits_in, sort_key_in
from yuchi.bootstrap import Application
from yuchi.records import failures
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
review_edit = application.review_edit()
review_definitions = application.review_definitions()
review_campaigns = application.review_campaigns()


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A batch of one of the streams, in the order of each brand; the answer names those that are to come again."""
    reviews: dict[str, Any] = {"rule_id": review_edit, "item": review_definitions, "campaign_id": review_campaigns}
    sequence_numbers, edits = [], []
    for sequence_number, edit in edits_in(event):
        sequence_numbers.append(sequence_number)
        edits.append(edit)
    again = reviews[sort_key_in(event)].review_all(edits) if edits else ()
    return failures(sequence_numbers[position] for position in again)
