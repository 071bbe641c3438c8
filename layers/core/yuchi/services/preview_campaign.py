"""Send a campaign to its testers: everything that it says, each text once, through the send ledger.

A tester stands outside of groups, caps and hold-outs, but WeChat's own limits hold: who does not follow the account or
has no window open cannot get it, and the answer says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple, Protocol

from yuchi.domain.account import Account
from yuchi.domain.campaign.choosing import NOBODY, REASONS, Choice, Fan
from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.filling import fill_content
from yuchi.domain.campaign.forecast import API
from yuchi.domain.campaign.model import CONTROL, Campaign, SendChannel, Variant
from yuchi.domain.campaign.quota import next_midnight
from yuchi.domain.event import fan_identity
from yuchi.domain.ledger import FINAL_STATES, LedgerKey, LedgerState
from yuchi.domain.problem import Locale
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import profile_view
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.words import Words
from yuchi.services.ports import ClaimHeldError, Clock, Ledger, Metrics, Profiles
from yuchi.services.ports_campaigns import BrandPolicy, CampaignSender, Persons, Quotas, SendOutcome
from yuchi.services.ports_rules import BrandAccounts

AGAIN: Final = timedelta(minutes=1)
"""A preview asked for again so soon is the same preview."""
PREVIEW_API: Final = "message/mass/preview"
CHANNELS: Final[Mapping[SendChannel, Words]] = {
    SendChannel.CUSTOM: Words("客服消息", "custom message"),
    SendChannel.SUBSCRIBE: Words("订阅通知", "subscription notice"),
    SendChannel.TEMPLATE: Words("模板消息", "template message"),
    SendChannel.MASS: Words("群发预览", "mass preview"),
}
_MORE_REASONS: Final[Mapping[str, Words]] = {
    "quota": Words("今天的接口次数用完了", "the day's calls are used up"),
    "busy": Words("正在发送，请稍后再看", "is being sent: look again later"),
    "answer_lost": Words("微信没有回音，可能已收到", "WeChat gave no answer: it may have arrived"),
    "not_sent": Words("没有连上微信，请再试一次", "WeChat was not reached: try again"),
}


class PreviewSender(CampaignSender, Protocol):
    """What can also send a mass message to one tester."""

    def preview(self, account: Account, openid: str, content: Content) -> SendOutcome:
        """A mass message, shown to one fan."""
        ...


class _Said(NamedTuple):
    """One thing that a variant says, and the channels that carry it."""

    variant: Variant
    content: Content
    channels: tuple[SendChannel, ...]


class _Ending(NamedTuple):
    """What became of one thing for one tester; ``way``: the channel and the account that it went by."""

    sent: bool
    reason: str = ""
    way: tuple[SendChannel, Account] | None = None


@dataclass(frozen=True, slots=True)
class PreviewCampaign:
    """The answer to ``ask: preview``. Raises ``UnavailableError``; asked again it goes on where it was."""

    profiles: Profiles
    people: Persons
    ledger: Ledger
    quotas: Quotas
    accounts: BrandAccounts
    policy: BrandPolicy
    sender: PreviewSender
    metrics: Metrics
    clock: Clock
    locale: Locale = Locale.ZH

    def preview(self, campaign: Campaign, plan_hash: str) -> Mapping[str, Any]:
        """The columns ``hint`` (who got what) and, where every text reached some tester, ``previewed_hash``."""
        if not campaign.testers:
            nobody = Words("先在 testers 里写测试人，再预览", "name somebody in testers first")
            return {"hint": nobody.text(self.locale)}
        accounts = {account.id: account for account in self.accounts.of_brand(campaign.brand)}
        choice = Choice(campaign, accounts, f"preview-{plan_hash}")
        schema = self.policy.of(campaign.brand).schema
        things = list(_things(campaign))
        lines: list[str] = []
        arrived: set[int] = set()
        for tester in campaign.testers:
            profile = self._find(campaign.brand, tester, accounts)
            if profile is None:
                lines.append(Words(f"{tester}：找不到这个人", f"{tester}: nobody is known by this").text(self.locale))
                continue
            endings = [self._show(choice, profile, each, plan_hash, schema) for each in things]
            arrived |= {number for number, ending in enumerate(endings) if ending.sent}
            lines.append(self._line(tester, things, endings))
        complete = len(arrived) == len(things)
        if not complete:
            lack = Words(
                "还有内容没有任何测试人收到，所以还不能批准",
                "some of it reached no tester, so it cannot be approved yet",
            )
            lines.append(lack.text(self.locale))
        return {"hint": "\n".join(lines), **({"previewed_hash": plan_hash} if complete else {})}

    def _find(self, brand: str, tester: str, accounts: Mapping[str, Account]) -> Profile | None:
        """By an identity, a person's id, or an openid."""
        by_id = {} if ":" in tester else self.people.read(brand, [tester])
        if tester in by_id:
            return by_id[tester]
        identities = [tester] if ":" in tester else [fan_identity(account, tester) for account in accounts]
        return next(iter(self.profiles.find(brand, identities, consistent=True).values()), None)

    # ------------------------------------------------------------------ one tester

    def _show(self, choice: Choice, profile: Profile, said: _Said, plan_hash: str, schema: BrandSchema) -> _Ending:
        """By the first channel and account that can."""
        ending = _Ending(sent=False, reason="not_followed")
        for channel in said.channels:
            for fan in choice.fans(profile):
                refused = choice.refusal(fan, channel, said.variant.name, NOBODY, self.clock())
                if refused is not None:
                    ending = ending if ending.way else _Ending(sent=False, reason=refused)
                    continue
                tried = self._send(choice.campaign, profile, fan, channel, said, plan_hash, schema)
                # Whoever may have got it does not get it by another way too.
                if tried.sent or tried.reason in {"answer_lost", "busy"}:
                    return tried
                ending = tried
        return ending

    def _send(
        self,
        campaign: Campaign,
        profile: Profile,
        fan: Fan,
        channel: SendChannel,
        said: _Said,
        plan_hash: str,
        schema: BrandSchema,
    ) -> _Ending:
        way = channel, fan.account
        subject = fan_identity(fan.account.id, fan.openid)
        view = profile_view(profile, fan.account.id, self.clock(), subject, schema=schema)
        content = fill_content(said.content, {"profile": view, "account": fan.account.view()})
        if content is None:
            return _Ending(sent=False, reason="content_empty", way=way)
        key, earlier = self._keys(campaign, fan, f"{plan_hash}#{said.variant.name}#{channel.value}#{fan.openid}")
        for each in (key, earlier):
            row = self.ledger.get(each)
            recent = row is not None and row.updated_at > (self.clock() - AGAIN).timestamp()
            if row is not None and recent and row.state in FINAL_STATES:
                return _Ending(row.state is LedgerState.SENT, _reason(row.code, row.reason, row.state), way)
        api = PREVIEW_API if channel is SendChannel.MASS else API[channel]
        if not self.quotas.take(fan.account.id, api, 1, now=self.clock()):
            return _Ending(sent=False, reason="quota", way=way)
        try:
            outcome = self._carry_out(key, fan, channel, content, subject)
        except ClaimHeldError:
            return _Ending(sent=False, reason="busy", way=way)
        if outcome.waits:
            self.quotas.close(fan.account.id, api, until=next_midnight(self.clock()))
        return _Ending(outcome.state is LedgerState.SENT, _reason(outcome.code, outcome.reason, outcome.state), way)

    def _keys(self, campaign: Campaign, fan: Fan, name: str) -> tuple[LedgerKey, LedgerKey]:
        """The row of this minute and of the one before."""
        owner = f"{fan.account.id}#preview#{campaign.brand}#{campaign.campaign_id}"
        minute = int(self.clock().timestamp() // AGAIN.total_seconds())
        return LedgerKey(owner=owner, entry=f"{name}#{minute}"), LedgerKey(owner=owner, entry=f"{name}#{minute - 1}")

    def _carry_out(self, key: LedgerKey, fan: Fan, channel: SendChannel, content: Content, subject: str) -> SendOutcome:
        repeatable = channel is SendChannel.TEMPLATE
        entry = self.ledger.claim(key, channel=channel.value, subject=subject, now=self.clock(), repeatable=repeatable)
        if entry is None:
            raise ClaimHeldError
        if entry.state is LedgerState.UNKNOWN:
            return SendOutcome(LedgerState.UNKNOWN, reason="answer_lost")
        if channel is SendChannel.CUSTOM:
            windows = fan.channel.windows
            placed = self.ledger.take_place(
                entry, account=fan.account.id, subject=subject, triggers=windows, now=self.clock()
            )
            if placed is None:
                self.ledger.settle(entry, LedgerState.SKIPPED, now=self.clock(), reason="window_closed")
                return SendOutcome(LedgerState.SKIPPED, reason="window_closed")
            entry = placed
        if channel is SendChannel.MASS:
            outcome = self.sender.preview(fan.account, fan.openid, content)
        else:
            client_id = f"preview-{sha256(key.entry.encode()).hexdigest()[:32]}"
            outcome = self.sender.personal(fan.account, fan.openid, channel, content, client_id=client_id)
        self.ledger.settle(entry, outcome.state, now=self.clock(), code=outcome.code, reason=outcome.reason)
        self.metrics.count("CampaignPreviewed" if outcome.state is LedgerState.SENT else "CampaignPreviewFailed")
        return outcome

    # ------------------------------------------------------------------ words

    def _line(self, tester: str, things: Sequence[_Said], endings: Iterable[_Ending]) -> str:
        told = [self._told(said, ending) for said, ending in zip(things, endings, strict=True)]
        return Words(f"{tester}：{'；'.join(told)}", f"{tester}: {'; '.join(told)}").text(self.locale)

    def _told(self, said: _Said, ending: _Ending) -> str:
        name = said.variant.name
        what = Words(f"版本 {name} ", f"variant {name} ").text(self.locale) if name != CONTROL else ""
        channels = "、".join(CHANNELS[each].text(self.locale) for each in said.channels)
        if ending.sent and ending.way:
            channel, account = ending.way
            by = CHANNELS[channel].text(self.locale)
            return what + Words(f"已发（{by}，{account.name}）", f"sent ({by}, {account.name})").text(self.locale)
        why = _why(ending.reason).text(self.locale)
        return what + Words(f"没有发（{channels}）：{why}", f"not sent ({channels}): {why}").text(self.locale)


def _things(campaign: Campaign) -> Iterator[_Said]:
    """What the campaign says: a text that serves two channels is one thing."""
    for variant in campaign.variants:
        found: list[tuple[Content, list[SendChannel]]] = []
        for channel in campaign.channels:
            content = variant.contents.get(channel)
            known = next((channels for each, channels in found if each == content), None)
            if known is not None:
                known.append(channel)
            elif content is not None:
                found.append((content, [channel]))
        for content, channels in found:
            yield _Said(variant, content, tuple(channels))


def _reason(code: int | None, reason: str, state: LedgerState) -> str:
    if state is LedgerState.SENT:
        return ""
    return f"wechat:{code}" if code else "answer_lost" if state is LedgerState.UNKNOWN else reason


def _why(reason: str) -> Words:
    code = reason.removeprefix("wechat:")
    if code != reason:
        return Words(f"微信错误码 {code}", f"WeChat's errcode {code}")
    return _MORE_REASONS.get(reason) or REASONS.get(reason) or Words(reason, reason)
