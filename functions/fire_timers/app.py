"""Each minute: let the timers that came due happen; once a day: measure the brands' buyers."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from yuchi.bootstrap import Application
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
fire_timers = application.fire_timers()
measure_brands = application.measure_brands()


@observed(application)
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A tick of the schedule; answers how many timers were fired, and how many brands measured."""

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    fired = fire_timers.fire(seconds_left=seconds_left)
    return {"fired": fired, "measured": measure_brands.tick(seconds_left=seconds_left)}
