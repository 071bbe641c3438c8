"""The people of one batch of events: read together, and kept current as the events change them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from yuchi.domain.erasure import Erased, erased_of
from yuchi.domain.event import Event, identity_key
from yuchi.domain.identity import Resolution
from yuchi.domain.merging import Merge, merge
from yuchi.domain.profile import Profile
from yuchi.services.ports import PersonChange, Profiles


@dataclass(slots=True)
class BatchPeople:
    """Profiles by ``<brand>#<identity>``. ``complete``: all that the batch needs was read; else each event reads its own.

    ``gone``: identities of people who were erased, and when (epoch seconds); looked up where nobody was found.
    """

    profiles: Profiles
    complete: bool = True
    known: dict[str, Profile] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)

    def read(self, events: Iterable[Event]) -> None:
        """Read whoever these events are about, or may be about."""
        wanted: dict[str, set[str]] = {}
        for event in events:
            if event.subject:
                wanted.setdefault(event.brand, set()).update((event.subject, *event.identities))
        for brand, identities in wanted.items():
            found = self.profiles.find(brand, identities, consistent=True)
            self.known |= {identity_key(brand, identity): profile for identity, profile in found.items()}
            if missing := identities - found.keys():
                erased = self.profiles.erased(brand, missing)
                self.gone |= {identity_key(brand, identity): moment for identity, moment in erased.items()}

    def erased(self, event: Event) -> Erased:
        """Which of the identities of ``event`` belonged to somebody who was erased, and when."""
        found = self.found(event)
        keys = {identity: identity_key(event.brand, identity) for identity in (event.subject or "", *event.identities)}
        named = {
            identity: self.gone[key] for identity, key in keys.items() if key in self.gone and key not in self.known
        }
        return named | erased_of(found.values())

    def found(self, event: Event) -> Mapping[str, Profile]:
        """The persons behind the identities of ``event``."""
        if not self.complete:
            self.read([event])
        keys = {identity: identity_key(event.brand, identity) for identity in (event.subject or "", *event.identities)}
        return {identity: self.known[key] for identity, key in keys.items() if key in self.known}

    def read_again(self, event: Event) -> None:
        """Somebody else changed one of them: forget what was read, and read it again."""
        for identity in (event.subject or "", *event.identities):
            self.known.pop(identity_key(event.brand, identity), None)
        self.read([event])

    def stored(self, change: PersonChange) -> None:
        """``change`` was committed: all who were merged are now the one person."""
        current = change.profile.model_copy(update={"version": change.profile.version + 1})
        persons = {current.person, *(absorbed.person for absorbed, _ in change.merges)}
        for key, profile in self.known.items():
            if profile.brand == current.brand and profile.person in persons:
                self.known[key] = current
        self.known |= {identity_key(current.brand, identity): current for identity in change.links}


def merged(resolution: Resolution, event: Event, now: datetime) -> tuple[Profile, list[tuple[Profile, Merge]]]:
    """The person that ``event`` is about, with all who were absorbed, and the record of each merge."""
    profile, records = resolution.survivor, []
    at = int(now.timestamp())
    for absorbed in resolution.absorbed:
        record = Merge(brand=event.brand, before=profile, absorbed=absorbed.person, event=event.id, at=at)
        records.append((absorbed, record))
        profile = merge(profile, absorbed)
    new = [identity for identity in resolution.links if identity not in profile.identities]
    return profile.model_copy(update={"identities": (*profile.identities, *new)}), records
