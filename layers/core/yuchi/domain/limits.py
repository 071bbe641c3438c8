"""How often a rule may fire for one person: ``once``, ``3/day``, ``1/30d``.

``day`` is the calendar day in China (UTC+8), because that is what "three a day" means to the people who read it. A
span such as ``30d`` starts at the first firing and ends that long after it; the next firing then starts a new one. So
``1/30d`` means exactly "30 days apart", while of ``n/span`` up to 2n - 1 may fall into a span that straddles two.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from yuchi.domain.durations import DAY, format_duration, parse_duration
from yuchi.domain.placeholders import BEIJING
from yuchi.domain.problem import RuleProblem, RuleProblemError
from yuchi.domain.profile import Fired

MAX_TIMES: Final = 1_000
MAX_SPAN: Final = 366 * DAY
MAX_REMEMBERED: Final = 40
"""Longer texts are read anew each time, so that what is remembered stays small."""

_ONCE: Final = frozenset({"once", "一次", "每人一次", "仅一次", "只一次", "1"})
_DAY: Final = frozenset({"day", "天", "日", "每天", "每日"})
_EVER: Final = frozenset({"ever", "一共", "总共", "人", "每人"})
_NONE: Final = frozenset({"", "none", "no", "无", "不限", "无限制"})
_TIMES: Final = re.compile(r"(\d{1,6})\s{0,3}次?\s{0,3}[/／每]\s{0,3}(.{1,20})")
_TIMES_LAST: Final = re.compile(r"每\s{0,3}(.{1,20}?)\s{0,3}(\d{1,6})\s{0,3}次")


class Limit(BaseModel):
    """At most ``times`` firings within ``span``: seconds, a calendar ``day``, or ``None`` for ever."""

    model_config = ConfigDict(frozen=True)

    times: Annotated[int, Field(ge=1, le=MAX_TIMES)]
    span: Annotated[int, Field(ge=1, le=MAX_SPAN)] | Literal["day"] | None = None

    def allows(self, fired: Fired | None, at: datetime) -> bool:
        """May the rule fire at ``at``, having fired as ``fired`` says?"""
        return fired is None or self.is_over(fired, at) or fired.count < self.times

    def record(self, fired: Fired | None, at: datetime) -> Fired:
        """``fired`` after one more firing at ``at``."""
        if fired is None or self.is_over(fired, at):
            since, count = int(at.timestamp()), 1
        else:
            since, count = fired.since, fired.count + 1
        return Fired(since=since, count=count, until=self._end(since))

    def _end(self, since: int) -> int | None:
        if self.span is None:
            return None
        if self.span == "day":
            midnight = datetime.fromtimestamp(since, BEIJING).replace(hour=0, minute=0, second=0)
            return int((midnight + timedelta(days=1)).timestamp())
        return since + self.span

    def is_over(self, fired: Fired, at: datetime) -> bool:
        """The span that ``fired`` counted has ended: it may be forgotten. A moment before the span never ends it."""
        if self.span is None:
            return False
        if self.span == "day":
            since = datetime.fromtimestamp(fired.since, BEIJING)
            return at.astimezone(BEIJING).date() > since.date()
        return at.timestamp() >= fired.since + self.span

    def __str__(self) -> str:
        if self.span is None:
            return "once" if self.times == 1 else f"{self.times}/ever"
        return f"{self.times}/{self.span if self.span == 'day' else format_duration(self.span)}"


def turn_of(fired: Fired | None) -> str:
    """Names the firing that comes after ``fired``: who reads the same record, however old, means the same turn."""
    return f"{fired.count}@{fired.since}" if fired else ""


def parse_limit(text: str) -> Limit | None:
    """The limit that ``text`` describes, None for no limit. Raises :class:`RuleProblemError`."""
    return _parse_limit(text) if len(text) <= MAX_REMEMBERED else _parse_limit.__wrapped__(text)


@lru_cache(maxsize=1_000)
def _parse_limit(text: str) -> Limit | None:
    """Remembered, for a brand's thousands of rules share a few."""
    written = text.strip().lower()
    if written in _NONE:
        return None
    if written in _ONCE:
        return Limit(times=1)
    if found := _TIMES.fullmatch(written):
        times, span_text = found.group(1), found.group(2)
    elif found := _TIMES_LAST.fullmatch(written):
        times, span_text = found.group(2), found.group(1)
    else:
        raise RuleProblemError(_unreadable(text))
    span_text = span_text.strip().removeprefix("每")
    if span_text in _EVER and 1 <= int(times) <= MAX_TIMES:
        return Limit(times=int(times))
    span: int | Literal["day"] | None = "day" if span_text in _DAY else parse_duration(span_text)
    if span is None:
        span = parse_duration(f"1{span_text}")
    if span is None:
        raise RuleProblemError(_unreadable(text))
    if not 1 <= int(times) <= MAX_TIMES or (span != "day" and not 1 <= span <= MAX_SPAN):
        raise RuleProblemError(
            RuleProblem(
                "limit.range",
                f"次数要在 1 到 {MAX_TIMES} 之间，时间最长 366 天",
                f"times go from 1 to {MAX_TIMES}, the span up to 366 days",
            )
        )
    return Limit(times=int(times), span=span)


def _unreadable(text: str) -> RuleProblem:
    return RuleProblem(
        "limit.unreadable",
        f"看不懂限制次数“{text.strip()[:30]}”，请写 once（每人一次）、3/day（每天 3 次）或 1/30d（30 天 1 次）",
        f"cannot read the limit {text.strip()[:30]!r}: write once, 3/day or 1/30d",
    )
