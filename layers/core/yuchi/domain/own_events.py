"""Events that Yuchi itself makes while it processes others, and those that time brings about."""

from typing import Final

from yuchi.domain.catalogue import EventSpec
from yuchi.domain.wechat_fields import number, text, time

_RULE: Final = text("引起此事件的规则", "rule behind it", "claim-trial")
_TRIGGER_OF_ABSENCE: Final = text("规则 on 一栏的写法", "as rules have it in on", "no order.completed for 30d")
_TRIGGER_OF_DATE: Final = text("规则 on 一栏的写法", "as rules have it in on", "date 生日 - 3d")

LINK_CLICKED: Final = "link.clicked"

OWN_EVENTS: Final[tuple[EventSpec, ...]] = (
    EventSpec("tag.added", "打上标签", "got a tag", {"tag": text("标签", "the tag", "领取试用装"), "rule": _RULE}),
    EventSpec(
        "tag.removed",
        "去掉标签",
        "lost a tag",
        {
            "tag": text("标签", "the tag", "领取试用装"),
            "rule": text(
                "去掉它的规则；到期的，是当初打上它的规则",
                "rule that took it away, or gave it where it expired",
                "claim-trial",
            ),
            "reason": text(
                "rule：规则去掉的；group：打上了同组的另一个标签；expired：有效期到了（一分钟之内）；told：外部系统去掉的",
                "rule: a rule took it away; group: another of an exclusive group was given; expired: its time was over, "
                "told within a minute; told: another system took it away",
                "expired",
            ),
        },
    ),
    EventSpec(
        "stage.changed",
        "生命周期阶段变化",
        "the stage of the life cycle changed, by an event or by time alone (told within a minute)",
        {
            "stage": text("现在的阶段", "the stage now", "dormant"),
            "previous": text("之前的阶段；第一次出现时没有值", "the stage before; null for who is new", "active"),
        },
    ),
    EventSpec(
        "tag.mirrored",
        "与微信标签核对",
        "tags were compared with WeChat's (yuchi sync tags); no rule fires on it",
        {},
    ),
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
        "consent.granted",
        "同意",
        "agreed to a purpose",
        {
            "purpose": text("用途：marketing、profiling、sharing", "marketing, profiling or sharing", "marketing"),
            "channel": text("只对哪个账号；没有写就是全部", "on which account alone; all where not said", "tea"),
        },
    ),
    EventSpec(
        LINK_CLICKED,
        "点击活动里的链接",
        "tapped a link of a campaign (counted once a minute for each fan and link)",
        {
            "campaign": text("群发活动编号", "id of the campaign", "spring"),
            "variant": text("收到的版本；没有版本时为空", "variant that was sent; empty where there are none", "甲"),
            "url": text("链接指向的网址", "where the link leads", "https://shop.example.com/spring"),
            "name": text("网址的域名和路径", "host and path of it", "shop.example.com/spring"),
            "link": text("短链接编号", "id of the short link", "q3Zr0mV5TjC1xk8yN2bWdA"),
            "run": text("哪一次发送", "run of the campaign", "demo#spring#0a1b2c3d4e5f"),
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
    EventSpec(
        "activity.lapsed",
        "很久没有做某事",
        "something was not done for a while: written in on as no order.completed for 30d",
        {
            "activity": text("没有再做的事（事件类型）", "event type that did not come again", "order.completed"),
            "after": text("多久没有", "for how long", "30d"),
            "after_seconds": number("多久没有", "for how long", 2_592_000, "秒"),
            "since": time("最后一次的时间", "when it came last"),
            "trigger": _TRIGGER_OF_ABSENCE,
        },
    ),
    EventSpec(
        "date.reached",
        "到了某个日子",
        "a date came round: written in on as date 生日 - 3d",
        {
            "date": text("日期的名称（属性名）", "name of the date or attribute", "生日"),
            "day": text("是哪一天", "the day itself", "2026-05-01"),
            "years": number("满几年；没有写年份时没有值", "which anniversary; null where no year is known", 36),
            "days_before": number(
                "提前几天告诉的；之后几天是负数", "how many days before it, negative after it", 3, "天"
            ),
            "trigger": _TRIGGER_OF_DATE,
        },
    ),
    EventSpec(
        "order.replenishment_due",
        "该再买了",
        "by the usual cycle, time to buy again",
        {
            "since": time("上次下单的时间", "last order"),
            "cycle_days": number("通常隔多少天再买", "usual days between orders", 30.0, "天"),
            "cycle_of": text(
                "按谁的习惯：person 此人自己，product 商品，brand 品牌",
                "whose habit it is: person, product or brand",
                "person",
            ),
        },
    ),
)
"""The types of :mod:`yuchi.services` rather than of WeChat."""
