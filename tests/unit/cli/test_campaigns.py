"""`yuchi campaign`: write, ask, approve, watch, report."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.desk import NOW, TEA, FakeDesk, run
from yuchi.adapters.admin.stacks import StackMissingError
from yuchi.domain.campaign.columns import ASK
from yuchi.domain.campaign.reading import plan_hash, read_campaign
from yuchi.domain.campaign.run import Batch, Group, Page, Phase, Plan, Recipient, RunKey, Span, Tally
from yuchi.domain.event import format_time
from yuchi.domain.ledger import LedgerState
from yuchi.services.ports_campaigns import ShardProgress

OFFLINE = StackMissingError("yuchi")
GOOD = """\
- campaign_id: spring
  audience: '"会员" in profile.tags'
  content: 春茶到店
"""
CREATE = ("campaign", "create", "--id", "spring", "--audience", '"会员" in profile.tags', "--text", "春茶到店")
RUN = RunKey("demo", "spring", "0123456789ab")
GROUP = Group("tea", "mass", "")


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "campaigns.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk(TEA)


def stored(desk: FakeDesk) -> dict[str, Any]:
    return desk.campaign_table.items["demo", "spring"]


def answering(desk: FakeDesk, **columns: Any) -> Callable[[], None]:
    """A planner that answers what is asked with ``columns``."""

    def answer() -> None:
        item = stored(desk)
        if ASK in item:
            told = {**columns, "asked": f"{item[ASK]} {format_time(NOW)}"}
            assert desk.campaign_table.answer("demo", "spring", item[ASK], told)

    return answer


def ready(desk: FakeDesk) -> None:
    """A campaign by bob that was reviewed, counted and previewed."""
    item = {"brand": "demo", "campaign_id": "spring", "audience": "true", "content": "春茶", "edited_by": "bob"}
    wanted = plan_hash(item)
    desk.campaign_table.put({**item, "counted": "1,200 人", "counted_hash": wanted, "previewed_hash": wanted})
    desk.review_campaigns()


# ------------------------------------------------------------------ check, create, list, show


def test_a_file_is_checked_without_any_deployment(tmp_path: Path) -> None:
    outcome = run(OFFLINE, "campaign", "check", written(tmp_path, GOOD))
    assert outcome.status == 0
    assert "✓ spring" in outcome.out


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    outcome = run(OFFLINE, "campaign", "check", written(tmp_path, GOOD.replace("profile.tags", "profile.tgas")))
    assert outcome.status == 1
    assert "did you mean profile.tags" in outcome.out


def test_a_file_of_something_else(tmp_path: Path) -> None:
    assert "is no list of campaigns" in run(OFFLINE, "campaign", "check", written(tmp_path, "just words\n")).err
    assert "the campaign spring is there twice" in run(OFFLINE, "campaign", "check", written(tmp_path, GOOD + GOOD)).err


def test_create_by_options_waits_for_the_reviewer(desk: FakeDesk) -> None:
    outcome = run(desk, *CREATE)
    assert outcome.status == 0, outcome.all
    assert "spring: ready" in outcome.out
    assert stored(desk)["edited_by"] == desk.caller
    assert (stored(desk)["brand"], stored(desk)["status"]) == ("demo", "ready")


def test_create_from_a_file(desk: FakeDesk, tmp_path: Path) -> None:
    assert run(desk, "campaign", "create", written(tmp_path, GOOD)).status == 0
    assert stored(desk)["content"] == "春茶到店"


def test_a_campaign_with_problems_is_not_written(desk: FakeDesk) -> None:
    outcome = run(desk, *CREATE, "--account", "nobody")
    assert outcome.status == 1
    assert "did you mean *" in outcome.out
    assert desk.campaign_table.items == {}


def test_an_existing_one_is_written_anew_only_after_a_yes(desk: FakeDesk) -> None:
    ready(desk)
    assert run(desk, *CREATE, typed="n\n").status != 0
    assert stored(desk)["content"] == "春茶"
    assert run(desk, *CREATE, "--yes").status == 0
    assert (stored(desk)["content"], stored(desk)["edited_by"]) == ("春茶到店", desk.caller)


def test_a_reviewer_that_is_away_is_no_failure(desk: FakeDesk) -> None:
    desk.reviewer_is_up = False
    outcome = run(desk, *CREATE)
    assert outcome.status == 0
    assert "not reviewed yet" in outcome.err


@pytest.mark.parametrize("words", [("campaign", "create"), (*CREATE, "x.yaml")])
def test_a_file_or_options(desk: FakeDesk, words: tuple[str, ...]) -> None:
    assert run(desk, *words).status == 2


def test_list(desk: FakeDesk) -> None:
    assert "No campaigns" in run(desk, "campaign", "list").out
    ready(desk)
    desk.campaign_table.put({"brand": "demo", "campaign_id": "bad", "audience": "tru", "content": "x"})
    desk.review_campaigns()
    desk.campaign_table.put({"brand": "demo", "campaign_id": "new", "audience": "true", "content": "x"})
    (bad, new, spring) = json.loads(run(desk, "campaign", "list", "--json").out)
    assert (bad["status"], new["status"], spring["status"]) == ("invalid", "waiting", "ready")
    outcome = run(desk, "campaign", "list")
    assert "bad: audience" in outcome.out
    assert "spring" not in run(desk, "campaign", "list", "--status", "invalid").out


def test_show(desk: FakeDesk) -> None:
    ready(desk)
    outcome = run(desk, "campaign", "show", "spring")
    assert "春茶" in outcome.out
    assert "ready: is well and waits to be approved" in outcome.out
    assert json.loads(run(desk, "campaign", "show", "spring", "--json").out)["status"] == "ready"
    outcome = run(desk, "campaign", "show", "summer")
    assert (outcome.status, "there are: spring" in outcome.err) == (2, True)


# ------------------------------------------------------------------ asking


@pytest.mark.parametrize("verb", ["estimate", "count", "preview", "start", "stop", "resume"])
def test_what_is_asked_is_answered(desk: FakeDesk, verb: str) -> None:
    ready(desk)
    answers = {"estimate": {"estimate": "about 1,200"}, "count": {"counted": "1,234"}, "stop": {"status": "stopped"}}
    desk.planner = answering(desk, hint="look here", **answers.get(verb, {}))
    outcome = run(desk, "campaign", verb, "spring")
    assert outcome.status == 0, outcome.all
    assert "look here" in outcome.out
    for answer in answers.get(verb, {}).values():
        assert answer in outcome.out
    assert stored(desk)["asked"].startswith(verb)


def test_winner_names_the_variant(desk: FakeDesk) -> None:
    ready(desk)
    desk.planner = answering(desk)
    assert run(desk, "campaign", "winner", "spring", "B").status == 0
    assert stored(desk)["asked"].startswith("winner B ")


def test_an_answer_that_does_not_come_is_told(desk: FakeDesk) -> None:
    ready(desk)
    outcome = run(desk, "campaign", "estimate", "spring")
    assert outcome.status == 1
    assert "there is no answer yet" in outcome.err
    assert desk.waited >= 90


# ------------------------------------------------------------------ approving


def test_a_second_person_approves(desk: FakeDesk) -> None:
    ready(desk)
    outcome = run(desk, "campaign", "approve", "spring", "--note", "好", typed="y\n")
    assert outcome.status == 0, outcome.all
    assert "1,200 persons get it" in outcome.out
    approval = desk.approvals.get("demo", "spring", plan_hash(stored(desk)))
    assert approval is not None
    assert (approval.approved_by, approval.audience, approval.note) == (desk.caller, 1200, "好")
    assert "approved it before" in run(desk, "campaign", "approve", "spring", "--yes").out


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"edited_by": "arn:aws:iam::111122223333:user/AMY"}, "you edited it and cannot approve it"),
        ({"previewed_hash": "f" * 16}, "it was not previewed as it is now"),
        ({"counted_hash": "f" * 16}, "nobody counted the audience yet"),
        ({"content": "别的"}, "it is not reviewed yet"),
        ({"status": "invalid", "problem": "p", "checked": ""}, "it is not well: p"),
    ],
)
def test_what_cannot_be_approved(desk: FakeDesk, changes: dict[str, Any], said: str) -> None:
    ready(desk)
    desk.campaign_table.put({**stored(desk), **changes})
    outcome = run(desk, "campaign", "approve", "spring", "--yes")
    assert (outcome.status, said in outcome.err) == (1, True), outcome.all
    assert desk.approvals.items == {}


def test_a_name_is_taken_on_the_local_stack_only(desk: FakeDesk) -> None:
    ready(desk)
    outcome = run(desk, "campaign", "approve", "spring", "--yes", "--by", "eve")
    assert (outcome.status, desk.approvals.items) == (2, {})
    desk.facts = replace(desk.facts, local=True)
    assert run(desk, "campaign", "approve", "spring", "--yes", "--by", "bob").status == 1, "bob edited it"
    assert run(desk, "campaign", "approve", "spring", "--yes", "--by", "eve").status == 0


# ------------------------------------------------------------------ runs


def started(desk: FakeDesk, **changes: Any) -> Plan:
    """A run of two batches to five persons, of which the first is settled."""
    ready(desk)
    campaign = read_campaign(stored(desk)).campaign
    assert campaign is not None
    plan = Plan(run=str(RUN), campaign=campaign, hash="0" * 16, at=int(NOW.timestamp()), phase=Phase.SENDING, batches=2)
    desk.runs.start(plan.model_copy(update=changes))
    people = tuple(Recipient(f"p{number}", f"o{number}") for number in range(5))
    page = Page(0, 0, {GROUP: people}, {"opted_out": ("p9",)})
    assert desk.runs.save_page(RUN, page, ShardProgress(0), ShardProgress(0, "p4", pages=1, read=6, done=True))
    batches = [Batch(0, GROUP, (Span(0, 0, 0, 3),), 3), Batch(1, GROUP, (Span(0, 0, 3, 2),), 2)]
    desk.runs.save_batches(RUN, batches)
    assert desk.runs.fix_left_out(RUN, 0, {"p0": "unsubscribed"})
    settle(desk, 0, {"SENT": 2, "SKIPPED unsubscribed": 1})
    desk.campaign_table.write("demo", "spring", {"status": "running", "run": str(RUN)})
    return plan


def settle(desk: FakeDesk, number: int, endings: dict[str, int]) -> None:
    tallies = {}
    for ending, count in endings.items():
        state, _, reason = ending.partition(" ")
        tallies[Tally("", "mass", "tea", LedgerState(state), reason)] = count
    assert desk.runs.settle_batch(RUN, number, tallies)


def test_watch_until_the_end(desk: FakeDesk) -> None:
    plan = started(desk)

    def go_on() -> None:
        settle(desk, 1, {"SENT": 1, "REJECTED wechat:45015": 1})
        desk.runs.move(plan, phase=Phase.FINISHED)
        desk.planner = lambda: None

    desk.planner = go_on
    outcome = run(desk, "campaign", "watch", "spring")
    assert outcome.status == 0, outcome.all
    assert "finished: batches 2/2, sent 3, skipped 1, rejected 1, unknown 0" in outcome.out
    assert "1  45015 " in outcome.out


def test_watch_ends_where_the_run_is_held(desk: FakeDesk) -> None:
    started(desk, phase=Phase.HELD, problem="drift:1500")
    outcome = run(desk, "campaign", "watch", "spring")
    assert outcome.status == 1
    assert "the audience is 1500 persons now" in outcome.out


def test_report_is_counted_from_the_batches(desk: FakeDesk) -> None:
    started(desk)
    told = json.loads(run(desk, "campaign", "report", "spring", "--json").out)
    assert (told["open_batches"], {row["state"]: row["persons"] for row in told["endings"]}) == (
        1,
        {"SENT": 2, "SKIPPED": 1},
    )
    outcome = run(desk, "campaign", "report", "spring")
    assert "3 persons, batches still open: 1" in outcome.out
    assert "left the account" in outcome.out


def test_recipients(desk: FakeDesk) -> None:
    started(desk)
    rows = json.loads(run(desk, "campaign", "recipients", "spring", "--json").out)
    assert [(row["person"], row["state"]) for row in rows] == [
        *(("p0", "SKIPPED"), ("p1", "SENT"), ("p2", "SENT"), ("p3", "OPEN"), ("p4", "OPEN"))
    ]
    assert len(json.loads(run(desk, "campaign", "recipients", "spring", "--state", "open", "--json").out)) == 2
    assert "There is nobody." in run(desk, "campaign", "recipients", "spring", "--state", "unknown").out
    assert "o0" not in run(desk, "campaign", "recipients", "spring").out


def test_a_campaign_that_was_never_sent(desk: FakeDesk) -> None:
    ready(desk)
    outcome = run(desk, "campaign", "report", "spring")
    assert (outcome.status, "spring was never sent" in outcome.err) == (1, True)


def test_another_run(desk: FakeDesk) -> None:
    started(desk)
    assert run(desk, "campaign", "report", "spring", "--run", RUN.occurrence).status == 0
    outcome = run(desk, "campaign", "report", "spring", "--run", "20261201T1000")
    assert (outcome.status, RUN.occurrence in outcome.err) == (2, True)
