"""Merges that die half-way, and merges of the same two persons at the same time: one profile, nothing lost or twice."""

from dataclasses import replace
from functools import partial
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from tests.contract.aws import aws
from tests.fakes.world import rule
from tests.reliability.crash import EVERYWHERE, Fault, Gate, Gated, Killed, points
from tests.reliability.house import House, deployed, in_memory
from tests.reliability.interleaving import Stage
from yuchi.domain.event import Event, derive_id
from yuchi.domain.profile import Profile
from yuchi.services.ports import EventMessage, PersonChange
from yuchi.services.process_event import ProcessEvent

RULES = (
    rule("count", "page.viewed", ["score +1", "tag 看过"], account="*"),
    rule("thank", "page.viewed", ["send 谢谢"], when="event.path == '/thanks'", account="*"),
    rule("write", "message.text", ["score +10", "tag 写过"]),
)
LEFT, RIGHT = "member:1", "wechat:tea:o-right"
MANY = 9
"""How many remote calls of the two are put in each order."""


def event(house: House, name: str, subject: str, *identities: str, path: str = "/") -> Event:
    return Event(
        id=derive_id(name),
        source="/collect/shop",
        type="page.viewed",
        time=house.world.now,
        brand="demo",
        account="",
        subject=subject,
        identities=identities,
        data={"path": path},
    )


def gated(house: House, gate: Gate) -> ProcessEvent:
    process = house.world.process
    people = Gated(process.profiles, "people", gate)
    store = Gated(process.store, "people", gate)
    return replace(
        process,
        profiles=people,
        store=store,
        events=Gated(process.events, "events", gate),
        actions=Gated(process.actions, "actions", gate),
        archive=Gated(process.archive, "archive", gate),
    )


def two_persons(house: House) -> None:
    """A member and a fan of whom nobody knows that they are one; the fan wrote, so that messages reach them."""
    house.world.publish(*RULES)
    house.world.push("message.text", "o-right", content="hi")
    house.world.run()
    house.tell("first", LEFT, data={"path": "/"})
    house.world.run()
    house.world.pass_time(minutes=1)


def whole_truth(house: House) -> dict[str, Any]:
    """What must be the same however the merges met."""
    found = house.people.find("demo", [LEFT, RIGHT], consistent=True)
    (person,) = {each.person: each for each in found.values()}.values()
    return {
        "identities": sorted(person.identities),
        "scores": person.scores,
        "tags": {name: tag.count for name, tag in person.tags.items()},
        "merges": len(house.book.merges("demo", person.person)),
        "events": sorted(each.event.id for name in (LEFT, RIGHT) for each in house.people.timeline("demo", name)),
        "sent": len(house.world.wechat.sent),
    }


def deliver(house: House, process: ProcessEvent, *events: Event) -> None:
    """Each event until it is taken, and then everything that follows."""
    waiting = [(each.id, EventMessage(event=each)) for each in events]
    for _ in range(10):
        if not waiting:
            break
        try:
            failed = process.process(waiting)
        except Killed:
            continue
        waiting = [each for each in waiting if each[0] in failed]
    assert not waiting
    house.world.run()


def merged_with(fault: Fault | None, point: int) -> tuple[dict[str, Any], list[str]]:
    house, gate = in_memory(), Gate()
    two_persons(house)
    process = gated(house, gate)
    if fault:
        gate.arm(point, fault)
    proof = event(house, "proof", LEFT, RIGHT, path="/thanks")
    deliver(house, process, proof)
    deliver(house, process, proof)  # and once more, as queues do
    return whole_truth(house), gate.names


UNDISTURBED, CALLS = merged_with(None, 0)


def test_a_merge_without_faults_is_one_transaction() -> None:
    assert UNDISTURBED["merges"] == 1
    assert UNDISTURBED["scores"] == {"main": 12}
    assert UNDISTURBED["tags"] == {"看过": 2, "写过": 1}
    assert UNDISTURBED["sent"] == 1
    assert CALLS.count("people.commit") == 2


@pytest.mark.parametrize(
    ("point", "fault"),
    [pytest.param(point, fault, id=name) for point, name, fault in points(CALLS, EVERYWHERE)],
)
def test_a_merge_that_dies_anywhere_is_done_once_by_the_next_delivery(point: int, fault: Fault) -> None:
    truth, _ = merged_with(fault, point)
    assert truth == UNDISTURBED


def meet(house: House, order: tuple[int, ...], left: str, right: str, name: str) -> None:
    """Two processors with an event each that proves that both persons are one; their calls go in ``order``."""
    gate = Gate()
    stage = Stage(SimpleNamespace(gate=gate))  # type: ignore[arg-type]
    proofs = [event(house, f"{name} a", left, right), event(house, f"{name} b", right, left)]
    processors = [gated(house, gate) for _ in proofs]
    actors = [
        stage.add(partial(each.process, [(proof.id, EventMessage(event=proof))]))
        for each, proof in zip(processors, proofs, strict=True)
    ]
    for turn in order:
        if not actors[turn].done:
            actors[turn].step()
    for actor in actors:
        while not actor.done:
            actor.step()
    stage.actors.clear()
    deliver(house, house.world.process, *proofs)


@pytest.mark.parametrize("order", list(product((0, 1), repeat=MANY)), ids=lambda order: "".join(map(str, order)))
def test_two_merges_of_the_same_persons_end_in_one(order: tuple[int, ...]) -> None:
    house = in_memory()
    two_persons(house)
    meet(house, order, LEFT, RIGHT, "meet")
    truth = whole_truth(house)
    assert truth["merges"] == 1
    assert truth["scores"] == {"main": 13}
    assert truth["tags"] == {"看过": 3, "写过": 1}
    assert len(truth["events"]) == 4


def test_on_aws_too() -> None:
    for order in list(product((0, 1), repeat=6))[::3]:
        with aws() as session:
            house = deployed(session)
            two_persons(house)
            meet(house, order, LEFT, RIGHT, "meet")
            truth = whole_truth(house)
            assert truth["scores"] == {"main": 13}, order
            assert (truth["merges"], len(truth["events"])) == (1, 4), order


def test_twin_without_versions_something_is_lost() -> None:
    """A store that takes whatever comes: one of the two merges overwrites the other."""
    lost = 0
    for order in product((0, 1), repeat=5):
        house = in_memory()
        two_persons(house)
        people: Any = house.people

        def careless(change: PersonChange, people: Any = people) -> None:
            def current(profile: Profile) -> Profile:
                stored = people.profiles.get((profile.brand, profile.person))
                return profile.model_copy(update={"version": stored.version if stored else 0})

            merges = [(current(absorbed), record) for absorbed, record in change.merges]
            type(people)._store(people, PersonChange(current(change.profile), (), merges))

        people._store = careless
        meet(house, order, LEFT, RIGHT, "meet")
        found = house.people.find("demo", [LEFT, RIGHT], consistent=True)
        lost += any(each.scores.get("main") != 13 for each in found.values())
    assert lost
