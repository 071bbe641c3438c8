"""The persons of a replay: profiles in memory, found by identity as live processing finds them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from yuchi.domain.event import Event
from yuchi.domain.identity import resolve
from yuchi.domain.merging import merge
from yuchi.domain.profile import Profile, new_person


@dataclass(slots=True)
class Persons:
    """Profiles by person, and persons by identity. ``became``: those who were found to be another -> who
    that was then.
    """

    brand: str
    profiles: dict[str, Profile] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    became: dict[str, str] = field(default_factory=dict)

    _blank: Profile = field(init=False)

    def __post_init__(self) -> None:
        self._blank = Profile(brand=self.brand, person="")

    def find(self, record: Mapping[str, Any], event: Event | None = None) -> Profile:
        """Whose event it is. ``event`` is wanted where it proves further identities.

        Who an identity belonged to before the archive begins is not known; but a line says whom live processing took the
        event for, and that decides wherever the replay knows nothing of the identity.
        """
        subject, told = record["subject"], record.get("person")
        if event is not None and event.identities:
            return self._resolve(event, told)
        person = self.known.get(subject)
        if person is None:
            person = self.known[subject] = told or new_person(self.brand, subject)
        elif told is not None and told != person:
            # A merge of before the archive, or one that an operator undid: what live processing knew counts.
            person = self.known[subject] = told
        profile = self.profiles.get(person)
        if profile is None:
            # A copy of a blank one costs a third of making one; `activity` is the dict that a replay writes into.
            changes: dict[str, object] = {"person": person, "identities": (subject,), "activity": {}}
            profile = self._blank.model_copy(update=changes)
        return profile

    def find_known(self, record: Mapping[str, Any]) -> Profile:
        """The same for an event after which nothing is asked but what the profile counts: it is kept already."""
        person = self.known.get(record["subject"])
        profile = self.profiles.get(person) if person is not None and person == record["person"] else None
        if profile is None:
            profile = self.find(record)
            if profile.version == 0:
                profile = self.profiles[profile.person] = profile.model_copy(update={"version": 1})
        return profile

    def keep(self, profile: Profile) -> None:
        """``profile`` is what is known now."""
        if profile.version == 0:
            profile = profile.model_copy(update={"version": 1})
        self.profiles[profile.person] = profile

    def _resolve(self, event: Event, told: str | None) -> Profile:
        subject = event.subject or ""
        if subject not in self.known and told in self.profiles:
            self.known[subject] = told
        found = {
            identity: self.profiles[person]
            for identity in (subject, *event.identities)
            if (person := self.known.get(identity)) in self.profiles
        }
        resolution = resolve(event, found)
        profile = resolution.survivor
        for absorbed in resolution.absorbed:
            profile = merge(profile, absorbed)
            self.profiles.pop(absorbed.person, None)
        links = [each for each in resolution.links if each not in profile.identities]
        changes: dict[str, object] = {"identities": (*profile.identities, *links)}
        if told is not None and told != profile.person:
            self.profiles.pop(profile.person, None)
            changes["person"] = told
        others = {resolution.survivor.person, *(each.person for each in resolution.absorbed)}
        profile = profile.model_copy(update=changes)
        self._note(others - {profile.person}, profile.person)
        self.known |= dict.fromkeys(profile.identities, profile.person)
        self.profiles[profile.person] = profile
        return profile

    def _note(self, others: Collection[str], person: str) -> None:
        """``others`` are ``person`` from now on, who lives: so the way from one to the next ends."""
        self.became.pop(person, None)
        self.became |= dict.fromkeys(others, person)
