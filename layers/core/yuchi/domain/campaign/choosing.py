"""By which account and channel a campaign reaches a person, or why it does not."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from yuchi.domain.account import Account, AccountKind
from yuchi.domain.campaign.assignment import assign
from yuchi.domain.campaign.content import SubscribeMessage
from yuchi.domain.campaign.model import ALL_ACCOUNTS, HOLDOUT, UNDECIDED, Campaign, Cap, SendChannel, Variant
from yuchi.domain.campaign.reach import Reach, Sent
from yuchi.domain.campaign.run import Group
from yuchi.domain.consents import MARKETING, allows
from yuchi.domain.event import openid_of
from yuchi.domain.profile import Channel, Profile
from yuchi.domain.window import open_windows
from yuchi.domain.words import Words

NOBODY: Final = Reach()

REASONS: Final[Mapping[str, Words]] = {
    "holdout": Words("对照组，不发送", "hold-out group: gets nothing"),
    "not_followed": Words("没有关注活动所用的账号", "does not follow an account of the campaign"),
    "unsubscribed": Words("已取消关注", "left the account"),
    "opted_out": Words("已拒绝营销消息", "opted out of marketing"),
    "window_closed": Words("不在客服消息时限内", "no customer-service window is open"),
    "no_credit": Words("没有可用的订阅次数", "agreed to no notice of this template, or got it already"),
    "month_used_up": Words("本月 4 次群发已收满", "got four mass messages this month"),
    "capped": Words("近期收到的消息已达上限", "got as many messages lately as the caps allow"),
    "reached_already": Words("这次活动已经发过", "this run reached the person already"),
    "over_at_most": Words("超出活动的人数上限", "beyond the campaign's number of persons"),
    "too_few": Words("群发至少要有 2 人", "a mass message needs two persons"),
    "content_empty": Words("占位符没有内容，消息为空", "the message came out empty"),
    "erased": Words("资料已删除", "was erased"),
    "merged": Words("已并入另一个人", "was found to be another person"),
}
"""Why a person gets nothing; besides, ``wechat:<code>`` where WeChat refuses."""


class Chosen(NamedTuple):
    """The way to a person."""

    group: Group
    openid: str


class Skipped(NamedTuple):
    """Why there is none; one of :data:`REASONS`."""

    reason: str


class Fan(NamedTuple):
    """A person as a fan of one account."""

    account: Account
    openid: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Choice:
    """Decides for the persons of one run. ``accounts``: the brand's. ``caps``: the campaign's and the brand's own.

    ``run``: how the run is called in ``Reach``.
    """

    campaign: Campaign
    accounts: Mapping[str, Account]
    run: str
    caps: Sequence[Cap] = ()
    _contents: Mapping[str, Variant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Who waits for the winner is reached by the channels that every variant has."""
        contents = {each.name: each for each in self.campaign.variants}
        first, *others = self.campaign.variants
        common = {
            name: each for name, each in first.contents.items() if all(name in other.contents for other in others)
        }
        object.__setattr__(self, "_contents", {**contents, UNDECIDED: first.model_copy(update={"contents": common})})

    def choose(self, profile: Profile, reach: Reach | None, now: datetime) -> Chosen | Skipped:
        """The best way to the person at ``now``: the first channel that can, on the account met last."""
        variant = assign(self.campaign, profile.person)
        if variant == HOLDOUT:
            return Skipped("holdout")
        fans = self.fans(profile)
        if not fans:
            return Skipped("not_followed")
        willing = [fan for fan in fans if allows(profile, MARKETING, fan.account.id)]
        if not willing:
            return Skipped("opted_out")
        reason = ""
        contents = self._contents[variant].contents
        for channel in self.campaign.channels:
            if channel not in contents:
                continue
            for fan in willing:
                refused = self.refusal(fan, channel, variant, reach or NOBODY, now)
                if refused is None:
                    return Chosen(Group(fan.account.id, channel.value, variant), fan.openid)
                reason = refused if not reason or _weight(refused) >= _weight(reason) else reason
        return Skipped(reason or "not_followed")

    def refusal(
        self,
        fan: Fan,
        channel: SendChannel,
        variant: str,
        reach: Reach,
        now: datetime,
        *,
        batch: int = 0,
        mark: str = "",
    ) -> str | None:
        """Why ``fan`` cannot be reached by ``channel``; None where it may be tried. Without ``mark`` it repeats nothing."""
        unable = _CHECKS[channel](fan, self._contents[variant], now)
        sent = self.sent(fan, channel, variant, now, batch=batch, mark=mark)
        return unable or reach.refusal(self.run, sent, now, self.caps)

    @staticmethod
    def sent(fan: Fan, channel: SendChannel, variant: str, now: datetime, *, batch: int, mark: str) -> Sent:
        """What is to be written down before the send."""
        return Sent(int(now.timestamp()), fan.account.id, channel.value, variant, batch, mark)

    def still_refused(
        self,
        profile: Profile,
        fan: Fan,
        channel: SendChannel,
        variant: str,
        reach: Reach | None,
        now: datetime,
        *,
        batch: int,
        mark: str,
    ) -> str | None:
        """Why somebody who was chosen some time ago must not get it any more; None where it may be sent."""
        if not allows(profile, MARKETING, fan.account.id):
            return "opted_out"
        return self.refusal(fan, channel, variant, reach or NOBODY, now, batch=batch, mark=mark)

    def fan(self, profile: Profile, group: Group, openid: str) -> Fan | None:
        """The person as the fan that was chosen, as known now; None where that fan is not this person's any more."""
        found = (each for each in self._all_fans(profile) if (each.account.id, each.openid) == (group.account, openid))
        return next(found, None)

    def fans(self, profile: Profile) -> list[Fan]:
        """The person on the campaign's accounts, those that were met last first."""
        wanted = self.campaign.accounts
        fans = [fan for fan in self._all_fans(profile) if ALL_ACCOUNTS in wanted or fan.account.id in wanted]
        return sorted(fans, key=lambda fan: (-met_at(fan.channel), fan.account.id, fan.openid))

    def _all_fans(self, profile: Profile) -> Iterable[Fan]:
        for identity, channel in profile.channels.items():
            account, openid = self.accounts.get(channel.account), openid_of(identity)
            if account is not None and openid is not None:
                yield Fan(account, openid, channel)


def met_at(channel: Channel) -> int:
    """When the fan was met last on the account: followed it, wrote, tapped (epoch seconds)."""
    return max(channel.subscribed_at or 0, *channel.windows.values(), 0)


def _custom(fan: Fan, _variant: Variant, now: datetime) -> str | None:
    if fan.account.kind is AccountKind.OFFICIAL_ACCOUNT and not fan.channel.subscribed:
        return "unsubscribed"
    return None if open_windows(fan.channel.windows, now) else "window_closed"


def _subscribe(fan: Fan, variant: Variant, _now: datetime) -> str | None:
    content = variant.contents[SendChannel.SUBSCRIBE]
    wanted = content.template_id if isinstance(content, SubscribeMessage) else ""
    return None if fan.channel.credits.get(wanted, 0) > 0 else "no_credit"


def _following(fan: Fan, _variant: Variant, _now: datetime) -> str | None:
    if fan.account.kind is not AccountKind.OFFICIAL_ACCOUNT:
        return "not_followed"
    return None if fan.channel.subscribed else "unsubscribed"


_CHECKS: Final[Mapping[SendChannel, Callable[[Fan, Variant, datetime], str | None]]] = {
    SendChannel.CUSTOM: _custom,
    SendChannel.SUBSCRIBE: _subscribe,
    SendChannel.TEMPLATE: _following,
    SendChannel.MASS: _following,
}

_WEIGHTS: Final = (
    "not_followed",
    "unsubscribed",
    "window_closed",
    "no_credit",
    "month_used_up",
    "capped",
    "reached_already",
)
"""Of several reasons the last of these is told: what came closest to a send."""


def _weight(reason: str) -> int:
    return _WEIGHTS.index(reason)
