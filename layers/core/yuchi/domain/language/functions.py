"""The functions and methods of conditions: one table for the parser, the checks, both evaluators and the reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from yuchi.domain.catalogue import Kind
from yuchi.domain.language import routines
from yuchi.domain.language.moments import as_span
from yuchi.domain.profile import ACTIVITY_KEPT


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One function.

    ``kinds``: for each argument the kinds it takes; of a method the first is what it is called on. ``least``: how many
    arguments must be given. ``constant``: places whose argument must be written as a constant, and what makes its value of
    the text. ``contextual``: the implementation takes the :class:`Context` first. ``cost``: see the checks.
    ``low`` and ``high``: between which the result lies.
    """

    name: str
    method: bool
    kinds: tuple[frozenset[Kind], ...]
    result: Kind
    implementation: Callable[..., Any]
    zh: str
    en: str
    example: str
    least: int = 1
    constant: Mapping[int, str] | None = None
    contextual: bool = False
    cost: int = 1
    low: float | None = None
    high: float | None = None


_TEXT: Final = frozenset({Kind.TEXT})
_TIME: Final = frozenset({Kind.TIME})
_TIME_OR_SPAN: Final = frozenset({Kind.TIME, Kind.DURATION})
_SPAN: Final = frozenset({Kind.DURATION})


def _text_test(name: str, implementation: Callable[..., Any], zh: str, en: str, example: str) -> FunctionSpec:
    return FunctionSpec(name, True, (_TEXT, _TEXT), Kind.BOOLEAN, implementation, zh, en, example, least=2, cost=5)  # noqa: FBT003 - a row of a table


def _clock(name: str, read: Callable[..., int | None], low: int, high: int, zh: str, en: str) -> FunctionSpec:
    takes = _TIME_OR_SPAN if name in _PARTS_OF_SPANS else _TIME
    return FunctionSpec(
        name=name,
        method=True,
        kinds=(takes, _TEXT),
        result=Kind.NUMBER,
        implementation=read,
        zh=zh,
        en=en,
        example=f'localTime("Asia/Shanghai").{name}() == {min(high, max(low, 1))}',
        constant={1: "zone"},
        cost=5,
        low=low,
        high=high,
    )


_PARTS_OF_SPANS: Final = frozenset({"getHours", "getMinutes", "getSeconds", "getMilliseconds"})

_SPECS: Final = (
    _text_test(
        "contains", routines.contains, "文字里有没有这一段", "has this text in it", 'event.content.contains("试用")'
    ),
    _text_test(
        "startsWith", routines.starts_with, "以这一段开头", "begins with this text", 'event.scene.startsWith("store-")'
    ),
    _text_test("endsWith", routines.ends_with, "以这一段结尾", "ends with this text", 'event.content.endsWith("吗")'),
    FunctionSpec(
        "containsAny",
        method=True,
        kinds=(_TEXT, frozenset({Kind.LIST})),
        result=Kind.BOOLEAN,
        implementation=routines.contains_any,
        zh="文字里有其中任何一个关键词",
        en="has any of these keywords in it",
        example='event.content.containsAny(["试用", "小样"])',
        least=2,
        cost=5,
    ),
    FunctionSpec(
        "size",
        method=False,
        kinds=(frozenset({Kind.TEXT, Kind.LIST, Kind.MAP}),),
        result=Kind.NUMBER,
        implementation=routines.size,
        zh="文字的字数，列表或标签的个数；也可写成 x.size()",
        en="how many characters, elements or tags; x.size() is the same",
        example="size(profile.tags) >= 3",
        low=0,
    ),
    FunctionSpec(
        "lowerAscii",
        method=True,
        kinds=(_TEXT,),
        result=Kind.TEXT,
        implementation=routines.lower_ascii,
        zh="英文字母变成小写",
        en="with A to Z in lower case",
        example='event.content.lowerAscii().contains("vip")',
        cost=5,
    ),
    FunctionSpec(
        "trim",
        method=True,
        kinds=(_TEXT,),
        result=Kind.TEXT,
        implementation=routines.trim,
        zh="去掉首尾空白",
        en="without white space around it",
        example='event.content.trim() == "退订"',
        cost=5,
    ),
    FunctionSpec(
        "timestamp",
        method=False,
        kinds=(frozenset({Kind.TEXT, Kind.TIME, Kind.NUMBER}),),
        result=Kind.TIME,
        implementation=routines.timestamp,
        zh="一个时间，要写明时区",
        en="a time; it must name its offset",
        example='profile.subscribed_at > timestamp("2026-05-01T00:00:00+08:00")',
        cost=5,
    ),
    FunctionSpec(
        "duration",
        method=False,
        kinds=(frozenset({Kind.TEXT, Kind.DURATION}),),
        result=Kind.DURATION,
        implementation=as_span,
        zh="一段时间：h 小时、m 分、s 秒，也可以用 d 天、w 周",
        en="a span: h, m, s, and also d for days and w for weeks",
        example='now - profile.first_seen_at > duration("72h")',
        cost=5,
    ),
    FunctionSpec(
        "count",
        method=False,
        kinds=(_TEXT, _SPAN),
        result=Kind.NUMBER,
        implementation=routines.count,
        zh="此人在最近一段时间内发生过几次这种事件（不含本次，最多记 50 次）；不写时间段则不限时间",
        en="how often this event came from the person before, within the span (at most 50 are remembered)",
        example='count("menu.clicked", "7d") >= 3',
        constant={0: "type", 1: "window"},
        contextual=True,
        cost=50,
        low=0,
        high=ACTIVITY_KEPT,
    ),
    FunctionSpec(
        "last",
        method=False,
        kinds=(_TEXT,),
        result=Kind.TIME,
        implementation=routines.last,
        zh="此人上一次发生这种事件的时间（不含本次），没有则为 null",
        en="when this event came from the person last before this one, or null",
        example='now - last("message.text") > duration("30d")',
        constant={0: "type"},
        contextual=True,
        cost=50,
    ),
    FunctionSpec(
        "sequence",
        method=False,
        kinds=(frozenset({Kind.LIST}), _SPAN),
        result=Kind.BOOLEAN,
        implementation=routines.sequence,
        zh="此人在最近一段时间内依次发生过这几种事件（2 到 5 种，可以就是本次；中间夹着别的不要紧）",
        en="these 2 to 5 events came from the person one after the other within the span, this event included",
        example='sequence(["menu.clicked", "message.text"], "2d")',
        least=2,
        constant={0: "types", 1: "window"},
        contextual=True,
        cost=150,
    ),
    FunctionSpec(
        "within",
        method=False,
        kinds=(_TIME, _SPAN),
        result=Kind.BOOLEAN,
        implementation=routines.within,
        zh="时间在最近一段时间内（将来的时间不算）",
        en="the time lies in the span that ends now",
        example='within(profile.subscribed_at, "48h")',
        least=2,
        constant={1: "window"},
        contextual=True,
        cost=5,
    ),
    FunctionSpec(
        "ageInDays",
        method=False,
        kinds=(frozenset({Kind.TIME, Kind.TEXT}),),
        result=Kind.NUMBER,
        implementation=routines.age_in_days,
        zh="从那天到今天过了几天（按北京时间的日历）；文字可写 1990-05-01",
        en="calendar days from that day until today in Beijing; a text such as 1990-05-01 will do",
        example='ageInDays(profile.attributes["生日"]) > 6570',
        contextual=True,
        cost=10,
    ),
    FunctionSpec(
        "localTime",
        method=False,
        kinds=(_TEXT,),
        result=Kind.TIME,
        implementation=routines.local_time,
        zh="某时区现在的时间，不写时区就是北京时间",
        en="the time now in a zone, in Beijing if none is given",
        example="localTime().getHours() >= 9",
        least=0,
        constant={0: "zone"},
        contextual=True,
        cost=5,
    ),
    _clock(
        "getHours",
        routines.part_of_span(timedelta(hours=1), routines.part_of_time(lambda moment: moment.hour)),
        0,
        23,
        "几点（0 到 23）；没有时区时按 UTC，请先用 localTime",
        "the hour, 0 to 23; in UTC where no zone is given",
    ),
    _clock(
        "getMinutes",
        routines.part_of_span(timedelta(minutes=1), routines.part_of_time(lambda moment: moment.minute)),
        0,
        59,
        "几分",
        "the minute",
    ),
    _clock(
        "getSeconds",
        routines.part_of_span(timedelta(seconds=1), routines.part_of_time(lambda moment: moment.second)),
        0,
        59,
        "几秒",
        "the second",
    ),
    _clock(
        "getMilliseconds",
        routines.milliseconds,
        0,
        999,
        "毫秒",
        "the milliseconds",
    ),
    _clock(
        "getDayOfWeek",
        routines.part_of_time(lambda moment: moment.isoweekday() % 7),
        0,
        6,
        "星期几：0 是星期日，6 是星期六",
        "the day of the week, 0 is Sunday",
    ),
    _clock(
        "getDate",
        routines.part_of_time(lambda moment: moment.day),
        1,
        31,
        "几号，从 1 起",
        "the day of the month, from 1",
    ),
    _clock(
        "getDayOfMonth",
        routines.part_of_time(lambda moment: moment.day - 1),
        0,
        30,
        "几号，从 0 起（一般用 getDate）",
        "the day of the month, from 0",
    ),
    _clock(
        "getDayOfYear",
        routines.part_of_time(lambda moment: moment.timetuple().tm_yday - 1),
        0,
        365,
        "一年中的第几天，从 0 起",
        "the day of the year, from 0",
    ),
    _clock(
        "getMonth",
        routines.part_of_time(lambda moment: moment.month - 1),
        0,
        11,
        "几月，0 是一月",
        "the month, 0 is January",
    ),
    _clock("getFullYear", routines.part_of_time(lambda moment: moment.year), 1, 9999, "年份", "the year"),
)

FUNCTIONS: Final[Mapping[str, FunctionSpec]] = {spec.name: spec for spec in _SPECS}
"""By name. ``size`` may be written as a method too."""

MACROS: Final[Mapping[str, tuple[str, str, str]]] = {
    "exists": (
        "列表（或标签）里有一个满足条件，最多看 100 个",
        "one of the elements (or tags) passes; at most 100 are looked at",
        'profile.tags.exists(t, t.startsWith("VIP"))',
    ),
    "all": (
        "列表（或标签）里每一个都满足条件，最多看 100 个",
        "each of the elements (or tags) passes; at most 100 are looked at",
        'profile.tags.all(t, t != "黑名单")',
    ),
    "has": ("这个字段有值", "the field has a value", 'has(profile.attributes["生日"])'),
}
"""What looks like a function but takes a part of the condition: Chinese, English, example."""

METHOD_ALSO: Final = frozenset({"size"})
