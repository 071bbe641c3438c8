"""What reached a person lately: kept in one small item, asked and written before anything of a campaign is sent.

A send is written down before it happens, by the run that does it, so that of two sends of one run to one person the second
finds the first, on whatever account or channel. What was not accepted after all is taken out again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from yuchi.domain.campaign.model import Cap, SendChannel
from yuchi.domain.placeholders import BEIJING

MASS_A_MONTH: Final = 4
"""How many mass messages a fan gets from one account in a calendar month, in China; WeChat drops the rest in silence."""
KEPT: Final = 100
"""How many sends are remembered; the oldest go first."""
KEPT_DAYS: Final = 400


class Sent(NamedTuple):
    """One send: when (epoch seconds), by which account, channel and variant, in which batch of its run.

    ``mark``: tells the chosen recipient from others who turned out to be the same person, see :func:`mark_of`.
    """

    at: int
    account: str
    channel: str
    variant: str = ""
    batch: int = 0
    mark: str = ""


def mark_of(person: str, openid: str) -> str:
    """Eight characters that stand for a recipient as it was chosen.

    Two persons who were chosen and then found to be one may have been chosen as the very same fan, so both count.
    """
    return sha256(f"{person}\x1f{openid}".encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Reach:
    """The sends to one person, by run (``RunKey.short``; a rule's by ``rule:<action id>``). ``version``: 0 before any."""

    sends: Mapping[str, Sent] = field(default_factory=dict)
    version: int = 0

    def refusal(self, run: str, sent: Sent, now: datetime, caps: Sequence[Cap]) -> str | None:
        """Why ``sent`` must not happen: ``reached_already``, ``month_used_up``, ``capped``; None where it may.

        What was written down before for the same batch and recipient is no reason: it is being repeated.
        """
        known = self.sends.get(run)
        if known is not None:
            return None if (known.batch, known.mark) == (sent.batch, sent.mark) and sent.mark else "reached_already"
        if sent.channel == SendChannel.MASS and self._mass_this_month(sent.account, now) >= MASS_A_MONTH:
            return "month_used_up"
        if not caps:
            return None
        moment = now.timestamp()
        full = any(sum(each.at > moment - cap.seconds for each in self.sends.values()) >= cap.times for cap in caps)
        return "capped" if full else None

    def _mass_this_month(self, account: str, now: datetime) -> int:
        start = now.astimezone(BEIJING).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
        mass = (each for each in self.sends.values() if each.account == account and each.channel == SendChannel.MASS)
        return sum(each.at >= start for each in mass)

    def with_send(self, run: str, sent: Sent) -> "Reach":
        """After one more; of the same run the first counts."""
        sends = {**self.sends, run: self.sends.get(run, sent)}
        if len(sends) > KEPT:
            sends = dict(sorted(sends.items(), key=lambda each: each[1].at)[-KEPT:])
        return Reach(sends, self.version)
