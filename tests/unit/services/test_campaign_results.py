"""Results of runs: counted again from batches and outcomes, equal to the ledger, with what may be said for certain."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.fakes.campaigns_world import CampaignWorld
from tests.fakes.links import FakeOutcomes
from yuchi.domain.campaign.model import Contest, Outcome
from yuchi.domain.campaign.results import RunResults, VariantResult, gain_of, report_text, winner_of
from yuchi.domain.ledger import LedgerState
from yuchi.domain.problem import Locale
from yuchi.services.campaign_results import CampaignResults
from yuchi.services.ports_campaigns import SendOutcome
from yuchi.services.ports_links import OutcomeKind, StoredOutcome

VARIANTS = [
    {"name": "甲", "share": 50, "content": "早安 {{profile.attributes.称呼}}"},
    {"name": "乙", "share": 50, "content": "晚安 {{profile.attributes.称呼}}"},
]


@pytest.fixture
def world() -> CampaignWorld:
    """A campaign with two variants and a hold-out, some of whose messages fail in each way."""
    made = CampaignWorld()
    made.add_account("shop")
    made.add_fans(250, "shop", wrote=True)
    made.add_fans(20, "shop")
    made.put(channel="custom", content="", variants=VARIANTS, holdout="20%", goal="order.completed 7d")
    made.items["spring"].pop("content")
    made.wechat.answers.extend(
        [
            SendOutcome(LedgerState.REJECTED, 45015, ""),
            SendOutcome(LedgerState.UNKNOWN, None, "answer_lost"),
            SendOutcome(LedgerState.REJECTED, 43004, ""),
        ]
    )
    made.approve()
    made.finish(minutes=40)
    return made


def results(world: CampaignWorld, outcomes: FakeOutcomes | None = None) -> CampaignResults:
    return CampaignResults(world.runs, outcomes or FakeOutcomes())


def ledger_of(world: CampaignWorld) -> Counter[str]:
    return Counter(entry.state.value for entry in world.ledger.rows.values() if "#campaign#" in entry.key.owner)


def test_the_report_equals_ledger_and_audience(world: CampaignWorld) -> None:
    total = results(world).of(world.plan()).total
    ledger = ledger_of(world)
    assert total.audience == 270
    assert total.sent == ledger["SENT"] == sum(world.wechat.accepted.values()) - 1, "one answer was lost"
    assert total.rejected.total() == ledger["REJECTED"] == 2
    assert total.unknown == ledger["UNKNOWN"] == 1
    assert set(total.rejected) == {"wechat:45015", "wechat:43004"}
    assert total.held_out > 20
    assert total.skipped["window_closed"] > 0


def test_twin_a_ledger_row_that_no_batch_counted_is_seen(world: CampaignWorld) -> None:
    """The planted defect: one batch lost its tallies."""
    key = next(each for each, stored in world.runs.stored.items() if not stored.batch.skip)
    world.runs.stored[key] = replace(world.runs.stored[key], tallies={})
    assert results(world).of(world.plan()).total.sent != ledger_of(world)["SENT"]


def test_outcomes_are_counted_for_their_variant(world: CampaignWorld) -> None:
    outcomes = FakeOutcomes()
    run = world.plan().key.short
    for number, (kind, variant) in enumerate(
        [(OutcomeKind.CLICKED, "甲"), (OutcomeKind.CLICKED, "甲"), (OutcomeKind.CONVERTED, "乙")]
    ):
        outcomes.put(StoredOutcome(run, kind, f"p{number}", variant, world.now), now=world.now)
    outcomes.put(StoredOutcome(run, OutcomeKind.CONVERTED, "p7", "holdout", world.now), now=world.now)
    for event in ("e1", "e2"):
        outcomes.put(StoredOutcome(run, OutcomeKind.REVENUE, "p2", "乙", world.now, event, 5_000), now=world.now)
    outcomes.put(StoredOutcome(run, OutcomeKind.UNSUBSCRIBED, "p3", "甲", world.now), now=world.now)
    outcomes.add_taps(run, "甲", "link", now=world.now)
    found = results(world, outcomes).of(world.plan())
    one, two = found.variants[:2]
    assert (one.name, one.clicked, one.taps, one.unsubscribed) == ("甲", 2, 1, 1)
    assert (two.name, two.converted, two.revenue) == ("乙", 1, 10_000)
    assert found.holdout is not None
    assert found.holdout.converted == 1
    assert results(world, outcomes).left(world.plan()) == 1
    report = results(world, outcomes).report(world.plan())
    assert "金额 100.00 元" in report
    assert "对照组" in report
    told = results(world, outcomes).as_json(world.plan())
    assert told["total"]["audience"] == 270
    assert told["total"]["revenue"] == 100.0


def group(name: str, reached: int, *, converted: int = 0, clicked: int = 0, revenue: int = 0) -> VariantResult:
    return VariantResult(name, sent=reached, converted=converted, clicked=clicked, revenue=revenue)


def held(count: int, converted: int) -> VariantResult:
    return VariantResult("holdout", held_out=count, converted=converted)


def test_what_is_certain_is_said_in_plain_words() -> None:
    found = RunResults((group("甲", 10_000, converted=400), group("乙", 10_000, converted=290)), held(10_000, 280))
    report = report_text(found, Locale.ZH)
    assert "甲 比对照组多 1.2 个百分点（95% 区间 0.7 到 1.7）" in report
    assert "乙 和对照组还看不出差别" in report
    assert "percentage points more than the hold-out" in report_text(found, Locale.EN)
    gain = gain_of(found.variants[0], found.holdout)
    assert gain is not None
    assert gain.is_certain


def test_without_a_hold_out_nothing_is_compared() -> None:
    assert gain_of(group("甲", 100, converted=3), None) is None
    assert gain_of(group("甲", 0), held(10, 1)) is None
    assert "对照组" not in report_text(RunResults((group("甲", 100),)), Locale.ZH)


@pytest.mark.parametrize(
    ("variants", "by", "best"),
    [
        ((group("甲", 100, clicked=5), group("乙", 100, clicked=9)), Outcome.CLICKED, "乙"),
        ((group("甲", 100, clicked=5), group("乙", 200, clicked=9)), Outcome.CLICKED, "甲"),
        ((group("甲", 100, clicked=9, converted=1), group("乙", 100, converted=2)), Outcome.CONVERTED, "乙"),
        ((group("甲", 100, converted=9, revenue=1), group("乙", 100, revenue=2)), Outcome.REVENUE, "乙"),
        ((group("甲", 100, clicked=5), group("乙", 100, clicked=5)), Outcome.CLICKED, "甲"),
        ((group("甲", 100), group("乙", 100)), Outcome.CLICKED, "甲"),
        ((group("甲", 100), group("乙", 20, clicked=20)), Outcome.CLICKED, "甲"),
        ((), Outcome.CLICKED, "甲"),
    ],
)
def test_the_winner_has_a_defined_end(variants: tuple[VariantResult, ...], by: Outcome, best: str) -> None:
    contest = Contest(share=20, after=3_600, by=by)
    assert winner_of(RunResults(variants), contest, ["甲", "乙"]) == best


def test_taps_by_nobody_known_never_make_more_than_all() -> None:
    many = VariantResult("", sent=10, taps=500)
    assert many.rate(many.tapped).value == 1.0
