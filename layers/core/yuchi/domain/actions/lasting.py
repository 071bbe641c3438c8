"""Spans of time inside actions: seconds in the model, ``30d`` where a person writes."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from yuchi.domain.actions.base import refusal
from yuchi.domain.durations import DAY, MINUTE, parse_duration

MAX_SPAN: Final = 3 * 366 * DAY


def _seconds(value: Any) -> Any:
    if isinstance(value, str):
        seconds = parse_duration(value)
        if seconds is None:
            raise refusal(
                "duration.unreadable",
                "时长要写成 30d（天）、12h（小时）或 30m（分钟）",
                "write a span as 30d, 12h or 30m",
            )
        value = seconds
    if isinstance(value, int) and not isinstance(value, bool) and not MINUTE <= value <= MAX_SPAN:
        raise refusal("duration.range", "时长要在 1 分钟到 3 年之间", "a span goes from one minute to three years")
    return value


Span = Annotated[int, BeforeValidator(_seconds, json_schema_input_type=int | str)]
"""Seconds, from one minute (timers are looked at each minute) to three years."""
