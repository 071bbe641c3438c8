"""All actions with their ways of writing and examples, for marketers."""

from collections.abc import Mapping
from typing import Any, Final

from docs.making.markdown import NOTICE_ZH, code, fenced, table, yaml_item
from docs.making.markdown import page as make_page
from yuchi.domain.actions import ACTIONS, BaseAction, parse_action, to_line
from yuchi.domain.actions.messages import ADDRESS_BYTES, DESCRIPTION, MENU_OPTIONS, TEXT_BYTES, TITLE
from yuchi.domain.actions.table import MAX_ACTIONS
from yuchi.domain.effects import PASSIVE_ONLY
from yuchi.domain.placeholders import MAX_PLACEHOLDERS, MAX_VALUE_CHARACTERS

NOTES: Final[Mapping[str, str]] = {
    "tag": (
        "名称之间用逗号（全角、半角、顿号都可以）隔开；名称里有逗号时加英文双引号。"
        "再打一次会更新“最近一次”和次数，期限重新计算。"
    ),
    "untag": "没有这个标签也不算错。",
    "set": "`=` 后面一直到行尾都是内容。",
    "score": "",
    "reply": (
        "一条规则只能有一个 `reply`；一个事件匹配了几条规则时，只回复优先级最高的那一个。"
        f"当场来不及回复时，会改用客服消息补发（{'、'.join(sorted(PASSIVE_ONLY))} 除外），不会重复回复。"
    ),
    "send": "发不出去（取关、时限已过、条数用完）时不会重试，结果记在发送台账里。",
    "after": (
        "到时产生 `timer.fired` 事件，精确到一分钟。"
        '另写一条 `on: timer.fired`、`when: event.timer == "trial-day3"` 的规则来接它。'
    ),
    "emit": "名字不能与内置事件相同。规则一环接一环触发，最多 5 环。",
    "webhook": (
        "按 Standard Webhooks 签名（`webhook-id`、`webhook-timestamp`、`webhook-signature`）；"
        "对方没收到会重试，`webhook-id` 不变，对方据此去重。"
    ),
}
"""What examples do not show."""


def page() -> str:
    """The page."""
    blocks = [NOTICE_ZH, _INTRODUCTION, table(("动作", "作用"), ((_link(a), a.zh) for a in ACTIONS.values()))]
    blocks += [_action(action) for action in ACTIONS.values()]
    return make_page(*blocks, _TEXTS)


def _link(action: type[BaseAction]) -> str:
    return f"[{code(action.verb)}](#{action.verb})"


def _action(action: type[BaseAction]) -> str:
    lines = [example for example in action.examples if isinstance(example, str)]
    maps = [example for example in action.examples if not isinstance(example, str)]
    blocks = [f"## {action.verb}", f"{action.zh}。{action.en}.", NOTES[action.verb]]
    blocks.append("写成一行：\n\n" + fenced("\n".join(lines)))
    if maps:
        blocks.append(
            "写成映射（在 DynamoDB 控制台里是 Map；YAML 文件里这样写）：\n\n" + fenced(yaml_item(maps), "yaml")
        )
        shorter = [line for each in maps if isinstance(line := to_line(parse_action(each)), str)]
        if shorter:
            blocks.append(f"其中可以写成一行的：{'、'.join(code(line) for line in shorter)}。")
    return "\n\n".join(block for block in blocks if block)


def examples() -> list[Any]:
    """Every example on the page."""
    return [example for action in ACTIONS.values() for example in action.examples]


_INTRODUCTION: Final = f"""\
# 动作

规则的 `then` 一栏写要做的事：一个列表，每项一行文字，写法是 `动作 内容`；也可以整栏写成多行文字，一行一个动作。
字段多的动作（图文、菜单、卡片等）可以写成只有一个键的映射。一条规则最多 {MAX_ACTIONS} 个动作，按顺序执行。"""

_TEXTS: Final = f"""\
## 文字里的占位符

`reply`、`send` 的文字和标题、网址，`set`、`emit`、`webhook` 的内容里，
都可以写 `{{{{profile.attributes.称呼}}}}` 这样的占位符：

- 只能写用点隔开的名字，以 `event.`、`profile.` 或 `account.` 开头，不能写计算。
- 没有值时是空的；想要默认值，写在竖线后面：`{{{{profile.attributes.称呼|亲}}}}`。
- 粉丝填的内容会先处理成无害的文字：不会变成链接、菜单或换行，每个值最多显示 {MAX_VALUE_CHARACTERS} 个字符。
- 一段文字最多 {MAX_PLACEHOLDERS} 个占位符。时间按北京时间显示，是否显示为“是”“否”。
- 在一行里想换行，写 `\\n`。

## 长度

文字最多 {TEXT_BYTES} 字节（约 600 个汉字），标题 {TITLE} 个字，描述 {DESCRIPTION} 个字，
网址 {ADDRESS_BYTES} 字节，菜单选项 {MENU_OPTIONS} 个。
当场回复粉丝消息时图文只能有 1 篇，关注和菜单事件可以有 8 篇；客服消息的图文只能有 1 篇。"""
