"""Whether a draft may go live: references, risk, and hints."""

import gc
from typing import Any

import pytest

from tests.unit.domain.garbage import GOOD
from yuchi.bootstrap import make_catalogue
from yuchi.domain.account import Account
from yuchi.domain.draft import read_draft
from yuchi.domain.problem import Locale
from yuchi.domain.rule_check import BATCH, Checked, check_draft, check_drafts, check_rules

CATALOGUE = make_catalogue()


def account(name: str, *hosts: str) -> Account:
    return Account.model_validate(
        {
            "account": name,
            "brand": "demo",
            "name": name,
            "original_id": f"gh_{name}",
            "appid": "wx0",
            "settings": {"webhook_hosts": hosts},
        }
    )


ACCOUNTS = (account("tea", "crm.example.com"), account("shop"))


def check(accounts: tuple[Account, ...] = ACCOUNTS, **changes: Any) -> Checked:
    draft = read_draft({**GOOD, **changes}).draft
    assert draft is not None
    return check_draft(draft, catalogue=CATALOGUE, accounts=accounts)


def codes(checked: Checked) -> list[tuple[str, str, str]]:
    return [(problem.field, problem.code, problem.suggestion) for problem in checked.problems]


def test_a_good_rule_is_ready_to_publish() -> None:
    checked = check()
    assert checked.problems == ()
    assert checked.rule(7).version == 7


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"on": "menu.click"}, ("on", "on.unknown", "menu.clicked")),
        ({"on": "关注"}, ("on", "on.unknown", "fan.subscribed")),
        ({"on": "whatever"}, ("on", "on.unknown", "")),
        ({"on": "no menu.click for 3d", "when": ""}, ("on", "on.unknown", "no menu.clicked for 3d")),
        ({"on": "no date.reached for 3d", "when": ""}, ("on", "on.timed", "date 生日")),
        ({"on": "activity.lapsed", "when": ""}, ("on", "on.timed", "no order.completed for 30d")),
        (
            {"on": "30天没有 menu.clicked", "when": 'event.avtivity == "a"'},
            ("when", "when.field.unknown", "event.activity"),
        ),
        ({"on": "日期 生日", "when": "event.years >= '18'"}, ("when", "when.kind.compare", "event.years >= 18")),
        ({"on": "日期 生日", "when": "", "then": ["reply 生日快乐"]}, ("then", "reply.impossible", "")),
        ({"account": "tee"}, ("account", "account.unknown", "tea")),
        ({"then": ["emit tag.added"]}, ("then", "emit.reserved", "")),
        ({"then": ["reply 您好", "reply 再见"]}, ("then", "reply.twice", "")),
        ({"on": "timer.fired", "when": "", "then": ["reply 您好"]}, ("then", "reply.impossible", "")),
        ({"then": ["send {{event.kye}}"]}, ("then", "placeholder.unknown", "{{event.key}}")),
        ({"then": ["webhook https://evil.example.com/"]}, ("then", "webhook.not_allowed", "")),
        ({"account": "shop", "then": ["webhook https://crm.example.com/"]}, ("then", "webhook.not_allowed", "")),
        (
            {
                "on": "message.text",
                "when": "",
                "then": [{"reply": {"news": [{"title": "a", "url": "https://a.example.com"}] * 2}}],
            },
            ("then", "news.many", ""),
        ),
    ],
)
def test_problems(changes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    checked = check(**changes)
    assert expected in codes(checked)
    assert checked.condition is None


def test_problems_of_actions_say_which() -> None:
    checked = check(then=["tag x", "send {{event.kye}}"])
    assert checked.problems[0].text(Locale.ZH) == (
        "then 第 2 项：没有 event.kye 这个字段，您是不是想写 {{event.key}} ？"
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"on": "shop.opened", "then": ["tag x"]}, "on.foreign"),
        ({"on": ["menu.clicked", "timer.fired"], "when": ""}, "reply.impossible"),
        ({"on": "timer.fired", "when": "", "then": ["send 您好"]}, "send.window"),
        ({"then": ["webhook https://crm.example.com/"]}, "webhook.partly_allowed"),
        ({"on": "trial.asked", "when": "", "then": ["emit trial.asked"]}, "emit.loop"),
    ],
)
def test_hints_do_not_keep_a_rule_back(changes: dict[str, Any], code: str) -> None:
    checked = check(**changes)
    assert checked.problems == ()
    assert code in [hint.code for hint in checked.hints]


def test_a_brand_without_accounts() -> None:
    assert codes(check(accounts=())) == [("brand", "brand.unknown", "")]


def test_a_broken_condition_is_told_with_its_column() -> None:
    checked = check(when='event.key == "TRIAL" &&')
    assert [problem.field for problem in checked.problems] == ["when"]
    assert checked.problems[0].column


def test_a_file_of_rules_is_checked_without_accounts() -> None:
    checks = check_rules(
        [GOOD, {**GOOD, "rule_id": "twin", "when": 'event.key=="TRIAL"'}, {"rule_id": "bad"}], catalogue=CATALOGUE
    )
    assert [each.rule_id for each in checks] == ["claim-trial", "twin", "bad"]
    assert [bool(each.problems) for each in checks] == [False, False, True]
    assert [hint.code for hint in checks[1].hints] == ["rule.duplicate"]


def test_many_drafts_are_checked_as_each_alone_and_in_their_order() -> None:
    whens = ['event.key == "A"', "event.kee == 1", "event.key ==", "true", 'profile.score > "x"']
    items = [
        {"brand": "demo", "rule_id": f"r{number}", "on": "menu.clicked", "when": whens[number % 5], "then": "tag 新"}
        for number in range(2 * BATCH + 3)
    ]
    drafts = [draft for item in items if (draft := read_draft(item).draft)]
    collecting = gc.isenabled()
    together = list(check_drafts(iter(drafts), catalogue=CATALOGUE, accounts=ACCOUNTS))
    assert gc.isenabled() is collecting
    alone = [check_draft(draft, catalogue=CATALOGUE, accounts=ACCOUNTS) for draft in drafts]
    assert [each.draft for each in together] == drafts
    assert [(each.problems, each.hints) for each in together] == [(each.problems, each.hints) for each in alone]
    assert {bool(each.problems) for each in together} == {True, False}
