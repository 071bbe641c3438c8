"""Taking tags from a fan at WeChat before the erasure."""

from typing import Any

import pytest

from tests.fakes.stores import FakeAccounts
from tests.fakes.world import ACCOUNT, FakeWeChat
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import Channel, Mirrored, Profile
from yuchi.services.perform_action import ActionOutcome
from yuchi.services.untag_person import ATTEMPTS, UntagPerson

MIRROR = {
    "会员": Mirrored(on=True, at=1, action="a"),
    "试用": Mirrored(on=False, at=1, action="b"),
    "控制台": Mirrored(on=True, at=1, action=""),
}


def person(**channels: Channel) -> Profile:
    identities = {f"wechat:{name}:o1": channel for name, channel in channels.items()}
    return Profile(brand="demo", person="p1", identities=tuple(identities), channels=identities)


def untag(profile: Profile, wechat: FakeWeChat) -> list[Any]:
    accounts = FakeAccounts({ACCOUNT.id: ACCOUNT}, {})
    return list(UntagPerson(accounts, wechat).untag(profile))


def test_each_tag_that_wechat_has_is_taken() -> None:
    wechat = FakeWeChat()
    found = untag(person(tea=Channel(account="tea", subscribed=True, mirror=MIRROR)), wechat)
    assert [(each.tag, each.is_gone) for each in found] == [("会员", True), ("控制台", True)]
    assert wechat.tagged == [("tea:o1", "会员", False), ("tea:o1", "控制台", False)]


def test_who_left_is_not_asked_for() -> None:
    assert untag(person(tea=Channel(account="tea", subscribed=False, mirror=MIRROR)), FakeWeChat()) == []


def test_an_account_that_is_not_there_any_more_is_told() -> None:
    found = untag(person(gone=Channel(account="gone", subscribed=True, mirror=MIRROR)), FakeWeChat())
    assert {each.outcome.reason for each in found} == {"unknown_account"}


@pytest.mark.parametrize("times", range(ATTEMPTS + 1))
def test_trouble_is_tried_again_and_then_told(times: int) -> None:
    wechat = FakeWeChat(answers=[ActionOutcome(LedgerState.RETRY, reason="not_sent")] * times)
    mirror = {"会员": MIRROR["会员"]}
    (found,) = untag(person(tea=Channel(account="tea", subscribed=True, mirror=mirror)), wechat)
    assert found.is_gone == (times < ATTEMPTS)
