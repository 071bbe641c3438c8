"""Customer-service windows: how many custom messages WeChat takes after what a fan did, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """``quota`` messages within ``validity`` of the trigger."""

    quota: int
    validity: timedelta
    zh: str


WINDOWS: Final[Mapping[str, WindowSpec]] = {
    "message": WindowSpec(5, timedelta(hours=48), "粉丝发来消息"),
    "menu": WindowSpec(3, timedelta(minutes=1), "粉丝点击菜单"),
    "follow": WindowSpec(3, timedelta(minutes=1), "粉丝关注"),
    "scan": WindowSpec(3, timedelta(minutes=1), "粉丝扫码"),
    "payment": WindowSpec(20, timedelta(hours=48), "粉丝支付"),
    "session": WindowSpec(2, timedelta(minutes=1), "进入小程序客服会话"),
}
"""By trigger (WeChat: customer-service message guide, quotas since 2023-06-12)."""


@dataclass(frozen=True, slots=True)
class WindowUse:
    """How many messages were sent in the window that was opened at ``opened_at`` (epoch seconds)."""

    opened_at: int
    used: int


def open_windows(triggers: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Those of ``triggers`` (kind -> epoch seconds of the last one) whose window is still open at ``now``."""
    moment = now.timestamp()
    return {
        kind: opened_at
        for kind, opened_at in triggers.items()
        if kind in WINDOWS and moment < opened_at + WINDOWS[kind].validity.total_seconds()
    }


def take_place(
    triggers: Mapping[str, int], uses: Mapping[str, WindowUse], now: datetime
) -> dict[str, WindowUse] | None:
    """The uses after one more message, or None when no open window has a place left.

    A message counts in every open window, for WeChat does not add quotas up: the larger remainder holds.
    """
    opened = open_windows(triggers, now)
    current = {
        kind: uses[kind] if kind in uses and uses[kind].opened_at == opened_at else WindowUse(opened_at, 0)
        for kind, opened_at in opened.items()
    }
    if not any(use.used < WINDOWS[kind].quota for kind, use in current.items()):
        return None
    return {kind: WindowUse(use.opened_at, use.used + 1) for kind, use in current.items()}
