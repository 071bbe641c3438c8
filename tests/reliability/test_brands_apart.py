"""T21: two brands of one deployment with the same people never see each other; a hook reads the keys of every AWS call."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.aws import aws
from tests.fakes.world import ACCOUNT
from tests.reliability.house import House, deployed, seed
from yuchi.domain.ledger import DEPARTURES
from yuchi.services.export_person import ExportPerson
from yuchi.services.undo_merge import UndoMerge

COFFEE = ACCOUNT.model_copy(update={"id": "coffee", "brand": "other", "original_id": "gh_2", "appid": "wx2"})
FAN, MEMBER, PHONE = "oSame000000000000000000000001", "member:same-1", "13812345678"
KEYS = {
    "Identities": ("identity",),
    "Profiles": ("shard",),
    "Merges": ("survivor",),
    "Timeline": ("subject",),
    "Ledger": ("owner",),
}
"""Which attributes say whose an item is. Timers lie in the order of their time, and say it inside."""


class Watch:
    """Every key that a client names. ``brand``, ``account``: whose turn it is."""

    def __init__(self) -> None:
        self.brand, self.account = "demo", "tea"
        self.calls = 0
        self.foreign: list[str] = []

    def listen(self, *clients: Any) -> None:
        for client in clients:
            client.meta.events.register("provide-client-params", self)

    def __call__(self, *, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls += 1
        for key in keys_of(params):
            if not key.startswith((f"{self.brand}#", f"{self.account}#")):
                self.foreign.append(f"{model.name} {key}")


def keys_of(params: dict[str, Any]) -> Iterator[str]:
    """The partition keys that a call names, and the folders of the bucket."""
    for name in ("Prefix", "Key"):
        if isinstance(params.get(name), str):
            yield params[name].removeprefix("events/brand=").replace("/", "#", 1)
    yield from _in_table(params.get("TableName", ""), params)
    for table, request in params.get("RequestItems", {}).items():
        for key in request["Keys"]:
            yield from _in_table(table, {"Key": key})
    for write in params.get("TransactItems", []):
        for operation in write.values():
            yield from _in_table(operation["TableName"], operation)


def _in_table(table: str, call: dict[str, Any]) -> Iterator[str]:
    if table == "Timers" and "Item" in call:
        yield call["Item"]["timer"]["S"].split('"brand":"')[1].split('"')[0] + "#"
    for name in KEYS.get(table, ()):
        for place in ("Key", "Item"):
            value = call.get(place, {}).get(name)
            if value:
                # Of those who left there is one list for all brands, which says behind its name whose they are.
                yield call[place]["entry"]["S"] if value["S"] == DEPARTURES else value["S"]
        if "KeyConditionExpression" in call:
            yield call["ExpressionAttributeValues"][f":{name}"]["S"]


@pytest.fixture
def houses() -> Iterator[tuple[House, House, Watch]]:
    watch = Watch()
    with aws() as session:
        made: list[Any] = []
        real = session.client

        def client(*arguments: Any, **named: Any) -> Any:
            made.append(real(*arguments, **named))
            return made[-1]

        session.client = client  # type: ignore[method-assign]
        ours, theirs = deployed(session), deployed(session, COFFEE, ready=True)
        watch.listen(*made)
        yield ours, theirs, watch


def live(houses: tuple[House, House, Watch]) -> None:
    """The same people in both brands, by the same member number and the same phone."""
    for house, brand, account in ((houses[0], "demo", "tea"), (houses[1], "other", "coffee")):
        houses[2].brand, houses[2].account = brand, account
        seed(house, FAN, MEMBER, PHONE)
        house.world.pass_time(minutes=10)


def of(house: House, brand: str) -> dict[str, str]:
    """What a brand's person is, as its own stores tell it."""
    exporting = ExportPerson(house.stores, house.world.clock)
    found = exporting.export(house.whole(MEMBER), progress=lambda _name: None)
    assert found["brand"] == brand
    return {name: str(records) for name, records in found["stores"].items()}


def test_everything_that_a_brand_does_stays_within_it(houses: tuple[House, House, Watch]) -> None:
    ours, theirs, watch = houses
    live(houses)
    watch.brand, watch.account = "other", "coffee"
    before = of(theirs, "other")
    assert all(before.values())
    watch.brand, watch.account = "demo", "tea"
    mine = of(ours, "demo")
    assert "coffee" not in "".join(mine.values())
    whole = ours.whole(MEMBER)
    assert set(whole.persons).isdisjoint(theirs_of(theirs, watch))
    (merge,) = ours.book.merges("demo", whole.person)
    UndoMerge(ours.book).undo("demo", whole.person, merge.absorbed)
    ours.erase(ours.whole(MEMBER))
    ours.erase(ours.whole(f"wechat:tea:{FAN}"))
    watch.brand, watch.account = "other", "coffee"
    assert of(theirs, "other") == before
    assert watch.foreign == []
    assert watch.calls > 100


def theirs_of(theirs: House, watch: Watch) -> tuple[str, ...]:
    watch.brand, watch.account = "other", "coffee"
    persons = theirs.whole(MEMBER).persons
    watch.brand, watch.account = "demo", "tea"
    return persons


def test_an_erasure_in_one_brand_leaves_the_others_old_events_alone(houses: tuple[House, House, Watch]) -> None:
    ours, theirs, watch = houses
    live(houses)
    watch.brand, watch.account = "demo", "tea"
    ours.erase(ours.whole(MEMBER))
    watch.brand, watch.account = "other", "coffee"
    theirs.tell("again", MEMBER)
    theirs.world.run()
    assert theirs.world.metrics.counts["EventOfErased"] == 0
    assert watch.foreign == []


def test_twin_a_store_that_forgets_the_brand_is_seen(houses: tuple[House, House, Watch]) -> None:
    ours, _, watch = houses
    live(houses)
    watch.brand, watch.account = "demo", "tea"
    stolen = ours.book.read("other", (ours.whole(MEMBER).person,))
    assert stolen == []
    assert watch.foreign
