"""The token broker: keeps every account's access token fresh, alone and from one address."""

import os
from typing import Any

from yuchi.bootstrap import Application
from yuchi.settings import Settings
from yuchi.telemetry import observed

application = Application(Settings.from_environment(os.environ))
refresh_tokens = application.refresh_tokens()


@observed(application)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A tick of the schedule refreshes all accounts; ``{"account": id}`` one of them, for a sender whose token failed.

    Answers how many are fresh and which are not. Tokens themselves never leave by this way.
    """
    account = event.get("account")
    report = refresh_tokens.refresh_one(account) if isinstance(account, str) else refresh_tokens.refresh_all()
    return {"fresh": report.fresh, "failed": report.failed}
