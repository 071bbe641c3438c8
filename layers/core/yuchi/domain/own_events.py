"""Events that Yuchi itself makes while it processes others."""

from typing import Final

from yuchi.domain.catalogue import EventSpec
from yuchi.domain.wechat_fields import number, text

_RULE: Final = text("引起此事件的规则", "rule behind it", "claim-trial")

OWN_EVENTS: Final[tuple[EventSpec, ...]] = (
    EventSpec("tag.added", "打上标签", "got a tag", {"tag": text("标签", "the tag", "领取试用装"), "rule": _RULE}),
    EventSpec("tag.removed", "去掉标签", "lost a tag", {"tag": text("标签", "the tag", "领取试用装"), "rule": _RULE}),
    EventSpec(
        "score.reached",
        "积分变化",
        "a score changed",
        {
            "score": text("积分名称", "name of the score", "活跃度"),
            "value": number("变化后的积分", "score after the change", 20),
            "previous": number("变化前的积分", "score before the change", 15),
            "rule": _RULE,
        },
    ),
    EventSpec(
        "timer.fired",
        "定时器到时",
        "a timer came due",
        {
            "timer": text("定时器名称", "name of the timer", "trial-day3"),
            "rule": _RULE,
        },
    ),
)
"""The types of :mod:`yuchi.services` rather than of WeChat."""
