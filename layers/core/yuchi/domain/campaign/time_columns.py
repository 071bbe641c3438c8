"""The columns of a campaign's item that say when: at what moment, how often, in which hours not."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from typing import Any, Final

from yuchi.domain.campaign.model import Frequency, Quiet, Repeat
from yuchi.domain.campaign.written import NOTHING, normal
from yuchi.domain.draft_columns import read_moment
from yuchi.domain.item_columns import refuse
from yuchi.domain.problem import RuleProblemError

_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")
_HOURS: Final = re.compile(r"(\d{1,2}:\d{2})\s*(?:-|~|–|—|至|到|to)\s*(\d{1,2}:\d{2})")
_AT_ONCE: Final = frozenset({"now", "at once", "立即", "马上", "批准后"})
_WEEKDAYS: Final[Mapping[str, int]] = {
    **{str(number): number for number in range(1, 8)},
    **{name: number for number, name in enumerate("一二三四五六日", 1)},
    **{name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 1)},
    "天": 7,
}
_FREQUENCIES: Final[Mapping[str, Frequency]] = {
    "daily": Frequency.DAILY, "每天": Frequency.DAILY, "每日": Frequency.DAILY,
    "weekly": Frequency.WEEKLY, "每周": Frequency.WEEKLY, "每星期": Frequency.WEEKLY,
    "monthly": Frequency.MONTHLY, "每月": Frequency.MONTHLY, "每个月": Frequency.MONTHLY,
}  # fmt: skip
_REPEAT: Final = re.compile(rf"({'|'.join(_FREQUENCIES)})\s*(.*?)\s*(\d{{1,2}}:\d{{2}})")
_DAYS_OF_MONTH: Final = range(1, 32)


def read_at(value: Any) -> datetime | None:
    """When to send; None for as soon as it is approved. A day alone is refused: nobody means midnight."""
    if normal(value) in _AT_ONCE:
        return None
    moment, whole_day = read_moment(value)
    if whole_day:
        raise refuse(
            "campaign.at.hour",
            "要写明几点，例如 2026-12-01 10:00（北京时间）",
            "needs the hour as well, such as 2026-12-01 10:00 (Beijing time)",
            suggestion=f"{normal(value)} 10:00",
        )
    return moment


def read_repeat(value: Any) -> Repeat:
    """``daily 10:00``, ``weekly 1,4 10:00``, ``monthly 1 10:00``; also ``每周一、四 10:00``."""
    found = _REPEAT.fullmatch(normal(value))
    if found is None:
        raise _unreadable_repeat()
    frequency, at = _FREQUENCIES[found[1]], _clock(found[3])
    named = [
        each
        for each in re.split(r"[,;、，\s]+", re.sub(r"[日号]$", "", found[2]) if found[2] != "日" else "日")
        if each
    ]
    days = _DAYS[frequency](named)
    if days is None or at is None:
        raise _unreadable_repeat()
    return Repeat(frequency=frequency, at=at, days=days)


def _no_days(named: Sequence[str]) -> tuple[int, ...] | None:
    return None if named else ()


def _days_of_week(named: Sequence[str]) -> tuple[int, ...] | None:
    days = {_WEEKDAYS.get(each.removeprefix("周").removeprefix("星期")) for each in named}
    return tuple(sorted(day for day in days if day)) if days and None not in days else None


def _days_of_month(named: Sequence[str]) -> tuple[int, ...] | None:
    bare = [each.rstrip("日号") for each in named]
    days = {int(each) for each in bare if each.isascii() and each.isdigit() and int(each) in _DAYS_OF_MONTH}
    return tuple(sorted(days)) if days and len(days) == len(set(bare)) else None


_DAYS: Final[Mapping[Frequency, Callable[[Sequence[str]], tuple[int, ...] | None]]] = {
    Frequency.DAILY: _no_days,
    Frequency.WEEKLY: _days_of_week,
    Frequency.MONTHLY: _days_of_month,
}


def _unreadable_repeat() -> RuleProblemError:
    return refuse(
        "campaign.repeat",
        "要写成 daily 10:00（每天）、weekly 1,4 10:00（每周一、四）或 monthly 1 10:00（每月 1 日），北京时间",
        "is written as daily 10:00, weekly 1,4 10:00 (Monday and Thursday) or monthly 1 10:00, in Beijing time",
        suggestion="daily 10:00",
    )


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    if found is None or int(found[1]) > 24 or int(found[2]) > 59 or (found[1] == "24" and found[2] != "00"):  # noqa: PLR2004 - hours and minutes
        return None
    return time(int(found[1]) % 24, int(found[2]))


def read_quiet(value: Any) -> Quiet | None:
    """``22:00-08:00``; None for no quiet hours."""
    text = normal(value)
    if text in NOTHING:
        return None
    found = _HOURS.fullmatch(text)
    start, end = (_clock(found[1]), _clock(found[2])) if found else (None, None)
    if start is None or end is None:
        raise refuse(
            "campaign.quiet",
            "要写成 22:00-08:00（北京时间），在这段时间里不发",
            "is written as 22:00-08:00 (Beijing time): nothing is sent then",
            suggestion="22:00-08:00",
        )
    return Quiet(start=start, end=end)
