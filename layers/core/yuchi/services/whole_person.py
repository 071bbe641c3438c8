"""Somebody with all the names that the stores may know them by."""

from yuchi.domain.profile import Profile
from yuchi.services.ports_privacy import PersonBook, WholePerson


def whole_person(book: PersonBook, profile: Profile) -> WholePerson:
    """``profile`` and all whom it absorbed, however long ago: each of them still has its first identity."""
    behind = book.behind(profile.brand, profile.identities)
    persons = tuple(dict.fromkeys((profile.person, *sorted(behind.values()))))
    return WholePerson(
        brand=profile.brand,
        person=profile.person,
        persons=persons,
        identities=profile.identities,
        apart=profile.apart,
        since=profile.first_seen_at,
    )


def members(book: PersonBook, whole: WholePerson) -> list[Profile]:
    """The person and all who were absorbed, as they are stored."""
    return [each for each in book.read(whole.brand, whole.persons) if each.merged_into or each.person == whole.person]
