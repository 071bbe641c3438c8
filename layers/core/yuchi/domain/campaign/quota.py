"""How many calls WeChat grants an account: a day, which ends at 00:00 in Beijing, and a minute.

WeChat shows the numbers of an account in its console only and raises them with the number of fans; these are the published
ones for small accounts, which hold for all. ``openapi/quota/get`` tells an account's own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from yuchi.domain.placeholders import BEIJING

MINUTE: Final = 60


class Allowance(NamedTuple):
    """Calls a day, and a minute (None: no limit known)."""

    day: int
    minute: int | None = None


ALLOWANCES: Final[Mapping[str, Allowance]] = {
    "message/mass/send": Allowance(100, 60),
    "message/mass/sendall": Allowance(100, 60),
    "message/mass/preview": Allowance(100),
    "message/custom/send": Allowance(500_000),
    "message/template/send": Allowance(100_000),
    "message/subscribe/bizsend": Allowance(100_000),
    "tags/members/batchtagging": Allowance(100_000),
    "draft/add": Allowance(1_000),
    "media/upload": Allowance(5_000),
}
"""By path under /cgi-bin/."""
OTHERWISE: Final = Allowance(1_000)


class QuotaUse(BaseModel):
    """What is used of one interface on one day. ``minute``: epoch minutes. ``closed_until``: epoch seconds, WeChat says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    used: int = 0
    minute: int = 0
    minute_used: int = 0
    closed_until: int = 0


def allowance(api: str, granted: Mapping[str, int]) -> Allowance:
    """What the account has. ``granted``: its own numbers a day, where they are known."""
    usual = ALLOWANCES.get(api, OTHERWISE)
    return usual._replace(day=granted.get(api, usual.day))


def take(use: QuotaUse, allowed: Allowance, calls: int, now: datetime) -> QuotaUse | None:
    """The use after ``calls`` more; None where there are not so many left in the day or the minute."""
    moment = int(now.timestamp())
    minute = moment // MINUTE
    in_minute = use.minute_used if use.minute == minute else 0
    if use.closed_until > moment or use.used + calls > allowed.day:
        return None
    if allowed.minute is not None and in_minute + calls > allowed.minute:
        return None
    return use.model_copy(update={"used": use.used + calls, "minute": minute, "minute_used": in_minute + calls})


def quota_day(now: datetime) -> str:
    """``20261123``: the day that WeChat counts, in Beijing."""
    return now.astimezone(BEIJING).strftime("%Y%m%d")


def next_midnight(now: datetime) -> datetime:
    """When the day's quotas are new again, in UTC."""
    local = now.astimezone(BEIJING)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.astimezone(UTC)
