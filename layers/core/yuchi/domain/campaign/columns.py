"""The columns of a campaign's item: how each is read from what people write, and what is told when it cannot be."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from yuchi.domain.campaign.model import (
    ALL_ACCOUNTS,
    PREFERENCE,
    Cap,
    SendChannel,
)
from yuchi.domain.campaign.time_columns import read_at, read_quiet, read_repeat
from yuchi.domain.campaign.variant_columns import read_contest, read_goal, read_variants
from yuchi.domain.campaign.wording import CHINESE_CHANNELS, read_content
from yuchi.domain.campaign.written import normal, read_percent, words_in
from yuchi.domain.draft_columns import (
    read_account,
    read_brand,
    read_condition,
    read_end,
    read_id,
    read_name,
    read_text,
)
from yuchi.domain.durations import DAY
from yuchi.domain.item_columns import refuse
from yuchi.domain.limits import parse_limit
from yuchi.domain.problem import closest

MAX_ACCOUNTS: Final = 100
MAX_TESTERS: Final = 20
MAX_TESTER: Final = 200
MAX_CAPS: Final = 5
MAX_AT_MOST: Final = 100_000_000

_COUNT: Final = re.compile(r"(\d{1,9})\s*(万?)\s*人?")


class Verb(StrEnum):
    """What ``ask`` may ask for."""

    ESTIMATE = "estimate"
    COUNT = "count"
    PREVIEW = "preview"
    START = "start"
    STOP = "stop"
    RESUME = "resume"
    WINNER = "winner"


_VERBS: Final[Mapping[str, Verb]] = {
    **{each.value: each for each in Verb},
    "估算": Verb.ESTIMATE, "预估": Verb.ESTIMATE, "统计": Verb.COUNT, "计数": Verb.COUNT, "预览": Verb.PREVIEW,
    "试发": Verb.PREVIEW, "开始": Verb.START, "发送": Verb.START, "停止": Verb.STOP, "暂停": Verb.STOP,
    "继续": Verb.RESUME, "恢复": Verb.RESUME, "胜出": Verb.WINNER,
}  # fmt: skip


def read_campaign_id(value: Any) -> str:
    """The key of the campaign within the brand."""
    return read_id(
        value,
        "campaign.id",
        "活动编号只能用文字、数字、点、横线和下划线，最多 80 个字；编号不能改，请另建一个活动",
        "a campaign's id holds letters, digits, dots, dashes and underscores, at most 80; make a new item to change it",
    )


def read_audience(value: Any) -> str:
    """Who gets it, as a condition. Nothing never means everybody."""
    text = read_condition(value)
    if text.lower() in {"*", "all", "全部", "所有人", "所有粉丝"}:
        raise refuse("campaign.audience.all", "要发给所有人，请写 true", "for everybody write true", suggestion="true")
    return text


def read_accounts(value: Any) -> tuple[str, ...]:
    """Ids of accounts, or ``*`` alone."""
    accounts = tuple(dict.fromkeys(read_account(each) for each in words_in(value)))
    if len(accounts) > MAX_ACCOUNTS:
        raise refuse("campaign.accounts", f"账号最多 {MAX_ACCOUNTS} 个", f"at most {MAX_ACCOUNTS} accounts")
    return (ALL_ACCOUNTS,) if ALL_ACCOUNTS in accounts or not accounts else accounts


def read_channels(value: Any) -> tuple[SendChannel, ...]:
    """``best``, one channel, or several in the order in which they are tried."""
    named = [CHINESE_CHANNELS.get(each, each) for each in (normal(word) for word in words_in(value))]
    if named == ["best"]:
        return PREFERENCE
    for each in named:
        if each not in list(SendChannel):
            known = ("best", *SendChannel)
            raise refuse(
                "campaign.channel",
                f"渠道要写 {'、'.join(known)}，best 只能单独写",
                f"channel is one of {', '.join(known)}; best stands alone",
                suggestion=closest(each, known) if each != "best" else "best",
            )
    return tuple(SendChannel(each) for each in dict.fromkeys(named))


def read_caps(value: Any) -> tuple[Cap, ...]:
    """``2/7d``, or several of them: how many messages of campaigns one person gets in how long."""
    caps: list[Cap] = []
    for word in words_in(value):
        limit = parse_limit(unicodedata.normalize("NFKC", word))
        if limit is None:
            continue
        seconds = DAY if limit.span == "day" else limit.span
        if seconds is None or not 3_600 <= seconds <= 366 * DAY:  # noqa: PLR2004 - an hour
            raise refuse(
                "campaign.cap",
                "要写成 2/7d：7 天之内最多 2 条；时间从 1 小时到 366 天",
                "is written as 2/7d: at most 2 messages in 7 days; from an hour to 366 days",
                suggestion="2/7d",
            )
        caps.append(Cap(times=limit.times, seconds=seconds))
    if len(caps) > MAX_CAPS:
        raise refuse("campaign.cap.many", f"最多 {MAX_CAPS} 个上限", f"at most {MAX_CAPS} caps")
    return tuple(caps)


def read_at_most(value: Any) -> int:
    """A number of persons, also as ``10,000`` or ``2万``."""
    found = _COUNT.fullmatch(normal(value).replace(",", ""))
    number = int(found[1]) * (10_000 if found[2] else 1) if found else 0
    if not 1 <= number <= MAX_AT_MOST:
        raise refuse(
            "campaign.at_most",
            "要写成人数，例如 10000；不写就不限",
            "is a number of persons such as 10000; leave it out for no limit",
        )
    return number


def read_testers(value: Any) -> tuple[str, ...]:
    """Who gets the preview: names or identities, with commas between them or in a list."""
    testers = tuple(words_in(value))
    if len(testers) > MAX_TESTERS or any(len(each) > MAX_TESTER for each in testers):
        raise refuse("campaign.testers", f"测试人最多 {MAX_TESTERS} 个", f"at most {MAX_TESTERS} testers")
    return testers


def read_ask(value: Any) -> tuple[Verb, str]:
    """What is asked for, and with which variant."""
    word, _, rest = " ".join(read_text(value).split()).partition(" ")
    verb = _VERBS.get(unicodedata.normalize("NFKC", word).lower())
    rest = rest.strip()
    if verb is None or (rest and verb is not Verb.WINNER) or (verb is Verb.WINNER and not rest):
        raise refuse(
            "campaign.ask",
            f"可以写：{'、'.join(each for each in Verb if each is not Verb.WINNER)}，或 winner 版本名",
            f"is one of {', '.join(each for each in Verb if each is not Verb.WINNER)}, or winner and a variant's name",
            suggestion=closest(word.lower(), list(Verb)) if verb is None else "",
        )
    return verb, rest


COLUMNS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "brand": read_brand,
    "campaign_id": read_campaign_id,
    "name": read_name,
    "audience": read_audience,
    "accounts": read_accounts,
    "channel": read_channels,
    "content": read_content,
    "variants": read_variants,
    "holdout": read_percent,
    "contest": read_contest,
    "goal": read_goal,
    "at": read_at,
    "repeat": read_repeat,
    "ends_at": read_end,
    "quiet": read_quiet,
    "cap": read_caps,
    "at_most": read_at_most,
    "canary": read_percent,
    "testers": read_testers,
}
"""The marketer's columns that are checked, in the order in which problems are told."""
ASK: Final = "ask"
"""The column that asks for something. It says nothing about the campaign and is cleared when it is answered."""
UNPLANNED: Final = frozenset({"name", "testers"})
"""Columns that may change after the approval."""

SYSTEM_COLUMNS: Final = frozenset(
    {
        *("status", "problem", "hint", "plan_hash", "reviewed", "reviewed_at", "checked", "asked", "edited_by"),
        *("estimate", "counted", "counted_hash", "previewed_hash", "approved_by", "run", "progress", "report"),
    }
)
"""What the system writes next to them; never looked at when an item is judged."""

CHINESE_COLUMNS: Final[Mapping[str, str]] = {
    "品牌": "brand", "编号": "campaign_id", "活动编号": "campaign_id", "名称": "name", "活动名称": "name",
    "人群": "audience", "受众": "audience", "条件": "audience", "账号": "accounts", "公众号": "accounts",
    "渠道": "channel", "通道": "channel", "内容": "content", "版本": "variants", "对照组": "holdout", "赛马": "contest",
    "目标": "goal", "时间": "at", "发送时间": "at", "重复": "repeat", "周期": "repeat", "结束时间": "ends_at",
    "免打扰": "quiet", "静默": "quiet", "上限": "cap", "频次": "cap", "人数上限": "at_most", "小批先发": "canary",
    "灰度": "canary", "测试人": "testers", "请求": "ask", "when": "audience", "account": "accounts",
    "channels": "channel", "message": "content", "text": "content", "variant": "variants", "control": "holdout",
    "start": "at", "starts_at": "at", "end": "ends_at", "caps": "cap", "limit": "cap", "max": "at_most", "id": "campaign_id",
    "title": "name", "tester": "testers",
}  # fmt: skip
"""What people call them."""
