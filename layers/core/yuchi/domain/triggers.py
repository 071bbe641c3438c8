"""What stands in ``on`` beside event types: time itself, as an absence (``no order.completed for 30d``) or as a date that
comes round (``date 生日 - 3d at 09:00``).

Each makes an event of its own type happen to each person it concerns, and rules match it by the trigger's own text: two
rules that wait for 7 and for 30 days lie in two buckets.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from yuchi.domain.durations import DAY, MINUTE, format_duration, parse_duration
from yuchi.domain.event import Event
from yuchi.domain.problem import RuleProblem, RuleProblemError

LAPSED: Final = "activity.lapsed"
REACHED: Final = "date.reached"
TIMED: Final = frozenset({LAPSED, REACHED})
"""The events that triggers make happen."""

REPLENISHMENT: Final = "order.replenishment_due"
TAG_REMOVED: Final = "tag.removed"
STAGE_CHANGED: Final = "stage.changed"
_ALSO_BY_TIME: Final = frozenset({REPLENISHMENT, TAG_REMOVED, STAGE_CHANGED})

MIN_ABSENCE: Final = MINUTE
MAX_ABSENCE: Final = 3 * 366 * DAY
MAX_DAYS_AWAY: Final = 180
"""How many days before or after a date one can be told of it."""
DAY_MINUTES: Final = 24 * 60
DEFAULT_MINUTE: Final = 10 * 60
"""Ten in the morning, in minutes of the day in Beijing."""

NAMED_DATES: Final[Mapping[str, tuple[str, ...]]] = {
    "subscribed_at": ("关注", "关注日", "关注时间", "subscribed_at"),
    "first_order_at": ("首单", "首单日", "首次下单", "first_order_at"),
}
"""Dates that are no attributes -> what they may be called."""

_NAMED: Final = {name: date for date, names in NAMED_DATES.items() for name in names}
_ABSENCE_EN: Final = re.compile(r"no\s+(?P<type>\S+)\s+(?:for|in|within)\s+(?P<span>.{1,40})", re.IGNORECASE)
_ABSENCE_ZH: Final = re.compile(
    r"(?:连续|超过|满)?\s*(?P<span>\d.{0,40}?)\s*内?\s*(?:没有|没|无|未)\s*(?P<type>[a-zA-Z]\S*)"
)
_DATE: Final = re.compile(
    r"(?:date\s+|(?:date|日期)\s*:\s*|日期\s*)(?P<name>[^\s|:\"']{1,64}?)"
    r"(?:\s*(?P<sign>[+-]|提前|前|后)\s*(?P<days>\d{1,4})\s*(?:days?|d|天|日))?"
    r"(?:\s+(?:at\s*)?(?P<hour>\d{1,2}):(?P<minute>\d{2}))?",
    re.IGNORECASE,
)
_LIKE_ABSENCE: Final = re.compile(r"no\s|.*(?:没有|未)\s*[a-zA-Z]", re.IGNORECASE)
_LIKE_DATE: Final = re.compile(r"date[\s:]|日期", re.IGNORECASE)
_ACTIVITY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Absence:
    """Nothing of the type ``activity`` came from the person for so many seconds after the last one."""

    activity: str
    seconds: int

    event_type = LAPSED

    def __str__(self) -> str:
        return f"no {self.activity} for {format_duration(self.seconds)}"


@dataclass(frozen=True, slots=True)
class DateTrigger:
    """The yearly day of a date: an attribute, or one of ``NAMED_DATES``.

    ``days_before``: so many days earlier, later where it is negative. ``minute``: of the day, in Beijing.
    """

    name: str
    days_before: int = 0
    minute: int = DEFAULT_MINUTE

    event_type = REACHED

    def __str__(self) -> str:
        away = f" {'-' if self.days_before > 0 else '+'} {abs(self.days_before)}d" if self.days_before else ""
        hour, minute = divmod(self.minute, 60)
        clock = f" at {hour:02d}:{minute:02d}" if self.minute != DEFAULT_MINUTE else ""
        return f"date {self.name}{away}{clock}"


Trigger = Absence | DateTrigger


@lru_cache(maxsize=1_000)
def read_trigger(text: str) -> Trigger | None:
    """The trigger that ``text`` says, None where it says none. ``str`` of a trigger reads back as the same one.

    Raises :class:`RuleProblemError` for a text that begins like a trigger and does not end like one.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if _LIKE_DATE.match(text):
        return _read_date(text)
    if _LIKE_ABSENCE.match(text):
        return _read_absence(text)
    return None


def listened(event: Event) -> str:
    """What a rule has in ``on`` where it listens to ``event``: the type, or the trigger behind it."""
    trigger = event.data.get("trigger") if event.type in TIMED else None
    return trigger if isinstance(trigger, str) else event.type


def event_type_of(listened_to: str) -> str:
    """The type of the events behind one entry of ``on``."""
    trigger = trigger_of(listened_to)
    return trigger.event_type if trigger else listened_to


@lru_cache(maxsize=1_000)
def event_types_of(on: tuple[str, ...]) -> tuple[str, ...]:
    """The types of the events behind ``on``, each once. Remembered, for a brand's thousands of rules share a few."""
    return tuple(dict.fromkeys(event_type_of(each) for each in on))


def trigger_of(listened_to: str) -> Trigger | None:
    """The trigger in one entry of a checked ``on``; None for an event type."""
    return read_trigger(listened_to) if " " in listened_to else None


def is_watched(listened_to: str) -> bool:
    """Time alone may bring about what this entry of ``on`` waits for."""
    return listened_to in _ALSO_BY_TIME or trigger_of(listened_to) is not None


def counted_by(on: Iterable[str]) -> dict[str, int | None]:
    """The event types of which profiles must remember the last time."""
    return {each.activity: 0 for each in map(trigger_of, on) if isinstance(each, Absence)}


def _read_absence(text: str) -> Absence:
    found = _ABSENCE_EN.fullmatch(text) or _ABSENCE_ZH.fullmatch(text)
    activity = found["type"].lower() if found else ""
    seconds = parse_duration(found["span"]) if found else None
    if seconds is None or not _ACTIVITY.fullmatch(activity):
        raise _refuse(
            "on.absence",
            "“多久没有做某事”要写成“30天没有 order.completed”",
            "an absence is written like this",
            suggestion=f"no {activity if _ACTIVITY.fullmatch(activity) else 'order.completed'} for 30d",
        )
    if not MIN_ABSENCE <= seconds <= MAX_ABSENCE:
        raise _refuse(
            "on.absence_span",
            "“多久没有做某事”的时长要在 1 分钟到 3 年之间",
            "the span of an absence is between one minute and three years",
        )
    return Absence(activity, seconds)


def _read_date(text: str) -> DateTrigger:
    found = _DATE.fullmatch(text)
    if found is None:
        raise _refuse(
            "on.date",
            "日期要写成“日期 生日”“日期 生日 前3天 09:30”，名称里不能有空格",
            "a date is written like this; its name has no spaces",
            suggestion="date 生日 - 3d at 09:30",
        )
    name, days = found["name"], int(found["days"] or 0)
    if days > MAX_DAYS_AWAY:
        raise _refuse(
            "on.date_away",
            f"离日期最多 {MAX_DAYS_AWAY} 天",
            f"at most {MAX_DAYS_AWAY} days before or after a date",
        )
    minute = DEFAULT_MINUTE if found["hour"] is None else int(found["hour"]) * 60 + int(found["minute"])
    if minute >= DAY_MINUTES or int(found["minute"] or 0) > 59:  # noqa: PLR2004 - minutes of an hour
        raise _refuse("on.date_clock", "时刻要在 00:00 到 23:59 之间", "the time of day is between 00:00 and 23:59")
    after = found["sign"] in {"+", "后"}
    return DateTrigger(name=_NAMED.get(name, name), days_before=-days if after else days, minute=minute)


def _refuse(code: str, zh: str, en: str, *, suggestion: str = "") -> RuleProblemError:
    return RuleProblemError(RuleProblem(code, zh, en, suggestion=suggestion))
