"""When it happened: the client's clock corrected by ours."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

LATE: Final = timedelta(hours=24)
"""What is told later than this changes what is known and makes no rule fire, as no message older than a day is sent."""
PUBLIC_PAST: Final = timedelta(days=30)
"""Of what is longer ago nobody may tell with a key that everybody can read: it would change what a person's past was."""
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=366)
"""A client's clock that is further ahead tells no time that may stand in a key: it would lie above all others for ever."""
NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in keys for a time that the client did not tell: any other would differ when the event comes again."""


class Moment(NamedTuple):
    """When it happened by our clock, and what stands for that in keys: the same each time the event comes."""

    time: datetime
    key_time: datetime
    historical: bool


def moment_of(*, told: datetime | None, sent_at: datetime | None, received_at: datetime) -> Moment | None:
    """By the specification: ``received_at - (sent_at - told)``, and never in the future. None for before 2000.

    Without a time of sending the client's clock is believed. Without a time it happened when it came.
    """
    if told is None:
        return Moment(received_at, NO_TIME, historical=False)
    try:
        time = told if sent_at is None else received_at - (sent_at - told)
    except OverflowError:  # a clock that is thousands of years off
        return None
    time = min(time, received_at)
    if time < EARLIEST:
        return None
    likely = EARLIEST <= told <= received_at + AHEAD
    return Moment(time, told if likely else NO_TIME, historical=received_at - time > LATE)
