"""What mirroring tags needs of WeChat and of the ledger."""

from collections.abc import Sequence
from typing import Protocol

from yuchi.domain.account import Account
from yuchi.domain.ledger import LedgerEntry, LedgerKey
from yuchi.services.perform_action import ActionOutcome


class TagBoard(Protocol):
    """WeChat's own tags of an account."""

    def put(self, account: Account, tag: str, openids: Sequence[str], *, on: bool) -> ActionOutcome:
        """Give the tag to these fans (at most 50), or take it from them; every answer is an outcome, none is raised.

        A tag that WeChat does not know yet is made. The same call may be made again.
        """
        ...


class LedgerRows(Protocol):
    """Rows of the ledger, for reading."""

    def get(self, key: LedgerKey) -> LedgerEntry | None:
        """The row, None where there is none (any more). May raise ``UnavailableError``."""
        ...
