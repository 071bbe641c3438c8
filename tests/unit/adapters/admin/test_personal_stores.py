"""The registry of stores and the ways into them."""

from collections.abc import Iterable

import pytest

from tests.fakes.privacy import FakePersonalStores
from tests.fakes.stores import FakePeople
from yuchi.adapters.admin.personal_stores import WAYS, Deployment, personal_stores
from yuchi.domain.stores import STORES, ErasedBy, Store, StoreKind
from yuchi.services.erase_person import names


def without_a_way(stores: Iterable[Store]) -> set[str]:
    """The stores that hold people by name and cannot be searched for one."""
    return {each.name for each in stores if each.erased_by is ErasedBy.KEY} - WAYS.keys()


def test_each_store_that_is_erased_by_key_is_handed_out_and_erased() -> None:
    assert without_a_way(STORES) == set()
    assert set(WAYS) <= {each.name for each in STORES if each.erased_by is ErasedBy.KEY}
    assert set(names()) == set(WAYS)
    assert set(FakePersonalStores(FakePeople()).all()) == set(WAYS)


def test_twin_a_new_table_of_people_without_a_way_is_found() -> None:
    new = Store("Wishes", StoreKind.TABLE, "what a person wishes", "brand#identity", ErasedBy.KEY)
    assert without_a_way((*STORES, new)) == {"Wishes"}


def test_what_is_left_to_time_says_for_how_long() -> None:
    assert all(each.days for each in STORES if each.erased_by is ErasedBy.AGE)
    assert all(not each.personal for each in STORES if each.erased_by is ErasedBy.NOTHING)


@pytest.mark.parametrize("missing", ["Archive", "Ledger"])
def test_a_deployment_without_a_store_has_no_way_into_it(missing: str) -> None:
    there = Deployment(
        client=lambda _name: object(),
        name_of=lambda name: "" if name == missing else name,
        book=object(),  # type: ignore[arg-type]
    )
    assert set(personal_stores(there)) == set(WAYS) - {missing}
