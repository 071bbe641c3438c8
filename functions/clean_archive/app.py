"""Each hour: take the fans who left out of the archive, some of them or all."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from yuchi.bootstrap import Application
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
clean_archive = application.clean_archive()


@observed(application)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A tick of the schedule, or a call by hand: ``at_once`` waits for nobody else. Answers how many lines were changed."""
    changed = clean_archive.tick(
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000, at_once=event.get("at_once") is True
    )
    return {"changed": changed}
