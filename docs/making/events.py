"""All event types with their fields, and the fields of profile and account, for marketers."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from docs.making.markdown import NOTICE_ZH, anchor, code, table
from docs.making.markdown import page as make_page
from yuchi.adapters.segment.names import PUBLIC_TYPES
from yuchi.adapters.wechat.push_table import ROWS
from yuchi.domain.catalogue import ACCOUNT_FIELDS, EVENT_FIELDS, EventSpec, FieldSpec, Kind
from yuchi.domain.profile_view import PROFILE_FIELDS
from yuchi.domain.source_events import SOURCE_EVENTS
from yuchi.domain.wechat_events import OWN_EVENTS, WECHAT_EVENTS
from yuchi.domain.window import WINDOWS

KINDS: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "文字",
    Kind.NUMBER: "数字",
    Kind.BOOLEAN: "是否",
    Kind.TIME: "时间",
    Kind.DURATION: "时长",
    Kind.LIST: "列表",
    Kind.MAP: "一组内容",
    Kind.ANY: "任意",
}
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "粉丝发来的消息": ("message",),
    "关注、扫码、授权": ("fan", "qrcode", "consent", "location"),
    "自定义菜单": ("menu",),
    "通知与客服": ("template", "subscription", "session"),
    "卡券、付款、发票、商品": ("card", "giftcard", "payment", "invoice", "shop_order", "product"),
    "设备与门店": ("beacon", "wifi", "device", "store"),
    "账号本身的通知（不属于某个粉丝）": ("campaign", "publication", "media", "verification"),
    "网站、App 和商城": (
        *("page", "screen", "person", "products", "cart", "checkout", "order", "form"),
        *("product.viewed", "product.added", "product.removed"),
    ),
    "鱼池自己产生的事件": (
        "tag",
        "score",
        "stage",
        "timer",
        "link",
        "rule",
        "activity",
        "date",
        "order.replenishment_due",
    ),
    "无法归类的推送": ("wechat",),
}
"""Heading -> first words of the event types under it, or event types."""


def page() -> str:
    """The page."""
    blocks = [NOTICE_ZH, _INTRODUCTION, _contents()]
    for heading, specs in grouped():
        blocks.append(f"## {heading}")
        blocks += [_event(spec) for spec in specs]
    blocks += ["## 每个事件都有的字段", _fields("event", EVENT_FIELDS)]
    blocks += ["## 画像字段 profile", _PROFILE, _fields("profile", PROFILE_FIELDS)]
    blocks += ["## 账号字段 account", _fields("account", ACCOUNT_FIELDS)]
    return make_page(*blocks)


def grouped() -> Iterator[tuple[str, list[EventSpec]]]:
    """Every event type under its heading. Raises KeyError for a type that has none."""
    heading_of = {noun: heading for heading, nouns in GROUPS.items() for noun in nouns}
    sorted_out: dict[str, list[EventSpec]] = {heading: [] for heading in GROUPS}
    for spec in (*WECHAT_EVENTS, *OWN_EVENTS, *SOURCE_EVENTS):
        sorted_out[heading_of.get(spec.type) or heading_of[spec.type.partition(".")[0]]].append(spec)
    yield from sorted_out.items()


def example_condition(root: str, name: str, spec: FieldSpec) -> str:
    """A condition that names the field, or nothing where no short one makes sense."""
    maker = _EXAMPLES.get(spec.kind)
    return maker(f"{root}.{name}", spec.example) if maker else ""


def _compared(path: str, example: Any) -> str:
    """Numbers by ``>=``, since few people ask for one exact number."""
    if example is None:
        return ""
    return f"{path} {'>=' if isinstance(example, int | float) and example else '=='} {_json(example)}"


def _of_map(path: str, example: Any) -> str:
    if not isinstance(example, Mapping) or not path.startswith("profile.") or not example:
        return ""
    ((name, value),) = example.items()
    return f"{_json(name)} in {path}" if isinstance(value, Mapping) else _compared(f"{path}[{_json(name)}]", value)


def _of_list(path: str, example: Any) -> str:
    return f"{_json(example[0])} in {path}" if example and isinstance(example[0], str) else ""


_EXAMPLES: Final[Mapping[Kind, Callable[[str, Any], str]]] = {
    Kind.TEXT: _compared,
    Kind.NUMBER: _compared,
    Kind.BOOLEAN: lambda path, example: path if example else f"!{path}",
    Kind.TIME: lambda path, _example: f'within({path}, "7d")',
    Kind.MAP: _of_map,
    Kind.LIST: _of_list,
}


def _contents() -> str:
    return table(
        ("事件", "含义", "可以 reply", "打开的客服消息时限"),
        (
            (
                f"[{code(spec.type)}](#{anchor(spec.type + ' ' + spec.zh)})",
                spec.zh,
                "可以" if spec.replies else "",
                _window(spec),
            )
            for _, specs in grouped()
            for spec in specs
        ),
    )


def _event(spec: EventSpec) -> str:
    pushes = "、".join(code(_push(key)) for key, row in ROWS.items() if row.type == spec.type)
    lines = [f"### {spec.type} {spec.zh}", f"{spec.en}。" + (f" 微信推送：{pushes}。" if pushes else "")]
    lines.append(
        _fields("event", spec.fields) if spec.fields else "没有固定的字段。" if spec.open else "没有自己的字段。"
    )
    if spec.type in PUBLIC_TYPES:
        lines.append(
            "网页、App 里的公开密钥谁都能用，用它说的不算数："
            f"事件会变成 {code(PUBLIC_TYPES[spec.type])}，留在时间线上，不触发这里的规则。"
        )
    return "\n\n".join(lines)


def _push(key: str) -> str:
    return key.removeprefix("event.") if key.startswith("event.") else f"MsgType={key}"


def _fields(root: str, fields: Mapping[str, FieldSpec]) -> str:
    return table(
        ("字段", "类型", "含义", "English", "条件示例"),
        (
            (
                code(f"{root}.{name}"),
                KINDS[spec.kind] + (f"（{spec.unit}）" if spec.unit else ""),
                spec.zh,
                spec.en,
                _example(root, name, spec),
            )
            for name, spec in flat(fields)
        ),
    )


def flat(fields: Mapping[str, FieldSpec]) -> Iterator[tuple[str, FieldSpec]]:
    """Every field, and what a map has in it by its path."""
    for name, spec in fields.items():
        yield name, spec
        yield from ((f"{name}.{inner}", each) for inner, each in spec.fields.items())


def _example(root: str, name: str, spec: FieldSpec) -> str:
    condition = example_condition(root, name, spec)
    if condition:
        return code(condition)
    return f"例如 {code(_json(spec.example))}" if spec.example else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _window(spec: EventSpec) -> str:
    if spec.window is None:
        return ""
    window = WINDOWS[spec.window]
    hours, minutes = window.validity // timedelta(hours=1), window.validity // timedelta(minutes=1)
    return f"{hours} 小时 {window.quota} 条" if hours else f"{minutes} 分钟 {window.quota} 条"


_INTRODUCTION: Final = """\
# 事件与字段

规则的 `on` 一栏写事件类型（`activity.lapsed`、`date.reached` 的写法见[时间](time.md)），`when` 一栏用这里的字段写条件。
没有的字段就是 `null`，与它比较的结果是“不成立”，不会报错。

- **可以 reply**：这种推送能当场回复（被动回复）。其他事件请用 `send`，而且要在客服消息时限之内。
- **打开的客服消息时限**：粉丝做了这件事之后，多长时间内可以发几条客服消息。几个时限同时打开时不累加，按剩余最多的算。
- 网站、App 和商城的事件可能带着这里没有列出的内容，同样用 `event.` 取；它们自己的事件叫 `custom.…`。
- 别的规则用 `emit` 发出的事件，名字由您自己定（`名词.动词`，小写字母），`event.` 后面就是 `emit` 带的数据。"""

_PROFILE: Final = """\
条件里看到的画像是**这件事发生之前**的样子：同一个事件里先打的标签，后面的规则还看不到。

中文名字要放在方括号和引号里：`profile.attributes["城市"]`。标签里还有三个值：`profile.tags["老客户"].since`（从何时起）、
`.last`（最近一次）、`.count`（几次）。"""
