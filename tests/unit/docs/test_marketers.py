"""The guide for marketers: every example is accepted, every table is complete."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from docs.making import actions, campaigns, conditions, events, problems, rule_item
from tests.unit.docs.pages import blocks, read
from yuchi.bootstrap import make_catalogue
from yuchi.domain.account import Account, AccountSettings
from yuchi.domain.actions import ACTIONS, parse_action
from yuchi.domain.campaign.check import check_campaign
from yuchi.domain.campaign.columns import COLUMNS as CAMPAIGN_COLUMNS
from yuchi.domain.campaign.columns import SYSTEM_COLUMNS as CAMPAIGN_SYSTEM_COLUMNS
from yuchi.domain.campaign.columns import Verb
from yuchi.domain.campaign.model import SendChannel
from yuchi.domain.campaign.reading import read_campaign
from yuchi.domain.catalogue import ACCOUNT_FIELDS, EVENT_FIELDS, Kind
from yuchi.domain.draft_columns import COLUMNS, SYSTEM_COLUMNS
from yuchi.domain.language import ConditionError, parse_condition
from yuchi.domain.ledger import KEPT
from yuchi.domain.problem import Locale
from yuchi.domain.profile_view import PROFILE_FIELDS
from yuchi.domain.retention import BROWSING, CONSENTS, LOCATION, ORDERS, OTHERS
from yuchi.domain.rule_check import check_rules
from yuchi.services.ports_rules import Status

CATALOGUE = make_catalogue()
BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
ACCOUNT = Account.model_validate(
    {
        "account": "tea",
        "brand": "demo",
        "name": "青山茶事",
        "original_id": "gh_0000000000a1",
        "appid": "wx0000000000000001",
        "settings": {"webhook_hosts": ["crm.example.com"]},
    }
)


def fitting(condition: str) -> str:
    """An event type that has all fields which ``condition`` names."""
    named = set(re.findall(r"\bevent\.(\w+)", condition)) - set(EVENT_FIELDS)
    return next(spec.type for spec in CATALOGUE.events.values() if named <= set(spec.fields))


def field_examples() -> Iterator[tuple[str, str]]:
    for spec in CATALOGUE.events.values():
        for name, field in spec.fields.items():
            yield events.example_condition("event", name, field), spec.type
    for root, fields in (("event", EVENT_FIELDS), ("profile", PROFILE_FIELDS), ("account", ACCOUNT_FIELDS)):
        for name, field in events.flat(fields):
            yield events.example_condition(root, name, field), "menu.clicked"


def recipes() -> list[dict[str, Any]]:
    """The rules in the guides, as the console would store them: every plain value as a text."""
    names = ("recipes", "time", "rule-item", "wechat-tags")
    pages = (*(f"docs/marketers/{name}.md" for name in names), "README.md")
    return [item for item in items_in(*pages) if "rule_id" in item]


def items_in(*pages: str) -> list[dict[str, Any]]:
    """What these pages show as items."""
    return [yaml.load(block.text, Loader=yaml.BaseLoader) for page in pages for block in blocks(read(page), "yaml")]


@pytest.mark.parametrize("condition", conditions.examples())
def test_every_example_of_the_language_is_accepted(condition: str) -> None:
    parse_condition(condition, catalogue=CATALOGUE, event_types=[fitting(condition)])


@pytest.mark.parametrize(("condition", "event_type"), [each for each in field_examples() if each[0]])
def test_every_example_of_a_field_is_accepted(condition: str, event_type: str) -> None:
    parse_condition(condition, catalogue=CATALOGUE, event_types=[event_type])


@pytest.mark.parametrize("example", actions.examples(), ids=str)
def test_every_example_of_an_action_is_accepted(example: Any) -> None:
    parse_action(example)


@pytest.mark.parametrize("item", recipes(), ids=lambda item: item["rule_id"])
def test_every_recipe_would_be_published(item: dict[str, Any]) -> None:
    (checked,) = check_rules([item], catalogue=CATALOGUE, accounts=[ACCOUNT])
    assert [problem.text(Locale.EN) for problem in checked.problems] == []


def test_a_recipe_with_a_mistake_is_noticed() -> None:
    (checked,) = check_rules([{**recipes()[0], "when": "event.sceen == 'a'"}], catalogue=CATALOGUE, accounts=[ACCOUNT])
    assert checked.problems


def test_the_problem_in_the_first_guide_is_what_is_said() -> None:
    with pytest.raises(ConditionError) as refused:
        parse_condition('event.key = "TRIAL"', catalogue=CATALOGUE, event_types=["menu.clicked"])
    said = refused.value.problems[0].at(field="when").text(Locale.ZH)
    assert blocks(read("docs/marketers/first-rule.md"), "text")[0].text == said + "\n"


def test_every_column_status_kind_and_action_is_described() -> None:
    assert list(rule_item.COLUMNS) == list(COLUMNS)
    assert set(rule_item.SYSTEM_COLUMNS) == set(SYSTEM_COLUMNS)
    assert set(rule_item.STATUS) == set(Status)
    assert set(events.KINDS) == set(Kind)
    assert set(actions.NOTES) == set(ACTIONS)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_campaign_in_the_readme_is_accepted(page: str) -> None:
    (item,) = [each for each in items_in(page) if "campaign_id" in each]
    reading = read_campaign(item)
    assert reading.campaign is not None, [problem.text(Locale.EN) for problem in reading.problems]
    checked = check_campaign(reading.campaign, catalogue=CATALOGUE, accounts=[ACCOUNT], now=BEFORE)
    assert [problem.text(Locale.EN) for problem in checked.problems] == []


@pytest.mark.parametrize(
    "item", [campaigns.EXAMPLE, *campaigns.EXAMPLES.values()], ids=lambda item: item["campaign_id"]
)
def test_every_example_of_a_campaign_is_accepted(item: Mapping[str, Any]) -> None:
    """As it is, and with every plain value as a text, as the page shows it."""
    page = read("docs/marketers/campaigns.md")
    written = next(
        found
        for block in blocks(page, "yaml")
        if (found := yaml.load(block.text, Loader=yaml.BaseLoader))["campaign_id"] == item["campaign_id"]
    )
    for each in (item, written):
        reading = read_campaign(each)
        assert reading.campaign is not None, [problem.text(Locale.EN) for problem in reading.problems]
        checked = check_campaign(reading.campaign, catalogue=CATALOGUE, accounts=[ACCOUNT], now=BEFORE)
        assert [problem.text(Locale.EN) for problem in checked.problems] == []


def test_an_example_of_a_campaign_with_a_mistake_is_noticed() -> None:
    campaign = read_campaign({**campaigns.EXAMPLE, "audience": "profile.tgas"}).campaign
    assert campaign is not None
    assert check_campaign(campaign, catalogue=CATALOGUE, accounts=[ACCOUNT], now=BEFORE).problems


def test_every_column_status_channel_and_question_of_campaigns_is_described() -> None:
    assert list(campaigns.COLUMNS) == list(CAMPAIGN_COLUMNS)
    assert set(campaigns.SYSTEM_COLUMNS) == set(CAMPAIGN_SYSTEM_COLUMNS)
    assert set(campaigns.ASKS) == set(Verb)
    assert set(campaigns.CHANNELS) == set(SendChannel)


def test_every_event_type_is_on_the_page_once() -> None:
    listed = [spec.type for _, specs in events.grouped() for spec in specs]
    assert sorted(listed) == sorted(CATALOGUE.events)


def test_problems_that_are_made_are_on_the_page() -> None:
    codes = {message.code for message in problems.found()}
    assert {"column.unknown", "action.unknown", "when.field.unknown", "webhook.not_allowed", "ruleset.full"} <= codes
    for item in (
        {},
        {"brand": "A B"},
        {"brand": "demo", "rule_id": "x", "on": "menu.click", "when": "a =", "then": ["tga x"]},
    ):
        (checked,) = check_rules([item], catalogue=CATALOGUE, accounts=[ACCOUNT])
        assert {problem.code for problem in checked.problems} <= codes


def test_the_spans_in_the_page_about_privacy_are_the_real_ones() -> None:
    page = read("docs/marketers/privacy.md")
    assert f"保留 {OTHERS.days} 天，之后自动删除" in page
    assert f"只保留 {LOCATION.days} 天" in page
    assert f"浏览记录 {BROWSING.days} 天；订单、同意与撤回的凭据 {ORDERS.days} 天" in page
    assert ORDERS.days == CONSENTS.days
    assert f"保留 {KEPT.days} 天 |" in page
    settings = AccountSettings()
    assert not settings.keep_after_unsubscribe
    assert not settings.collect_location


@pytest.mark.parametrize("name", AccountSettings.model_fields)
def test_every_setting_of_an_account_is_described(name: str) -> None:
    assert f"`{name}`" in read("docs/operators/rights.md")
