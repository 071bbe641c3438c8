"""How a run stands, in one line for the marketer; and what its problems mean."""

from collections.abc import Mapping
from typing import Final

from yuchi.domain.campaign.run import Phase, Plan, Tally
from yuchi.domain.ledger import LedgerState
from yuchi.domain.problem import Locale
from yuchi.domain.words import Words

PHASES: Final[Mapping[Phase, Words]] = {
    Phase.SELECTING: Words("正在筛选人群", "choosing the persons"),
    Phase.PACKING: Words("正在分批", "cutting batches"),
    Phase.CANARY: Words("小批先发", "canary"),
    Phase.SENDING: Words("发送中", "sending"),
    Phase.FINISHED: Words("已发完", "finished"),
    Phase.STOPPED: Words("已停止", "stopped"),
    Phase.HELD: Words("已暂停", "held"),
}

PROBLEMS: Final[Mapping[str, Words]] = {
    "drift": Words(
        "人群现在是 {detail} 人，与批准时相差超过 20%；请审批人看过新的人数后重新批准，再把 ask 写成 resume",
        "the audience is {detail} persons now, more than 20 % off what was approved; have it approved again, then resume",
    ),
    "canary_failed": Words(
        "小批先发的失败率超过 5%，其余没有发；看 report 里的错误码，处理后 ask 写 resume",
        "more than 5 % of the canary failed and the rest was not sent; see the codes in report, then resume",
    ),
    "canary_left": Words(
        "小批先发后取关的人太多，其余没有发；确认内容后 ask 写 resume，或写 stop",
        "too many fans left after the canary and the rest was not sent; look at the content, then resume or stop",
    ),
    "wechat": Words(
        "微信拒绝了发送（错误码 {detail}），其余没有发；处理后 ask 写 resume",
        "WeChat refused to send (errcode {detail}) and the rest was not sent; mend it, then resume",
    ),
    "no_account": Words("活动用的账号已经不在了", "an account of the campaign is gone"),
    "no_variant": Words("活动的版本已经不在了", "a variant of the campaign is gone"),
    "late": Words(
        "系统在预定时间之后两小时内都没能开始，为免打扰没有发送；请改 at 后重新批准",
        "it could not start within two hours of its time and was not sent; change at and have it approved again",
    ),
    "deleted": Words("活动已被删除，发送已停止", "the campaign was deleted, so its sending stopped"),
}
"""Problem of a plan -> what it means; ``detail`` is what stands behind its colon."""


def problem_text(problem: str, locale: Locale) -> str | None:
    """A plan's problem in words; None where there is none."""
    if not problem:
        return None
    code, _, detail = problem.partition(":")
    words = PROBLEMS.get(code)
    return words.text(locale).format(detail=detail) if words else problem


def progress_text(plan: Plan, tallies: Mapping[Tally, int], settled: int, locale: Locale) -> str:
    """``发送中：批次 3/5，已发 12,000，跳过 300，失败 20，未知 0``."""
    counts = dict.fromkeys(LedgerState, 0)
    for tally, count in tallies.items():
        counts[tally.state] += count
    phase = PHASES[plan.phase].text(locale)
    if plan.batches is None:
        return phase
    sent, skipped, rejected, unknown = (
        f"{counts[state]:,}"
        for state in (LedgerState.SENT, LedgerState.SKIPPED, LedgerState.REJECTED, LedgerState.UNKNOWN)
    )
    return Words(
        f"{phase}：批次 {settled}/{plan.batches}，已发 {sent}，跳过 {skipped}，失败 {rejected}，未知 {unknown}",
        f"{phase}: batches {settled}/{plan.batches}, sent {sent}, skipped {skipped}, rejected {rejected}, unknown {unknown}",
    ).text(locale)
