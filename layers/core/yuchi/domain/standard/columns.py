"""The columns of each kind of definition: how each is read from what people write, what it means, and what is told when it
cannot be read.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yuchi.domain.draft_columns import is_event_type, read_condition, read_name, read_switch, read_text
from yuchi.domain.durations import DAY, parse_duration
from yuchi.domain.item_columns import refuse
from yuchi.domain.problem import closest
from yuchi.domain.standard.items import Kind
from yuchi.domain.standard.model import ValueType

MAX_ALLOWED: Final = 200
MAX_LENGTH: Final = 100
MAX_SOURCES: Final = 20
MAX_TAGS: Final = 200
MAX_POINTS: Final = 100
MAX_DAYS: Final = 3_660
MAX_POINT: Final = 1_000

_TYPES: Final[Mapping[str, ValueType]] = {
    **{each.value: each for each in ValueType},
    "文字": ValueType.TEXT, "文本": ValueType.TEXT, "string": ValueType.TEXT, "字符串": ValueType.TEXT,
    "数字": ValueType.NUMBER, "数值": ValueType.NUMBER, "integer": ValueType.NUMBER, "金额": ValueType.NUMBER,
    "时间": ValueType.TIME, "日期": ValueType.TIME, "date": ValueType.TIME, "datetime": ValueType.TIME,
    "是否": ValueType.BOOLEAN, "布尔": ValueType.BOOLEAN, "bool": ValueType.BOOLEAN,
    "列表": ValueType.LIST, "多选": ValueType.LIST, "array": ValueType.LIST,
}  # fmt: skip
_SEPARATORS: Final = re.compile(r"[,;、，；\n]+")
_POINT: Final = re.compile(
    r"(?P<type>[a-z][a-z0-9_.]*)\s*[:=：]?\s*(?P<points>[+-]?\d{1,4}(?:\.\d{1,2})?)", re.IGNORECASE
)
_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``field``: what it is in the model. ``schema``: its JSON schema."""

    read: Callable[[Any], Any]
    zh: str
    en: str
    schema: Mapping[str, Any]
    example: Any
    required: bool = False
    field: str = ""
    by_system: bool = False


def _words(value: Any) -> list[str]:
    given = value if isinstance(value, list) else _SEPARATORS.split(read_text(value))
    return list(dict.fromkeys(word for word in (read_text(each) for each in given) if word))


def read_type(value: Any) -> ValueType:
    """One of five types, also as people call them."""
    word = unicodedata.normalize("NFKC", read_text(value)).lower()
    if word not in _TYPES:
        raise refuse(
            "type.unknown",
            "类型要写 text（文字）、number（数字）、time（时间）、boolean（是否）或 list（列表）",
            "type is text, number, time, boolean or list",
            suggestion=closest(word, [each.value for each in ValueType]),
        )
    return _TYPES[word]


def read_allowed(value: Any) -> tuple[Any, ...]:
    """The values that are allowed; numbers and booleans of a list keep their type."""
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        found = tuple(dict.fromkeys(each.strip() if isinstance(each, str) else each for each in value))
    else:
        found = tuple(_words(value))
    if len(found) > MAX_ALLOWED or any(isinstance(each, str) and len(each) > MAX_LENGTH for each in found):
        raise refuse(
            "allowed.many",
            f"允许的值最多 {MAX_ALLOWED} 个，每个最多 {MAX_LENGTH} 个字",
            f"at most {MAX_ALLOWED} allowed values of {MAX_LENGTH} characters",
        )
    return found


def read_sources(value: Any) -> tuple[str, ...]:
    """Ids of sources, the most trustworthy first; ``rules`` is what rules set."""
    found = _words(value)
    wrong = next((each for each in found if not _SOURCE.fullmatch(each)), None)
    if wrong is not None or len(found) > MAX_SOURCES:
        raise refuse(
            "sources.form",
            f"来源要写来源编号，最可信的在最前面，最多 {MAX_SOURCES} 个，例如 crm, shop, rules",
            f"sources are ids of sources, the most trustworthy first, at most {MAX_SOURCES}, such as crm, shop, rules",
            suggestion=wrong.lower() if wrong and _SOURCE.fullmatch(wrong.lower()) else "",
        )
    return tuple(found)


def read_days(value: Any) -> int:
    """A whole number of days, also as ``365d`` or ``1年``."""
    return max(read_span(value, plain=DAY) // DAY, 1)


def read_span(value: Any, *, plain: int = DAY) -> int:
    """Seconds of a span such as ``14d``; a number alone is days."""
    text = unicodedata.normalize("NFKC", read_text(value))
    years = re.fullmatch(r"(\d{1,2})\s*(?:年|years?|y)", text)
    seconds = int(years[1]) * 365 * DAY if years else parse_duration(text)
    if seconds is None and re.fullmatch(r"\d{1,5}", text):
        seconds = int(text) * plain
    if seconds is None or not 60 <= seconds <= MAX_DAYS * DAY:  # noqa: PLR2004 - a minute
        raise refuse(
            "span.form",
            "时长要写成 14d（天）或 12h（小时），最短 1 分钟，最长 10 年",
            "a span is written as 14d or 12h, from one minute to ten years",
            suggestion="14d",
        )
    return seconds


def read_points(value: Any) -> dict[str, float]:
    """Points by event type: a map, or ``order.completed +10, page.viewed +1``."""
    by_type = value.items() if isinstance(value, dict) else ()
    lines = [f"{event_type} {number}" for event_type, number in by_type] or _words(value)
    points: dict[str, float] = {}
    for line in lines:
        found = _POINT.fullmatch(unicodedata.normalize("NFKC", line).strip())
        event_type = found["type"].lower() if found else ""
        number = float(found["points"]) if found else 0.0
        if not is_event_type(event_type) or not 0 < number <= MAX_POINT:
            raise refuse(
                "points.form",
                f"“{line[:40]}”看不懂；积分要写成 order.completed +10，多个用逗号隔开，每项大于 0、最多 {MAX_POINT}",
                f"'{line[:40]}' is not understood; write points as order.completed +10, with commas between, each "
                f"above 0 and at most {MAX_POINT}",
                suggestion="order.completed +10, page.viewed +1",
            )
        points[event_type] = number
    if not points or len(points) > MAX_POINTS:
        raise refuse("points.many", f"事件要有 1 到 {MAX_POINTS} 种", f"one to {MAX_POINTS} event types are needed")
    return points


def read_tags(value: Any) -> tuple[str, ...]:
    """Names of tags."""
    found = _words(value)
    if not found or len(found) > MAX_TAGS or any(len(each) > MAX_LENGTH for each in found):
        raise refuse(
            "tags.many",
            f"标签要有 1 到 {MAX_TAGS} 个，每个最多 {MAX_LENGTH} 个字",
            f"one to {MAX_TAGS} tags of at most {MAX_LENGTH} characters",
        )
    return tuple(found)


def read_weight(value: Any) -> float:
    """0 to 1, also in percent."""
    text = unicodedata.normalize("NFKC", read_text(value))
    percent = text.endswith("%")
    try:
        number = float(text.removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise refuse("weight.form", "权重要在 0 到 1 之间，例如 0.8", "a weight is between 0 and 1, such as 0.8")
    return number


def read_bounds(value: Any) -> tuple[float, float, float, float]:
    """Four rising numbers."""
    given = value if isinstance(value, list) else _SEPARATORS.split(read_text(value))
    try:
        numbers = [float(read_text(each)) for each in given]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or sorted(numbers) != numbers or numbers[0] < 0:  # noqa: PLR2004 - between five fifths
        raise refuse(
            "bounds.form",
            "要写 4 个从小到大的数字，把人分成五档，例如 30, 60, 90, 180",
            "write four rising numbers, which part people into five, such as 30, 60, 90, 180",
            suggestion="30, 60, 90, 180",
        )
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _read_measured_at(value: Any) -> str:
    return read_text(value)


_TEXT: Final = {"type": "string"}
_SWITCH: Final = {"anyOf": [{"type": "boolean"}, {"enum": ["是", "否", "true", "false"]}]}
_LIST: Final = {"anyOf": [_TEXT, {"type": "array"}]}
_BOUNDS: Final = {"anyOf": [_TEXT, {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}]}

_COMMON: Final[dict[str, Column]] = {
    "enabled": Column(
        read_switch, "是否启用，不写就是启用", "whether it counts; it does if not said", _SWITCH, example=True
    ),
    "title": Column(read_name, "给人看的名称", "a name for people", _TEXT, "出生日期"),
}
_VALUE: Final[dict[str, Column]] = {
    "type": Column(
        read_type,
        "值的类型：text 文字、number 数字、time 时间、boolean 是否、list 列表",
        "type of the value: text, number, time, boolean, list",
        {"enum": [each.value for each in ValueType]},
        "time",
        required=True,
    ),
    "unit": Column(read_name, "单位", "unit", _TEXT, "元"),
    "allowed": Column(
        read_allowed,
        "允许的值，不写就不限；列表则是每一项",
        "the values it may have; of a list, each of it",
        _LIST,
        "男, 女",
    ),
}
COLUMNS_OF: Final[Mapping[Kind, Mapping[str, Column]]] = {
    Kind.ATTRIBUTE: _COMMON
    | _VALUE
    | {
        "sources": Column(
            read_sources,
            "以哪个来源为准，最可信的在最前面；没有写到的来源排在后面，以最新的为准",
            "whose word counts, the most trustworthy first; others come after them, the newest first",
            _LIST,
            "crm, shop, rules",
        ),
        "retention_days": Column(
            read_days,
            "最后一次更新后保留多少天，不写就一直保留",
            "how many days it counts after it was told",
            _LIST,
            "365d",
        ),
        "personal": Column(
            read_switch, "是否个人信息；不合格的值不会留下原文", "whether it is personal data", _SWITCH, example=True
        ),
    },
    Kind.PROPERTY: _COMMON | _VALUE,
    Kind.STAGE: _COMMON
    | {
        "when": Column(
            read_condition,
            "条件，只能用 profile 和 now；按编号从小到大，第一个成立的就是这个人的阶段",
            "the condition, over profile and now alone; in the order of the numbers, the first that holds",
            _TEXT,
            'profile.last_active_at < now - duration("2160h")',
            required=True,
        ),
    },
    Kind.SCORE: _COMMON
    | {
        "points": Column(
            read_points,
            "每种事件加多少分",
            "points by event type",
            {"anyOf": [_TEXT, {"type": "object"}, {"type": "array"}]},
            "order.completed +10, product.viewed +2",
            required=True,
        ),
        "half_life": Column(
            read_span, "多久以后分数减半", "after how long half of it is left", _TEXT, "14d", required=True
        ),
    },
    Kind.TAGS: _COMMON
    | {
        "tags": Column(
            read_tags, "这一组的标签", "the tags of the group", _LIST, "普通会员, 银卡, 金卡", required=True
        ),
        "exclusive": Column(
            read_switch,
            "是否互斥：打上一个，组内其他的就去掉",
            "whether giving one takes the others of the group away",
            _SWITCH,
            example=True,
        ),
        "expires": Column(
            read_span,
            "默认多久失效；规则里写了 for 的以规则为准",
            "after how long they expire where the rule says nothing",
            _TEXT,
            "90d",
            field="lasts",
        ),
        "weight": Column(
            read_weight,
            "证据充分时的权重，0 到 1，不写就是 1",
            "what one weighs when it is sure, 0 to 1; 1 if not said",
            {"anyOf": [_TEXT, {"type": "number"}]},
            0.8,
        ),
    },
    Kind.RFM: _COMMON
    | {
        name: Column(read_bounds, zh, en, _BOUNDS, example)
        for name, zh, en, example in (
            ("recency", "距最近一次下单天数的四个分界（天）", "bounds in days since the last order", "30, 60, 90, 180"),
            ("frequency", "下单次数的四个分界", "bounds in orders", "2, 3, 5, 10"),
            ("monetary", "消费金额的四个分界（元）", "bounds in yuan", "100, 300, 1000, 3000"),
        )
    }
    | {
        f"measured_{name}": Column(
            read_bounds,
            f"系统每天算出的 {name}；没有自己写时用它",
            f"{name} as it was measured",
            _BOUNDS,
            None,
            by_system=True,
        )
        for name in ("recency", "frequency", "monetary")
    }
    | {
        "measured_at": Column(_read_measured_at, "什么时候算的", "when it was measured", _TEXT, None, by_system=True),
        "measured_buyers": Column(
            read_text, "按多少位买家算的", "of how many buyers", {"type": "integer"}, None, by_system=True
        ),
    },
}
"""Kind -> column -> how it is read, in the order in which problems are told."""

KEYS: Final = ("brand", "item")
REVIEW_COLUMNS: Final = frozenset({"status", "problem", "hint", "live_version", "reviewed", "reviewed_at"})
"""What the review writes; never looked at when an item is judged."""
ALL_COLUMNS: Final = tuple(dict.fromkeys((*KEYS, *(name for each in COLUMNS_OF.values() for name in each))))
"""Every column of any kind that counts when an item is judged."""

CHINESE_COLUMNS: Final[Mapping[str, str]] = {
    "品牌": "brand", "编号": "item", "启用": "enabled", "名称": "title", "类型": "type", "单位": "unit",
    "允许": "allowed", "允许的值": "allowed", "可选值": "allowed", "enum": "allowed", "values": "allowed",
    "来源": "sources", "source": "sources", "优先级": "sources", "precedence": "sources",
    "保留": "retention_days", "保留天数": "retention_days", "retention": "retention_days",
    "个人信息": "personal", "隐私": "personal", "条件": "when", "condition": "when", "积分": "points", "分数": "points",
    "半衰期": "half_life", "halflife": "half_life", "half_life_days": "half_life",
    "标签": "tags", "names": "tags", "互斥": "exclusive", "有效期": "expires", "expiry": "expires", "lasts": "expires",
    "权重": "weight", "name": "title",
}  # fmt: skip
"""What people call them."""
