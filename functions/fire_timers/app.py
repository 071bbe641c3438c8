"""Each minute: let the timers that came due happen."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from yuchi.bootstrap import Application
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
fire_timers = application.fire_timers()


@observed(application)
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A tick of the schedule; answers how many timers were fired."""
    return {"fired": fire_timers.fire(seconds_left=lambda: context.get_remaining_time_in_millis() / 1000)}
