"""Whether a campaign may run: references, channels, placeholders, time, and hints."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.domain.campaign.items import SHOP, TEA, account, campaign
from yuchi.bootstrap import make_catalogue
from yuchi.domain.account import Account
from yuchi.domain.campaign.check import CheckedCampaign, check_campaign
from yuchi.domain.problem import Locale, RuleProblem

CATALOGUE = make_catalogue()
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TEMPLATE = {"template": {"template_id": "AT-0123456789", "data": {"first": "您好"}}}


def check(of_brand: tuple[Account, ...] | None = (TEA, SHOP), /, **changes: Any) -> CheckedCampaign:
    return check_campaign(campaign(**changes), catalogue=CATALOGUE, accounts=of_brand, now=NOW)


def found(problems: tuple[RuleProblem, ...]) -> list[tuple[str, str, str]]:
    return [(problem.field, problem.code, problem.suggestion) for problem in problems]


def test_a_good_campaign_has_an_audience() -> None:
    checked = check()
    assert (checked.problems, checked.hints) == ((), ())
    assert checked.audience is not None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"audience": "profile.tgas"}, ("audience", "when.field.attribute", "profile.tags")),
        ({"audience": 'event.key == "A"'}, ("audience", "campaign.audience.root", "")),
        ({"audience": 'account.id == "tea" && now > now'}, ("audience", "campaign.audience.root", "")),
        ({"accounts": "te"}, ("accounts", "account.unknown", "tea")),
        ({"accounts": "shop", "content": TEMPLATE}, ("accounts", "campaign.account.unable", "")),
        ({"accounts": "tea, shop", "channel": "mass"}, ("accounts", "campaign.account.unable", "")),
        ({"channel": "template"}, ("content", "campaign.channel.silent", "{template: {template_id: …, data: {…}}}")),
        ({"channel": "mass", "content": TEMPLATE}, ("content", "campaign.channel.silent", "")),
        ({"content": "您好 {{profile.city}}", "channel": "custom"},
         ("content", "placeholder.attribute", "{{profile.attributes.city}}")),
        ({"content": "您好 {{event.key}}", "channel": "custom"}, ("content", "placeholder.unknown", "")),
        ({"content": "您好 {{event.type}}", "channel": "custom"}, ("content", "campaign.placeholder.event", "")),
        ({"content": "您好 {{profile.attributes.称呼|亲}}"}, ("content", "campaign.placeholder.mass", "")),
        ({"content": "您好 {{profile.attributes.称呼|亲}}", "channel": "mass"},
         ("content", "campaign.placeholder.mass", "")),
        ({"goal": "order.complete 7d"}, ("goal", "on.unknown", "order.completed")),
        ({"goal": "menu.clicked 7d kex"}, ("goal", "campaign.goal.field", "key")),
        ({"at": "2026-11-23 11:59"}, ("at", "campaign.late", "")),
        ({"ends_at": "2026-11-22"}, ("ends_at", "campaign.over", "")),
    ],
)  # fmt: skip
def test_what_keeps_a_campaign_from_running(changes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    checked = check(**changes)
    assert expected in found(checked.problems)
    assert checked.audience is None
    for problem in checked.problems:
        assert problem.text(Locale.ZH)
        assert problem.text(Locale.EN)


@pytest.mark.parametrize(
    "changes",
    [
        {"content": "您好 {{profile.attributes.称呼|亲}}", "channel": "custom"},
        {"content": {"custom": "您好 {{profile.attributes.称呼|亲}}", "mass": "您好"}},
        {"content": "您好，这里是 {{account.name}}"},
        {"accounts": "shop", "channel": "custom"},
        {"accounts": "tea, shop"},
        {"content": TEMPLATE},
        {"goal": "order.completed 7d"},
        {"at": "2026-11-23 12:30"},
        {"audience": 'profile.last_seen_at > now - duration("720h")'},
    ],
)
def test_what_may_run(changes: dict[str, Any]) -> None:
    """The twin of the one before: none of these is kept back."""
    assert check(**changes).problems == ()


def test_a_brand_without_accounts() -> None:
    assert found(check(()).problems) == [("brand", "brand.unknown", "")]


def test_what_refers_to_accounts_is_not_judged_where_they_are_not_known() -> None:
    assert check(None, accounts="nobody").problems == ()


def test_a_channel_that_no_account_can_do() -> None:
    assert found(check((SHOP,), channel="mass").problems) == [("channel", "campaign.channel.unable", "")]
    assert found(check((SHOP,), content=TEMPLATE).problems) == [("content", "campaign.channel.nobody", "")]
    assert check((SHOP, account("other")), content=TEMPLATE).problems == ()


def test_a_mistake_is_told_once_and_in_its_variant() -> None:
    variants = [{"name": "A", "content": "您好"}, {"name": "B", "content": "您好 {{profile.citi}}"}]
    checked = check(content=None, variants=variants, channel="custom")
    assert [(each.field, each.item, each.code) for each in checked.problems] == [
        ("variants", 2, "placeholder.attribute")
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"audience": "true"}, "campaign.audience.everybody"),
        ({"audience": 'count("menu.clicked") > 2'}, "campaign.audience.counted"),
        ({"name": "测试一下"}, "campaign.test"),
        ({"content": "this is a Test"}, "campaign.test"),
        ({"goal": "shop.visited 1d"}, "on.foreign"),
        ({"goal": "order.completed 7d totl"}, "campaign.goal.field"),
        ({"content": None, "variants": [{"name": "A", "content": "a"}, {"name": "B", "content": TEMPLATE}]},
         "campaign.variants.uneven"),
    ],
)  # fmt: skip
def test_hints_keep_nothing_back(changes: dict[str, Any], code: str) -> None:
    checked = check(**changes)
    assert [each.code for each in checked.hints] == [code]
    assert checked.problems == ()


@pytest.mark.parametrize("text", ["latest news", "contest", "检测报告"])
def test_what_only_sounds_like_a_test(text: str) -> None:
    assert check(content=text).hints == ()


def test_late_is_what_the_planner_takes_for_late() -> None:
    moment = (NOW - timedelta(hours=1, minutes=59) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M")
    assert check(at=moment).problems == ()
