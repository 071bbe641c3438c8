"""Whether a well-formed campaign may run: what it refers to exists, and its channels can carry what it says."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from yuchi.domain.account import Account, AccountKind
from yuchi.domain.actions.filling import texts_of
from yuchi.domain.campaign.model import ALL_ACCOUNTS, PREFERENCE, Campaign, Goal, SendChannel, Variant
from yuchi.domain.campaign.schedule import GRACE
from yuchi.domain.catalogue import Catalogue
from yuchi.domain.language import Condition, ConditionError, parse_condition
from yuchi.domain.language.tree import Name, walk
from yuchi.domain.placeholders import check_template, parse_template
from yuchi.domain.problem import RuleProblem, Severity, closest
from yuchi.domain.rule_check import check_event_type

_OFFICIAL_ONLY: Final = frozenset({SendChannel.MASS, SendChannel.TEMPLATE})
"""What mini-programs cannot do."""
_TEST: Final = re.compile(r"测试|试发|\btest(?:ing|s)?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CheckedCampaign:
    """What the check found. ``audience`` is None exactly when there are ``problems``; ``hints`` keep nothing back."""

    campaign: Campaign
    audience: Condition | None
    problems: tuple[RuleProblem, ...] = ()
    hints: tuple[RuleProblem, ...] = ()


def check_campaign(
    campaign: Campaign, *, catalogue: Catalogue, accounts: Sequence[Account] | None, now: datetime
) -> CheckedCampaign:
    """Check ``campaign`` against the ``catalogue`` of names and the brand's ``accounts`` (None: they are not known)."""
    found = [
        *(_check_accounts(campaign, accounts) if accounts is not None else ()),
        *_check_channels(campaign),
        *_check_texts(campaign, catalogue),
        *_check_goal(campaign.goal, catalogue),
        *_check_time(campaign, now),
        *_check_name(campaign),
    ]
    audience: Condition | None = None
    try:
        audience = parse_condition(campaign.audience, catalogue=catalogue, event_types=())
        found += [each.at(field="audience") for each in (*_unfit_for_audiences(audience), *audience.hints)]
    except ConditionError as error:
        found += [each.at(field="audience") for each in error.problems]
    problems = tuple(each for each in found if each.severity is Severity.ERROR)
    hints = tuple(each for each in found if each.severity is Severity.HINT)
    return CheckedCampaign(campaign, None if problems else audience, problems, hints)


def _unfit_for_audiences(condition: Condition) -> Iterator[RuleProblem]:
    for node in walk(condition.tree):
        if isinstance(node, Name) and node.name in _NOT_OF_PERSONS:
            zh, en = _NOT_OF_PERSONS[node.name]
            yield RuleProblem("campaign.audience.root", zh, en, column=node.start + 1)
    if condition.counted:
        types = "、".join(sorted(condition.counted))
        yield RuleProblem(
            "campaign.audience.counted",
            f"count 和 last 只知道已启用规则也在统计的事件；没有规则用到的（{types}）画像里不记，会当作没有发生过",
            f"count and last know only events that a published rule counts too; of others ({types}) nothing is remembered",
            severity=Severity.HINT,
        )
    if condition.text == "true":
        yield RuleProblem(
            "campaign.audience.everybody",
            "条件总成立：会发给活动账号能触达的所有人",
            "always holds: everybody whom the accounts can reach gets it",
            severity=Severity.HINT,
        )


_NOT_OF_PERSONS: Final = {
    "event": (
        "人群从画像里选，没有事件，只能用 profile 和 now；发生过的事请用 profile 里的次数、时间或标签",
        "there is no event, only profile and now can be used: what happened is in the profile's counts, times and tags",
    ),
    "account": (
        "人群里不能用 account；发哪些账号写在 accounts 一栏",
        "account cannot be used here; the column accounts says which ones send",
    ),
}


def _check_accounts(campaign: Campaign, accounts: Sequence[Account]) -> Iterator[RuleProblem]:
    known = {account.id: account for account in accounts}
    if not known:
        yield RuleProblem(
            "brand.unknown",
            f"品牌 {campaign.brand} 还没有账号，请先由管理员添加账号",
            f"the brand {campaign.brand} has no account yet; an operator has to add one",
            field="brand",
        )
        return
    for account_id in campaign.accounts:
        if account_id != ALL_ACCOUNTS and account_id not in known:
            yield RuleProblem(
                "account.unknown",
                f"品牌 {campaign.brand} 没有账号 {account_id}",
                f"the brand {campaign.brand} has no account {account_id}",
                field="accounts",
                suggestion=closest(account_id, known) or ALL_ACCOUNTS,
            )
    named = [known[each] for each in campaign.accounts if each in known]
    concerned = list(known.values()) if ALL_ACCOUNTS in campaign.accounts else named
    yield from _check_abilities(campaign, concerned, named)


def _check_abilities(
    campaign: Campaign, concerned: Sequence[Account], named: Sequence[Account]
) -> Iterator[RuleProblem]:
    """Each account that is named can do something, each channel that is named can be done by somebody."""
    said = _said(campaign)
    idle = [each for each in named if said and not any(_can(each, channel) for channel in said)]
    for account in idle:
        ways = "、".join(sorted(said))
        yield RuleProblem(
            "campaign.account.unable",
            f"{account.id} 是小程序，不能用 {ways} 发送；小程序只能用 custom 和 subscribe",
            f"{account.id} is a mini-program and cannot send by {', '.join(sorted(said))}, only by custom and subscribe",
            field="accounts",
        )
    if idle or not concerned:
        return
    wanted = said if campaign.channels != PREFERENCE else set[SendChannel]()
    for channel in sorted(wanted):
        if not any(_can(account, channel) for account in concerned):
            yield RuleProblem(
                "campaign.channel.unable",
                f"这些账号都是小程序，不能用 {channel} 发送",
                f"all of these accounts are mini-programs and cannot send by {channel}",
                field="channel",
            )
    if said and not any(_can(account, channel) for account in concerned for channel in said) and not wanted:
        yield RuleProblem(
            "campaign.channel.nobody",
            f"这些账号都是小程序，不能用 {'、'.join(sorted(said))} 发送；请写 custom 或 subscribe 的内容",
            f"all of these accounts are mini-programs and cannot send by {', '.join(sorted(said))}",
            field="content",
        )


def _can(account: Account, channel: SendChannel) -> bool:
    return account.kind is AccountKind.OFFICIAL_ACCOUNT or channel not in _OFFICIAL_ONLY


def _said(campaign: Campaign) -> set[SendChannel]:
    """The channels that are tried and have something to say."""
    return {each for each in campaign.channels if any(each in variant.contents for variant in campaign.variants)}


def _check_channels(campaign: Campaign) -> Iterator[RuleProblem]:
    field = "variants" if len(campaign.variants) > 1 else "content"
    is_best = campaign.channels == PREFERENCE
    for number, variant in enumerate(campaign.variants, 1):
        item = number if field == "variants" else None
        lacking = [each for each in campaign.channels if each not in variant.contents]
        if is_best and len(lacking) < len(campaign.channels):
            continue
        for channel in lacking:
            yield RuleProblem(
                "campaign.channel.silent",
                f"渠道 {channel} 没有内容：写一段{channel}能发的内容，或从 channel 一栏去掉它",
                f"there is no content for {channel}: write some that it can carry, or take it out of channel",
                field=field,
                item=item,
                suggestion=_EXAMPLES.get(channel, ""),
            )
    if is_best and len({frozenset(each.contents) for each in campaign.variants}) > 1:
        yield RuleProblem(
            "campaign.variants.uneven",
            "各版本能用的渠道不一样，比出来的可能是渠道的差别，不是内容的差别",
            "the variants go by different channels, so that channels are compared rather than what is said",
            field="variants",
            severity=Severity.HINT,
        )


_EXAMPLES: Final = {
    SendChannel.TEMPLATE: "{template: {template_id: …, data: {…}}}",
    SendChannel.SUBSCRIBE: "{subscribe: {template_id: …, data: {…}}}",
}


def _check_texts(campaign: Campaign, catalogue: Catalogue) -> Iterator[RuleProblem]:
    several = len(campaign.variants) > 1
    for number, variant in enumerate(campaign.variants, 1):
        field, item = ("variants", number) if several else ("content", None)
        # A column counts within one text, which is not the line that is seen; and one text serves several channels.
        found = (replace(each, column=None) for each in _problems_in(variant, campaign, catalogue))
        yield from (each.at(field=field, item=item) for each in dict.fromkeys(found))


def _problems_in(variant: Variant, campaign: Campaign, catalogue: Catalogue) -> Iterator[RuleProblem]:
    others = [each for each in campaign.channels if each in variant.contents and each is not SendChannel.MASS]
    for channel, content in variant.contents.items():
        if channel not in campaign.channels:
            continue
        for text in texts_of(content):
            yield from check_template(text, catalogue=catalogue, event_types=())
            roots = {each.path[0] for each in parse_template(text).placeholders}
            if "event" in roots:
                yield RuleProblem(
                    "campaign.placeholder.event",
                    "群发活动不是由事件引起的，不能用 event. 的占位符，请用 profile. 或 account.",
                    "no event causes a campaign: use placeholders of profile. or account.",
                )
            if channel is SendChannel.MASS and "profile" in roots:
                yield _personal(chosen_by_itself=campaign.channels == PREFERENCE and bool(others))


def _personal(*, chosen_by_itself: bool) -> RuleProblem:
    """Mass messages are one and the same for everybody."""
    way = "；或把 channel 写成 custom" if chosen_by_itself else ""
    way_en = ", or let channel be custom" if chosen_by_itself else ""
    return RuleProblem(
        "campaign.placeholder.mass",
        "群发消息对所有人是同一条，不能有 profile. 的占位符：分渠道写内容，给 mass 写一段没有占位符的文字" + way,
        "a mass message is the same for everybody and cannot hold profile. placeholders: write content by channel, with"
        " a text without them for mass" + way_en,
    )


def _check_goal(goal: Goal | None, catalogue: Catalogue) -> Iterator[RuleProblem]:
    if goal is None:
        return
    yield from (each.at(field="goal") for each in check_event_type(goal.on, catalogue))
    spec = catalogue.events.get(goal.on)
    if spec is not None and goal.revenue != "total" and goal.revenue not in spec.fields:
        yield RuleProblem(
            "campaign.goal.field",
            f"事件 {goal.on} 没有 {goal.revenue} 这个字段",
            f"the event {goal.on} has no field {goal.revenue}",
            field="goal",
            suggestion=closest(goal.revenue, spec.fields),
            severity=Severity.HINT if spec.open else Severity.ERROR,  # who tells of an open one may tell more
        )


def _check_time(campaign: Campaign, now: datetime) -> Iterator[RuleProblem]:
    if campaign.ends_at is not None and campaign.ends_at <= now:
        yield RuleProblem(
            "campaign.over", "结束时间已经过去，不会再发送", "is over: nothing is sent any more", field="ends_at"
        )
    elif campaign.starts_at is not None and now - campaign.starts_at > GRACE:
        yield RuleProblem(
            "campaign.late",
            "发送时间已经过去，请改成以后的时间，或留空（批准后马上发）",
            "lies in the past: choose another, or leave it empty to send as soon as it is approved",
            field="at",
        )


def _check_name(campaign: Campaign) -> Iterator[RuleProblem]:
    texts = [text for each in campaign.variants for content in each.contents.values() for text in texts_of(content)]
    if any(_TEST.search(each) for each in (campaign.name, campaign.campaign_id, *texts)):
        yield RuleProblem(
            "campaign.test",
            "看起来是测试，但批准后会发给人群里的所有人；试发请在 testers 里写测试人，ask 写 preview",
            "looks like a test, but all of the audience gets it once it is approved; to try it, name testers and ask"
            " for preview",
            field="name",
            severity=Severity.HINT,
        )
