"""What an account sent by mass, template and subscription messages, and what its fans got of it."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Got(NamedTuple):
    """One message to one fan that WeChat accepted. ``client_id``: the sender's own key for it, if it gave one.

    ``shown``: whether the fan got to see it; False where WeChat dropped it in silence.
    """

    channel: str
    client_id: str
    message_id: int
    shown: bool = True


@dataclass(slots=True)
class MassMessage:
    """One accepted mass message, and what its report will say."""

    message_id: int
    client_id: str
    total: int
    filtered: int
    failed: int
    accepted_at: float
    done_at: float
    status: str = "send success"


@dataclass(slots=True)
class SentState:
    """Of one account. ``month``: (month, openid) -> mass messages shown. ``credits``: (openid, template) -> notices that the
    fan agreed to.

    ``forbidden``: interfaces that the account may not use. ``daily``: its own quotas. ``verdict``: what becomes of its mass
    messages. ``delay``: seconds until it is told of results; ``told``: whether it is told at all.
    """

    accepted: dict[str, list[Got]] = field(default_factory=dict)
    masses: dict[int, MassMessage] = field(default_factory=dict)
    by_client_id: dict[str, MassMessage] = field(default_factory=dict)
    minute: deque[float] = field(default_factory=deque)
    month: Counter[tuple[str, str]] = field(default_factory=Counter)
    replays: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    credits: Counter[tuple[str, str]] = field(default_factory=Counter)
    drafts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    daily: dict[str, int] = field(default_factory=dict)
    verdict: str = "send success"
    delay: float = 1.0
    told: bool = True

    def give(self, openid: str, got: Got) -> None:
        """A fan's message was accepted."""
        self.accepted.setdefault(openid, []).append(got)

    def listed(self, client_id: str | None) -> Iterator[tuple[str, list[Got]]]:
        """Who got what; only what was sent under ``client_id`` where one is named."""
        for openid, messages in self.accepted.items():
            wanted = [each for each in messages if client_id in (None, each.client_id)]
            if wanted:
                yield openid, wanted
