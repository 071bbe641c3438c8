"""Every place where data of people may lie, and how it leaves there.

Exporting or erasing one person goes through this registry, and a test compares it with the template: a table, queue or
bucket that is not listed here fails the build. Names are the template's logical ids.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class StoreKind(StrEnum):
    """What sort of resource a store is."""

    TABLE = "table"
    QUEUE = "queue"
    BUCKET = "bucket"


class ErasedBy(StrEnum):
    """How the data of one person leaves a store."""

    NOTHING = "nothing"
    """There is none in it."""
    KEY = "key"
    """Found by the person or one of the person's identities, and deleted."""
    AGE = "age"
    """Leaves by itself within the days named: erasing one person cannot reach it."""


@dataclass(frozen=True, slots=True)
class Store:
    """One table, queue or bucket.

    ``personal`` says what it holds about a person ("" for nothing), ``found_by`` the key that leads there, and ``days``
    how long it stays at most (None: until it is erased).
    """

    name: str
    kind: StoreKind
    personal: str
    found_by: str
    erased_by: ErasedBy
    days: int | None = None


_TABLE, _QUEUE, _BUCKET = StoreKind.TABLE, StoreKind.QUEUE, StoreKind.BUCKET
_NOTHING, _KEY, _AGE = ErasedBy.NOTHING, ErasedBy.KEY, ErasedBy.AGE

STORES: Final[tuple[Store, ...]] = (
    Store("Accounts", _TABLE, "", "", _NOTHING),
    Store("Sources", _TABLE, "", "", _NOTHING),
    Store("Identities", _TABLE, "which identities are one person", "brand#identity", _KEY),
    Store("Profiles", _TABLE, "tags, attributes, scores, channels", "shard of the person, person", _KEY),
    Store("Merges", _TABLE, "a person as it was before a merge", "brand#person", _KEY, days=180),
    Store("Timeline", _TABLE, "events, with texts and places, and what they caused", "brand#identity", _KEY),
    Store("Rules", _TABLE, "", "", _NOTHING),
    Store("Schema", _TABLE, "", "", _NOTHING),
    Store("Campaigns", _TABLE, "", "", _NOTHING),
    Store("Approvals", _TABLE, "", "", _NOTHING),
    Store("Live", _TABLE, "", "", _NOTHING),
    Store("Timers", _TABLE, "the event to come: identity, and data of the rule", "identity in the timer", _KEY),
    Store("Tokens", _TABLE, "", "", _NOTHING),
    Store("Ledger", _TABLE, "that a message was sent, never its text; who left", "subject of the row; identity", _KEY),
    Store("Receipts", _TABLE, "the reply given to a push", "account#event id", _AGE, days=1),
    Store("Counters", _TABLE, "", "", _NOTHING),
    Store("Imports", _TABLE, "", "", _NOTHING),
    Store("Runs", _TABLE, "who was chosen for a campaign and who was not", "none", _AGE, days=30),
    Store("Reach", _TABLE, "which campaigns reached a person", "brand#person", _KEY, days=400),
    Store("Quotas", _TABLE, "", "", _NOTHING),
    Store("Links", _TABLE, "", "", _NOTHING),
    Store("Outcomes", _TABLE, "what a person did after a campaign", "run and person", _KEY, days=400),
    Store("Events", _QUEUE, "events on their way", "group: brand#identity", _AGE, days=4),
    Store("Actions", _QUEUE, "actions on their way, with texts", "group: brand#identity", _AGE, days=4),
    Store("EventsDeadLetters", _QUEUE, "events that could not be processed", "group: brand#identity", _AGE, days=14),
    Store("ActionsDeadLetters", _QUEUE, "actions that could not be done", "group: brand#identity", _AGE, days=14),
    Store("EditsDeadLetters", _QUEUE, "", "", _NOTHING),
    Store("Imports", _QUEUE, "", "", _NOTHING),
    Store("ImportsDeadLetters", _QUEUE, "", "", _NOTHING),
    Store("Audience", _QUEUE, "", "", _NOTHING),
    Store("AudienceDeadLetters", _QUEUE, "", "", _NOTHING),
    Store("Sends", _QUEUE, "", "", _NOTHING),
    Store("SendsDeadLetters", _QUEUE, "", "", _NOTHING),
    Store("Deliveries", _QUEUE, "what happened after a campaign's message", "none", _AGE, days=4),
    Store("DeliveriesDeadLetters", _QUEUE, "what could not be recorded of it", "none", _AGE, days=14),
    Store("Archive", _BUCKET, "events, with texts, and the person they were about", "brand; person in the line", _KEY),
    Store("Imports", _BUCKET, "lists of people as they were dropped, and rejected rows", "none", _AGE, days=30),
)
"""All stores. Logs are not among them: they carry no personal data. Backups (PITR) keep erased data up to 35 days."""
