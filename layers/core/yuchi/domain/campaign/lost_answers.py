"""How long a mass message may be repeated whose answer got lost: as long as WeChat surely knows its key."""

from datetime import datetime
from typing import Final

from yuchi.domain.ledger import LedgerEntry, LedgerState

KEY_SECONDS: Final = 23 * 3600
"""WeChat keeps ``clientmsgid`` for 24 hours from the first call; an hour is left for clocks."""
TEMPLATE_KEY_SECONDS: Final = 8 * 60
"""Of ``client_msg_id`` of a template message WeChat promises ten minutes."""
_MARK: Final = "answer_lost@"


def lost_since(row: LedgerEntry | None) -> int | None:
    """When WeChat may first have accepted what ``row`` stands for (epoch seconds); None where it surely did not."""
    if row is None:
        return None
    if row.reason.startswith(_MARK):
        return int(row.reason.removeprefix(_MARK))
    # A worker died in the middle of the call.
    return row.updated_at if row.state is LedgerState.CLAIMED else None


def lost_reason(since: int) -> str:
    """The reason of a row that is to be tried again, which keeps ``since`` through all tries."""
    return f"{_MARK}{since}"


def may_repeat(since: int | None, now: datetime, seconds: int = KEY_SECONDS) -> bool:
    """Whether a call that may have been accepted at ``since`` does nothing more when it is repeated."""
    return since is None or now.timestamp() - since < seconds
