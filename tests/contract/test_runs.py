"""Runs of campaigns, what reached persons, and quotas: in memory and on DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.aws import CONFIG, aws
from tests.fakes.runs import FakeQuotas, FakeReachBook, FakeRuns
from yuchi.adapters.dynamodb.agenda import DynamoDBAgenda
from yuchi.adapters.dynamodb.quotas import DynamoDBQuotas
from yuchi.adapters.dynamodb.reach import DynamoDBReachBook
from yuchi.adapters.dynamodb.runs import DynamoDBRuns
from yuchi.domain.campaign.model import Campaign, Cap, SendChannel
from yuchi.domain.campaign.quota import next_midnight
from yuchi.domain.campaign.reach import KEPT, Sent
from yuchi.domain.campaign.run import Batch, Group, Page, Phase, Plan, Recipient, RunKey, Span, Tally
from yuchi.domain.ledger import LedgerState
from yuchi.services.ports_campaigns import Agenda, AgendaEntry, PageHead, Quotas, ReachBook, Runs, ShardProgress

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
RUN = RunKey("tea", "spring", "0123456789ab")
MASS = Group("shop", "mass", "")
CUSTOM = Group("shop", "custom", "版本 A")
SENT = Tally("", "mass", "shop", LedgerState.SENT)
REFUSED = Tally("版本 A", "custom", "shop", LedgerState.REJECTED, "wechat:45015")
VARIANTS = [{"contents": {"mass": {"type": "text", "text": "新茶到店"}}}]
CAMPAIGN = Campaign.model_validate({"brand": "tea", "campaign_id": "spring", "audience": "true", "variants": VARIANTS})


@dataclass
class Ports:
    """One implementation of each."""

    runs: Runs
    agenda: Agenda
    reach: ReachBook
    quotas: Quotas


@pytest.fixture(params=["memory", "aws"])
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    granted = {"big": {"message/mass/send": 2}}
    if request.param == "memory":
        runs = FakeRuns()
        yield Ports(runs, runs, FakeReachBook(), FakeQuotas(granted))
        return
    with aws() as session:
        client: Any = session.client("dynamodb", config=CONFIG)
        yield Ports(
            DynamoDBRuns(client, "Runs", lambda: NOW),
            DynamoDBAgenda(client, "Runs"),
            DynamoDBReachBook(client, "Reach"),
            DynamoDBQuotas(client, "Quotas", granted),
        )


def plan(run: RunKey = RUN, at: int = MOMENT) -> Plan:
    """A plan as it starts."""
    return Plan(run=str(run), campaign=CAMPAIGN, hash="0123456789abcdef", at=at)


def page(number: int, persons: int, *, shard: int = 7) -> Page:
    """A page with that many chosen for each of two groups, and some skipped."""
    chosen = {
        group: tuple(Recipient(f"p{number}-{each}", f"o{number}-{each}-{group.channel}") for each in range(persons))
        for group in (MASS, CUSTOM)
    }
    return Page(shard, number, chosen, {"holdout": ("h1", "h2"), "capped": ("c1",)})


def progress(pages: int, *, done: bool = False) -> ShardProgress:
    """A shard after so many pages."""
    return ShardProgress(7, f"p{pages}" if pages else None, pages, pages * 100, done=done)


def test_a_run_starts_once(ports: Ports) -> None:
    """Of two planners one is first."""
    assert ports.runs.plan(RUN) is None
    assert ports.runs.start(plan())
    assert not ports.runs.start(plan())
    assert ports.runs.plan(RUN) == plan()


def test_a_plan_moves_by_its_version(ports: Ports) -> None:
    """Who read an older one moves nothing."""
    ports.runs.start(plan())
    moved = ports.runs.move(plan(), phase=Phase.PACKING, moved_at=MOMENT + 5)
    assert moved is not None
    assert ports.runs.plan(RUN) == moved
    assert (moved.phase, moved.version) == (Phase.PACKING, 2)
    assert ports.runs.move(plan(), phase=Phase.STOPPED) is None
    assert ports.runs.plan(RUN) == moved


def test_the_runs_of_a_campaign_newest_first(ports: Ports) -> None:
    """And of no other campaign."""
    older, newer = RunKey("tea", "spring", "20261201T1000"), RunKey("tea", "spring", "20261202T1000")
    for run, at in ((older, MOMENT), (newer, MOMENT + 86_400), (RunKey("tea", "springs", "x"), MOMENT)):
        ports.runs.start(plan(run, at))
    assert [each.run for each in ports.runs.runs_of("tea", "spring")] == [str(newer), str(older)]


def test_a_page_and_its_shard_move_together(ports: Ports) -> None:
    """Who comes second, or late, stores nothing."""
    assert ports.runs.shards(RUN) == {}
    assert ports.runs.save_page(RUN, page(0, 3), progress(0), progress(1))
    assert not ports.runs.save_page(RUN, page(0, 9), progress(0), progress(1))
    assert ports.runs.save_page(RUN, page(1, 2), progress(1), progress(2, done=True))
    assert not ports.runs.save_page(RUN, page(1, 9), progress(1), progress(2))
    assert ports.runs.shards(RUN) == {7: progress(2, done=True)}
    skipped = {"holdout": 2, "capped": 1}
    assert list(ports.runs.page_heads(RUN)) == [
        PageHead(7, 0, {MASS: 3, CUSTOM: 3}, skipped),
        PageHead(7, 1, {MASS: 2, CUSTOM: 2}, skipped),
    ]


def test_recipients_come_in_the_order_of_the_spans(ports: Ports) -> None:
    """Of the group asked for."""
    for number in range(60):
        ports.runs.save_page(RUN, page(number, 3), progress(number), progress(number + 1))
    spans = [Span(7, 59, 1, 2), Span(7, 0, 0, 1), *(Span(7, number, 2, 1) for number in range(1, 58))]
    found = ports.runs.recipients(RUN, CUSTOM, spans)
    assert found[:3] == [
        Recipient("p59-1", "o59-1-custom"),
        Recipient("p59-2", "o59-2-custom"),
        Recipient("p0-0", "o0-0-custom"),
    ]
    assert len(found) == 60


def test_batches_stay_as_they_were_stored_first(ports: Ports) -> None:
    """A packer that comes late must not unsettle them."""
    batches = [Batch(0, MASS, (Span(7, 0, 0, 3),), 3, canary=True), Batch(1, CUSTOM, (), 2, skip="over_at_most")]
    ports.runs.save_batches(RUN, batches)
    assert ports.runs.settle_batch(RUN, 0, {SENT: 3}, message_id="4711")
    ports.runs.save_batches(RUN, batches)
    first, second = ports.runs.batches(RUN)
    assert (first.batch, first.tallies, first.message_id) == (batches[0], {SENT: 3}, "4711")
    assert (second.batch, second.tallies) == (batches[1], None)
    assert ports.runs.batch(RUN, 1) == second
    assert ports.runs.batch(RUN, 2) is None


def test_a_batch_is_added_up_once(ports: Ports) -> None:
    """Settled twice, it counts once, whatever the second says."""
    ports.runs.save_batches(RUN, [Batch(0, MASS, (), 3), Batch(1, CUSTOM, (), 2)])
    assert ports.runs.progress(RUN).settled == 0
    assert ports.runs.settle_batch(RUN, 0, {SENT: 3})
    assert not ports.runs.settle_batch(RUN, 0, {REFUSED: 3})
    assert not ports.runs.settle_batch(RUN, 9, {SENT: 1})
    assert ports.runs.settle_batch(RUN, 1, {REFUSED: 1, SENT: 1}, unknown=["p1"])
    found = ports.runs.progress(RUN)
    assert (found.settled, dict(found.tallies)) == (2, {SENT: 4, REFUSED: 1})
    stored = ports.runs.batch(RUN, 1)
    assert stored is not None
    assert stored.unknown == ("p1",)


def test_a_settled_batch_is_corrected_once(ports: Ports) -> None:
    """By what it was; the progress moves along, and nobody is unknown any more."""
    lost = SENT._replace(state=LedgerState.UNKNOWN, reason="answer_lost")
    ports.runs.save_batches(RUN, [Batch(0, MASS, (), 3), Batch(1, MASS, (), 2)])
    assert not ports.runs.correct_batch(RUN, 0, {lost: 3}, {SENT: 3}), "it is open yet"
    assert ports.runs.settle_batch(RUN, 0, {lost: 3}, unknown=["p1", "p2", "p3"])
    assert ports.runs.settle_batch(RUN, 1, {SENT: 2})

    assert ports.runs.correct_batch(RUN, 0, {lost: 3}, {SENT: 2, REFUSED: 1}, message_id="4711")
    assert not ports.runs.correct_batch(RUN, 0, {lost: 3}, {SENT: 2, REFUSED: 1}, message_id="4711")
    assert not ports.runs.correct_batch(RUN, 9, {lost: 3}, {SENT: 3})

    stored = ports.runs.batch(RUN, 0)
    assert stored is not None
    assert (stored.tallies, stored.unknown, stored.message_id) == ({SENT: 2, REFUSED: 1}, (), "4711")
    found = ports.runs.progress(RUN)
    assert (found.settled, dict(found.tallies)) == (2, {SENT: 4, REFUSED: 1})


def test_who_is_left_out_is_fixed_once(ports: Ports) -> None:
    """A mass message that is repeated is about the same persons."""
    ports.runs.save_batches(RUN, [Batch(0, MASS, (), 3)])
    assert ports.runs.fix_left_out(RUN, 0, {"p1": "opted_out"}) == {"p1": "opted_out"}
    assert ports.runs.fix_left_out(RUN, 0, {"p2": "capped"}) == {"p1": "opted_out"}
    stored = ports.runs.batch(RUN, 0)
    assert stored is not None
    assert stored.left_out == {"p1": "opted_out"}


def test_the_agenda(ports: Ports) -> None:
    """One entry a campaign, told when it is due."""
    entry = AgendaEntry("tea", "spring", NOW, str(RUN))
    ports.agenda.put(AgendaEntry("tea", "spring", NOW - timedelta(days=1)))
    ports.agenda.put(entry)
    ports.agenda.put(AgendaEntry("tea", "later", NOW + timedelta(seconds=1)))
    assert list(ports.agenda.due(NOW)) == [entry]
    ports.agenda.remove("tea", "spring")
    ports.agenda.remove("tea", "spring")
    assert list(ports.agenda.due(NOW)) == []


def sent(at: int = MOMENT, batch: int = 0) -> Sent:
    """A mass message."""
    return Sent(at=at, account="shop", channel=SendChannel.MASS.value, batch=batch, mark="12345678")


def test_reach_is_claimed_once_a_run(ports: Ports) -> None:
    """The same batch may come again; another one is told."""
    assert ports.reach.read("tea", ["p1", "p2"]) == {}
    assert ports.reach.claim("tea", "p1", "run", sent(), now=NOW, caps=()) is None
    assert ports.reach.claim("tea", "p1", "run", sent(), now=NOW, caps=()) is None
    assert ports.reach.claim("tea", "p1", "run", sent(batch=1), now=NOW, caps=()) == "reached_already"
    known = ports.reach.read("tea", ["p1", "p2"])
    assert list(known) == ["p1"]
    assert known["p1"].sends == {"run": sent()}
    ports.reach.release("tea", "p1", "run")
    ports.reach.release("tea", "p1", "run")
    assert ports.reach.claim("tea", "p1", "run", sent(batch=1), now=NOW, caps=()) is None


def test_what_was_read_before_may_be_out_of_date(ports: Ports) -> None:
    """The claim decides on what is stored."""
    known = ports.reach.read("tea", ["p1"]).get("p1")
    for number in range(4):
        assert ports.reach.claim("tea", "p1", f"r{number}", sent(), now=NOW, caps=(), known=known) is None
    assert ports.reach.claim("tea", "p1", "r4", sent(), now=NOW, caps=(), known=known) == "month_used_up"
    assert ports.reach.claim("tea", "p2", "r4", sent(), now=NOW, caps=[Cap(times=1, seconds=86_400)]) is None
    assert ports.reach.claim("tea", "p2", "r5", sent(), now=NOW, caps=[Cap(times=1, seconds=86_400)]) == "capped"


def test_a_person_with_many_sends_fits(ports: Ports) -> None:
    """The oldest go."""
    for number in range(KEPT + 3):
        at = MOMENT - (KEPT + 3 - number) * 40 * 86_400
        assert ports.reach.claim("tea", "p1", f"r{number}", sent(at), now=NOW, caps=()) is None
    known = ports.reach.read("tea", ["p1"])["p1"]
    assert len(known.sends) == KEPT
    assert "r2" not in known.sends


def test_quotas_are_taken_and_closed(ports: Ports) -> None:
    """By account, interface and day; a minute has its own."""
    api = "message/mass/send"
    assert ports.quotas.left("big", api, now=NOW) == 2
    assert ports.quotas.take("big", api, 2, now=NOW)
    assert not ports.quotas.take("big", api, 1, now=NOW)
    assert ports.quotas.left("big", api, now=NOW) == 0
    assert ports.quotas.take("small", api, 60, now=NOW)
    assert not ports.quotas.take("small", api, 1, now=NOW)
    assert ports.quotas.take("small", api, 1, now=NOW + timedelta(minutes=1))
    tomorrow = next_midnight(NOW)
    ports.quotas.close("small", api, until=tomorrow)
    assert ports.quotas.left("small", api, now=NOW) == 0
    assert not ports.quotas.take("small", api, 1, now=tomorrow - timedelta(seconds=1))
    assert ports.quotas.take("small", api, 1, now=tomorrow)
    assert ports.quotas.take("other", "message/custom/send", 1, now=NOW)
