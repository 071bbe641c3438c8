"""The columns of a campaign's item that compare: variants, a contest between them, and the goal."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from yuchi.domain.campaign.model import HOLDOUT, UNDECIDED, Contest, Goal, Outcome, Variant
from yuchi.domain.campaign.wording import read_content
from yuchi.domain.campaign.written import NUMBER, WHOLE, normal, read_percent
from yuchi.domain.draft_columns import read_text
from yuchi.domain.durations import DAY, MINUTE, WEEK, parse_duration
from yuchi.domain.item_columns import holds_odd, read_columns, refuse, unknown_columns
from yuchi.domain.problem import RuleProblem, RuleProblemError

MAX_VARIANTS: Final = 10
SHARES: Final = (1, 90)
"""Percent of the audience that a contest may take."""
CONTESTS: Final = (10 * MINUTE, WEEK)
GOALS: Final = (MINUTE, 90 * DAY)
_VARIANT_NAME: Final = re.compile(r"\w[\w-]{0,19}")
_EVENT_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}")
_OUTCOMES: Final[Mapping[str, Outcome]] = {
    **{each.value: each for each in Outcome},
    "点击": Outcome.CLICKED, "点击率": Outcome.CLICKED, "clicks": Outcome.CLICKED, "转化": Outcome.CONVERTED,
    "转化率": Outcome.CONVERTED, "goal": Outcome.CONVERTED, "金额": Outcome.REVENUE, "销售额": Outcome.REVENUE,
}  # fmt: skip


def read_variants(value: Any) -> tuple[Variant, ...]:
    """A list of maps ``{name, share, content}``; without any share all get the same."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value) or holds_odd(value):
        raise refuse(
            "campaign.variants.form",
            "variants 是 List，每项是一个 Map，有 name、share、content",
            "variants is a list of maps with name, share and content",
        )
    if not 2 <= len(value) <= MAX_VARIANTS:  # noqa: PLR2004 - one alone is no comparison
        raise refuse("campaign.variants.count", f"版本要有 2 到 {MAX_VARIANTS} 个", f"2 to {MAX_VARIANTS} variants")
    variants: list[Variant] = []
    problems: list[RuleProblem] = []
    shared = any("share" in each for each in value)
    for number, each in enumerate(value, 1):
        read, wrong = read_columns(each, _VARIANT, _VARIANT if shared else _VARIANT.keys() - {"share"})
        wrong.extend(unknown_columns(each, _VARIANT, _CHINESE_VARIANT))
        problems += [each.at(item=number) for each in map(_named_inside, wrong)]
        if not wrong:
            variants.append(
                Variant(name=read["name"], share=read.get("share", WHOLE / len(value)), contents=read["content"])
            )
    problems += _of_all(variants) if not problems else []
    if problems:
        raise RuleProblemError(*problems)
    return tuple(variants)


def _named_inside(problem: RuleProblem) -> RuleProblem:
    """The column's own name goes into the sentence: outside, the place is ``variants``."""
    if not problem.field:
        return problem
    return RuleProblem(
        problem.code,
        f"{problem.field}：{problem.zh}",
        f"{problem.field}: {problem.en}",
        suggestion=problem.suggestion,
    )


def _of_all(variants: Sequence[Variant]) -> list[RuleProblem]:
    problems: list[RuleProblem] = []
    if len({each.name for each in variants}) < len(variants):
        problems.append(
            RuleProblem("campaign.variants.twice", "版本的名字不能重复", "the names of variants must differ")
        )
    total = sum(each.share for each in variants)
    if abs(total - WHOLE) > 0.01:  # noqa: PLR2004 - 33.33 three times is whole
        problems.append(
            RuleProblem(
                "campaign.variants.shares",
                f"各版本的 share 加起来要是 100%，现在是 {total:g}%",
                f"the shares of the variants must sum to 100 %, they are {total:g} %",
            )
        )
    return problems


def _variant_name(value: Any) -> str:
    text = read_text(value)
    if not _VARIANT_NAME.fullmatch(text) or text.lower() in {HOLDOUT, UNDECIDED}:
        raise refuse(
            "campaign.variants.name",
            f"名字用文字、数字、横线，最多 20 个字，不能是 {HOLDOUT} 或 {UNDECIDED}",
            f"has letters, digits and dashes, at most 20, and is not {HOLDOUT} or {UNDECIDED}",
        )
    return text


def _share(value: Any) -> float:
    share = read_percent(value)
    if share == 0:
        raise refuse("campaign.variants.share", "要大于 0%", "is more than 0 %")
    return share


_VARIANT: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": _variant_name,
    "share": _share,
    "content": read_content,
}
_CHINESE_VARIANT: Final = {"名称": "name", "名字": "name", "比例": "share", "占比": "share", "内容": "content"}


def read_contest(value: Any) -> Contest:
    """``20% 4h clicked``: of how many, after how long, by what."""
    share, after, by, *more = (*normal(value).split(), "", "", "")
    number = NUMBER.fullmatch(share)
    seconds = parse_duration(after)
    outcome = _OUTCOMES.get(by) if by else Outcome.CLICKED
    if any(more) or not number or not seconds or outcome is None:
        raise _unreadable_contest()
    if not SHARES[0] <= float(number[1]) <= SHARES[1] or not CONTESTS[0] <= seconds <= CONTESTS[1]:
        raise _unreadable_contest()
    return Contest(share=float(number[1]), after=seconds, by=outcome)


def _unreadable_contest() -> RuleProblemError:
    return refuse(
        "campaign.contest",
        "要写成 20% 4h clicked：先发给百分之几（1 到 90）、过多久（10 分钟到 7 天）、按什么比"
        "（clicked 点击、converted 转化、revenue 金额）",
        "is written as 20% 4h clicked: to how many first (1 to 90 %), for how long (10 minutes to 7 days), and by what"
        " (clicked, converted, revenue)",
        suggestion="20% 4h clicked",
    )


def read_goal(value: Any) -> Goal:
    """``order.completed 7d``, and the field that is money where it is not ``total``."""
    event_type, span, revenue, *more = (*normal(value).split(), "", "", "")
    within = parse_duration(span) if span else WEEK
    if any(more) or not _EVENT_TYPE.fullmatch(event_type) or within is None or not GOALS[0] <= within <= GOALS[1]:
        raise _unreadable_goal()
    # A field's name is as it is written, capitals and all.
    return Goal(on=event_type, within=within, revenue=read_text(value).split()[2] if revenue else "total")


def _unreadable_goal() -> RuleProblemError:
    return refuse(
        "campaign.goal",
        "要写成 order.completed 7d：什么事件、收到消息后多久之内（最长 90 天）；后面还可以写金额在哪个字段",
        "is written as order.completed 7d: which event within how long (90 days at most); then the field that is money",
        suggestion="order.completed 7d",
    )
