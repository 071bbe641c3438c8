"""Reading campaigns: lenient with people's habits, exact about what is wrong, and never raising."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.unit.domain.campaign.items import FULL, GOOD, campaign, problems, spoiled
from yuchi.domain.campaign.columns import CHINESE_COLUMNS, COLUMNS, SYSTEM_COLUMNS, Verb
from yuchi.domain.campaign.model import PREFERENCE, Campaign, Cap, Contest, Goal, Outcome, Quiet, SendChannel
from yuchi.domain.campaign.reading import asked_of, campaign_hash, key_of, plan_hash, read_campaign
from yuchi.domain.problem import Locale, RuleProblem

GARBAGE = 4_000


def test_the_least_campaign() -> None:
    read = campaign(name=None)
    assert (read.name, read.accounts, read.channels) == ("spring-tea", ("*",), PREFERENCE)
    (variant,) = read.variants
    assert sorted(variant.contents) == ["custom", "mass"]
    assert (read.starts_at, read.canary, read.holdout) == (None, 1.0, 0.0)


def test_every_column_at_once() -> None:
    reading = read_campaign(FULL)
    assert reading.campaign is not None, [each.text(Locale.EN) for each in reading.problems]
    read = reading.campaign
    assert [(each.name, each.share, sorted(each.contents)) for each in read.variants] == [
        ("A", 40.0, ["custom", "mass"]),
        ("B", 60.0, ["custom", "mass"]),
    ]
    assert read.contest == Contest(share=20, after=4 * 3600, by=Outcome.CLICKED)
    assert read.goal == Goal(on="order.completed", within=7 * 86_400)
    assert read.starts_at == datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    assert read.ends_at == datetime(2026, 12, 3, 16, 0, tzinfo=UTC)
    assert read.quiet == Quiet(start=time(22), end=time(8))
    assert read.caps == (Cap(times=2, seconds=7 * 86_400),)
    assert (read.at_most, read.canary, read.testers) == (10_000, 2.0, ("wechat:tea:oTester1",))


def test_a_snapshot_reads_back_as_it_was() -> None:
    read = read_campaign(FULL).campaign
    assert read is not None
    assert Campaign.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize(
    ("column", "written", "field", "value"),
    [
        ("accounts", "全部", "accounts", ("*",)),
        ("accounts", ["tea", "shop", "tea"], "accounts", ("tea", "shop")),
        ("accounts", "tea，shop", "accounts", ("tea", "shop")),
        ("channel", "群发、客服消息", "channels", (SendChannel.MASS, SendChannel.CUSTOM)),
        ("channel", "最佳", "channels", PREFERENCE),
        ("holdout", Decimal(10), "holdout", 10.0),
        ("holdout", "１０％", "holdout", 10.0),
        ("holdout", "0.5%", "holdout", 0.5),
        ("holdout", "无", "holdout", 0.0),
        ("canary", "0", "canary", 0.0),
        ("at", "2026年12月1日 10：00", "starts_at", datetime(2026, 12, 1, 2, 0, tzinfo=UTC)),
        ("at", "立即", "starts_at", None),
        ("quiet", "22:00至8:00", "quiet", Quiet(start=time(22), end=time(8))),
        ("quiet", "22:00 – 24:00", "quiet", Quiet(start=time(22), end=time(0))),
        ("quiet", "无", "quiet", None),
        ("cap", ["2/7d", "每天1次"], "caps", (Cap(times=2, seconds=604_800), Cap(times=1, seconds=86_400))),
        ("cap", "2/7d, 8/30d", "caps", (Cap(times=2, seconds=604_800), Cap(times=8, seconds=2_592_000))),
        ("at_most", "1万人", "at_most", 10_000),
        ("at_most", "10,000", "at_most", 10_000),
        ("testers", "张三、wechat:tea:o1", "testers", ("张三", "wechat:tea:o1")),
        ("goal", "order.completed", "goal", Goal(on="order.completed")),
        (
            "goal",
            "Order.Completed 3天 totalPaid",
            "goal",
            Goal(on="order.completed", within=3 * 86_400, revenue="totalPaid"),
        ),
    ],
)
def test_what_people_write_is_understood(column: str, written: Any, field: str, value: Any) -> None:
    assert getattr(campaign(**{column: written}), field) == value


@pytest.mark.parametrize(
    ("written", "days", "at"),
    [
        ("daily 10:00", (), time(10)),
        ("每天 9:30", (), time(9, 30)),
        ("weekly 1,4 10:00", (1, 4), time(10)),
        ("weekly mon, Thu 10:00", (1, 4), time(10)),
        ("每周一、四 10:00", (1, 4), time(10)),
        ("每周日 10：00", (7,), time(10)),
        ("monthly 1 10:00", (1,), time(10)),
        ("每月1日、15日 10:00", (1, 15), time(10)),
    ],
)
def test_repeats(written: str, days: tuple[int, ...], at: time) -> None:
    repeat = campaign(repeat=written).repeat
    assert repeat is not None
    assert (repeat.days, repeat.at) == (days, at)


@pytest.mark.parametrize(
    "written",
    [
        *("hourly 10:00", "daily", "daily 25:00", "daily 10:60", "daily 3 10:00", "weekly 10:00", "weekly 8 10:00"),
        *("monthly 0 10:00", "monthly 32 10:00", "monthly x 10:00", "10:00"),
    ],
)
def test_repeats_that_say_nothing(written: str) -> None:
    assert problems(repeat=written) == [("repeat", "campaign.repeat", "daily 10:00")]


@pytest.mark.parametrize(
    ("content", "types"),
    [
        ("一行\\n两行", {"custom": "text", "mass": "text"}),
        ({"text": "春茶"}, {"custom": "text", "mass": "text"}),
        ({"图片": "MEDIA"}, {"custom": "image", "mass": "image"}),
        ({"type": "image", "media_id": "MEDIA"}, {"custom": "image", "mass": "image"}),
        ({"news": {"title": "春茶", "url": "https://shop.example.com/"}}, {"custom": "news"}),
        ({"articles": "MEDIA"}, {"mass": "articles"}),
        (
            {"template": {"template_id": "AT-0123456789", "data": {"first": {"value": "您好"}}}},
            {"template": "template"},
        ),
        (
            {"subscribe": {"template_id": "AT-0123456789", "data": {"thing1": "春茶", "number2": Decimal(3)}}},
            {"subscribe": "subscribe"},
        ),
        (
            {"客服": "春茶", "群发": {"articles": {"media_id": "MEDIA"}}},
            {"custom": "text", "mass": "articles"},
        ),
    ],
)
def test_content(content: Any, types: Mapping[str, str]) -> None:
    (variant,) = campaign(content=content).variants
    assert {channel.value: each.type for channel, each in variant.contents.items()} == types


def test_numbers_in_templates_are_texts_and_line_breaks_are_line_breaks() -> None:
    data = {"first": {"value": "您好"}, "number2": Decimal(3), "price": Decimal("9.9")}
    (variant,) = campaign(content={"template": {"template_id": "AT-0123456789", "data": data}}).variants
    assert variant.contents[SendChannel.TEMPLATE].model_dump()["data"] == {
        "first": "您好",
        "number2": "3",
        "price": "9.9",
    }
    (variant,) = campaign(content={"text": "一\\n二"}).variants
    assert variant.contents[SendChannel.CUSTOM].model_dump()["text"] == "一\n二"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"audience": None}, ("audience", "column.missing", "")),
        ({"audience": "全部"}, ("audience", "campaign.audience.all", "true")),
        ({"content": None}, ("content", "column.missing", "")),
        ({"campaign_id": "a#b"}, ("campaign_id", "campaign.id", "")),
        ({"人群": "x"}, ("人群", "column.unknown", "audience")),
        ({"audiense": "x"}, ("audiense", "column.unknown", "audience")),
        ({"channel": "masss"}, ("channel", "campaign.channel", "mass")),
        ({"channel": "best, mass"}, ("channel", "campaign.channel", "best")),
        ({"holdout": Decimal("0.1")}, ("holdout", "campaign.percent", "10%")),
        ({"holdout": "100%"}, ("holdout", "campaign.percent", "")),
        ({"at": "2026-12-01"}, ("at", "campaign.at.hour", "2026-12-01 10:00")),
        ({"at": "soon"}, ("at", "time.form", "2026-05-01 10:00")),
        ({"at": "2026-12-01 10:00", "repeat": "daily 10:00"}, ("at", "campaign.at.twice", "")),
        ({"at": "2026-12-01 10:00", "ends_at": "2026-11-30"}, ("ends_at", "time.order", "")),
        ({"quiet": "22"}, ("quiet", "campaign.quiet", "22:00-08:00")),
        ({"quiet": "08:00-08:00"}, ("quiet", "campaign.quiet.day", "")),
        ({"quiet": "08:30-08:00"}, ("quiet", "campaign.quiet.day", "")),
        ({"cap": "once"}, ("cap", "campaign.cap", "2/7d")),
        ({"cap": "2/5m"}, ("cap", "campaign.cap", "2/7d")),
        ({"cap": "x"}, ("cap", "limit.unreadable", "")),
        ({"at_most": Decimal(0)}, ("at_most", "campaign.at_most", "")),
        ({"contest": "20% 4h clicked"}, ("contest", "campaign.contest.none", "")),
        ({"goal": "orders"}, ("goal", "campaign.goal", "order.completed 7d")),
        ({"goal": "order.completed 91d"}, ("goal", "campaign.goal", "order.completed 7d")),
        ({"testers": [str(each) for each in range(21)]}, ("testers", "campaign.testers", "")),
        ({"content": {"imge": "x"}}, ("content", "campaign.content.unknown", "image")),
        ({"content": {"mass": {"news": {"title": "a", "url": "https://a.example.com"}}}},
         ("content", "campaign.content.channel", "")),
        ({"content": {"a": 1, "b": 2}}, ("content", "campaign.content.form", "")),
        ({"content": {"template": "x"}}, ("content", "campaign.content.fields", "")),
        ({"content": {"text": b"x"}}, ("content", "campaign.content.binary", "")),
        ({"content": "字" * 601}, ("content", "text.long", "")),
        ({"variants": [{"name": "A", "content": "a"}, {"name": "B", "content": "b"}]}, ("content", "campaign.both", "")),
        ({"name": "x" * 70_000}, ("", "item.size", "")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place_and_a_suggestion(
    changes: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert problems(**changes) == [expected]


@pytest.mark.parametrize(
    ("variants", "code"),
    [
        ("A, B", "campaign.variants.form"),
        ([{"name": "A", "content": "a"}], "campaign.variants.count"),
        ([{"name": "A", "content": "a"}, {"name": "A", "content": "b"}], "campaign.variants.twice"),
        (
            [{"name": "A", "share": 50, "content": "a"}, {"name": "B", "share": 40, "content": "b"}],
            "campaign.variants.shares",
        ),
        ([{"name": "holdout", "content": "a"}, {"name": "B", "content": "b"}], "campaign.variants.name"),
        ([{"name": "Winner", "content": "a"}, {"name": "B", "content": "b"}], "campaign.variants.name"),
        ([{"name": "A", "content": "a"}, {"name": "B"}], "column.missing"),
        ([{"name": "A", "share": "50%", "content": "a"}, {"name": "B", "content": "b"}], "column.missing"),
        ([{"name": "A", "content": "a"}, {"name": "B", "content": "b", "weight": 1}], "column.unknown"),
    ],
)
def test_variants_that_are_wrong(variants: Any, code: str) -> None:
    assert [each for _, each, _ in problems(content=None, variants=variants)] == [code]


def test_three_equal_variants_need_no_shares() -> None:
    three = [{"name": name, "content": name} for name in "ABC"]
    assert sum(each.share for each in campaign(content=None, variants=three).variants) == pytest.approx(100)


def test_the_place_of_a_mistake_in_a_variant_is_told() -> None:
    variants = [{"name": "A", "content": "a"}, {"name": "B", "content": {"mass": {"menu": "x"}}}]
    reading = read_campaign({**{name: GOOD[name] for name in GOOD if name != "content"}, "variants": variants})
    (problem,) = reading.problems
    assert problem.text(Locale.ZH).startswith("variants 第 2 项：content：mass：")


def test_garbage_never_raises_and_is_always_told() -> None:
    random = Random(4)
    well = 0
    for _ in range(GARBAGE):
        item = spoiled(random)
        reading = read_campaign(item)
        assert (reading.campaign is None) == bool(reading.problems)
        for problem in reading.problems:
            assert problem.zh
            assert problem.en
            problem.text(Locale.ZH).encode(errors="strict")
        assert reading.plan_hash == plan_hash(item)
        assert reading.hash == campaign_hash(item)
        key_of(item)
        asked_of(item)
        if reading.campaign is not None:
            well += 1
            assert Campaign.model_validate_json(reading.campaign.model_dump_json()) == reading.campaign
    assert 0 < well < GARBAGE, "the test spoils nothing, or everything"


def test_every_column_of_the_marketer_changes_the_hash_that_is_approved() -> None:
    whole = {**FULL, "content": "x", "repeat": "daily 10:00"}
    assert set(whole) == set(COLUMNS)
    for column in COLUMNS:
        changed = {**whole, column: "changed"}
        expected = column in {"name", "testers"}
        assert (plan_hash(changed) == plan_hash(whole)) == expected, column
        assert campaign_hash(changed) != campaign_hash(whole), column


def test_what_the_system_writes_and_what_is_asked_for_changes_no_hash() -> None:
    for column in (*SYSTEM_COLUMNS, "ask"):
        assert plan_hash({**GOOD, column: "x"}) == plan_hash(GOOD), column
        assert campaign_hash({**GOOD, column: "x"}) == campaign_hash(GOOD), column


def test_a_hash_that_forgot_a_column_would_be_noticed() -> None:
    def forgetful(item: Mapping[str, Any]) -> str:
        return plan_hash({name: value for name, value in item.items() if name != "audience"})

    assert forgetful({**GOOD, "audience": "true"}) == forgetful(GOOD)
    assert plan_hash({**GOOD, "audience": "true"}) != plan_hash(GOOD)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, None),
        ("", None),
        ("estimate", (Verb.ESTIMATE, "")),
        (" Ｓｔｏｐ ", (Verb.STOP, "")),
        ("预览", (Verb.PREVIEW, "")),
        ("winner B", (Verb.WINNER, "B")),
    ],
)
def test_what_is_asked_for(written: Any, expected: Any) -> None:
    assert asked_of({**GOOD, "ask": written}) == expected


@pytest.mark.parametrize(
    ("written", "suggestion"), [("estimat", "estimate"), ("winner", ""), ("stop now", ""), (3, "")]
)
def test_what_cannot_be_asked_for(written: Any, suggestion: str) -> None:
    wrong = asked_of({**GOOD, "ask": written})
    assert wrong is not None
    (problem, *_) = wrong
    assert isinstance(problem, RuleProblem)
    assert (problem.field, problem.code, problem.suggestion) == ("ask", "campaign.ask", suggestion)


def test_chinese_names_of_columns_lead_to_columns() -> None:
    assert {*CHINESE_COLUMNS.values()} <= {*COLUMNS, "ask"}
