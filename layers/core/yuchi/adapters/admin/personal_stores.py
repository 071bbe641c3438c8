"""How one person is handed out of and erased from each store of the registry that holds people by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yuchi.adapters.admin.person_book import DynamoDBPersonBook
from yuchi.adapters.admin.personal_archive import PersonalArchive
from yuchi.adapters.admin.personal_campaigns import PersonalOutcomes, PersonalReach, PersonalSends
from yuchi.adapters.admin.personal_tables import (
    PersonalIdentities,
    PersonalLedger,
    PersonalMerges,
    PersonalProfiles,
    PersonalTable,
    PersonalTimeline,
    PersonalTimers,
)
from yuchi.adapters.archive_objects import S3ArchiveObjects
from yuchi.services.ports_privacy import PersonalStore


@dataclass(frozen=True, slots=True)
class Deployment:
    """The parts of a deployment. ``name_of``: store of the registry -> its real name, "" where there is none of it."""

    client: Callable[[str], Any]
    name_of: Callable[[str], str]
    book: DynamoDBPersonBook

    def table(self, name: str) -> PersonalTable:
        """A table by its name in the registry."""
        return PersonalTable(self.client("dynamodb"), self.name_of(name))


def _ledger(there: Deployment) -> PersonalStore:
    known = there.name_of("Reach") and there.name_of("Runs")
    sends = PersonalSends(PersonalReach(there.table("Reach")), there.table("Runs")) if known else None
    return PersonalLedger(there.table("Ledger"), PersonalTimeline(there.table("Timeline")), sends)


def _outcomes(there: Deployment) -> PersonalStore:
    return PersonalOutcomes(there.table("Outcomes"), PersonalReach(there.table("Reach")))


WAYS: Final[Mapping[str, Callable[[Deployment], PersonalStore]]] = {
    "Identities": lambda there: PersonalIdentities(there.book),
    "Profiles": lambda there: PersonalProfiles(there.book),
    "Merges": lambda there: PersonalMerges(there.table("Merges")),
    "Timeline": lambda there: PersonalTimeline(there.table("Timeline")),
    "Timers": lambda there: PersonalTimers(there.table("Timers")),
    "Ledger": _ledger,
    "Outcomes": _outcomes,
    "Reach": lambda there: PersonalReach(there.table("Reach")),
    "Archive": lambda there: PersonalArchive(S3ArchiveObjects(there.client("s3"), there.name_of("Archive"))),
}
"""One row for each store that :data:`yuchi.domain.stores.STORES` says is erased by key; a test compares the two."""


def personal_stores(there: Deployment) -> dict[str, PersonalStore]:
    """Those that this deployment has."""
    return {name: make(there) for name, make in WAYS.items() if there.name_of(name)}
