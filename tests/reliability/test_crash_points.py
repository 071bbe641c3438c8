"""T1: kill, refuse or lose the answer of every remote call, deliver everything again: nothing doubled, nothing lost."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.fakes.stores import FakeLedger
from tests.fakes.world import rule
from tests.reliability.crash import (
    EVERYWHERE,
    Call,
    Fault,
    ForgetfulReceipts,
    GetThenPutLedger,
    ImpatientLedger,
    Killed,
    NoLedger,
    points,
)
from tests.reliability.history import violations
from tests.reliability.platforms import AT_WECHAT
from tests.reliability.system import HOST, System, text_push
from yuchi.domain.ledger import FINAL_STATES, LedgerState
from yuchi.domain.rule import Rule
from yuchi.services.process_event import ProcessEvent

SEND = rule("hello", "message.text", ["tag 来过", "score +5", "send 欢迎"])
WEBHOOK = rule("hook", "message.text", ["score +5", f"webhook https://{HOST}/in"])
REPLY = rule("answer", "message.text", ["score +5", "reply 您好"], limit="once")
LEAVE_UNKNOWN = {"kill before", "kill after", "answer lost", *AT_WECHAT}


@dataclass
class Tally:
    """What an enumeration found."""

    visited: int = 0
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def push_and_drain(system: System) -> None:
    system.push("message.text", content="hi")
    try:
        system.step_events()
        system.step_actions()
    except Killed:
        pass
    system.drain()
    system.repeat_everything()


def count(system: System, label: str, tally: Tally) -> None:
    """Judge a finished run with one effect for one fan."""
    tally.visited += len(system.gate.visited)
    effects = sum(system.platform.counts().values()) + len(system.receiver.seen) + system.passive
    unknown = [row for row in system.ledger.rows.values() if row.state is LedgerState.UNKNOWN]
    if effects > 1:
        tally.duplicates.append(label)
    if unknown:
        tally.unknown.append(label)
    elif effects < 1:
        tally.lost.append(label)
    profile = system.profile()
    if profile.scores != {"main": 5} or any(tag.count != 1 for tag in profile.tags.values()):
        tally.broken.append(f"{label}: profile")
    if system.events.dead or system.actions.dead:
        tally.broken.append(f"{label}: dead letters")
    archived = {json.loads(line)["id"] for line in system.archive.lines}
    if archived != {entry.event.id for entry in system.people.entries.values()}:
        tally.broken.append(f"{label}: archive")
    if any(row.state not in FINAL_STATES for row in system.ledger.rows.values()):
        tally.broken.append(f"{label}: not settled")
    tally.broken += [f"{label}: {each}" for each in violations(system)]


def enumerate_points(make: Callable[[], System], run: Callable[[System], None]) -> tuple[Tally, int]:
    """Run without a fault to number the calls, then once for each of them and each fault."""
    whole = make()
    run(whole)
    tally, expected = Tally(), 0
    for faults, applies in ((EVERYWHERE, ""), (AT_WECHAT, "wechat.")):
        for point, label, fault in points(whole.gate.names, faults):
            if not whole.gate.names[point].startswith(applies):
                continue
            expected += 1
            system = make()
            system.gate.arm(point, fault)
            run(system)
            count(system, label, tally)
    return tally, expected


@pytest.mark.parametrize("behaviour", [SEND, WEBHOOK], ids=lambda each: each.rule_id)
def test_a_fault_at_any_call_doubles_and_loses_nothing(behaviour: Rule) -> None:
    tally, expected = enumerate_points(lambda: System(behaviour), push_and_drain)
    assert tally.visited == expected > 60
    assert (tally.duplicates, tally.lost, tally.broken) == ([], [], [])
    if behaviour is WEBHOOK:
        assert tally.unknown == []  # the receiver knows our key
    else:
        # nobody can tell whether a message left whose sender died after the claim, or could not note what became of it
        assert {label.split(": ")[1] for label in tally.unknown if "settle" not in label} <= LEAVE_UNKNOWN
        assert tally.unknown


def receive_and_drain(*, drain_between: bool, first_answer_lost: bool) -> Callable[[System], None]:
    def run(system: System) -> None:
        """WeChat pushes up to three times, until it hears a 200."""
        push = text_push(system)
        for attempt in range(3):
            try:
                response = system.receive(push)
            except Killed:
                response = None
            heard = response is not None and response.status == 200 and not (attempt == 0 and first_answer_lost)
            if heard:
                break
            system.pass_time(seconds=5)
            if drain_between:
                system.drain()
        assert response is not None
        assert response.status == 200
        system.drain()
        system.repeat_everything()
        system.passive = int(response.body != "success")

    return run


@pytest.mark.parametrize("drain_between", [False, True])
@pytest.mark.parametrize("first_answer_lost", [False, True])
def test_a_push_is_answered_once_passively_or_by_message(drain_between: bool, first_answer_lost: bool) -> None:
    tally, expected = enumerate_points(
        lambda: System(REPLY),
        receive_and_drain(drain_between=drain_between, first_answer_lost=first_answer_lost),
    )
    assert tally.visited == expected > 40
    assert (tally.duplicates, tally.lost, tally.broken) == ([], [], [])


# --- two workers at once ---


def interleave(system: System) -> Fault:
    """At this call another worker, for whom our messages are visible already, does all of them before us."""

    def fault(call: Call) -> Any:
        system.process.process(system.events.read(system.events.everything))
        system.perform.perform_all(system.actions.read(system.actions.everything))
        return call.run()

    return fault


def enumerate_interleavings(make: Callable[[], System]) -> tuple[Tally, int]:
    whole = make()
    push_and_drain(whole)
    tally = Tally()
    for point, name in enumerate(whole.gate.names):
        system = make()
        system.gate.arm(point, interleave(system))
        push_and_drain(system)
        count(system, f"{point} {name}", tally)
    return tally, len(whole.gate.names)


@pytest.mark.parametrize("behaviour", [SEND, WEBHOOK], ids=lambda each: each.rule_id)
def test_another_worker_at_any_call_doubles_and_loses_nothing(behaviour: Rule) -> None:
    tally, expected = enumerate_interleavings(lambda: System(behaviour))
    assert tally.visited == expected
    assert (tally.duplicates, tally.lost, tally.broken, tally.unknown) == ([], [], [], [])


# --- the twins: each planted defect must show ---


@pytest.mark.parametrize(("ledger", "at_least"), [(NoLedger, 4), (ImpatientLedger, 4)])
def test_twin_without_a_ledger_or_with_an_impatient_one_sends_twice(ledger: type[FakeLedger], at_least: int) -> None:
    tally, _ = enumerate_points(lambda: System(SEND, ledger=ledger()), push_and_drain)
    assert len(tally.duplicates) >= at_least


class Forgetful(ProcessEvent):
    """Twin: archives what it has just committed, and not what comes again."""

    def _archive(self, batch: Any) -> None:
        batch.recorded = {key: entry for key, entry in batch.recorded.items() if entry in batch.newly_recorded}
        super()._archive(batch)


def test_twin_archiving_only_what_is_new_loses_some() -> None:
    def make() -> System:
        system = System(SEND)
        fields = {each: getattr(system.process, each) for each in system.process.__slots__}
        system.process = Forgetful(**fields)
        return system

    tally, _ = enumerate_points(make, push_and_drain)
    assert any("archive" in each for each in tally.broken)


def test_twin_claim_by_get_and_put_sends_twice_when_two_workers_meet() -> None:
    tally, _ = enumerate_interleavings(lambda: System(SEND, ledger=GetThenPutLedger()))
    assert tally.duplicates


def test_twin_receipts_that_know_only_of_passive_replies_leave_some_push_unanswered() -> None:
    tally, _ = enumerate_points(
        lambda: System(REPLY, receipts=ForgetfulReceipts()),
        receive_and_drain(drain_between=True, first_answer_lost=True),
    )
    assert tally.lost
