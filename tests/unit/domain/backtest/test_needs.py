"""Which rules and event types a rule rests on: all that can change its answer, and no more than need be read."""

import pytest

from tests.fakes.world import ACCOUNT, rule
from yuchi.domain.account import AccountKind
from yuchi.domain.backtest.applying import APPLIED
from yuchi.domain.backtest.needs import Needs, needs_of
from yuchi.domain.durations import DAY
from yuchi.domain.rule import Rule
from yuchi.domain.standard.model import DEFAULT_SCHEMA, AttributeRule, BrandSchema, TagGroup

LIVE = (
    rule("gives", "menu.clicked", ["tag 甲"]),
    rule("takes", "message.text", ["untag 甲, 乙"]),
    rule("other", "message.text", ["tag 丙"], '"丁" in profile.tags'),
    rule("deeper", "qrcode.scanned", ["tag 丁"], "profile.score > 3"),
    rule("scores", "menu.viewed", ["score +5"]),
    rule("sets", "message.image", ["set 城市 = 上海"]),
    rule("timer", "fan.subscribed", ["after 1d 回访"]),
    rule("emits", "message.voice", ["emit visit.due"]),
    rule("stops", "message.video", ["tag 停"], priority=900, stop=True),
)


def needs(candidate: Rule, **schema: object) -> Needs:
    return needs_of(candidate, LIVE, [ACCOUNT], BrandSchema.model_validate(schema))


def names(found: Needs) -> set[str]:
    return {each.rule_id for each in found.rules}


@pytest.mark.parametrize(
    ("on", "when", "expected"),
    [
        ("menu.clicked", 'event.key == "A"', set()),
        ("menu.clicked", '"甲" in profile.tags', {"gives", "takes"}),
        ("menu.clicked", '"丙" in profile.tags', {"other", "deeper", "scores"}),
        ("menu.clicked", "size(profile.tags) > 1", {"gives", "takes", "other", "deeper", "scores", "stops"}),
        ("menu.clicked", "profile.scores.main > 2", {"scores"}),
        ("menu.clicked", 'profile.attributes["城市"] == "上海"', {"sets"}),
        ("timer.fired", "true", {"timer"}),
        ("visit.due", "true", {"emits"}),
        ("score.reached", "true", {"scores"}),
        ("message.video", "true", {"stops"}),
    ],
)
def test_the_rules_that_change_what_it_reads_are_replayed_with_it(on: str, when: str, expected: set[str]) -> None:
    assert names(needs(rule("candidate", on, ["tag 新"], when))) == {"candidate", *expected}


def test_what_reads_only_the_event_reads_only_its_own_type_and_no_past() -> None:
    found = needs(rule("candidate", "menu.clicked", ["tag 新"], 'event.key == "A"'))
    assert (found.types, found.horizon) == (frozenset({"menu.clicked"}), 0)


def test_a_window_needs_the_past_that_it_sees_and_what_is_counted() -> None:
    found = needs(rule("candidate", "menu.clicked", ["tag 新"], 'count("page.viewed", "7d") > 2'))
    assert found.types is not None
    assert {"menu.clicked", "page.viewed", "fan.unsubscribed"} <= found.types
    assert found.horizon == 7 * DAY
    forever = needs(rule("candidate", "menu.clicked", ["tag 新"], 'count("page.viewed") > 2'))
    assert forever.horizon is None


@pytest.mark.parametrize("columns", [{"limit": "once"}, {"when": "profile.orders.count > 1"}])
def test_what_lasts_needs_all_of_the_past(columns: dict[str, str]) -> None:
    assert needs(rule("candidate", "menu.clicked", ["tag 新"], **columns)).horizon is None


def test_orders_and_tags_given_by_earlier_backtests_are_read() -> None:
    found = needs(rule("candidate", "menu.clicked", ["tag 新"], '"丙" in profile.tags && profile.orders.count > 1'))
    assert found.types is not None
    assert {"order.completed", "order.refunded", APPLIED} <= found.types


@pytest.mark.parametrize(
    "when", ["profile.last_seen_at < now", "profile.new", "profile.intent > 1", "has(profile.consents)"]
)
def test_what_any_event_may_change_reads_all(when: str) -> None:
    assert needs(rule("candidate", "menu.clicked", ["tag 新"], when)).types is None


@pytest.mark.parametrize(
    ("on", "when"), [("no order.completed for 30d", "true"), ("menu.clicked", 'profile.stage == "new"')]
)
def test_what_time_brings_and_what_decisions_keep_is_decided_event_by_event(on: str, when: str) -> None:
    found = needs(rule("candidate", on, ["tag 新"], when))
    assert found.timed
    assert found.types is None


def test_what_a_text_reads_counts_as_read() -> None:
    found = needs(rule("candidate", "menu.clicked", ["set 备注 = {{profile.first_seen_at}}"]))
    assert "first_seen_at" in found.fields


def test_the_brands_own_definitions_count() -> None:
    asks = rule("candidate", "menu.clicked", ["tag 新"], '"甲" in profile.tags')
    rivals = TagGroup(name="g", tags=("甲", "丙"), exclusive=True)
    assert "other" in names(needs(asks, tag_groups=(rivals,)))
    reads = rule("candidate", "menu.clicked", ["tag 新"], 'profile.attributes["城市"] == "上海"')
    assert not needs(reads).timed
    assert needs(reads, attributes={"城市": AttributeRule(type="text", retention_days=3)}).timed


@pytest.mark.parametrize(
    ("candidate", "alone"),
    [
        (rule("candidate", "menu.clicked", ["tag 新", "send 您好"], 'event.key == "A"'), True),
        (rule("candidate", "menu.clicked", ["tag 新"], "profile.orders.count > 1"), True),
        (rule("candidate", "menu.clicked", ["tag 新"], '!("新" in profile.tags)'), False),
        (rule("candidate", "menu.clicked", ["tag 新"], limit="once"), False),
        (rule("candidate", "menu.clicked", ["tag 新"], '"甲" in profile.tags'), False),
        (rule("candidate", "tag.added", ["tag 新"]), False),
        (rule("candidate", "menu.clicked", ["emit visit.made"]), False),
        (rule("candidate", "menu.clicked", ["after 1d 回访"]), False),
        (rule("candidate", "menu.clicked", ["tag 新"], 'profile.stage == "new"'), False),
        (rule("candidate", "no menu.clicked for 1d", ["tag 新"]), False),
    ],
)
def test_matches_are_but_noted_where_they_change_nothing(candidate: Rule, alone: bool) -> None:
    assert needs(candidate).alone is alone


def test_in_a_mini_program_any_event_may_say_that_somebody_follows() -> None:
    asks = rule("candidate", "menu.clicked", ["tag 新"], "profile.subscribed")
    mini = ACCOUNT.model_copy(update={"id": "mini", "kind": AccountKind.MINI_PROGRAM})
    assert needs_of(asks, [], [ACCOUNT], DEFAULT_SCHEMA).types is not None
    assert needs_of(asks, [], [ACCOUNT, mini], DEFAULT_SCHEMA).types is None
