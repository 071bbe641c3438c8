"""Profiles, timeline and timers: one transaction, and what each of its conditions answers."""

from itertools import pairwise

import pytest

from tests.contract.conftest import Ports
from tests.contract.examples import NOW, entry, event, linked, profile, rich_profile, timer
from yuchi.domain.merging import Merge
from yuchi.domain.profile import Profile, Slice, Tag
from yuchi.domain.timeline import FORGOTTEN
from yuchi.services.ports import AlreadyRecordedError, PersonChange, ProfileConflictError, TooLargeError

FAN = "wechat:tea:o-1"
OTHER = "wechat:tea:o-2"


def found(ports: Ports, brand: str, *identities: str) -> dict[str, Profile]:
    return ports.profiles.find(brand, identities or (FAN,), consistent=True)


def test_who_was_never_seen_is_not_found(ports: Ports, brand: str) -> None:
    assert found(ports, brand) == {}
    assert found(ports, brand, FAN, "wechat:tea:o-2") == {}


def test_a_commit_stores_the_profile_as_the_next_version_and_links_the_identity(ports: Ports, brand: str) -> None:
    given = rich_profile(brand)
    ports.store.commit(entry(brand), person=linked(given), timers=())
    assert found(ports, brand) == {FAN: given.model_copy(update={"version": 1})}


def test_many_are_found_at_once_each_once(ports: Ports, brand: str) -> None:
    fans = [f"o-{number}" for number in range(120)]
    for fan in fans[:105]:
        stored = entry(brand, fan, event=event(brand, fan, fan=fan))
        ports.store.commit(stored, person=linked(profile(brand, fan)), timers=())
    identities = [f"wechat:tea:{fan}" for fan in fans]
    people = found(ports, brand, *identities, *identities)
    assert sorted(people) == sorted(identities[:105])
    assert {person.person for person in people.values()} == {profile(brand, fan).person for fan in fans[:105]}


def test_brands_do_not_meet(ports: Ports, brand: str) -> None:
    ports.store.commit(entry(brand), person=linked(profile(brand)), timers=())
    assert found(ports, f"{brand}-other") == {}


def test_the_same_event_again_gives_back_what_was_decided_and_changes_nothing(ports: Ports, brand: str) -> None:
    first = entry(brand)
    ports.store.commit(first, person=linked(profile(brand)), timers=())
    again = entry(brand, outbox=(), notes=("other",))
    with pytest.raises(AlreadyRecordedError) as recorded:
        ports.store.commit(
            again, person=PersonChange(profile(brand, version=1, scores={"main": 9})), timers=(timer(brand),)
        )
    assert recorded.value.entry == first
    assert found(ports, brand)[FAN].scores == {}
    assert mine(ports, brand) == []


def test_that_it_is_recorded_counts_more_than_that_the_profile_changed(ports: Ports, brand: str) -> None:
    ports.store.commit(entry(brand), person=linked(profile(brand)), timers=())
    with pytest.raises(AlreadyRecordedError):
        ports.store.commit(entry(brand), person=linked(profile(brand)), timers=())


@pytest.mark.parametrize("version", [0, 2, 7])
def test_a_profile_that_was_read_at_another_version_conflicts_and_nothing_is_stored(
    ports: Ports, brand: str, version: int
) -> None:
    ports.store.commit(entry(brand), person=linked(profile(brand)), timers=())
    stale = profile(brand, version=version)
    with pytest.raises(ProfileConflictError):
        ports.store.commit(entry(brand, "e2"), person=PersonChange(stale), timers=(timer(brand),))
    assert mine(ports, brand) == []
    ports.store.commit(entry(brand, "e2"), person=PersonChange(profile(brand, version=1)), timers=())
    assert found(ports, brand)[FAN].version == 2


def test_an_identity_that_belongs_to_somebody_else_conflicts(ports: Ports, brand: str) -> None:
    ports.store.commit(entry(brand), person=linked(profile(brand)), timers=())
    with pytest.raises(ProfileConflictError):
        ports.store.commit(entry(brand, "e2"), person=linked(profile(brand, person="p-another")), timers=())
    assert found(ports, brand)[FAN].person == profile(brand).person


def test_an_event_of_the_account_has_no_profile(ports: Ports, brand: str) -> None:
    of_account = entry(brand, event=event(brand).model_copy(update={"subject": None}), person=None)
    ports.store.commit(of_account, person=None, timers=())
    with pytest.raises(AlreadyRecordedError) as recorded:
        ports.store.commit(of_account, person=None, timers=())
    assert recorded.value.entry == of_account


def test_absorbed_persons_lead_to_the_survivor_also_over_two_merges(ports: Ports, brand: str) -> None:
    people = [profile(brand, fan) for fan in ("o-1", "o-2", "o-3")]
    for number, each in enumerate(people):
        made = event(brand, f"e{number}", fan=f"o-{number + 1}")
        ports.store.commit(entry(brand, event=made), person=linked(each), timers=())
    for number, (survivor, absorbed) in enumerate(pairwise(people), start=1):
        current = found(ports, brand, survivor.identities[0])[survivor.identities[0]]
        loser = found(ports, brand, absorbed.identities[0])[absorbed.identities[0]]
        if number == 2:  # the second merge is of the survivor of the first into the third
            current, loser = loser, current
        record = Merge(brand=brand, before=current, absorbed=loser.person, event="e" * 8, at=1)
        change = PersonChange(current, merges=[(loser, record)])
        ports.store.commit(entry(brand, f"merge{number}"), person=change, timers=())
    identities = [each.identities[0] for each in people]
    assert {each.person for each in found(ports, brand, *identities).values()} == {people[2].person}


def test_a_merge_of_somebody_who_changed_meanwhile_conflicts_and_nothing_is_stored(ports: Ports, brand: str) -> None:
    for fan in ("o-1", "o-2"):
        made = entry(brand, event=event(brand, fan, fan=fan))
        ports.store.commit(made, person=linked(profile(brand, fan)), timers=())
    survivor = found(ports, brand)[FAN]
    stale = profile(brand, "o-2", version=7)
    record = Merge(brand=brand, before=survivor, absorbed=stale.person, event="e" * 8, at=1)
    with pytest.raises(ProfileConflictError):
        ports.store.commit(entry(brand, "m"), person=PersonChange(survivor, merges=[(stale, record)]), timers=())
    assert found(ports, brand)[FAN] == survivor


@pytest.mark.parametrize("wide", ["profile", "entry"])
def test_what_rules_made_too_large_is_refused_and_the_bare_fact_still_fits(ports: Ports, brand: str, wide: str) -> None:
    words = {f"{number:03d}": "茶" * 1_000 for number in range(110)}
    person = linked(profile(brand, attributes=words if wide == "profile" else {}))
    made = entry(brand, event=event(brand, words=words if wide == "entry" else {}))
    with pytest.raises(TooLargeError) as refused:
        ports.store.commit(made, person=person, timers=(timer(brand),))
    assert refused.value.part == wide
    assert (found(ports, brand), mine(ports, brand)) == ({}, [])
    ports.store.commit(made.model_copy(update={"matched": ()}), person=person, timers=())
    assert found(ports, brand)[FAN].attributes == person.profile.attributes


def test_what_several_sources_say_of_one_attribute_counts_for_each(ports: Ports, brand: str) -> None:
    said = {f"{number:02d}": Slice(value="茶" * 900, at=1) for number in range(40)}
    wide = linked(profile(brand, slices={f"s{number}": said for number in range(5)}))
    with pytest.raises(TooLargeError) as refused:
        ports.store.commit(entry(brand, matched=()), person=wide, timers=())
    assert refused.value.part == "profile"


def test_a_merge_of_somebody_too_large_to_be_kept_for_its_undoing_is_refused(ports: Ports, brand: str) -> None:
    tags = {
        f"标签{number:04d}": Tag(since=10**9, last=10**9, rule="rule", version=3, event="e" * 8)
        for number in range(4_600)
    }
    for fan, more in (("o-1", {"tags": tags}), ("o-2", {})):
        made = entry(brand, event=event(brand, fan, fan=fan), matched=())
        ports.store.commit(made, person=linked(profile(brand, fan, **more)), timers=())
    survivor, absorbed = found(ports, brand)[FAN], found(ports, brand, OTHER)[OTHER]
    record = Merge(brand=brand, before=survivor, absorbed=absorbed.person, event="e" * 8, at=1)
    change = PersonChange(survivor, merges=[(absorbed, record)])
    with pytest.raises(TooLargeError) as refused:
        ports.store.commit(entry(brand, "m", matched=()), person=change, timers=())
    assert refused.value.part == "profile"
    assert found(ports, brand, OTHER)[OTHER] == absorbed


# --- timers ---


def mine(ports: Ports, brand: str, *, seconds: float = 0) -> list[str]:
    now = timer(brand, seconds=seconds).due
    return [each.id for each in ports.timers.due(now) if each.event.brand == brand]


def test_timers_are_due_from_their_moment_on_until_they_are_removed(ports: Ports, brand: str) -> None:
    timers = [timer(brand, str(number), seconds=number) for number in range(-2, 3)]
    ports.store.commit(entry(brand), person=linked(profile(brand)), timers=timers)
    assert sorted(mine(ports, brand)) == sorted(each.id for each in timers[:3])
    assert [each for each in ports.timers.due(NOW) if each.id == timers[0].id] == [timers[0]]
    for each in timers[:2]:
        ports.timers.remove(each)
        ports.timers.remove(each)
    assert mine(ports, brand) == [timers[2].id]
    assert len(mine(ports, brand, seconds=9)) == 3


def test_the_same_timer_set_twice_is_one(ports: Ports, brand: str) -> None:
    ports.store.commit(entry(brand), person=linked(profile(brand)), timers=(timer(brand),))
    ports.store.commit(entry(brand, "e2"), person=PersonChange(profile(brand, version=1)), timers=(timer(brand),))
    assert mine(ports, brand) == [timer(brand).id]


def test_timers_may_be_removed_while_they_are_read(ports: Ports, brand: str) -> None:
    timers = [timer(brand, str(number)) for number in range(40)]
    for start in range(0, 40, 20):
        ports.store.commit(
            entry(brand, f"e{start}"),
            person=linked(profile(brand, version=start // 20)),
            timers=timers[start : start + 20],
        )
    removed = 0
    for each in ports.timers.due(NOW):
        if each.event.brand == brand:
            ports.timers.remove(each)
            removed += 1
    assert (removed, mine(ports, brand)) == (40, [])


# --- forgetting ---


def test_forgetting_takes_the_content_and_keeps_the_fact(ports: Ports, brand: str) -> None:
    ports.store.commit(entry(brand), person=linked(profile(brand)), timers=())
    assert ports.timeline.forget(brand, FAN, until=NOW, sparing="", seconds_left=lambda: 60.0)
    with pytest.raises(AlreadyRecordedError) as recorded:
        ports.store.commit(entry(brand), person=None, timers=())
    kept = recorded.value.entry
    assert (kept.event.id, kept.event.data, kept.outbox, kept.notes) == (entry(brand).event.id, {}, (), (FORGOTTEN,))
