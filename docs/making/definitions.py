"""What a brand defines for itself, for marketers: every kind of item with its columns, an example, and what it does."""

from collections.abc import Mapping
from typing import Any, Final

from docs.making.markdown import NOTICE_ZH, code, fenced, table, yaml_item
from docs.making.markdown import page as make_page
from yuchi.domain.durations import format_duration
from yuchi.domain.standard.columns import COLUMNS_OF
from yuchi.domain.standard.items import FORMS, Kind
from yuchi.domain.standard.model import DEFAULT_SCORES, DEFAULT_STAGES

EXAMPLES: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.ATTRIBUTE: {"item": "attribute#生日", "type": "time", "sources": "crm, shop, rules", "personal": True},
    Kind.PROPERTY: {"item": "property#order.completed#total", "type": "number", "unit": "元"},
    Kind.STAGE: {
        "item": "stage#20-dormant",
        "title": "沉睡",
        "when": 'profile.last_active_at < now - duration("2160h")',
    },
    Kind.SCORE: {
        "item": "score#intent",
        "points": "order.completed +10, product.added +5, product.viewed +2, page.viewed +1",
        "half_life": "14d",
    },
    Kind.TAGS: {"item": "tags#会员等级", "tags": "普通会员, 银卡, 金卡", "exclusive": True, "expires": "365d"},
    Kind.RFM: {"item": "rfm", "recency": "30, 60, 90, 180"},
}
"""A test reviews them."""

_TITLES: Final[Mapping[Kind, str]] = {
    Kind.ATTRIBUTE: "属性：一个人的资料",
    Kind.PROPERTY: "事件里的数据",
    Kind.STAGE: "生命周期阶段",
    Kind.SCORE: "意向分和影响力分",
    Kind.TAGS: "标签组",
    Kind.RFM: "RFM 的分档",
}
_MEANINGS: Final[Mapping[Kind, str]] = {
    Kind.ATTRIBUTE: """\
外部来源说的资料，进来时先按这里核对。能读懂的自动变成要求的类型（文字“12.5”变成数字）；\
对不上的不会写进画像，原文（最多 200 个字）\
和原因记在那个事件的 `rejected` 里，按来源计数，管理员用 `yuchi source quality` 看。没有定义的资料照旧收下。

几个来源说法不同时，以 `sources` 里排在前面的为准；不写就以最新的为准。`rules` 指规则用 `set` 写的。""",
    Kind.PROPERTY: """\
和属性一样核对，对象是某种事件里的一项数据。对不上的数据不在事件里，条件看到的是空值。""",
    Kind.STAGE: """\
编号里的数字是先后，从小到大，第一个条件成立的就是这个人的阶段；一条都没有定义时用下面自带的。条件里用 `profile.stage`、\
`profile.stage_since` 读它。阶段变化时发生事件 `stage.changed`（`event.stage`、`event.previous`）；时间到了引起的变化，\
一分钟之内发生，不需要这个人有任何动作。阶段的条件只能用 `profile` 和 `now`，不能用几点、星期几。

没有自己定义阶段、也没有规则等 `stage.changed` 的品牌，不会为阶段设定时器；`profile.stage` 照样是准的。""",
    Kind.SCORE: """\
每种事件加多少分，多久以后剩一半。`profile.intent` 是意向分，`profile.influence` 是影响力分，读到的是此刻剩下的分数。\
改了定义，以后的事件按新的加；已有的分数，在下一次加分之前，按原来的速度减。没有定义时用自带的。

`profile.interests` 是兴趣：浏览、加购、下单的品类（`category`）和主题（`topic`、`topics`），\
30 天减半，最多 20 个，不用定义。""",
    Kind.TAGS: """\
互斥的组里，打上一个标签，组内其他的就去掉（事件 `tag.removed`，`event.reason` 是 `group`）。标签有权重，\
`profile.tags["金卡"].weight`：规则每打一次，离组的权重的差距减半。权重 1 的组，打过 1 次是 0.5，2 次 0.75，3 次 0.875。""",
    Kind.RFM: """\
系统每天夜里按买家的抽样（全部买家的约十六分之一，少于 50 位就全看）算出五分档的分界，写在 `measured_` 开头的栏目里。\
您自己写了的，以您写的为准；不足 50 位买家的品牌用自带的分界。""",
}


def page() -> str:
    """The page."""
    parts = [_INTRODUCTION]
    for kind in Kind:
        parts += [f"## {_TITLES[kind]}", _MEANINGS[kind]]
        parts.append(fenced(yaml_item({"brand": "demo", **EXAMPLES[kind]}), "yaml"))
        parts.append(f"`item` 写成 {code(FORMS[kind])} 这样。")
        parts.append(
            table(
                ("栏目", "说明", "例子"),
                (
                    (
                        code(name),
                        ("必填。" if column.required else "") + ("系统填写。" if column.by_system else "") + column.zh,
                        code(_written(column.example)) if column.example is not None else "",
                    )
                    for name, column in COLUMNS_OF[kind].items()
                ),
            )
        )
        parts += _SHIPPED.get(kind, [])
    return make_page(NOTICE_ZH, *parts)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_SHIPPED: Final[Mapping[Kind, list[str]]] = {
    Kind.STAGE: [
        "自带的阶段：",
        table(
            ("阶段", "名称", "条件"),
            ((code(stage.name), stage.title, code(stage.when)) for stage in DEFAULT_STAGES),
        ),
    ],
    Kind.SCORE: [
        "自带的分数：",
        table(
            ("分数", "减半", "积分"),
            (
                (
                    code(name),
                    format_duration(rule.half_life),
                    "、".join(f"{event_type} +{points:g}" for event_type, points in rule.points.items()),
                )
                for name, rule in DEFAULT_SCORES.items()
            ),
        ),
    ],
}

_INTRODUCTION: Final = """\
# 品牌自己的定义

数据标准、生命周期阶段、分数、标签组，都是 DynamoDB 表 `Schema` 里的 item，和规则一样编辑：分区键 `brand` 是品牌编号，\
排序键 `item` 说明定义的是什么。保存之后 10 秒内审核并生效，\
结果写在旁边的 `status`、`problem`、`hint`、`live_version` 里，\
意思和[规则的](rule-item.md)一样；写错了，原来的好版本继续用。`enabled` 写“否”或删除 item，就回到没有这条定义的样子。
"""
