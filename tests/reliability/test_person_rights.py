"""T24: one person in every store is handed out whole, and erased without a trace that a second delivery brings back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.aws import aws
from tests.fakes.sources import SEALER
from tests.reliability.house import House, deployed, in_memory, seed
from yuchi.domain.event import Event, derive_id
from yuchi.domain.ledger import LedgerState
from yuchi.services.export_person import ExportPerson
from yuchi.services.ports import EventMessage
from yuchi.services.ports_privacy import WholePerson
from yuchi.services.whole_person import whole_person

FAN, MEMBER, PHONE = "oWho0000000000000000000000001", "member:who-77", "13812345678"
OTHER, OTHER_MEMBER, OTHER_PHONE = "oBystander0000000000000000002", "member:bystander-8", "13987654321"
IDENTITY = f"wechat:tea:{FAN}"
SEALED = 4
"""The place of the ciphertext among the names: what it says is handed out, it is not."""
STORES = ("Identities", "Profiles", "Merges", "Timeline", "Timers", "Ledger", "Archive")


@pytest.fixture(params=["memory", "deployed"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    if request.param == "memory":
        yield in_memory()
        return
    with aws() as session:
        yield deployed(session)


def traces(scan: dict[str, str], names: list[str]) -> dict[str, set[str]]:
    return {store: {name for name in names if name in text} for store, text in scan.items()}


def names_of(house: House, names: list[str]) -> list[str]:
    return [*names, *house.whole(IDENTITY).persons]


def document(house: House, whole: WholePerson, *, reveal: bool = False) -> dict[str, Any]:
    exporting = ExportPerson(house.stores, house.world.clock, SEALER.open if reveal else None)
    return exporting.export(whole, progress=lambda _name: None)


def test_the_export_holds_everything_that_the_stores_do(house: House) -> None:
    names = names_of(house, seed(house, FAN, MEMBER, PHONE))
    bystander = seed(house, OTHER, OTHER_MEMBER, OTHER_PHONE)
    whole = house.whole(IDENTITY)
    assert len(whole.persons) == 2
    exported = document(house, whole)
    text = json.dumps(exported, ensure_ascii=False)
    found = {store: json.dumps(records, ensure_ascii=False) for store, records in exported["stores"].items()}
    assert found.keys() - {"Reach", "Outcomes"} == set(STORES)  # nobody here was sent a campaign
    there = traces(house.scan(), [name for name in names if name != names[SEALED]])
    for store in STORES:
        assert there[store], store
        assert {name for name in there[store] if name not in found[store]} == set(), store
    assert not [name for name in bystander if name in text and name != "138****5678"]
    assert "sealed" not in text
    assert PHONE not in text
    opened = json.dumps(document(house, whole, reveal=True), ensure_ascii=False)
    assert f"+86{PHONE}" in opened


def test_nothing_is_left_after_an_erasure_and_nothing_comes_back(house: House) -> None:
    world = house.world
    bystander = seed(house, OTHER, OTHER_MEMBER, OTHER_PHONE)
    others = traces(house.scan(), bystander)
    names = names_of(house, seed(house, FAN, MEMBER, PHONE))
    queued = world.push("message.text", FAN, content="queued")
    world.process.process([(key, each) for key, each in world.events.take()])
    waiting = world.actions.take()
    assert waiting
    old = [
        *[world.event(kind, FAN) for kind in ("menu.clicked", "fan.subscribed")],
        queued,
        Event(
            id=derive_id("import"),
            source="/import/crm",
            type="person.identified",
            time=world.now,
            brand="demo",
            account="",
            subject=MEMBER,
            identities=(IDENTITY,),
            historical=True,
        ),
    ]
    sent = len(world.wechat.sent)
    world.pass_time(minutes=10)
    house.erase(house.whole(IDENTITY))
    assert traces(house.scan(), names) == {store: set() for store in STORES}

    for _ in range(2):
        failed = world.process.process([(each.id, EventMessage(event=each)) for each in old])
        assert failed == set()
        assert world.perform.perform_all(waiting) == set()
    world.pass_time(days=4)
    world.fire()
    world.run()
    left = traces(house.scan(), names)
    assert left == {store: set() for store in STORES}
    mine = [to for to, _ in world.wechat.sent[sent:] if FAN in to]
    assert mine == []
    assert world.metrics.counts["EventOfErased"] == 2 * len(old)
    there = traces(house.scan(), bystander)
    assert all(there[store] >= others[store] for store in STORES if store != "Timers")


def test_who_comes_back_is_somebody_new_with_that_one_identity(house: House) -> None:
    seed(house, FAN, MEMBER, PHONE)
    house.world.pass_time(minutes=10)
    late = house.world.event("menu.clicked", FAN)
    house.erase(house.whole(IDENTITY))
    house.world.pass_time(minutes=10)
    house.world.push("message.text", FAN, content="我回来了")
    house.world.run()
    back = house.whole(IDENTITY)
    assert back.identities == (IDENTITY,)
    (profile,) = house.book.read("demo", [back.person])
    assert set(profile.tags) == {"问候"}
    assert profile.scores == {"main": 5}
    before = house.scan()
    house.world.process.process([(late.id, EventMessage(event=late))])
    assert house.scan() == before


def test_a_queued_message_is_skipped_and_its_row_names_nobody(house: House) -> None:
    seed(house, FAN, MEMBER, PHONE)
    world = house.world
    world.push("message.text", FAN, content="noch was")
    world.process.process(list(world.events.take()))
    waiting = world.actions.take()
    world.pass_time(minutes=10)
    house.erase(house.whole(IDENTITY))
    for _, message in waiting:
        row = world.perform.perform(message)
        assert row is not None
        assert (row.state, row.reason, row.subject) == (LedgerState.SKIPPED, "erased", "")


@pytest.mark.parametrize("cut", range(1, 12))
def test_an_erasure_that_was_cut_off_is_ended_by_the_next(cut: int) -> None:
    house = in_memory()
    names = names_of(house, seed(house, FAN, MEMBER, PHONE))
    house.world.pass_time(minutes=10)
    whole = house.whole(IDENTITY)

    class CutError(Exception):
        pass

    steps = iter(range(cut))

    class Cut:
        def __getattr__(self, name: str) -> Any:
            if name in {"suppress", "replace", "remove"} and next(steps, None) is None:
                raise CutError
            return getattr(house.book, name)

    class CutStore:
        def __init__(self, store: Any) -> None:
            self.store = store

        def erase(self, whole: WholePerson) -> Iterator[int]:
            if next(steps, None) is None:
                raise CutError
            yield from self.store.erase(whole)

    stores, book = house.stores, house.book
    house.stores = {name: CutStore(store) for name, store in stores.items()}  # type: ignore[misc]
    try:
        house.erase(whole, Cut())
    except CutError:
        house.stores = stores
        for left in book.read("demo", [whole.person]):
            house.erase(whole_person(book, left))
    assert traces(house.scan(), names) == {store: set() for store in STORES}


def test_twin_without_word_of_the_erasure_old_messages_bring_the_person_back(house: House) -> None:
    names = seed(house, FAN, MEMBER, PHONE)
    old = house.world.event("menu.clicked", FAN)
    house.world.pass_time(minutes=10)

    class Silent:
        def suppress(self, *_: Any) -> None:
            return

        def __getattr__(self, name: str) -> Any:
            return getattr(house.book, name)

    house.erase(house.whole(IDENTITY), Silent())
    house.world.process.process([(old.id, EventMessage(event=old))])
    assert any(traces(house.scan(), names).values())
