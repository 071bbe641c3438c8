"""Items of campaigns: one that is well, and others spoiled in every column by every type of DynamoDB."""

from decimal import Decimal
from random import Random
from typing import Any

from tests.unit.domain.garbage import value
from yuchi.domain.account import Account
from yuchi.domain.campaign.columns import COLUMNS, SYSTEM_COLUMNS
from yuchi.domain.campaign.model import Campaign
from yuchi.domain.campaign.reading import read_campaign
from yuchi.domain.problem import Locale

GOOD: dict[str, Any] = {
    "brand": "demo",
    "campaign_id": "spring-tea",
    "name": "春茶上新",
    "audience": '"会员" in profile.tags',
    "content": "春茶到店，回复 1 预约品鉴",
}
"""A campaign that is well."""

FULL: dict[str, Any] = {
    "brand": "demo",
    "campaign_id": "spring-tea",
    "name": "春茶上新",
    "audience": '"会员" in profile.tags',
    "accounts": "tea",
    "channel": "best",
    "variants": [
        {"name": "A", "share": Decimal(40), "content": "春茶到店"},
        {
            "name": "B",
            "share": "60%",
            "content": {"mass": {"image": "MEDIA"}, "custom": "春茶到店，{{profile.tags.x|亲}}"},
        },
    ],
    "holdout": "10%",
    "contest": "20% 4h clicked",
    "goal": "order.completed 7d",
    "at": "2026-12-01 10:00",
    "ends_at": "2026-12-03",
    "quiet": "22:00-08:00",
    "cap": "2/7d",
    "at_most": Decimal(10_000),
    "canary": "2%",
    "testers": ["wechat:tea:oTester1"],
}
"""One that says something in every column that goes with the others."""


def account(name: str, kind: str = "official_account") -> Account:
    return Account.model_validate(
        {"account": name, "brand": "demo", "name": name, "kind": kind, "original_id": f"gh_{name}", "appid": "wx0"}
    )


TEA, SHOP = account("tea"), account("shop", "mini_program")


def campaign(**changes: Any) -> Campaign:
    """The good one with ``changes``; None takes a column out."""
    written = {name: each for name, each in {**GOOD, **changes}.items() if each is not None}
    reading = read_campaign(written)
    assert reading.campaign is not None, [problem.text(Locale.EN) for problem in reading.problems]
    return reading.campaign


def problems(**changes: Any) -> list[tuple[str, str, str]]:
    """What is wrong with the good one after ``changes``: column, code, suggestion."""
    written = {name: each for name, each in {**GOOD, **changes}.items() if each is not None}
    reading = read_campaign(written)
    assert reading.campaign is None
    return [(problem.field, problem.code, problem.suggestion) for problem in reading.problems]


_CONTENT_KEYS = ("text", "image", "news", "articles", "template", "subscribe", "mass", "custom", "type", "data", "menu")


def spoiled(random: Random) -> dict[str, Any]:
    """A good campaign with some columns spoiled, missing or added."""
    item = dict(FULL if random.random() < 0.5 else GOOD)
    for _ in range(random.randrange(1, 5)):
        column = random.choice([*COLUMNS, *COLUMNS, "ask", *sorted(SYSTEM_COLUMNS), "x", "\ud800", "内容"])
        if random.random() < 0.15:
            item.pop(column, None)
        elif column in {"content", "variants"} and random.random() < 0.7:
            inner = {random.choice(_CONTENT_KEYS): value(random) for _ in range(random.randrange(1, 3))}
            item[column] = (
                inner
                if column == "content"
                else [{"name": value(random), "share": value(random), "content": inner}, inner, value(random)]
            )
        else:
            item[column] = value(random)
    return item
