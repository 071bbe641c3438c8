"""When campaigns run, and in which hours nothing is sent. Hours of the day are China's, which has no summer time."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from yuchi.domain.campaign.model import Campaign, Frequency, Quiet, Repeat
from yuchi.domain.placeholders import BEIJING

GRACE: Final = timedelta(hours=2)
"""A run that could not start for longer than this after its time does not start any more: the moment is over."""


def next_start(campaign: Campaign, after: datetime) -> datetime | None:
    """When the campaign is to run next, after ``after``; None for never again.

    One without any time is to run as soon as it may: that is ``after`` itself.
    """
    if campaign.repeat is None:
        start = campaign.starts_at or after
        return start if campaign.ends_at is None or start < campaign.ends_at else None
    earliest = max(after, campaign.starts_at - timedelta(seconds=1)) if campaign.starts_at else after
    start = next_occurrence(campaign.repeat, earliest)
    return start if campaign.ends_at is None or start < campaign.ends_at else None


def next_occurrence(repeat: Repeat, after: datetime) -> datetime:
    """The first moment later than ``after``, in UTC. ``monthly 31`` means the last day of shorter months."""
    day = after.astimezone(BEIJING).date()
    while True:
        moment = datetime.combine(day, repeat.at, BEIJING)
        if moment > after and _falls_on(repeat, day):
            return moment.astimezone(UTC)
        day += timedelta(days=1)


def last_occurrence(repeat: Repeat, until: datetime) -> datetime:
    """The last moment not later than ``until``, in UTC."""
    day = until.astimezone(BEIJING).date()
    while True:
        moment = datetime.combine(day, repeat.at, BEIJING)
        if moment <= until and _falls_on(repeat, day):
            return moment.astimezone(UTC)
        day -= timedelta(days=1)


def occurrence_id(start: datetime) -> str:
    """``20261201T1000``: what a run of a recurring campaign is called, in Beijing time."""
    return start.astimezone(BEIJING).strftime("%Y%m%dT%H%M")


def is_late(start: datetime, now: datetime) -> bool:
    """Whether it is too late to begin what was to begin at ``start``."""
    return now - start > GRACE


def quiet_until(hours: Iterable[Quiet], now: datetime) -> datetime | None:
    """When the quiet hours end in which ``now`` lies, in UTC; None where something may be sent."""
    ends = [end for end in (_end(each, now) for each in hours) if end is not None]
    return max(ends, default=None)


def _end(quiet: Quiet, now: datetime) -> datetime | None:
    local = now.astimezone(BEIJING)
    clock = local.time()
    if quiet.start <= quiet.end:
        inside, tomorrow = quiet.start <= clock < quiet.end, False
    else:
        inside, tomorrow = clock >= quiet.start or clock < quiet.end, clock >= quiet.start
    if not inside:
        return None
    return datetime.combine(local.date() + timedelta(days=tomorrow), quiet.end, BEIJING).astimezone(UTC)


def _falls_on(repeat: Repeat, day: date) -> bool:
    match repeat.frequency:
        case Frequency.DAILY:
            return True
        case Frequency.WEEKLY:
            return day.isoweekday() in repeat.days
        case Frequency.MONTHLY:
            last = monthrange(day.year, day.month)[1]
            return day.day in {min(each, last) for each in repeat.days}


def covers_day(quiet: Quiet) -> bool:
    """Whether the quiet hours leave less than an hour of the day."""
    minutes = (_minutes(quiet.end) - _minutes(quiet.start)) % (24 * 60)
    return minutes == 0 or minutes > 23 * 60


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
