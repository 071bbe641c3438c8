"""What a marketer or an approver does with a campaign from outside of the console: write it, ask for something, approve it.

The reviewer and the planner answer in the item, as they answer the console; here somebody waits for that.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from yuchi.domain.campaign.approval import Approval, is_same_person
from yuchi.domain.campaign.columns import ASK
from yuchi.domain.campaign.reading import campaign_hash, plan_hash
from yuchi.domain.plain import plain
from yuchi.domain.words import Words
from yuchi.services.ports_campaign_items import ApprovalBook, CampaignBook
from yuchi.services.ports_rules import Item

REVIEWED_WITHIN: Final = 10.0
"""An edit is judged within this many seconds."""
ANSWERED_WITHIN: Final = 90.0
"""What is asked for is answered within this many seconds, counting a large audience too."""
POLL_SECONDS: Final = 0.5

_COUNT: Final = re.compile(r"[0-9][0-9,]{0,12}")

Wait = Callable[[float], None]


class RefusedApprovalError(Exception):
    """A campaign cannot be approved by this person as it is; ``words`` say why and what to do."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(frozen=True, slots=True)
class Standing:
    """A campaign with the answers that stand in it. ``reviewed``: whether they are about what it says now."""

    item: Item
    reviewed: bool

    def text(self, column: str) -> str:
        """What stands in a column, "" for nothing."""
        return str(self.item.get(column) or "")

    @property
    def status(self) -> str:
        """The status, or ``waiting`` while nobody has judged it."""
        return self.text("status") if self.reviewed else "waiting"

    @property
    def plan_hash(self) -> str:
        """What would be approved now."""
        return plan_hash(self.item)

    @property
    def counted(self) -> int | None:
        """How many persons there are, where they were counted for what it says now."""
        if self.text("counted_hash") != self.plan_hash:
            return None
        found = _COUNT.match(str(plain(self.item.get("counted"))))
        return int(found[0].replace(",", "")) if found else None


def standing_of(item: Item) -> Standing:
    """How a campaign stands."""
    return Standing(item, reviewed=item.get("reviewed") == campaign_hash(item))


def write(book: CampaignBook, columns: Mapping[str, Any], *, edited_by: str, seen: Item | None) -> bool:
    """Write a campaign over what was ``seen``; False where somebody else edited it meanwhile."""
    return book.write({**columns, "edited_by": edited_by}, seen=seen)


def await_review(
    book: CampaignBook, brand: str, campaign_id: str, *, wait: Wait, seconds: float = REVIEWED_WITHIN
) -> Standing | None:
    """How it stands once it is reviewed, or after ``seconds``; None where it is gone."""
    return _await(book, brand, campaign_id, lambda standing: standing.reviewed, wait=wait, seconds=seconds)


def ask(
    book: CampaignBook, brand: str, campaign_id: str, text: str, *, wait: Wait, seconds: float = ANSWERED_WITHIN
) -> Standing | None:
    """Ask for ``text`` and wait for the answer; None where there is no such campaign.

    The answer is there when ``ask`` is empty again; where nobody answered in time it still stands there.
    """
    if not book.ask(brand, campaign_id, text):
        return None
    return _await(book, brand, campaign_id, lambda standing: not standing.text(ASK), wait=wait, seconds=seconds)


def approve(
    approvals: ApprovalBook, standing: Standing, *, approved_by: str, now: datetime, note: str = ""
) -> tuple[Approval, bool]:
    """Approve what stands there now; the approval, and whether it is new. Raises :class:`RefusedApprovalError`."""
    item, wanted = standing.item, standing.plan_hash
    reason = _why_not(standing, approved_by)
    if reason is not None:
        raise RefusedApprovalError(reason)
    brand, campaign_id = str(item["brand"]), str(item["campaign_id"])
    approval = Approval(brand, campaign_id, wanted, approved_by, now, audience=standing.counted, note=note)
    if approvals.put(approval):
        return approval, True
    return approvals.get(brand, campaign_id, wanted) or approval, False


def _why_not(standing: Standing, approved_by: str) -> Words | None:
    edited_by = standing.text("edited_by")
    if standing.status == "waiting":
        return Words("系统还没有检查完，过几秒再试", "it is not reviewed yet; try again in a few seconds")
    if standing.text("checked") != standing.text("reviewed"):
        wrong = standing.text("problem") or standing.text("hint")
        return Words(f"活动有问题，不能批准：{wrong}", f"it is not well: {wrong}")
    if edited_by and is_same_person(approved_by, edited_by):
        return Words(
            "您编辑了这个活动，不能自己批准；请另一位同事批准",
            "you edited it and cannot approve it; ask a second person",
        )
    if standing.text("previewed_hash") != standing.plan_hash:
        return Words(
            "现在的内容还没有预览过：先 yuchi campaign preview，测试人收到后再批准",
            "it was not previewed as it is now: yuchi campaign preview first",
        )
    if standing.counted is None:
        return Words(
            "还没有统计过人数：先 yuchi campaign count，让审批人知道会发给多少人",
            "nobody counted the audience yet: yuchi campaign count first, so that the approver knows how many get it",
        )
    return None


def _await(
    book: CampaignBook,
    brand: str,
    campaign_id: str,
    is_done: Callable[[Standing], bool],
    *,
    wait: Wait,
    seconds: float,
) -> Standing | None:
    waited = 0.0
    while True:
        item = book.get(brand, campaign_id)
        if item is None:
            return None
        standing = standing_of(item)
        if is_done(standing) or waited >= seconds:
            return standing
        wait(POLL_SECONDS)
        waited += POLL_SECONDS
