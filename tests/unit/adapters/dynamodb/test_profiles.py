from typing import Any

import pytest

from tests.contract.examples import entry, linked, profile
from yuchi.adapters.admin.person_book import DynamoDBPersonBook
from yuchi.adapters.dynamodb import profiles as profiles_module
from yuchi.adapters.dynamodb.event_store import DynamoDBEventStore
from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles, profile_from_item, profile_item
from yuchi.domain.merging import Merge
from yuchi.domain.profile import Profile, new_person
from yuchi.services.ports import PersonChange, UnavailableError
from yuchi.services.undo_merge import UndoMerge

FAN = "wechat:tea:o-1"
OTHER = "wechat:tea:o-2"
MEMBER = "member:m-1"


class Reluctant:
    """A client whose batch reads leave keys unprocessed, ``times`` times."""

    def __init__(self, client: Any, times: int) -> None:
        self.client, self.times = client, times

    def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        if self.times <= 0:
            return self.client.batch_get_item(RequestItems=RequestItems)
        self.times -= 1
        ((table, asked),) = RequestItems.items()
        first = self.client.batch_get_item(RequestItems={table: {**asked, "Keys": asked["Keys"][:1]}})
        return {**first, "UnprocessedKeys": {table: {**asked, "Keys": asked["Keys"][1:]}}}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


def store_two(client: Any, brand: str) -> None:
    store = DynamoDBEventStore(client, "Timeline", "Profiles", "Identities", "Timers", "Merges")
    for fan in ("o-1", "o-2"):
        made = entry(brand, fan)
        event = made.event.model_copy(update={"subject": f"wechat:tea:{fan}"})
        store.commit(made.model_copy(update={"event": event}), person=linked(profile(brand, fan)), timers=())


def test_unprocessed_keys_are_asked_for_again(client: Any, brand: str) -> None:
    store_two(client, brand)
    profiles = DynamoDBProfiles(Reluctant(client, 1), "Identities", "Profiles")  # type: ignore[arg-type]
    assert len(profiles.find(brand, [FAN, "wechat:tea:o-2"], consistent=True)) == 2


def test_keys_that_stay_unprocessed_are_no_empty_answer(client: Any, brand: str) -> None:
    profiles = DynamoDBProfiles(Reluctant(client, 99), "Identities", "Profiles")  # type: ignore[arg-type]
    with pytest.raises(UnavailableError):
        profiles.find(brand, [f"wechat:tea:{number}" for number in range(20)], consistent=True)


def test_an_empty_profile_takes_little_room() -> None:
    item = profile_item(profile("demo"))
    assert set(item) == {"brand", "person", "version", "identities", "shard"}
    assert profile_from_item(item) == profile("demo")


class Counting:
    """A client that notes which tables are read."""

    def __init__(self, client: Any) -> None:
        self.client, self.read = client, list[str]()

    def get_item(self, **asked: Any) -> Any:
        self.read.append(asked["TableName"])
        return self.client.get_item(**asked)

    def batch_get_item(self, **asked: Any) -> Any:
        self.read += asked["RequestItems"]
        return self.client.batch_get_item(**asked)


def people(client: Any) -> DynamoDBProfiles:
    return DynamoDBProfiles(client, "Identities", "Profiles")


def store_of(client: Any) -> DynamoDBEventStore:
    return DynamoDBEventStore(client, "Timeline", "Profiles", "Identities", "Timers", "Merges")


def known_by_member(client: Any, brand: str) -> Profile:
    """Somebody first seen as a member, of whom it was learned later that this is the fan."""
    member = Profile(brand=brand, person=new_person(brand, MEMBER), identities=(MEMBER, FAN))
    store_of(client).commit(entry(brand), person=PersonChange(member, links=(MEMBER, FAN)), timers=())
    return member


def test_a_fan_first_seen_as_that_fan_is_found_in_one_read(client: Any, brand: str) -> None:
    store_two(client, brand)
    counting = Counting(client)
    assert people(counting).find(brand, [FAN], consistent=True)[FAN].person == new_person(brand, FAN)
    assert counting.read == ["Profiles"]


def test_a_fan_first_seen_as_somebody_else_is_found_by_the_link(client: Any, brand: str) -> None:
    member = known_by_member(client, brand)
    counting = Counting(client)
    assert people(counting).find(brand, [FAN], consistent=True)[FAN].person == member.person
    assert counting.read == ["Profiles", "Identities", "Profiles"]


def not_named(client: Any, brand: str) -> dict[str, Profile]:
    """A fan whose openid the person of the same id does not name: the link says who it is."""
    known_by_member(client, brand)
    stranger = Profile(brand=brand, person=new_person(brand, FAN), version=3, identities=(f"{FAN}-other",))
    client.put_item(TableName="Profiles", Item=profile_item(stranger))
    return people(client).find(brand, [FAN], consistent=True)


def test_whoever_does_not_name_the_fan_is_not_the_fan(client: Any, brand: str) -> None:
    assert not_named(client, brand)[FAN].person == new_person(brand, MEMBER)


def test_twin_a_guess_that_asks_for_no_name_takes_a_stranger_for_the_fan(
    client: Any, brand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles_module, "_is_named", lambda _identity, profile: profile is not None)
    assert not_named(client, brand)[FAN].person == new_person(brand, FAN)


def test_a_merged_fan_is_the_survivor_until_the_merge_is_undone_and_nobody_once_erased(client: Any, brand: str) -> None:
    store_two(client, brand)
    found = people(client).find(brand, [FAN, OTHER], consistent=True)
    absorbed, survivor = found[FAN], found[OTHER]
    record = Merge(brand=brand, before=survivor, absorbed=absorbed.person, event="e-9", at=1)
    both = survivor.model_copy(update={"identities": (OTHER, FAN)})
    made = entry(brand, "e-9")
    store_of(client).commit(made, person=PersonChange(both, merges=[(absorbed, record)]), timers=())
    merged = people(client).find(brand, [FAN, OTHER], consistent=True)
    assert merged[FAN] == merged[OTHER]
    assert merged[FAN].person == survivor.person

    book = DynamoDBPersonBook(client, people(client), "Merges")
    left, right = UndoMerge(book).undo(brand, survivor.person, absorbed.person)
    apart = people(client).find(brand, [FAN, OTHER], consistent=True)
    assert (apart[FAN].person, apart[OTHER].person) == (right.person, left.person)

    assert book.remove(apart[FAN], [FAN])
    assert people(client).find(brand, [FAN], consistent=True) == {}
