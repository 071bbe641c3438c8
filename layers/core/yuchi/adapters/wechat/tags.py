"""WeChat's own tags of an account: our tags by their names, and the fans that have them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.errors import AnswerMeaning, explain_error
from yuchi.adapters.wechat.sender import METRICS
from yuchi.adapters.wechat.transport import CallRefusedError, NotSentError, OutcomeUnknownError
from yuchi.domain.account import Account
from yuchi.domain.ledger import LedgerState
from yuchi.domain.placeholders import BEIJING
from yuchi.services.perform_action import ActionOutcome
from yuchi.services.ports import Clock, Metrics, UnavailableError

EXISTS: Final = 45157
GONE: Final = 45159
"""No tag has that number: it was deleted in WeChat's console."""
KEPT: Final = timedelta(hours=1)
"""How long a container believes what it knows of tags. One renamed in the console is told under its new name until then."""

STATES: Final = {
    AnswerMeaning.UNKNOWN: LedgerState.RETRY,
    AnswerMeaning.TOKEN: LedgerState.RETRY,
    AnswerMeaning.MINUTE_LIMIT: LedgerState.RETRY,
}
"""What is not among these is REJECTED. Where nobody knows whether it was done it is done again: twice is as good as once."""


def next_midnight(now: datetime) -> datetime:
    """When WeChat's quotas begin anew: days end at midnight in Beijing."""
    local = now.astimezone(BEIJING)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


class TagNumbers(Protocol):
    """The numbers of an account's tags, kept for all workers: tags/get may be asked but 1,000 times a day."""

    def get(self, account: str, name: str, *, now: datetime) -> int | None:
        """The number of the tag ``name``, if it is known. May raise ``UnavailableError``."""
        ...

    def put(self, account: str, name: str, number: int, *, now: datetime) -> None:
        """Keep it. May raise ``UnavailableError``."""
        ...


@dataclass(slots=True)
class WeChatTags:
    """:class:`yuchi.services.ports_tags.TagBoard` on WeChat. ``client_of`` gives one account's client."""

    client_of: Callable[[Account], WeChatClient]
    numbers: TagNumbers
    metrics: Metrics
    clock: Clock
    _known: dict[tuple[str, str], tuple[datetime, int]] = field(default_factory=dict)
    _closed: dict[tuple[str, bool], tuple[datetime, ActionOutcome]] = field(default_factory=dict)

    def put(self, account: Account, tag: str, openids: Sequence[str], *, on: bool) -> ActionOutcome:
        """Give the tag to these fans (at most 50), or take it from them. Every answer of WeChat is an outcome.

        After the day's calls were used up (45009) nothing is called until midnight in Beijing: the answer is known.
        """
        until, known = self._closed.get((account.id, on), (self.clock(), None))
        if known is not None and self.clock() < until:
            return known
        outcome = self._put(account, tag, openids, on=on)
        if outcome.reason == AnswerMeaning.CLOSED_UNTIL_MIDNIGHT:
            self._closed[account.id, on] = next_midnight(self.clock()), outcome
        return outcome

    def _put(self, account: Account, tag: str, openids: Sequence[str], *, on: bool) -> ActionOutcome:
        try:
            number = self._number(account, tag, create=on)
            if number is None:
                return ActionOutcome(LedgerState.SENT)
            try:
                self.client_of(account).tag_fans(number, openids, on=on)
            except CallRefusedError as refused:
                if refused.code != GONE:
                    raise
                fresh = self._number_at_wechat(account, tag, create=on)
                if fresh is not None:
                    self.client_of(account).tag_fans(fresh, openids, on=on)
        except CallRefusedError as refused:
            self.metrics.count(METRICS.get(refused.outcome, "WeChatRefused"))
            reason = explain_error(refused.code).reason or refused.outcome.value
            state = STATES.get(refused.outcome, LedgerState.REJECTED)
            return ActionOutcome(state, code=refused.code, reason=reason)
        except (NotSentError, UnavailableError):
            return ActionOutcome(LedgerState.RETRY, reason="not_sent")
        except OutcomeUnknownError:
            return ActionOutcome(LedgerState.RETRY, reason="answer_lost", exhausted=LedgerState.UNKNOWN)
        return ActionOutcome(LedgerState.SENT)

    def _number(self, account: Account, tag: str, *, create: bool) -> int | None:
        """The tag's number, from where it is cheapest; None where it is not to be created and there is none."""
        now = self.clock()
        until, number = self._known.get((account.id, tag), (now, 0))
        if now < until:
            return number
        stored = self.numbers.get(account.id, tag, now=now)
        if stored is None:
            return self._number_at_wechat(account, tag, create=create)
        self._known[account.id, tag] = now + KEPT, stored
        return stored

    def _number_at_wechat(self, account: Account, tag: str, *, create: bool) -> int | None:
        number = self._find(account, tag)
        if number is None and create:
            try:
                number = self.client_of(account).create_tag(tag)
            except CallRefusedError as refused:
                if refused.code != EXISTS:
                    raise
                number = self._find(account, tag)  # another worker was faster
        if number is None:
            self._known.pop((account.id, tag), None)
            return None
        self.numbers.put(account.id, tag, number, now=self.clock())
        self._known[account.id, tag] = self.clock() + KEPT, number
        return number

    def _find(self, account: Account, tag: str) -> int | None:
        tags = self.client_of(account).tags().get("tags") or ()
        return next((int(each["id"]) for each in tags if str(each["name"]) == tag), None)
