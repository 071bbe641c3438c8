"""How a rule looks as a DynamoDB item: every column, and a whole example."""

from collections.abc import Mapping
from typing import Any, Final

from docs.making.markdown import NOTICE_ZH, code, fenced, table, yaml_item
from docs.making.markdown import page as make_page
from yuchi.domain.draft_columns import CHINESE_COLUMNS, MAX_EVENT_TYPES, MAX_NAME, MAX_PRIORITY
from yuchi.services.ports_rules import Status

EXAMPLE: Final[Mapping[str, Any]] = {
    "brand": "demo",
    "rule_id": "claim-trial",
    "account": "*",
    "name": "领取试用装",
    "enabled": True,
    "on": "menu.clicked",
    "when": 'event.key == "TRIAL" && !("领取试用装" in profile.tags)',
    "then": ["tag 领取试用装, 爱占小便宜", "score +5", "reply 您好，试用装已登记", "after 3d trial-day3"],
    "limit": "once",
    "priority": 100,
}
"""Also in both READMEs; a test checks it as the reviewer would."""

COLUMNS: Final[Mapping[str, tuple[str, str, str]]] = {
    "brand": ("String", "必填。品牌编号，也是表的分区键", "demo"),
    "rule_id": (
        "String",
        "必填。规则编号，也是排序键：文字、数字、点、横线、下划线，最多 80 个字。建好后不能改，要改名请新建一条",
        "claim-trial",
    ),
    "account": ("String", "账号编号，`*` 表示品牌的全部账号。不写就是 `*`", "*"),
    "name": ("String", f"给人看的名称，最多 {MAX_NAME} 个字。不写就用编号", "领取试用装"),
    "enabled": ("Boolean", "是否启用。不写就是启用。关掉马上下线，即使其他栏写错了", "true"),
    "on": (
        "String 或 List",
        f"必填。事件类型，一个，或用逗号隔开的几个（最多 {MAX_EVENT_TYPES} 个）；也可以是[时间](time.md)，例如 `日期 生日`",
        "menu.clicked",
    ),
    "when": ("String", "条件，见[条件](conditions.md)。不写就是总成立", 'event.key == "TRIAL"'),
    "then": ("List 或 String", "必填。要做的事，见[动作](actions.md)；写成一段文字时一行一个动作", "tag 新粉丝"),
    "limit": (
        "String",
        "每个人最多触发几次：`once`（一次）、`3/day`（每天 3 次，按北京时间的一天）、`1/30d`（30 天 1 次）。不写就不限",
        "once",
    ),
    "priority": ("Number", f"大的先执行，默认 100，绝对值不超过 {MAX_PRIORITY}；相同时按编号", "100"),
    "stop": ("Boolean", "触发之后，排在后面的规则都不再执行。默认否", "false"),
    "starts_at": ("String", "什么时候开始有效，北京时间；只写日期就是当天零点", "2026-05-01 10:00"),
    "ends_at": ("String", "什么时候结束，北京时间；只写日期就包含那一整天", "2026-05-31"),
}
"""Column -> type in DynamoDB, meaning, example."""

SYSTEM_COLUMNS: Final[Mapping[str, str]] = {
    "status": "状态，见下表",
    "problem": "哪里不对、怎么改。每行一个问题，开头写着哪一栏，能指明时还有第几项、第几列",
    "hint": "不妨碍上线的提醒，例如“和某条规则完全相同”",
    "live_version": "线上正在运行的版本号；写错的时候是上一个好的版本",
    "reviewed": "审核过的内容的指纹，系统用来认出自己写的改动",
    "reviewed_at": "最近一次审核的时间（UTC）",
    "matched": "一共触发了多少次，每分钟更新",
    "last_matched_at": "最近一次触发它的事件的时间（UTC），每分钟更新",
    "candidates": "一共检查过多少次，包括触发的；一个事件最多记 10 条没有触发的规则。每小时更新",
    "often_failed": "没有触发的时候，最常不成立的是条件的哪一部分；停在别处时是那一栏的名字，例如 `limit`。每小时更新，"
    "规则改过就重新统计",
}
"""Columns that the system writes."""

STATUS: Final[Mapping[Status, str]] = {
    Status.LIVE: "已上线，运行的就是您看到的内容",
    Status.OFF: "已关闭（`enabled` 为否），线上没有它",
    Status.INVALID: "没有通过审核，看 `problem`；以前的好版本继续运行（有的话 `live_version` 是它的版本号）",
}


def page() -> str:
    """The page."""
    return make_page(
        NOTICE_ZH,
        _INTRODUCTION,
        fenced(yaml_item(dict(EXAMPLE)), "yaml"),
        "在控制台的表单里，它是这样几行（`then` 是 List，每项一个 String）：",
        table(("Attribute name", "Value", "Type"), _form()),
        "## 您填写的栏目",
        table(
            ("栏目", "类型", "说明", "例子"),
            ((code(name), kind, meaning, code(example)) for name, (kind, meaning, example) in COLUMNS.items()),
        ),
        _LENIENT,
        "## 系统填写的栏目",
        "系统在您的栏目旁边写下结果。您改它们没有作用，也不会触发审核。",
        table(("栏目", "说明"), ((code(name), meaning) for name, meaning in SYSTEM_COLUMNS.items())),
        "`status` 的值：",
        table(("status", "意思"), ((code(status.value), meaning) for status, meaning in STATUS.items())),
    )


def _form() -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    for name, value in EXAMPLE.items():
        match value:
            case bool():
                rows.append((code(name), "true" if value else "false", "Boolean"))
            case int():
                rows.append((code(name), str(value), "Number"))
            case list():
                rows.append((code(name), "", "List"))
                rows += [(f"　{number}", code(each), "String") for number, each in enumerate(value)]
            case _:
                rows.append((code(name), code(value), "String"))
    return rows


_INTRODUCTION: Final = """\
# 规则的每一栏

一条规则是 DynamoDB 表 `Rules` 里的一个 item。保存之后 10 秒内，系统审核它：没问题就上线，有问题就把 `status` 和
`problem` 写在旁边，原来的好版本继续运行。一个完整的例子："""

_LENIENT: Final = (
    "写法可以随意一些：是否可以写“是”“否”，全角的逗号、句点、数字会自动认出来，时间可以写 `2026/5/1`、`2026年5月1日`。"
    "栏目名要写英文；写成中文（"
    + "、".join(name for name in CHINESE_COLUMNS if not name.isascii())
    + "）时，`problem` 会告诉您该写什么。"
)
