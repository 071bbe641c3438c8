from typing import Any

import pytest

from tests.contract.examples import entry, linked, profile
from yuchi.adapters.dynamodb.event_store import DynamoDBEventStore
from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles, profile_from_item, profile_item
from yuchi.services.ports import UnavailableError

FAN = "wechat:tea:o-1"


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
