"""The functions and methods of conditions: one table for the parser, the checks, both evaluators and the reference."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from zoneinfo import ZoneInfo

from yuchi.domain.catalogue import Kind
from yuchi.domain.language.context import Context
from yuchi.domain.language.moments import BEIJING, as_span, as_time, find_zone, parse_day
from yuchi.domain.language.values import remainder


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


def _contains(text: Any, part: Any) -> bool | None:
    return part in text if isinstance(text, str) and isinstance(part, str) else None


def _starts_with(text: Any, part: Any) -> bool | None:
    return text.startswith(part) if isinstance(text, str) and isinstance(part, str) else None


def _ends_with(text: Any, part: Any) -> bool | None:
    return text.endswith(part) if isinstance(text, str) and isinstance(part, str) else None


def _contains_any(text: Any, parts: Any) -> bool | None:
    if not isinstance(text, str) or not isinstance(parts, list):
        return None
    return any(isinstance(part, str) and part in text for part in parts)


def _size(value: Any) -> int | None:
    return len(value) if isinstance(value, str | list | dict) else None


_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""White_Space of Unicode; Python's own idea of it has four control characters more."""


def _lower_ascii(text: Any) -> str | None:
    if not isinstance(text, str):
        return None
    return text.lower() if text.isascii() else text.translate(_LOWER)


def _trim(text: Any) -> str | None:
    return text.strip(_SPACE) if isinstance(text, str) else None


def _timestamp(value: Any) -> datetime | None:
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, timezone.utc)
        except (ValueError, OverflowError, OSError):
            return None
    return as_time(value)


def _count(context: Context, event_type: Any, window: timedelta | None = None) -> int:
    moments = _past(context, event_type)
    if window is None:
        return len(moments)
    now = context.now.timestamp()
    earliest = now - window.total_seconds()
    return sum(earliest <= moment <= now for moment in moments)


def _last(context: Context, event_type: Any) -> datetime | None:
    return _timestamp(max(_past(context, event_type), default=None))


def _past(context: Context, event_type: Any) -> Sequence[int]:
    return context.past.get(event_type, ()) if isinstance(event_type, str) else ()


def _within(context: Context, moment: Any, window: Any) -> bool | None:
    time, span = as_time(moment), as_span(window)
    if time is None or span is None:
        return None
    return time <= context.now and context.now - time <= span


def _age_in_days(context: Context, value: Any) -> int | None:
    time = as_time(value)
    if time is not None:
        day = _in_zone(time, BEIJING)
    else:
        day = parse_day(value) if isinstance(value, str) else None
    return None if day is None else context.now.astimezone(BEIJING).toordinal() - day.toordinal()


def _local_time(context: Context, zone: Any = "Asia/Shanghai") -> datetime | None:
    found = find_zone(zone) if isinstance(zone, str) else None
    return None if found is None else _in_zone(context.now, found)


def _in_zone(moment: datetime, zone: ZoneInfo | timezone) -> datetime | None:
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return None


def _part_of_time(read: Callable[[datetime], int]) -> Callable[..., int | None]:
    def part(value: Any, zone: Any = None) -> int | None:
        moment = as_time(value)
        if moment is not None and zone is not None:
            found = find_zone(zone) if isinstance(zone, str) else None
            moment = _in_zone(moment, found) if found is not None else None
        return None if moment is None else read(moment)

    return part


def _part_of_span(unit: timedelta, of_time: Callable[..., int | None]) -> Callable[..., int | None]:
    def part(value: Any, zone: Any = None) -> int | None:
        if isinstance(value, timedelta):
            whole = abs(value) // unit
            return -whole if value < timedelta() else whole
        return of_time(value, zone)

    return part


def _milliseconds(value: Any, zone: Any = None) -> int | None:
    """Of a span, unlike the other parts, only what is left beyond its seconds."""
    whole = _part_of_span(timedelta(milliseconds=1), _part_of_time(lambda moment: moment.microsecond // 1000))(value, zone)
    return whole if whole is None or not isinstance(value, timedelta) else remainder(whole, 1000)


_TEXT: Final = frozenset({Kind.TEXT})
_TIME: Final = frozenset({Kind.TIME})
_TIME_OR_SPAN: Final = frozenset({Kind.TIME, Kind.DURATION})
_SPAN: Final = frozenset({Kind.DURATION})


def _text_test(name: str, implementation: Callable[..., Any], zh: str, en: str, example: str) -> FunctionSpec:
    return FunctionSpec(name, True, (_TEXT, _TEXT), Kind.BOOLEAN, implementation, zh, en, example, least=2, cost=5)  # noqa: FBT003


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
    _text_test("contains", _contains, "文字里有没有这一段", "has this text in it", 'event.content.contains("试用")'),
    _text_test("startsWith", _starts_with, "以这一段开头", "begins with this text", 'event.scene.startsWith("store-")'),
    _text_test("endsWith", _ends_with, "以这一段结尾", "ends with this text", 'event.content.endsWith("吗")'),
    FunctionSpec(
        "containsAny",
        method=True,
        kinds=(_TEXT, frozenset({Kind.LIST})),
        result=Kind.BOOLEAN,
        implementation=_contains_any,
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
        implementation=_size,
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
        implementation=_lower_ascii,
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
        implementation=_trim,
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
        implementation=_timestamp,
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
        implementation=_count,
        zh="此人在最近一段时间内发生过几次这种事件（不含本次，最多记 50 次）；不写时间段则不限时间",
        en="how often this event came from the person before, within the span (at most 50 are remembered)",
        example='count("menu.clicked", "7d") >= 3',
        constant={0: "type", 1: "window"},
        contextual=True,
        cost=50,
        low=0,
    ),
    FunctionSpec(
        "last",
        method=False,
        kinds=(_TEXT,),
        result=Kind.TIME,
        implementation=_last,
        zh="此人上一次发生这种事件的时间（不含本次），没有则为 null",
        en="when this event came from the person last before this one, or null",
        example='now - last("message.text") > duration("30d")',
        constant={0: "type"},
        contextual=True,
        cost=50,
    ),
    FunctionSpec(
        "within",
        method=False,
        kinds=(_TIME, _SPAN),
        result=Kind.BOOLEAN,
        implementation=_within,
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
        implementation=_age_in_days,
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
        implementation=_local_time,
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
        _part_of_span(timedelta(hours=1), _part_of_time(lambda moment: moment.hour)),
        0,
        23,
        "几点（0 到 23）；没有时区时按 UTC，请先用 localTime",
        "the hour, 0 to 23; in UTC where no zone is given",
    ),
    _clock(
        "getMinutes",
        _part_of_span(timedelta(minutes=1), _part_of_time(lambda moment: moment.minute)),
        0,
        59,
        "几分",
        "the minute",
    ),
    _clock(
        "getSeconds",
        _part_of_span(timedelta(seconds=1), _part_of_time(lambda moment: moment.second)),
        0,
        59,
        "几秒",
        "the second",
    ),
    _clock(
        "getMilliseconds",
        _milliseconds,
        0,
        999,
        "毫秒",
        "the milliseconds",
    ),
    _clock(
        "getDayOfWeek",
        _part_of_time(lambda moment: moment.isoweekday() % 7),
        0,
        6,
        "星期几：0 是星期日，6 是星期六",
        "the day of the week, 0 is Sunday",
    ),
    _clock("getDate", _part_of_time(lambda moment: moment.day), 1, 31, "几号，从 1 起", "the day of the month, from 1"),
    _clock(
        "getDayOfMonth",
        _part_of_time(lambda moment: moment.day - 1),
        0,
        30,
        "几号，从 0 起（一般用 getDate）",
        "the day of the month, from 0",
    ),
    _clock(
        "getDayOfYear",
        _part_of_time(lambda moment: moment.timetuple().tm_yday - 1),
        0,
        365,
        "一年中的第几天，从 0 起",
        "the day of the year, from 0",
    ),
    _clock(
        "getMonth", _part_of_time(lambda moment: moment.month - 1), 0, 11, "几月，0 是一月", "the month, 0 is January"
    ),
    _clock("getFullYear", _part_of_time(lambda moment: moment.year), 1, 9999, "年份", "the year"),
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
