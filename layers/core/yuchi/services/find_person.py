"""Whoever is meant by a person's id, an identity or a bare openid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from yuchi.domain.account import Account
from yuchi.domain.event import fan_identity
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry
from yuchi.services.ports_operators import People


@dataclass(frozen=True, slots=True)
class Found:
    """A person. ``identity``: the one that was asked for, or the first of the profile."""

    profile: Profile
    identity: str


class AmbiguousPersonError(Exception):
    """Several persons answer to the name. ``found`` are they."""

    def __init__(self, found: Sequence[Found]) -> None:
        super().__init__(f"{len(found)} persons")
        self.found = found


def find_person(people: People, wanted: str, accounts: Iterable[Account], *, brand: str | None = None) -> Found | None:
    """The person called ``wanted``: an id (``p1a2...``), an identity (``wechat:tea:o1...``, ``unionid:...``) or an openid.

    Looks into ``brand`` or all brands. Raises :class:`AmbiguousPersonError`, ``UnavailableError``.
    """
    known = list(accounts)
    found: dict[tuple[str, str], Found] = {}
    for each in dict.fromkeys([brand] if brand else [account.brand for account in known]):
        profile = people.person(each, wanted) if ":" not in wanted else None
        while profile is not None and profile.merged_into:
            profile = people.person(each, profile.merged_into)
        if profile is not None:
            found[each, profile.person] = Found(profile, next(iter(profile.identities), ""))
        for identity, other in people.find(each, _identities(wanted, each, known), consistent=True).items():
            found.setdefault((each, other.person), Found(other, identity))
    if len(found) > 1:
        raise AmbiguousPersonError(list(found.values()))
    return next(iter(found.values()), None)


def newest(people: People, profile: Profile, limit: int) -> list[TimelineEntry]:
    """The newest entries of all identities of a person, newest first."""
    timelines = [people.timeline(profile.brand, identity) for identity in profile.identities]
    return list(islice(merge(*timelines, key=lambda entry: entry.event.time, reverse=True), limit))


def find_entry(people: People, profile: Profile, event_id: str) -> TimelineEntry | None:
    """The entry of the event whose id begins with ``event_id``, on the timelines of a person."""
    for identity in profile.identities:
        for entry in people.timeline(profile.brand, identity):
            if entry.event.id.startswith(event_id):
                return entry
    return None


def _identities(wanted: str, brand: str, accounts: Iterable[Account]) -> list[str]:
    if ":" in wanted:
        return [wanted]
    return [fan_identity(account.id, wanted) for account in accounts if account.brand == brand]
