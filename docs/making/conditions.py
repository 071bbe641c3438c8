"""The language of conditions: operators, functions, limits, and where it differs from CEL."""

from collections.abc import Sequence
from typing import Final

from docs.making.events import KINDS
from docs.making.markdown import NOTICE_ZH, code, table
from docs.making.markdown import page as make_page
from yuchi.domain.language.functions import FUNCTIONS, MACROS, FunctionSpec
from yuchi.domain.language.parser import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES
from yuchi.domain.language.values import MAX_ELEMENTS, MAX_TEXT

OPERATORS: Final[Sequence[tuple[str, str, str]]] = (
    ("==", "等于", 'event.key == "TRIAL"'),
    ("!=", "不等于，总是 == 的反面", 'profile.attributes["城市"] != "上海"'),
    ("<", "小于；数字、文字、时间、时间段都可以比", "profile.score < 10"),
    ("<=", "小于等于", "profile.score <= 10"),
    (">", "大于", 'profile.subscribed_at > timestamp("2026-05-01T00:00:00+08:00")'),
    (">=", "大于等于", "profile.score >= 10"),
    ("in", "是列表里的一个，或有这个标签", 'event.key in ["TRIAL", "GIFT"]'),
    ("&&", "并且", 'event.key == "TRIAL" && profile.score > 10'),
    ("||", "或者", 'event.key == "TRIAL" || event.key == "GIFT"'),
    ("!", "不是", '!("领取试用装" in profile.tags)'),
    ("+", "加；也可以接文字、给时间加一段", "profile.score + 5 > 20"),
    ("-", "减；两个时间相减得到时间段", 'now - profile.first_seen_at > duration("30d")'),
    ("*", "乘", "profile.score * 2 > 20"),
    ("/", "除；整数相除只取整数部分", "profile.score / 2 > 5"),
    ("%", "余数，只用于整数", "profile.score % 2 == 0"),
    ("? :", "如果成立取前一个，否则取后一个", "(profile.subscribed ? profile.score : 0) > 10"),
    ("( )", "先算括号里的", '(event.key == "A" || event.key == "B") && profile.score > 10'),
    ("[ ]", "列表；取名字是中文的字段", 'profile.attributes["城市"] in ["上海", "杭州"]'),
)
"""Operator, meaning, example."""

VALUES: Final[Sequence[tuple[str, str, str]]] = (
    ("文字", '半角单引号或双引号里；引号本身写成 `\\"`，反斜杠写成 `\\\\`', 'event.key == "TRIAL"'),
    ("整数、小数", "直接写", "profile.score >= 20"),
    ("是否", "`true`、`false`", "profile.subscribed == true"),
    ("没有值", "`null`", 'profile.attributes["生日"] == null'),
    ("时间", '`timestamp("...")`，要写明时区；现在是 `now`', 'now < timestamp("2026-06-01T00:00:00+08:00")'),
    (
        "时间段",
        '`duration("...")`：`w` 周、`d` 天、`h` 小时、`m` 分、`s` 秒',
        'now - profile.last_seen_at > duration("72h")',
    ),
    ("列表", "放在方括号里，用逗号隔开", 'event.key in ["A", "B"]'),
)
"""Kind of value, how it is written, example."""

DIFFERENCES: Final[Sequence[tuple[str, str, str]]] = (
    (
        "没有的字段是 `null`，不报错 (a missing field is null, no error)",
        "粉丝的资料总是不全的；一个条件不能因为缺一个字段就失败",
        'profile.attributes["没有的"] == null',
    ),
    (
        "`!=` 总是 `==` 的反面；不同类型的值不相等，也不报错 (unequal kinds are unequal)",
        "结果总是“是”或“否”；明显写错的比较在保存时就会被指出",
        'profile.attributes["城市"] != 3',
    ),
    (
        "`null` 或不能比较的值用 `<`、`>` 比较时不成立 (ordering with null is false)",
        "同上",
        'profile.attributes["年龄"] >= 18',
    ),
    (
        "算不出来的结果是 `null`：与 `null` 运算、除以零、整数溢出 (arithmetic without a result is null)",
        "同上",
        "profile.score / 0 == null",
    ),
    (
        "时间可以和写着时间的文字比较 (times compare with texts that say a time)",
        "事件的数据是 JSON，里面的时间是文字",
        'profile.attributes["到期时间"] > now',
    ),
    (
        "时间段可以用 `d`、`w`，也认得“3天” (duration takes days and weeks)",
        "运营人员按天和周思考",
        'now - profile.first_seen_at > duration("3d")',
    ),
    (
        f"`exists`、`all` 最多看 {MAX_ELEMENTS} 个；没有 `map`、`filter`、`exists_one` (bounded macros)",
        "每个条件的计算量要有上限",
        'profile.tags.exists(t, t.startsWith("VIP"))',
    ),
    (
        "没有正则表达式 `matches` (no regular expressions)",
        "有的正则会把系统拖住；用 `contains`、`startsWith`、`containsAny`",
        "",
    ),
    ("不能连着比较 `1 < x < 3` (no chained comparisons)", "CEL 里它的意思和看上去不一样", ""),
    ("没有字节串、无符号整数、映射字面量、类型转换 (no bytes, uint, map literals, conversions)", "规则用不到", ""),
    (
        "多了 `containsAny`、`count`、`last`、`sequence`、`within`、`ageInDays`、`localTime` (functions of our own)",
        "关键词、过去发生的事、北京时间",
        'count("menu.clicked", "7d") >= 3',
    ),
)
"""What differs, why, an example that holds here."""


def page() -> str:
    """The page."""
    return make_page(
        NOTICE_ZH,
        _INTRODUCTION,
        "## 值",
        table(("值", "怎么写", "例子"), ((name, how, code(example)) for name, how, example in VALUES)),
        "## 运算符",
        table(("符号", "意思", "例子"), ((code(sign), meaning, code(example)) for sign, meaning, example in OPERATORS)),
        _PRECEDENCE,
        "## 函数",
        _functions(),
        "## 列表和标签",
        table(
            ("写法", "意思", "English", "例子"),
            ((code(name), zh, en, code(example)) for name, (zh, en, example) in MACROS.items()),
        ),
        "## 限制",
        _LIMITS,
        "## 与 CEL 的不同",
        _CEL,
        table(
            ("不同", "为什么", "例子"),
            ((what, why, code(example) if example else "") for what, why, example in DIFFERENCES),
        ),
    )


def examples() -> list[str]:
    """Every condition on the page."""
    return [
        *(example for rows in (OPERATORS, VALUES, DIFFERENCES) for *_, example in rows if example),
        *(spec.example for spec in FUNCTIONS.values()),
        *(example for _, _, example in MACROS.values()),
    ]


def _functions() -> str:
    return table(
        ("函数", "意思", "English", "结果", "例子"),
        (
            (code(_signature(spec)), spec.zh, spec.en, KINDS[spec.result], code(spec.example))
            for spec in FUNCTIONS.values()
        ),
    )


def _signature(spec: FunctionSpec) -> str:
    arguments = ["…"] * len(spec.kinds)
    if spec.method:
        rest = arguments[1:]
        return f"x.{spec.name}({', '.join(rest)})" if spec.least > 1 else f"x.{spec.name}()"
    return f"{spec.name}({', '.join(arguments)})" if spec.least else f"{spec.name}()"


_INTRODUCTION: Final = """\
# 条件

规则的 `when` 一栏是一个条件，写成一行，例如：

```text
event.key == "TRIAL" && !("领取试用装" in profile.tags) && profile.score > 10
```

- 以 `event`（这件事）、`profile`（这个人）、`account`（这个账号）或 `now`（现在）开头，
  后面用点取字段；所有字段在[事件与字段](events.md)。
- 名字是中文的字段放在方括号和引号里：`profile.attributes["城市"]`。标签用 `in`：`"老客户" in profile.tags`。
- 符号都是**半角**的；文字要加引号。写成全角、写成“且”“或者”、少了引号，`problem` 都会指出第几列、应该怎么写。
- 没有的字段是 `null`：`null` 只等于 `null`，比大小、取子字段、调用函数都“不成立”，不会报错。
- 不写 `when`，就是总成立。"""

_PRECEDENCE: Final = """\
先后顺序：`!` 和负号 → `* / %` → `+ -` → 比较和 `in` → `&&` → `||` → `? :`。拿不准就加括号。"""

_LIMITS: Final = f"""\
- 最多 {MAX_CHARACTERS} 个字符，嵌套 {MAX_DEPTH} 层，{MAX_NODES} 个部分；计算量也有上限，超过时会告诉您哪里太费。
- `exists`、`all` 最多看 {MAX_ELEMENTS} 个；接起来的文字最长 {MAX_TEXT} 个字符。
- 条件里最好有一个 `==`、`in`、标签、`startsWith`、`endsWith`、`contains`、`containsAny` 或数字的大小比较，
  而且不在 `!` 里面：系统按它们建索引，规则再多也一样快。"""

_CEL: Final = """\
条件的语言是 [CEL](https://github.com/google/cel-spec) 的一个严格子集。
字段都有值、类型都对的时候，结果与 CEL 相同（测试逐个对照 Google 的实现）；
不同之处有下面这些。"""
