"""Persons who were erased on their own wish: what is known of them is that they were, and when. Pure.

Each identity leaves a row behind that names it by a keyed hash only. By it, whatever comes again from before (a message
that SQS delivers twice, a dead letter, an old file) is known and dropped without a trace, and whoever comes back later
is somebody new.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from yuchi.domain.event import CAUSED, Event
from yuchi.domain.profile import Profile

Erased = Mapping[str, int]
"""Identity -> when it was erased last, in epoch seconds."""


def is_erased(event: Event, erased: Erased, *, known: bool) -> bool:
    """Whether nothing at all may be kept of ``event``: its subject was erased at or after its time.

    What rules or timers caused does not bring an erased person back either: ``known`` says whether there is a profile.
    """
    subject = event.subject or ""
    caused = event.source == CAUSED or event.hops > 0
    return was_erased(subject, event.time, erased) or (caused and not known and subject in erased)


def was_erased(identity: str, time: datetime, erased: Erased) -> bool:
    """Whether ``identity`` was erased at ``time`` or later."""
    erased_at = erased.get(identity)
    return erased_at is not None and int(time.timestamp()) <= erased_at


def without_erased(event: Event, erased: Erased) -> Event:
    """``event`` without the identities and contacts of people who were erased since."""
    moment = int(event.time.timestamp())
    gone = {identity for identity, erased_at in erased.items() if moment <= erased_at} - {event.subject}
    if gone.isdisjoint((*event.identities, *event.contacts)):
        return event
    return event.model_copy(
        update={
            "identities": tuple(each for each in event.identities if each not in gone),
            "contacts": {name: contact for name, contact in event.contacts.items() if name not in gone},
        }
    )


def with_erased(profile: Profile, erased: Erased) -> Profile:
    """The profile, which also knows which of its identities once belonged to somebody who was erased."""
    news = {
        identity: erased_at
        for identity, erased_at in erased.items()
        if identity in profile.identities and profile.erased.get(identity, -1) < erased_at
    }
    return profile.model_copy(update={"erased": {**profile.erased, **news}}) if news else profile


def blank(profile: Profile, at: int) -> Profile:
    """What stands in the place of a person while the other stores are being erased: who it was, and nothing else."""
    return Profile(
        brand=profile.brand,
        person=profile.person,
        version=profile.version,
        identities=profile.identities,
        erased=dict.fromkeys(profile.identities, at),
    )


def erased_of(profiles: Iterable[Profile]) -> dict[str, int]:
    """What ``profiles`` say of their identities."""
    return {identity: erased_at for profile in profiles for identity, erased_at in profile.erased.items()}
