"""A backtest for a brand with definitions of its own finds what live processing did by them."""

from random import Random

import pytest
from hypothesis import given, settings

from tests.fakes.world import ACCOUNT, World, rule
from tests.unit.domain.backtest.live import FANS, TYPES, Story, happen, live_matches, replay, steps
from yuchi.domain.backtest.needs import needs_of
from yuchi.domain.durations import DAY, HOUR
from yuchi.domain.rfm import RfmBounds
from yuchi.domain.standard.model import (
    DEFAULT_SCHEMA,
    INTENT,
    AttributeRule,
    BrandSchema,
    ScoreRule,
    StageRule,
    TagGroup,
    ValueRule,
    ValueType,
)

OWN = BrandSchema(
    own_stages=(
        StageRule(order=10, name="away", when='profile.last_active_at < now - duration("5h")'),
        StageRule(order=20, name="buyer", when="profile.orders.count >= 1"),
        StageRule(order=25, name="keen", when='count("qrcode.scanned", "6h") >= 2'),
        StageRule(order=30, name="marked", when='"点过" in profile.tags'),
        StageRule(order=40, name="fresh", when="true"),
    ),
    own_scores={INTENT: ScoreRule(points={"menu.clicked": 2, "order.completed": 3}, half_life=2 * HOUR)},
    tag_groups=(
        TagGroup(name="one of", tags=("点过", "写过", "扫过"), exclusive=True),
        TagGroup(name="brief", tags=("短",), lasts=2 * HOUR),
    ),
    attributes={
        "城市": AttributeRule(type=ValueType.TEXT, allowed=("A", "B")),
        "一时": AttributeRule(type=ValueType.TEXT, retention_days=1),
    },
    properties={"menu.clicked": {"key": ValueRule(type=ValueType.TEXT, allowed=("A", "B"))}},
    rfm=RfmBounds(recency=(0.1, 0.2, 0.3, 0.4), frequency=(2, 3, 4, 5), monetary=(10, 20, 30, 40)),
)

RULES = (
    rule("click", "menu.clicked", ["tag 点过"], 'event.key == "A"'),
    rule("unfit", "menu.clicked", ["score +1"], "!has(event.key)"),
    rule("write", "message.text", ["tag 写过", "set 城市 = {{event.key}}"]),
    rule("scan", "qrcode.scanned", ["tag 扫过", "tag 短", "set 一时 = {{event.key}}"], 'event.key != "B"'),
    rule("exclusive", "message.text", ["score +2"], '"点过" in profile.tags'),
    rule("brief", "menu.clicked", ["score +3"], '"短" in profile.tags'),
    rule("removed", "tag.removed", ["score 换 +1"], 'event.tag == "点过"'),
    rule("city", "menu.clicked", ["tag 本地"], 'profile.attributes["城市"] == "A"'),
    rule("while", "menu.clicked", ["tag 一时"], 'profile.attributes["一时"] == "C"'),
    rule("away", "stage.changed", ["tag 走远"], 'event.stage == "away"'),
    rule("back", "stage.changed", ["tag 回来"], 'event.previous == "away"'),
    rule("buyer", "message.text", ["score 买家 +1"], 'profile.stage == "buyer"'),
    rule("marked", "qrcode.scanned", ["score 记号 +1"], 'profile.stage == "marked"'),
    rule("keen", "message.text", ["score 热心 +1"], 'profile.stage == "keen"'),
    rule("since", "message.text", ["tag 刚换"], 'profile.stage_since > now - duration("1h")'),
    rule("intent", "message.text", ["tag 有意"], "profile.intent >= 2"),
    rule("rfm", "message.text", ["tag 好买家"], "profile.rfm.score >= 7"),
)
CANDIDATES = {each.rule_id: each for each in RULES}


@settings(deadline=None, max_examples=20, derandomize=True)
@given(steps)
def test_a_backtest_by_the_brands_own_definitions_finds_what_live_processing_did(story: Story) -> None:
    world = happen(story, *RULES, schema=OWN)
    for candidate in RULES:
        found = replay(world, candidate, *RULES)
        assert found.matches == live_matches(world, candidate.rule_id), candidate.rule_id


def a_long_story() -> Story:
    """The stories above are short; this one leaves no rule out."""
    random = Random(3)
    return [
        (random.choice(FANS), random.choice(TYPES), random.choice("ABC"), random.choice((1, 5, 20, 200, 400)))
        for _ in range(300)
    ]


@pytest.fixture(scope="module")
def world() -> World:
    return happen(a_long_story(), *RULES, schema=OWN)


def test_every_rule_fires_in_a_long_story_and_the_backtests_agree(world: World) -> None:
    for candidate in RULES:
        live = live_matches(world, candidate.rule_id)
        assert live, candidate.rule_id
        assert replay(world, candidate, *RULES).matches == live, candidate.rule_id


@pytest.mark.parametrize("part", BrandSchema.model_fields)
def test_twin_a_backtest_that_leaves_a_part_of_the_definitions_out_finds_something_else(
    world: World, part: str
) -> None:
    """Of ``properties`` it shows on events that lie in the archive from before they were defined."""
    without = BrandSchema.model_validate({**dict(OWN), part: getattr(DEFAULT_SCHEMA, part)})
    lived = happen(a_long_story(), *RULES, schema=without) if part == "properties" else world
    assert any(
        replay(lived, candidate, *RULES, schema=without).matches != replay(lived, candidate, *RULES, schema=OWN).matches
        for candidate in RULES
    )


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ('profile.stage == "marked"', {"click", "write", "scan"}),
        ("profile.stage_since < now", {"click", "write", "scan"}),
        ("profile.subscribed", set()),
    ],
)
def test_what_the_stages_read_is_replayed_with_who_reads_the_stage(when: str, expected: set[str]) -> None:
    found = needs_of(rule("candidate", "message.image", ["tag 新"], when), RULES, [ACCOUNT], OWN)
    assert {each.rule_id for each in found.rules} - {"candidate"} >= expected
    assert (
        needs_of(rule("candidate", "message.image", ["tag 新"], when), RULES, [ACCOUNT], DEFAULT_SCHEMA).rules
        == (found.rules[:1])
    )


def test_who_listens_to_a_change_of_stage_rests_on_what_the_stages_read() -> None:
    counting = BrandSchema(own_stages=(StageRule(order=1, name="often", when='count("page.viewed", "7d") > 2'),))
    found = needs_of(rule("candidate", "stage.changed", ["tag 新"]), RULES, [ACCOUNT], counting)
    assert found.counted == {"page.viewed": 7 * DAY}
