"""Messages of a dead-letter queue, judged again and put back."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from yuchi.domain.account import Account
from yuchi.domain.actions import load_action
from yuchi.domain.decision import FORGET
from yuchi.services.ports import ActionMessage, EventMessage
from yuchi.services.ports_operators import DeadLetter, DeadLetters

FindAccount = Callable[[str], Account | None]


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many messages went back, and how many stay, by reason: ``unreadable``, ``account_unknown``, ``behind``."""

    moved: int
    kept: Mapping[str, int]


@dataclass(slots=True)
class Redrive:
    """The use case behind ``yuchi redrive``. Doing it twice does nothing twice: timeline and ledger see to that."""

    letters: DeadLetters
    find_account: FindAccount
    _kept: list[DeadLetter] = field(default_factory=list)

    def run(
        self, source: str, *, limit: int | None = None, progress: Callable[[int], None] = lambda _: None
    ) -> Redriven:
        """Move what can be read back to ``source``, in order within each group; the rest shows again at the end.

        What stands behind a message that stays waits with it: one person's events must not overtake each other.
        """
        moved, reasons, blocked = 0, Counter[str](), set[str]()
        try:
            while limit is None or moved < limit:
                letters = self.letters.receive(source)
                if not letters:
                    break
                for position, letter in enumerate(letters):
                    if limit is not None and moved >= limit:
                        self._kept += letters[position:]
                        break
                    reason = "behind" if letter.group in blocked else self._judge(source, letter)
                    if reason:
                        reasons[reason] += 1
                        blocked |= {letter.group} - {""}  # without a group nothing stands behind it
                        self._kept.append(letter)
                        continue
                    self.letters.send_back(source, letter)
                    self.letters.remove(source, letter)
                    moved += 1
                    progress(moved)
        finally:
            for letter in self._kept:
                self.letters.release(source, letter)
            self._kept.clear()
        return Redriven(moved=moved, kept=dict(reasons))

    def drop(self, source: str) -> int:
        """Delete every message of a dead-letter queue."""
        dropped = 0
        while letters := self.letters.receive(source):
            for letter in letters:
                self.letters.remove(source, letter)
            dropped += len(letters)
        return dropped

    def _judge(self, source: str, letter: DeadLetter) -> str:
        """Why a message cannot go back; an empty text where it can."""
        try:
            account, brand = _JUDGES[source](letter.body)
        except (ValidationError, ValueError, TypeError):
            return "unreadable"
        if not account:
            return ""  # an import, or what a shop or a file told: no account of WeChat's is needed for it
        known = self.find_account(account)
        return "" if known is not None and known.brand == brand else "account_unknown"


def _judge_event(body: str) -> tuple[str, str]:
    event = EventMessage.model_validate_json(body).event
    return event.account, event.brand


def _judge_action(body: str) -> tuple[str, str]:
    message = ActionMessage.model_validate_json(body)
    if message.action.kind != FORGET:
        load_action({**message.action.body, "kind": message.action.kind})
    return message.account, message.brand


def _judge_import(body: str) -> tuple[str, str]:
    """S3's own notices are as good as our messages; which file or import it is, the import itself looks up."""
    if not isinstance(json.loads(body), dict):
        raise TypeError("no message")
    return "", ""


_JUDGES: Final[Mapping[str, Callable[[str], tuple[str, str]]]] = {
    "Events": _judge_event,
    "Actions": _judge_action,
    "Imports": _judge_import,
}
