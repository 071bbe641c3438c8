"""Which persons an event shows to be one, and which it does not."""

from datetime import UTC, datetime

import pytest

from yuchi.domain.event import Event
from yuchi.domain.identity import MAX_ABSORBED, MAX_IDENTITIES, are_one, resolve
from yuchi.domain.profile import Profile

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def event(subject: str, *identities: str) -> Event:
    return Event(
        id="e" * 8,
        source="/collect/shop",
        type="page.viewed",
        time=NOW,
        brand="demo",
        account="",
        subject=subject,
        identities=identities,
    )


def person(name: str, *identities: str, since: int = 0, apart: tuple[str, ...] = ()) -> Profile:
    return Profile(brand="demo", person=name, version=1, identities=identities, first_seen_at=since, apart=apart)


def found(*persons: Profile) -> dict[str, Profile]:
    return {identity: each for each in persons for identity in each.identities}


def test_who_was_never_seen_is_new_and_gets_all_identities() -> None:
    resolution = resolve(event("member:1", "phone:a"), {})
    assert (resolution.survivor.version, resolution.absorbed) == (0, ())
    assert resolution.links == ("member:1", "phone:a")


def test_a_new_identity_of_somebody_known_is_linked() -> None:
    known = person("p1", "wechat:tea:o1")
    resolution = resolve(event("wechat:tea:o1", "unionid:u1"), found(known))
    assert (resolution.survivor, resolution.links) == (known, ("unionid:u1",))


def test_an_unknown_subject_with_a_known_identity_is_that_person() -> None:
    known = person("p1", "wechat:tea:o1", "unionid:u1")
    resolution = resolve(event("wechat:shop:o9", "unionid:u1"), found(known))
    assert (resolution.survivor, resolution.links, resolution.absorbed) == (known, ("wechat:shop:o9",), ())


def test_two_who_are_one_become_the_older_one_whoever_speaks() -> None:
    young, old = person("p1", "wechat:tea:o1", since=9), person("p2", "member:1", "unionid:u1", since=3)
    for subject, identity in (("wechat:tea:o1", "unionid:u1"), ("member:1", "wechat:tea:o1")):
        resolution = resolve(event(subject, identity), found(young, old))
        assert (resolution.survivor, resolution.absorbed, resolution.refused) == (old, (young,), ())


@pytest.mark.parametrize(
    ("left", "right", "by", "one"),
    [
        # a phone that a couple shares
        (("phone:a", "unionid:u1"), ("phone:a", "unionid:u2"), "phone:a", False),
        (("phone:a", "member:1"), ("member:2",), "phone:a", False),
        (("phone:a", "wechat:tea:o1"), ("phone:a", "wechat:tea:o2"), "phone:a", False),
        (("phone:a", "wechat:tea:o1"), ("phone:a", "wechat:shop:o2"), "phone:a", True),
        (("phone:a", "member:1"), ("wechat:tea:o1",), "phone:a", True),
        # one member signs in by another's WeChat
        (("member:1", "unionid:u1"), ("wechat:tea:o2", "unionid:u2"), "member:1", False),
        (("member:1", "wechat:tea:o1"), ("member:2",), "member:2", False),
        (("member:1",), ("wechat:tea:o1", "unionid:u1"), "member:1", True),
        # the open platform was bound anew: the same openid, another unionid
        (("wechat:tea:o1", "unionid:old"), ("unionid:new", "wechat:shop:o7"), "unionid:new", True),
        # a public write key claims a member number from somebody else's browser
        (("anonymous:x", "wechat:tea:o1"), ("member:1",), "anonymous:x", False),
        (("anonymous:x",), ("member:1",), "anonymous:x", True),
        (("something:x",), ("member:1",), "something:x", False),
    ],
)
def test_what_an_identity_proves(left: tuple[str, ...], right: tuple[str, ...], by: str, *, one: bool) -> None:
    assert are_one(left, right, by) is one
    assert are_one(right, left, by) is one


def test_a_refused_identity_stays_where_it_is() -> None:
    one, other = person("p1", "member:1", "phone:a"), person("p2", "member:2")
    resolution = resolve(event("member:2", "phone:a"), found(one, other))
    assert (resolution.survivor, resolution.absorbed, resolution.links) == (other, (), ())
    assert resolution.refused == ("phone:a",)


def test_whom_somebody_told_apart_stays_apart() -> None:
    one, other = person("p1", "member:1", apart=("p2",)), person("p2", "wechat:tea:o1")
    assert resolve(event("wechat:tea:o1", "member:1"), found(one, other)).refused == ("member:1",)


def test_stronger_proof_comes_first() -> None:
    """The phone is of somebody with another unionid, which is only seen once the unionid was taken in."""
    fan = person("p1", "wechat:tea:o1")
    other = person("p2", "phone:a", "unionid:u2")
    resolution = resolve(event("wechat:tea:o1", "phone:a", "unionid:u1"), found(fan, other))
    assert (resolution.links, resolution.refused) == (("unionid:u1",), ("phone:a",))


def test_there_is_an_end_to_identities_and_to_merges() -> None:
    many = tuple(f"anonymous:{number}" for number in range(MAX_IDENTITIES))
    full = person("p1", *many)
    assert resolve(event("anonymous:0", "member:1"), found(full)).refused == ("member:1",)
    halves = [person(f"p{half}", *(f"anonymous:{half}-{number}" for number in range(120))) for half in range(2)]
    assert resolve(event("anonymous:0-0", "anonymous:1-0"), found(*halves)).refused == ("anonymous:1-0",)
    crowd = [person(f"p{number}", f"phone:{number}") for number in range(MAX_ABSORBED + 3)]
    resolution = resolve(event("member:1", *(each.identities[0] for each in crowd)), found(*crowd))
    assert len(resolution.absorbed) <= MAX_ABSORBED
    assert len(resolution.refused) == 2
