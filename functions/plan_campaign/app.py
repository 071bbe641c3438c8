"""Campaigns: started when due and approved, answered when asked about, looked after until they end.

Called each minute by the schedule, and by the streams of ``Campaigns`` (somebody asks for something) and ``Approvals``.
"""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from yuchi.adapters.dynamodb.campaign_streams import looks_in
from yuchi.bootstrap import Application
from yuchi.records import failures
from yuchi.services.ports import UnavailableError
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
plan_campaign = application.plan_campaign()


@observed(application)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A tick, which answers how many campaigns were looked at; or a batch of a stream, which names what is to come again."""

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    if "Records" not in event:
        return {"looked": plan_campaign.tick(seconds_left=seconds_left)}
    for sequence_number, brand, campaign_id in looks_in(event):
        try:
            plan_campaign.look(brand, campaign_id)
        except UnavailableError:
            return failures([sequence_number])  # a stream goes on from the first that failed
    return failures([])
