"""Spans of time as people write them: ``30d``, ``1d12h``, ``90m``, ``3天``."""

import re
from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "秒", "秒钟"), 1),
    **dict.fromkeys(("m", "min", "分", "分钟"), MINUTE),
    **dict.fromkeys(("h", "hour", "hours", "时", "小时", "个小时"), HOUR),
    **dict.fromkeys(("d", "day", "days", "天", "日"), DAY),
    **dict.fromkeys(("w", "week", "weeks", "周", "星期", "个星期"), WEEK),
}
_WRITTEN: Final = (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", 1))
_PART: Final = rf"(\d{{1,6}})\s{{0,3}}({'|'.join(sorted(_UNITS, key=len, reverse=True))})"
_DURATION: Final = re.compile(rf"(?:{_PART}\s{{0,3}}){{1,4}}", re.IGNORECASE)
_EACH: Final = re.compile(_PART, re.IGNORECASE)

DURATION_PATTERN: Final = r"\d{1,6}\s{0,3}[^\s\d]{1,5}?(?:\d{1,6}[^\s\d]{1,5}?){0,3}"
"""What may be a duration inside a longer line."""


def parse_duration(text: str) -> int | None:
    """Seconds, or None where ``text`` is no duration."""
    stripped = text.strip()
    if not _DURATION.fullmatch(stripped):
        return None
    return sum(int(number) * _UNITS[unit.lower()] for number, unit in _EACH.findall(stripped))


def format_duration(seconds: int) -> str:
    """The shortest way to write ``seconds`` (at least 1) that :func:`parse_duration` reads back."""
    written = ""
    for unit, size in _WRITTEN:
        number, seconds = divmod(seconds, size)
        written += f"{number}{unit}" if number else ""
    return written
