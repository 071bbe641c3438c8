"""T1 for campaigns: kill, refuse or lose the answer of every remote call of a run, deliver again: nobody gets it twice, and
everybody of the audience ends in one known state.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.fakes.campaigns_world import CampaignWorld
from tests.reliability.crash import EVERYWHERE, Call, Fault, Gate, Gated, ImpatientLedger, Killed, NoLedger
from yuchi.domain.campaign.run import Phase, RunKey, Tally
from yuchi.domain.ledger import LedgerState
from yuchi.services.plan_campaign import PlanCampaign
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_campaigns import AudienceMessage, BatchMessage, SendOutcome

FANS = 3
"""Of each kind: some wrote lately and get a personal message, the others a mass message."""
RECEIVES = 5
HEAD, TAIL = 24, 40
"""The shards are all alike: of choosing, so many calls at its beginning and before its end are made to fail."""


class GatedWeChat(Gated):
    """What is not answered was not sent, or nobody can tell."""

    def __getattr__(self, method: str) -> Any:
        function = getattr(self._target, method)
        if not callable(function):
            return function

        def call(*arguments: Any, **named: Any) -> Any:
            def fail(reached: bool) -> Any:
                state = LedgerState.UNKNOWN if reached else LedgerState.RETRY
                return SendOutcome(state, reason="answer_lost" if reached else "not_sent")

            run: Callable[[], Any] = lambda: function(*arguments, **named)  # noqa: E731 - a call, not a function
            return self._gate.pass_through(Call(f"wechat.{method}", run=run, fail=fail))

        return call


class GatedLane(Gated):
    """A queue that says how many messages it did not take."""

    def send(self, messages: Any, *, group: str = "", delay: int = 0) -> Any:
        return self._gate.pass_through(
            Call(
                f"{self._name}.send",
                run=lambda: self._target.send(messages, group=group, delay=delay),
                fail=lambda _reached: len(messages),
            )
        )


@dataclass
class FailingWorld(CampaignWorld):
    """A world whose remote calls go through a gate, and whose queues deliver again what was not done."""

    gate: Gate = field(default_factory=Gate)
    receives: Counter[str] = field(default_factory=Counter)
    dead: list[str] = field(default_factory=list)

    def close_gate(self) -> None:
        """From now on every remote call is counted and may fail."""
        self.bare_runs, self.bare_wechat = self.runs, self.wechat
        for name in ("runs", "reach", "quotas", "ledger"):
            setattr(self, name, Gated(getattr(self, name), name, self.gate, {}))
        self.selections = GatedLane(self.selections, "selections", self.gate)  # type: ignore[assignment]  # stands for it
        self.sends = GatedLane(self.sends, "sends", self.gate)  # type: ignore[assignment]  # stands for it
        self.wechat = GatedWeChat(self.wechat, "wechat", self.gate)  # type: ignore[assignment]  # stands for it

    @property
    def planner(self) -> PlanCampaign:
        return super().planner

    def deliver(self) -> None:
        """Work off the queues; what was not done comes again, five times at most."""
        while self.selections.messages or self.sends.messages:
            queue = self.selections.messages or self.sends.messages
            message = queue.popleft()
            if not self._work(message):
                name = message.model_dump_json()
                self.receives[name] += 1
                if self.receives[name] < RECEIVES:
                    queue.append(message)
                else:
                    self.dead.append(name)
                self.wait(minutes=8)

    def _work(self, message: Any) -> bool:
        try:
            if isinstance(message, AudienceMessage):
                return self.selector.work(message)
            assert isinstance(message, BatchMessage)
            return self.sender.work(message)
        except Killed:
            return False

    def look_each_minute(self, minutes: int) -> None:
        """The schedule; a planner that dies is started again the next minute."""
        for _ in range(minutes):
            self.deliver()
            self.wait(minutes=1)
            try:
                self.planner.tick()
            except (Killed, UnavailableError):
                continue


def run(world: FailingWorld) -> None:
    """A campaign from approval to its end; whoever dies, dies."""
    try:
        world.approve(audience=2 * FANS)
    except (Killed, UnavailableError):
        world.wait(minutes=1)
        world.planner.look("tea", "spring")  # the stream tells it again
    world.look_each_minute(40)


def make_world() -> FailingWorld:
    """Three who wrote and three who did not, all of one account."""
    world = FailingWorld()
    world.add_account("shop")
    world.add_fans(FANS, "shop", wrote=True)
    world.add_fans(FANS, "shop")
    world.put(channel="best", content={"custom": "新茶到店", "mass": "新茶到店"})
    return world


def wrongs(world: FailingWorld) -> Iterator[str]:
    """What the promise forbids."""
    plan = next(iter(world.bare_runs.plans.values()), None)
    if plan is None:
        yield "the run was lost"
        return
    key = RunKey.read(plan.run)
    if plan.phase is not Phase.FINISHED:
        yield f"the run ended in {plan.phase} {plan.problem}"
    tallies: Counter[Tally] = Counter()
    for stored in world.bare_runs.batches(key):
        tallies.update(stored.tallies or {})
    if sum(tallies.values()) != 2 * FANS:
        yield f"{sum(tallies.values())} of {2 * FANS} persons have an end"
    if dict(world.bare_runs.progress(key).tallies) != dict(tallies):
        yield "the progress is not what the batches add up to"
    accepted = world.bare_wechat.accepted
    twice = [openid for (_, openid), count in accepted.items() if count > 1]
    if twice:
        yield f"{len(twice)} got it twice"
    sent = sum(count for tally, count in tallies.items() if tally.state is LedgerState.SENT)
    unknown = [tally for tally in tallies if tally.state is LedgerState.UNKNOWN]
    if not sent <= len(accepted) <= sent + sum(tallies[tally] for tally in unknown):
        yield f"{len(accepted)} accepted, {sent} written as sent"
    if any(tally.channel == "mass" for tally in unknown):
        yield "a mass message is unknown although it has a key"


def enumerate_points(faults: Mapping[str, Fault], plant: Callable[[FailingWorld], None] = lambda _: None) -> list[str]:
    """Everything that went wrong at any point; each line says where."""
    calm = make_world()
    plant(calm)
    calm.close_gate()
    run(calm)
    assert list(wrongs(calm)) == [], "without a fault it must go well"
    names = calm.gate.names
    packed = names.index("runs.page_heads")
    chosen = [*range(min(HEAD, packed)), *range(packed - TAIL, last_effect(names))]
    found: list[str] = []
    for point in chosen:
        for label, fault in faults.items():
            world = make_world()
            plant(world)
            world.close_gate()
            world.gate.arm(point, fault)
            run(world)
            assert world.gate.visited == [names[point]]
            found += [f"{point} {names[point]}, {label}: {wrong}" for wrong in wrongs(world)]
    return found


def last_effect(names: list[str]) -> int:
    """Behind the last batch only the planner looks on, minute by minute."""
    return len(names) - names[::-1].index("runs.settle_batch") + 6


def test_no_fault_doubles_or_loses_anything() -> None:
    """At each call of planning, choosing, packing and sending."""
    assert enumerate_points(EVERYWHERE) == []


def without_ledger(world: FailingWorld) -> None:
    world.ledger = NoLedger()


def fresh_keys(world: FailingWorld) -> None:
    """Each call of a mass message has a key of its own."""
    mass, number = world.wechat.mass, iter(range(1_000))

    def send(*arguments: Any, client_id: str, **named: Any) -> SendOutcome:
        return mass(*arguments, client_id=f"{client_id}-{next(number)}", **named)

    world.wechat.mass = send  # type: ignore[method-assign]  # the planted defect


def impatient(world: FailingWorld) -> None:
    """What nobody can tell is sent again."""
    world.ledger = ImpatientLedger()


@pytest.mark.parametrize(
    ("plant", "wrong"),
    [(without_ledger, "twice"), (fresh_keys, "twice"), (impatient, "twice")],
)
def test_planted_defects_are_found(plant: Callable[[FailingWorld], None], wrong: str) -> None:
    """Each by a point at which it shows."""
    found = enumerate_points({label: EVERYWHERE[label] for label in ("kill after", "answer lost")}, plant)
    assert any(wrong in each for each in found), found
