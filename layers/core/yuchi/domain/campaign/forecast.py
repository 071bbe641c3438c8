"""From a part of an audience to the whole: how many, by which way, with how many calls, how long, at what cost. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final, NamedTuple

from yuchi.domain.campaign.canary import WAIT
from yuchi.domain.campaign.choosing import REASONS
from yuchi.domain.campaign.model import Campaign, SendChannel
from yuchi.domain.campaign.packing import pack
from yuchi.domain.campaign.quota import ALLOWANCES, MINUTE, OTHERWISE
from yuchi.domain.campaign.run import ALL_SHARDS, Batch, Group
from yuchi.domain.problem import Locale
from yuchi.domain.words import Words

API: Final[Mapping[SendChannel, str]] = {
    SendChannel.MASS: "message/mass/send",
    SendChannel.CUSTOM: "message/custom/send",
    SendChannel.TEMPLATE: "message/template/send",
    SendChannel.SUBSCRIBE: "message/subscribe/bizsend",
}
"""The interface by which each channel sends."""
SURE: Final = 1.96
"""Standard errors to either side, within which 95 of 100 estimates lie."""

STARTING_SECONDS: Final = 60
"""Until the planner and the queues have begun."""
READ_A_SECOND: Final = 20_000
"""Profiles that 64 readers get through, begun slowly as AWS begins them."""
PERSONAL_A_SECOND: Final = 300
"""Personal messages that ten workers send, each some at a time."""
READ_USD: Final = 0.03 / 1_000_000
MASS_USD: Final = 1.0 / 1_000_000
PERSONAL_USD: Final = 6.0 / 1_000_000
"""What AWS takes for a profile read (measured: ``make bench ARGS=audience``), and for each recipient beside: reckoned from
two reads and one write for a mass message, and five writes for a personal one, with the functions' time.
"""


class Sample(NamedTuple):
    """A part of an audience. ``part``: how much of the brand's profiles was ``read``, 1 for all of them; ``found``: who of
    these belongs to it; ``chosen`` and ``skipped``: how it was decided about them, or about the first of them.
    """

    part: float
    read: int
    found: int
    chosen: Mapping[Group, int]
    skipped: Mapping[str, int]


class Calls(NamedTuple):
    """What one account's interface has to do. ``left``: calls that are left today; ``a_day``: what a new day brings."""

    account: str
    api: str
    needed: int
    left: int
    a_day: int

    @property
    def more_days(self) -> int:
        """How many days after today it takes."""
        return ceil(max(0, self.needed - self.left) / self.a_day)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a campaign would do now. ``persons`` within ``error`` to either side (95 %); 0 where all were counted.

    ``reached``: by account and channel. ``kept_out``: by reason, see ``choosing.REASONS``. ``seconds``: how long it takes,
    days of waiting for quotas not counted.
    """

    part: float
    persons: int
    error: int
    reached: Mapping[tuple[str, str], int]
    kept_out: Mapping[str, int]
    calls: tuple[Calls, ...]
    seconds: int
    usd: float


def forecast(sample: Sample, campaign: Campaign, left: Callable[[str, str], int]) -> Forecast:
    """``left``: how many calls an account has left today of an interface."""
    persons = round(sample.found / sample.part) if sample.part else 0
    decided = sum(sample.chosen.values()) + sum(sample.skipped.values())
    scale = persons / decided if decided else 0.0
    chosen = {group: round(count * scale) for group, count in sample.chosen.items()}
    skipped = {reason: round(count * scale) for reason, count in sample.skipped.items()}
    batches = pack(_pages(chosen), skipped=skipped, canary=campaign.canary, at_most=campaign.at_most)
    sent = [batch for batch in batches if not batch.skip]
    reached: Counter[tuple[str, str]] = Counter()
    kept_out: Counter[str] = Counter()
    for batch in batches:
        if batch.skip:
            kept_out[batch.skip] += batch.size
        else:
            reached[batch.group.account, batch.group.channel] += batch.size
    everybody = round(sample.read / sample.part) if sample.part else 0
    return Forecast(
        part=sample.part,
        persons=persons,
        error=round(SURE * sqrt(sample.found * (1 - sample.part)) / sample.part) if sample.part else 0,
        reached=reached,
        kept_out=kept_out,
        calls=tuple(_calls(sent, left)),
        seconds=_seconds(campaign, sent, everybody),
        usd=everybody * READ_USD
        + sum(b.size * (MASS_USD if b.group.channel == SendChannel.MASS else PERSONAL_USD) for b in sent),
    )


def _pages(chosen: Mapping[Group, int]) -> list[tuple[int, int, Mapping[Group, int]]]:
    """As if everybody were spread evenly over the shards."""
    shards = len(ALL_SHARDS)
    return [
        (shard, 0, {group: (count + shard) // shards for group, count in chosen.items() if (count + shard) // shards})
        for shard in ALL_SHARDS
    ]


def _calls(sent: list[Batch], left: Callable[[str, str], int]) -> list[Calls]:
    needed: Counter[tuple[str, str]] = Counter()
    for batch in sent:
        api = API[SendChannel(batch.group.channel)]
        needed[batch.group.account, api] += 1 if batch.group.channel == SendChannel.MASS else batch.size
    found = []
    for (account, api), count in sorted(needed.items()):
        now = left(account, api)
        found.append(Calls(account, api, count, now, max(now, ALLOWANCES.get(api, OTHERWISE).day)))
    return found


def _seconds(campaign: Campaign, sent: list[Batch], everybody: int) -> int:
    mass = Counter(batch.group.account for batch in sent if batch.group.channel == SendChannel.MASS)
    a_minute = ALLOWANCES[API[SendChannel.MASS]].minute or MINUTE
    personal = sum(batch.size for batch in sent if batch.group.channel != SendChannel.MASS)
    waits = (WAIT if any(batch.canary for batch in sent) else 0) + (campaign.contest.after if campaign.contest else 0)
    sending = max(max(mass.values(), default=0) * MINUTE / a_minute, personal / PERSONAL_A_SECOND)
    return round(STARTING_SECONDS + everybody / READ_A_SECOND + sending + waits)


# ---------------------------------------------------------------------- in words


def forecast_text(found: Forecast, locale: Locale) -> str:
    """A few lines for the marketer."""
    lines = [_persons(found), *_reached(found), *_kept_out(found)]
    lines += [line for each in found.calls for line in _quota(each)]
    took, usd = _duration(found.seconds), f"{found.usd:,.2f}"
    lines.append(
        Words(
            f"大约需要 {took.zh}（不算等额度的天数），AWS 费用约 {usd} 美元",
            f"takes about {took.en}, days of waiting for quotas not counted; AWS takes about {usd} USD",
        )
    )
    return "\n".join(line.text(locale) for line in lines)


def _persons(found: Forecast) -> Words:
    if found.part >= 1:
        return Words(f"共 {found.persons:,} 人（逐个统计）", f"{found.persons:,} persons, counted one by one")
    part = f"{found.part:.1%}" if found.part >= 0.001 else "<0.1%"  # noqa: PLR2004 - a thousandth
    return Words(
        f"约 {found.persons:,} 人（±{found.error:,}，读了 {part} 的画像；要准确人数请把 ask 写成 count）",
        f"about {found.persons:,} persons (±{found.error:,}, from {part} of the profiles; ask for count to know)",
    )


def _reached(found: Forecast) -> list[Words]:
    total = sum(found.reached.values())
    ways = [f"{channel}@{account} {count:,}" for (account, channel), count in sorted(found.reached.items())]
    zh, en = (f"：{'、'.join(ways)}", f": {', '.join(ways)}") if ways else ("", "")
    return [Words(f"能送达 {total:,} 人{zh}", f"{total:,} can be reached{en}")]


def _kept_out(found: Forecast) -> list[Words]:
    if not found.kept_out:
        return []
    most = sorted(found.kept_out.items(), key=lambda each: (-each[1], each[0]))
    words = [(REASONS[reason] if reason in REASONS else Words(reason, reason), count) for reason, count in most]
    zh = "、".join(f"{each.zh} {count:,}" for each, count in words)
    en = ", ".join(f"{each.en} {count:,}" for each, count in words)
    total = sum(found.kept_out.values())
    return [Words(f"不发 {total:,} 人：{zh}", f"{total:,} get nothing: {en}")]


def _quota(each: Calls) -> list[Words]:
    lines = [
        Words(
            f"{each.account} 的 {each.api}：需要 {each.needed:,} 次，今天还剩 {each.left:,} 次",
            f"{each.api} of {each.account}: takes {each.needed:,} calls, {each.left:,} are left today",
        )
    ]
    if each.more_days:
        rest = each.needed - each.left
        lines.append(
            Words(
                f"  今天的次数不够：还有 {rest:,} 次要等到以后 {each.more_days} 天（每天 0 点恢复，北京时间）",
                f"  today's calls do not suffice: {rest:,} wait for the {each.more_days} day(s) after (new at 00:00 in"
                " Beijing)",
            )
        )
    return lines


def _duration(seconds: int) -> Words:
    if seconds < 2 * 3_600:
        minutes = max(1, ceil(seconds / MINUTE))
        return Words(f"{minutes} 分钟", f"{minutes} minute(s)")
    hours = f"{seconds / 3_600:.1f}"
    return Words(f"{hours} 小时", f"{hours} hours")
