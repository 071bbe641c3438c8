"""Every limit that a marketer can meet, with the numbers of the code."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from docs.making.markdown import NOTICE_ZH, table
from docs.making.markdown import page as make_page
from yuchi.adapters.dynamodb import sizes
from yuchi.domain import (
    decision,
    draft,
    draft_columns,
    draft_decision,
    event,
    ledger,
    limits,
    pace,
    profile,
    retention,
    ruleset,
    triggers,
)
from yuchi.domain.actions import lasting, messages, outward, tags, values
from yuchi.domain.actions import table as actions
from yuchi.domain.durations import DAY
from yuchi.domain.placeholders import MAX_PLACEHOLDERS, MAX_STORED_CHARACTERS, MAX_VALUE_CHARACTERS
from yuchi.domain.window import WINDOWS
from yuchi.services import perform_action

Row = tuple[str, str]


def page() -> str:
    """The page."""
    blocks = [NOTICE_ZH, "# 限制"]
    for heading, rows in _sections():
        blocks += [f"## {heading}", table(("项目", "限制"), rows)]
    return make_page(*blocks, "## 客服消息时限", _WINDOWS, table(("粉丝做了什么", "多久之内", "几条"), _windows()))


def _sections() -> Sequence[tuple[str, Sequence[Row]]]:
    return (
        (
            "规则",
            (
                ("一条规则的大小", f"{draft.MAX_BYTES // 1024} KB"),
                ("条件 when", f"{draft_columns.MAX_CONDITION} 个字符；其他限制见[条件](conditions.md)"),
                ("事件类型 on", f"{draft_columns.MAX_EVENT_TYPES} 个"),
                ("动作 then", f"{actions.MAX_ACTIONS} 个，每行 {actions.MAX_LINE} 个字符"),
                ("次数 limit", f"最多 {limits.MAX_TIMES} 次，时间最长 {limits.MAX_SPAN // DAY} 天"),
                (
                    "`on` 里的时间（多久没有、日期）",
                    f"一个品牌最多 {ruleset.MAX_WATCHED} 种；时长 1 分钟到 3 年；离日期最多 {triggers.MAX_DAYS_AWAY} 天",
                ),
                (
                    "无法索引的规则",
                    f"同一账号、同一事件类型最多 {ruleset.MAX_LINEAR} 条；指没有 `==`、`in`、标签、前缀、关键词、大小比较",
                ),
            ),
        ),
        (
            "动作的内容",
            (
                ("标签、积分、定时器的名称", f"{values.MAX_NAME} 个字符"),
                ("一个动作里的标签", f"{tags.MAX_TAGS} 个"),
                ("属性的内容", f"文字 {values.MAX_VALUE} 个字符，填入占位符后 {MAX_STORED_CHARACTERS} 个"),
                ("一段文字里的占位符", f"{MAX_PLACEHOLDERS} 个，每个值显示 {MAX_VALUE_CHARACTERS} 个字符"),
                ("文字消息", f"{messages.TEXT_BYTES} 字节，约 {messages.TEXT_WIDE_CHARACTERS} 个汉字"),
                ("标题、描述", f"{messages.TITLE} 个字、{messages.DESCRIPTION} 个字"),
                ("菜单消息的选项", f"{messages.MENU_OPTIONS} 个"),
                ("after 的时长、标签的有效期", f"1 分钟到 {lasting.MAX_SPAN // (366 * DAY)} 年"),
                ("emit、webhook 的数据", f"{outward.MAX_DATA} 项"),
            ),
        ),
        (
            "运行",
            (
                ("一个事件引起的发送和调用", f"{draft_decision.MAX_ACTIONS} 个，多出的不执行，记在时间线上"),
                ("它们连同触发的事件的内容", f"一共 {draft_decision.MAX_CARRIED_BYTES // 1000} KB，多出的同上"),
                ("规则一环接一环触发", f"{event.MAX_HOPS} 环"),
                (
                    "一个人一小时（整点到整点）触发的规则",
                    (
                        f"{pace.MAX_FIRINGS} 次，其中定时器 {pace.MAX_TIMED_FIRINGS} 次；"
                        "只算规则和时间引起的事件；超过后这一小时里这样的事件照常记录，但不再看规则，也不补做"
                    ),
                ),
                (
                    "一个人的画像",
                    f"{sizes.RULES_BYTES // 1000} KB；满了以后事件照常记录，但不执行规则，记在时间线上",
                ),
                ("`count`、`last`、`sequence` 记住的次数", f"每个人每种事件 {profile.ACTIVITY_KEPT} 次"),
                ("时间线上“看过但没触发”的规则", f"每个事件 {decision.MAX_PASSED} 条"),
                ("发送和调用的最晚时间", f"事件发生后 {_hours(perform_action.MAX_AGE)} 小时，更晚的不再发"),
            ),
        ),
        (
            "保存多久",
            (
                ("时间线", "；".join(f"{each.name} {each.days} 天" for each in retention.CLASSES)),
                ("发送台账", f"{ledger.KEPT.days} 天"),
                ("画像", "直到取关（默认）；见[隐私](privacy.md)"),
            ),
        ),
    )


def _windows() -> list[tuple[str, str, str]]:
    return [(window.zh, _span(window.validity), str(window.quota)) for window in WINDOWS.values()]


def _hours(span: timedelta) -> int:
    return span // timedelta(hours=1)


def _span(span: timedelta) -> str:
    return f"{_hours(span)} 小时" if _hours(span) else f"{span // timedelta(minutes=1)} 分钟"


_WINDOWS: Final = "微信只允许在粉丝互动之后的一段时间里发客服消息。`send` 会先看时限和剩余条数，不够就不发。"
