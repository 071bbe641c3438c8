"""What reached a person lately: kept in one small item, asked and written before anything of a campaign is sent.

A send is written down before it happens, by the run that does it, so that of two sends of one run to one person the second
finds the first, on whatever account or channel. What was not accepted after all is taken out again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from yuchi.domain.campaign.model import Cap, SendChannel
from yuchi.domain.placeholders import BEIJING

MASS_A_MONTH: Final = 4
"""How many mass messages a fan gets from one account in a calendar month, in China; WeChat drops the rest in silence."""
KEPT: Final = 100
"""How many sends are remembered; the oldest go first."""
KEPT_DAYS: Final = 400


class Sent(BaseModel):
    """One send: when (epoch seconds), by which account, channel and variant, in which batch of its run."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: int
    account: str
    channel: SendChannel
    variant: str = ""
    batch: int = 0


class Reach(BaseModel):
    """The sends to one person, by run (``RunKey.short``; a rule's by ``rule:<action id>``). ``version``: 0 before any."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sends: Mapping[str, Sent] = Field(default_factory=dict)
    version: int = 0

    def refusal(
        self,
        run: str,
        account: str,
        channel: SendChannel,
        now: datetime,
        caps: Sequence[Cap],
        *,
        batch: int | None = None,
    ) -> str | None:
        """Why this send must not happen: ``reached_already``, ``month_used_up``, ``capped``; None where it may.

        What this very ``batch`` wrote down before is no reason: it is being repeated.
        """
        known = self.sends.get(run)
        if known is not None:
            return None if batch is not None and known.batch == batch else "reached_already"
        if channel is SendChannel.MASS and self._mass_this_month(account, now) >= MASS_A_MONTH:
            return "month_used_up"
        moment = now.timestamp()
        times = [each.at for each in self.sends.values()]
        full = any(sum(at > moment - cap.seconds for at in times) >= cap.times for cap in caps)
        return "capped" if full else None

    def _mass_this_month(self, account: str, now: datetime) -> int:
        month = now.astimezone(BEIJING).strftime("%Y%m")
        return sum(
            each.account == account
            and each.channel is SendChannel.MASS
            and datetime.fromtimestamp(each.at, BEIJING).strftime("%Y%m") == month
            for each in self.sends.values()
        )

    def with_send(self, run: str, sent: Sent) -> "Reach":
        """After one more; of the same run the first counts."""
        sends = {run: sent, **self.sends}
        newest = sorted(sends.items(), key=lambda each: each[1].at, reverse=True)[:KEPT]
        return self.model_copy(update={"sends": dict(newest)})
