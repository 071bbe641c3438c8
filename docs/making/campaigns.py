"""Campaigns for marketers: every column, examples, the way from writing to sending, and what each status means."""

from collections.abc import Mapping
from typing import Any, Final

from docs.making.markdown import NOTICE_ZH, code, fenced, table, yaml_item
from docs.making.markdown import page as make_page
from yuchi.domain.campaign.choosing import REASONS
from yuchi.domain.campaign.columns import CHINESE_COLUMNS, MAX_TESTERS, UNPLANNED, Verb
from yuchi.domain.campaign.content import ALLOWED
from yuchi.domain.campaign.model import PREFERENCE, SendChannel
from yuchi.domain.campaign.schedule import GRACE
from yuchi.domain.campaign.status import MEANINGS
from yuchi.domain.campaign.telling import PROBLEMS

EXAMPLE: Final[Mapping[str, Any]] = {
    "brand": "demo",
    "campaign_id": "spring-tea",
    "name": "春茶上新",
    "audience": '"会员" in profile.tags',
    "content": "明前龙井到店了，回复 1 预约品鉴",
    "at": "2026-12-01 10:00",
    "testers": "wechat:tea:oTester000000000000000000001",
}

EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "每个人用能送到的方式：时限内的发客服消息，称呼他的名字；其余的发群发": {
        "brand": "demo",
        "campaign_id": "member-day",
        "audience": '"会员" in profile.tags',
        "content": {
            "custom": "{{profile.attributes.称呼|亲}}，会员日全场八折",
            "mass": "会员日全场八折，点菜单“会员日”查看",
        },
        "at": "2026-12-08 10:00",
        "quiet": "22:00-08:00",
        "cap": "2/7d",
    },
    "比较两种写法，一成的人不发作对照；先发给两成，四小时后点击率高的发给其余的人": {
        "brand": "demo",
        "campaign_id": "double-twelve",
        "audience": "profile.orders.count >= 1",
        "channel": "mass",
        "variants": [
            {"name": "A", "share": "50%", "content": "双十二预售开始：https://shop.example.com/d12"},
            {"name": "B", "share": "50%", "content": "老顾客专享：提前一天预售 https://shop.example.com/d12"},
        ],
        "holdout": "10%",
        "contest": "20% 4h clicked",
        "goal": "order.completed 7d",
        "at": "2026-12-11 10:00",
    },
    "每天上午十点，发给昨天刚沉睡的人": {
        "brand": "demo",
        "campaign_id": "wake-up",
        "audience": 'profile.stage == "dormant" && within(profile.stage_since, "1d")',
        "content": {"mass": {"articles": "DRAFT_MEDIA_ID"}, "custom": "好久不见，送您一张八折券"},
        "repeat": "daily 10:00",
        "ends_at": "2027-03-01",
    },
    "服务通知：模板消息": {
        "brand": "demo",
        "campaign_id": "points-expire",
        "audience": 'profile.attributes["积分"] >= 100',
        "channel": "template",
        "content": {
            "template": {
                "template_id": "TEMPLATE_ID_FROM_WECHAT",
                "data": {"keyword1": "{{profile.attributes.积分}}", "keyword2": "2026-12-31"},
                "url": "https://shop.example.com/points",
            }
        },
    },
}
"""Title -> item; a test reviews them."""

COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "brand": ("必填。品牌编号，也是表的分区键", "demo"),
    "campaign_id": ("必填。活动编号，也是排序键：文字、数字、点、横线、下划线，最多 80 个字", "spring-tea"),
    "name": ("给人看的名称。不写就用编号", "春茶上新"),
    "audience": (
        "必填。发给谁：一个[条件](conditions.md)，只能用 `profile` 和 `now`。要发给所有人，写 `true`",
        '"会员" in profile.tags',
    ),
    "accounts": ("用哪些账号发：账号编号，几个用逗号隔开，`*` 表示全部。不写就是 `*`", "tea, shop"),
    "channel": (
        "用什么方式发：`best` 或下表的渠道，几个渠道按写的顺序试。不写就是 `best`",
        "custom, mass",
    ),
    "content": ("发什么，见下。有 `variants` 时不写", "春茶上新"),
    "variants": ("要比较的版本，2 到 10 个：List，每项是 Map，有 `name`、`share`（不写就平分）、`content`", ""),
    "holdout": ("不发、只用来对照的人占多少", "10%"),
    "contest": (
        "先发给百分之几、过多久、按什么比（`clicked` 点击、`converted` 转化、`revenue` 金额），最好的版本发给其余的人",
        "20% 4h clicked",
    ),
    "goal": (
        "目标：收到后多久之内发生什么事件算转化；后面可以写金额在事件的哪个字段，不写就是 `total`",
        "order.completed 7d",
    ),
    "at": ("什么时候发，北京时间，要写几点。不写就是批准后马上发", "2026-12-01 10:00"),
    "repeat": (
        "周期，与 `at` 只写一个：`daily 10:00`、`weekly 1,4 10:00`、`monthly 1 10:00`，也可以写“每周一、四 10:00”",
        "daily 10:00",
    ),
    "ends_at": ("什么时候结束，之后不再发；只写日期就包含那一整天", "2026-12-31"),
    "quiet": ("免打扰时段，这段时间里不发，过后接着发", "22:00-08:00"),
    "cap": ("同一个人最多收几条活动消息，几个用逗号隔开", "2/7d"),
    "at_most": ("最多发给多少人，超出的按固定的次序舍去", "10000"),
    "canary": ("先发给百分之几看看，失败或取关太多就自动暂停。不写就是 1%，写 0 就不先试", "1%"),
    "testers": (f"收预览的人：微信身份或会员，最多 {MAX_TESTERS} 个，用逗号隔开", "wechat:tea:o…"),
}
"""Column -> meaning, example."""

ASKS: Final[Mapping[Verb, str]] = {
    Verb.ESTIMATE: "大约会发给多少人、各用什么渠道、其余的人为什么收不到、要用多少接口次数、多久发完，写在 `estimate`",
    Verb.COUNT: "准确的人数，写在 `counted`；审批人看到的就是这个数",
    Verb.PREVIEW: "发给 `testers`。内容改过要重新预览",
    Verb.START: "已批准、时间也到了，就马上开始；不能开始就在 `hint` 说明原因",
    Verb.STOP: "马上停止，没有发的不再发",
    Verb.RESUME: "停止或被系统暂停之后接着发；发过的人不会再收到",
    Verb.WINNER: "提前结束比较，写 `winner A`：其余的人都收到版本 A",
}

SYSTEM_COLUMNS: Final[Mapping[str, str]] = {
    "status": "状态，见下表",
    "problem": "哪里不对、怎么改；被系统暂停时是原因",
    "hint": "提醒，以及下一步该做什么",
    "plan_hash": "现在内容的指纹，批准的就是它。除了"
    + "、".join(f"`{name}`" for name in sorted(UNPLANNED))
    + "，改任何一栏都会变，都要重新预览、重新批准",
    "estimate": "估算的结果",
    "counted": "统计的人数",
    "counted_hash": "统计的是哪个指纹的内容",
    "previewed_hash": "预览过的是哪个指纹的内容",
    "approved_by": "谁批准的",
    "run": "正在进行或最近一次的发送",
    "progress": "进度",
    "report": "结果",
    "asked": "最近一次请求和回答的时间",
    "edited_by": "最近一次用命令行编辑的人，他不能批准",
    "reviewed": "检查过的内容的指纹",
    "checked": "没有问题的内容的指纹；和 `reviewed` 不同，就是有问题",
    "reviewed_at": "最近一次检查的时间（UTC）",
}

CHANNELS: Final[Mapping[SendChannel, tuple[str, str]]] = {
    SendChannel.CUSTOM: ("客服消息", "粉丝互动后的时限内才能发；可以有占位符，每个人不一样"),
    SendChannel.SUBSCRIBE: ("订阅通知", "粉丝每同意一次，可以发一条；可以有占位符"),
    SendChannel.TEMPLATE: ("模板消息", "只能用于服务通知，不能营销；关注的粉丝，可以有占位符"),
    SendChannel.MASS: ("群发消息", "每个粉丝每月最多 4 条，所有人内容相同，不能有 `profile.` 的占位符；至少 2 人"),
}


def page() -> str:
    """The page."""
    return make_page(
        NOTICE_ZH,
        _INTRODUCTION,
        fenced(yaml_item(dict(EXAMPLE)), "yaml"),
        _STEPS,
        "## 您填写的栏目",
        table(
            ("栏目", "说明", "例子"),
            ((code(name), meaning, code(example) if example else "") for name, (meaning, example) in COLUMNS.items()),
        ),
        _LENIENT,
        "## 渠道和内容",
        table(
            ("渠道", "是什么", "说明", "能发的内容"),
            (
                (code(channel), *CHANNELS[channel], "、".join(code(each) for each in ALLOWED[channel]))
                for channel in PREFERENCE
            ),
        ),
        _CONTENT,
        "## 请求系统做的事",
        "在 `ask` 一栏写下面的词，保存。几秒之内系统回答，并把 `ask` 清空、记到 `asked` 里。",
        table(("ask", "系统做什么"), ((code(verb), meaning) for verb, meaning in ASKS.items())),
        "## 状态",
        table(("status", "意思"), ((code(status), words.zh) for status, words in MEANINGS.items())),
        "## 系统填写的栏目",
        "系统在您的栏目旁边写下结果。您改它们没有作用。",
        table(("栏目", "说明"), ((code(name), meaning) for name, meaning in SYSTEM_COLUMNS.items())),
        "## 更多例子",
        *(block for title, item in EXAMPLES.items() for block in (f"{title}：", fenced(yaml_item(dict(item)), "yaml"))),
        "## 谁没有收到，为什么",
        "人群里的每个人都有一个结局：已发、微信拒绝（附错误码）、跳过（附原因）、未知（可能已送达，不会重发）。跳过的原因：",
        table(("代号", "原因"), ((code(reason), words.zh) for reason, words in REASONS.items())),
        "## 系统自动暂停",
        "出现下面的情况，系统停下来等人决定，`problem` 里是原因：",
        table(("原因", "意思"), ((code(name), words.zh.replace("{detail}", "…")) for name, words in PROBLEMS.items())),
    )


_INTRODUCTION: Final = """\
# 群发活动

一个活动是 DynamoDB 表 `Campaigns` 里的一个 item：发给谁、发什么、什么时候发。保存之后 10 秒内，系统检查它，\
把 `status` 和 `problem` 写在旁边。没有人批准，什么都不会发出去。一个完整的例子："""

_STEPS: Final = f"""\
## 从写好到发完

1. **写**：在控制台新建 item，或 `yuchi campaign create 文件.yaml`。`status` 是 `ready` 就写好了；\
是 `invalid` 就看 `problem`。
2. **估算**：`ask` 写 `estimate`（或 `yuchi campaign estimate 编号`），再写 `count` 得到准确人数。
3. **预览**：`ask` 写 `preview`，`testers` 里的人会收到。
4. **批准**：另一位同事看过之后，`yuchi campaign approve 编号`；或在控制台的表 `Approvals` 里新建 item：`campaign` 写 \
`品牌#编号`，`hash` 抄活动的 `plan_hash`，`approved_by` 写自己的名字，`audience` 写 `counted` 的人数。\
编辑的人没有权限写这张表。
5. **看进度**：`progress` 每分钟更新；`yuchi campaign watch 编号` 是一条实时的进度条。
6. **停**：`ask` 写 `stop`（或 `yuchi campaign stop 编号`），几秒之内停下；写 `resume` 接着发，发过的人不会再收到。

批准之后再改（`name` 和 `testers` 除外），要重新预览、重新批准。发送正在进行时的修改不影响这次发送。\
开始时如果人群比批准时多或少 20% 以上，系统先暂停，等人决定。\
错过预定时间 {GRACE.seconds // 3600} 小时以上的不再发。同一次发送，一个人最多收到一条，即使他关注了几个账号。"""

_LENIENT: Final = (
    "写法可以随意一些：全角的逗号、数字会自动认出来，时间可以写 `2026年12月1日 10:00`，人数可以写 `2万`。"
    "栏目名要写英文；写成中文（"
    + "、".join(name for name in CHINESE_COLUMNS if not name.isascii())
    + "）时，`problem` 会告诉您该写什么。"
)

_CONTENT: Final = """\
`best` 按上表的顺序，用第一个有内容、又送得到这个人的渠道，账号用他最近互动过的那个；每人只收一条。

`content` 有三种写法：

- 一段文字：客服消息和群发消息都用它。`\\n` 是换行。
- 一种消息，只有一个键的 Map：`image`（`media_id`）、`news`、`menu`、`card`（写法和规则的 [send](actions.md) 一样）、\
`articles`（公众号草稿的 `media_id`）、`template`、`subscribe`。
- 分渠道写，键是渠道：`custom`、`mass`、`template`、`subscribe`。

占位符和规则里的一样，例如 `{{profile.attributes.称呼|亲}}`，只能用 `profile.` 和 `account.`。"""
