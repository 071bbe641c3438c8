"""How a campaign stands, in the marketer's words, and what the next step is."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from yuchi.domain.words import Words


class CampaignStatus(StrEnum):
    """What stands in ``status``."""

    INVALID = "invalid"
    READY = "ready"
    APPROVED = "approved"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    HELD = "held"


OF_A_RUN: Final = frozenset(
    {CampaignStatus.RUNNING, CampaignStatus.FINISHED, CampaignStatus.STOPPED, CampaignStatus.HELD}
)
"""What only a run can make of a campaign."""
RUNS_NOW: Final = frozenset({CampaignStatus.RUNNING, CampaignStatus.HELD})
"""A run is on its way, or waits for a person."""

MEANINGS: Final[Mapping[CampaignStatus, Words]] = {
    CampaignStatus.INVALID: Words("没有通过检查，看 problem；不会发送", "is not well, see problem; nothing is sent"),
    CampaignStatus.READY: Words(
        "检查通过，等待批准；没有批准不会发送", "is well and waits to be approved; nothing is sent before that"
    ),
    CampaignStatus.APPROVED: Words(
        "已批准，到时间就发送；没有写 at 和 repeat 的马上发送",
        "is approved and starts at its time, at once where at and repeat say nothing",
    ),
    CampaignStatus.RUNNING: Words("正在发送，进度看 progress", "is being sent, see progress"),
    CampaignStatus.FINISHED: Words("已发完，结果看 report", "was sent to the end, see report"),
    CampaignStatus.STOPPED: Words("已停止；ask 写 resume 可以继续", "was stopped; ask for resume to go on"),
    CampaignStatus.HELD: Words(
        "系统暂停了发送，原因看 problem；处理后 ask 写 resume 继续，或写 stop 停止",
        "was held by a guard, see problem; mend it and ask for resume, or for stop",
    ),
}
"""What each status means."""

NEXT: Final[Mapping[CampaignStatus, Words]] = {
    CampaignStatus.READY: Words(
        "下一步：ask 写 estimate 估算，写 preview 发给测试人，再请另一位同事批准",
        "next: ask for estimate, then for preview, then have a second person approve it",
    ),
}
"""What to do next, where that is not plain."""

EDITED_WHILE_RUNNING: Final = Words(
    "正在进行的发送仍用批准时的内容，这次修改对它没有影响；要改，先 ask 写 stop",
    "the run that is active keeps what was approved, this edit does not change it; to change it ask for stop first",
)
EDITED_AND_WRONG: Final = Words("而且改后的内容有问题：", "and what it says now is not well:")


def status_of(item: Mapping[str, Any]) -> CampaignStatus | None:
    """The status that stands in an item; None where something else does, for people can write there too."""
    try:
        return CampaignStatus(str(item.get("status")))
    except ValueError:
        return None
