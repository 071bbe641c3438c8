"""A preview reaches the testers, once a minute at most, and tells who got what."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.fakes.campaigns_world import BRAND, CampaignWorld, FakeWeChat
from yuchi.domain.account import Account
from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.reading import read_campaign
from yuchi.domain.ledger import LedgerState
from yuchi.domain.problem import Locale
from yuchi.domain.profile import Profile
from yuchi.services.ports_campaigns import SendOutcome
from yuchi.services.preview_campaign import AGAIN, PreviewCampaign

VARIANTS = [{"name": "A", "share": 50, "content": "新茶到店"}, {"name": "B", "share": 50, "content": "来喝新茶"}]


@dataclass
class PreviewingWeChat(FakeWeChat):
    shown: list[tuple[str, str, Content]] = field(default_factory=list)
    outcomes: deque[SendOutcome] = field(default_factory=deque)

    def preview(self, account: Account, openid: str, content: Content) -> SendOutcome:
        self.shown.append((account.id, openid, content))
        return self.outcomes.popleft() if self.outcomes else SendOutcome(LedgerState.SENT, message_id="1")


class Desk:
    """A brand with three fans of one shop; the third wrote just now."""

    def __init__(self) -> None:
        self.world = CampaignWorld()
        self.world.add_account("shop")
        self.world.add_fans(2, "shop")
        self.world.add_fans(1, "shop", wrote=True)
        self.wechat = PreviewingWeChat()
        self.locale = Locale.ZH

    def find(self, brand: str, identities: Iterable[str], *, consistent: bool) -> dict[str, Profile]:
        assert (brand, consistent) == (BRAND, True)
        profiles = self.world.profiles.values()
        return {each: profile for each in identities for profile in profiles if each in profile.channels}

    def erased(self, brand: str, identities: Iterable[str]) -> dict[str, int]:
        raise NotImplementedError

    def ask(self, **columns: Any) -> dict[str, Any]:
        self.world.put(**{"testers": "p000000", **columns})
        reading = read_campaign(self.world.items["spring"])
        assert reading.campaign is not None, reading.problems
        service = PreviewCampaign(
            profiles=self,
            people=self.world,
            ledger=self.world.ledger,
            quotas=self.world.quotas,
            accounts=self.world,
            policy=self.world,
            sender=self.wechat,
            metrics=self.world.metrics,
            clock=self.world.clock,
            locale=self.locale,
        )
        answer = dict(service.preview(reading.campaign, reading.plan_hash))
        assert answer.get("previewed_hash", reading.plan_hash) == reading.plan_hash
        return answer

    @property
    def openids(self) -> list[str]:
        return [openid for _, openid, _ in self.wechat.shown]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_mass_message_is_shown_to_each_tester(desk: Desk) -> None:
    answer = desk.ask(testers="p000000, wechat:shop:o000001shop, o000002shop")

    assert desk.openids == ["o000000shop", "o000001shop", "o000002shop"]
    assert "previewed_hash" in answer
    assert answer["hint"].splitlines()[0] == "p000000：已发（群发预览，shop）"
    assert not desk.wechat.accepted, "no fan's month is touched"


def test_every_variant_goes_out(desk: Desk) -> None:
    answer = desk.ask(content=None, variants=VARIANTS)

    assert len({content for _, _, content in desk.wechat.shown}) == 2
    assert answer["hint"] == "p000000：版本 A 已发（群发预览，shop）；版本 B 已发（群发预览，shop）"
    assert "previewed_hash" in answer


def test_a_variant_that_nobody_got_keeps_the_approval_away(desk: Desk) -> None:
    desk.wechat.outcomes.extend([SendOutcome(LedgerState.SENT), SendOutcome(LedgerState.REJECTED, code=45002)])

    answer = desk.ask(content=None, variants=VARIANTS)

    assert "previewed_hash" not in answer
    assert "微信错误码 45002" in answer["hint"]
    assert "不能批准" in answer["hint"]


def test_another_tester_may_make_up_for_it(desk: Desk) -> None:
    lost = SendOutcome(LedgerState.REJECTED, code=40003)
    desk.wechat.outcomes.extend([SendOutcome(LedgerState.SENT), lost, lost, SendOutcome(LedgerState.SENT)])

    assert "previewed_hash" in desk.ask(content=None, variants=VARIANTS, testers="p000000,p000001")


def test_a_text_for_two_channels_is_sent_once(desk: Desk) -> None:
    """By the first that can: who wrote gets it as a custom message, who did not as a mass preview."""
    answer = desk.ask(channel=["custom", "mass"], testers="p000000,p000002")

    assert desk.wechat.calls == {"custom": 1}
    assert desk.openids == ["o000000shop"]
    assert answer["hint"].splitlines() == ["p000000：已发（群发预览，shop）", "p000002：已发（客服消息，shop）"]


def test_asked_again_within_a_minute_nobody_gets_it_twice(desk: Desk) -> None:
    first = desk.ask()
    for _ in range(3):
        desk.world.wait(seconds=19)
        assert desk.ask() == first
    assert len(desk.wechat.shown) == 1

    desk.world.wait(seconds=AGAIN.total_seconds())
    desk.ask()
    assert len(desk.wechat.shown) == 2


def test_what_was_changed_is_shown_at_once(desk: Desk) -> None:
    desk.ask()
    desk.ask(content="改过的新茶")

    assert len(desk.wechat.shown) == 2


def test_an_answer_that_got_lost_is_no_preview_and_goes_by_no_second_way(desk: Desk) -> None:
    desk.wechat.answers.append(SendOutcome(LedgerState.UNKNOWN, reason="answer_lost"))

    answer = desk.ask(channel=["custom", "mass"], testers="p000002")

    assert desk.wechat.shown == []
    assert "previewed_hash" not in answer
    assert "没有回音" in answer["hint"]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"testers": ""}, "先在 testers"),
        ({"testers": "nobody"}, "找不到"),
        ({"testers": "wechat:shop:stranger"}, "找不到"),
        ({"channel": "custom"}, "不在客服消息时限内"),
        ({"content": "{{profile.attributes.没有}}", "channel": "custom", "testers": "p000002"}, "消息为空"),
    ],
)
def test_why_a_tester_got_nothing(desk: Desk, columns: dict[str, Any], why: str) -> None:
    answer = desk.ask(**columns)

    assert why in answer["hint"]
    assert "previewed_hash" not in answer


def test_a_tester_who_left_is_told(desk: Desk) -> None:
    channels = desk.world.profiles["p000000"].channels
    left = {identity: channel.model_copy(update={"subscribed": False}) for identity, channel in channels.items()}
    desk.world.change("p000000", channels=left)

    assert "已取消关注" in desk.ask()["hint"]
    assert desk.wechat.shown == []


def test_the_days_previews_may_be_used_up(desk: Desk) -> None:
    desk.world.quotas.granted = {"shop": {"message/mass/preview": 1}}

    answer = desk.ask(testers="p000000,p000001")

    assert len(desk.wechat.shown) == 1
    assert "次数用完" in answer["hint"]


def test_in_english(desk: Desk) -> None:
    desk.locale = Locale.EN

    assert desk.ask()["hint"] == "p000000: sent (mass preview, shop)"


def test_without_the_ledger_it_would_be_sent_twice(desk: Desk) -> None:
    """What the test of the minute would see."""
    desk.ask()
    desk.world.ledger.rows.clear()
    desk.ask()

    assert len(desk.wechat.shown) == 2
