"""What a condition looks at: plain data, prepared once per event."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Views = dict[str, Any]
"""A name -> str, int, float, bool, None, list, dict, aware datetime in UTC, or timedelta."""

NO_PAST: Mapping[str, Sequence[int]] = {}


class Context:
    """The data behind ``event``, ``profile``, ``account`` and ``now``.

    ``past``: event type -> epoch seconds of the person's earlier events of that type, in any order; ``count`` and ``last``
    read it.
    """

    __slots__ = ("account", "event", "now", "past", "profile")

    def __init__(
        self,
        event: Views,
        profile: Views,
        account: Views,
        now: datetime,
        past: Mapping[str, Sequence[int]] = NO_PAST,
    ) -> None:
        self.event = event
        self.profile = profile
        self.account = account
        self.now = now
        self.past = past
