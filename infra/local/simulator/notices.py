"""Results that WeChat reports some moments after a send, as pushes to the account's callback."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.local.simulator.accounts import PlatformAccount

WORKERS: Final = 4
SENDER: Final = "oMassSendJob0000000000000000"
"""Who a report on a mass message comes from: nobody."""


@dataclass(slots=True)
class Notices:
    """Pushes that are due later. ``push`` does it; None while there is no server to push through."""

    push: Callable[[PlatformAccount, Mapping[str, Any]], None] | None = None
    _due: list[tuple[float, int, PlatformAccount, Mapping[str, Any]]] = field(default_factory=list)
    _order: "itertools.count[int]" = field(default_factory=itertools.count)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _workers: list[threading.Thread] = field(default_factory=list)
    _stopped: bool = False

    def later(self, account: PlatformAccount, fields: Mapping[str, Any], *, delay: float) -> None:
        """Push ``fields`` after ``delay`` seconds; forgotten where nobody could."""
        if self.push is None:
            return
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._order), account, fields))
            if not self._workers:
                self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
                for worker in self._workers:
                    worker.start()
            self._changed.notify()

    def waiting(self) -> int:
        """How many were not pushed yet."""
        with self._changed:
            return len(self._due)

    def stop(self) -> None:
        """Push no more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _work(self) -> None:
        while (due := self._next()) is not None:
            account, fields = due
            if self.push is not None:
                self.push(account, {**fields, "CreateTime": int(time.time()), "MsgType": "event"})

    def _next(self) -> tuple[PlatformAccount, Mapping[str, Any]] | None:
        with self._changed:
            while not self._stopped:
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is not None and left <= 0:
                    _, _, account, fields = heapq.heappop(self._due)
                    return account, fields
                self._changed.wait(left)
        return None


def mass_finished(account: PlatformAccount, message_id: int, status: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """MASSSENDJOBFINISH."""
    head = {"ToUserName": account.original_id, "FromUserName": SENDER, "Event": "MASSSENDJOBFINISH"}
    return {**head, "MsgID": message_id, "Status": status, **counts}


def template_finished(account: PlatformAccount, openid: str, message_id: int, status: str) -> dict[str, Any]:
    """TEMPLATESENDJOBFINISH."""
    head = {"ToUserName": account.original_id, "FromUserName": openid, "Event": "TEMPLATESENDJOBFINISH"}
    return {**head, "MsgID": message_id, "Status": status}


def subscription_sent(
    account: PlatformAccount, openid: str, template_id: str, message_id: int, code: int
) -> dict[str, Any]:
    """subscribe_msg_sent_event."""
    head = {"ToUserName": account.original_id, "FromUserName": openid, "Event": "subscribe_msg_sent_event"}
    ending = {"ErrorCode": code, "ErrorStatus": "success" if code == 0 else "failed"}
    return {
        **head,
        "SubscribeMsgSentEvent": {"List": {"TemplateId": template_id, "MsgID": message_id, **ending}},
    }
