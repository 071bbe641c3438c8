"""What reviewing edits needs from the outside world. Fakes and real adapters pass the same contract tests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from yuchi.domain.account import Account
from yuchi.domain.manifest import Manifest
from yuchi.domain.rule import Rule

Item = Mapping[str, Any]
"""A deserialised DynamoDB item: str, Decimal or int or float, bool, None, bytes, set, list, dict."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One record of the stream of ``Rules``: the item before (None: new) and after (None: deleted)."""

    brand: str
    rule_id: str
    old: Item | None
    new: Item | None


class Status(StrEnum):
    """What the marketer reads in ``status``."""

    LIVE = "live"
    OFF = "off"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Review:
    """The system's columns of a draft. None means that the column is removed.

    ``live_version``: the version that runs, which for an invalid draft is the last good one. ``reviewed``: the hash
    of the marketer's columns that this is about.
    """

    status: Status
    problem: str | None
    hint: str | None
    live_version: int | None
    reviewed: str
    reviewed_at: str


@dataclass(frozen=True, slots=True)
class RuleHead:
    """What is known of one rule in ``Live``. ``version``: the last number given. ``rule``: what runs now, None for
    nothing.
    """

    rule_id: str
    version: int
    rule: Rule | None
    changed_at: datetime


class RulesetConflictError(Exception):
    """Another reviewer published in between. Read everything again."""


class RulesetStore(Protocol):
    """``Live``. Reads are strongly consistent. Each method may raise :class:`yuchi.services.ports.UnavailableError`."""

    def get_manifest(self, brand: str) -> Manifest:
        """The manifest that is live; the empty one (version 0) where nothing was published."""
        ...

    def get_blob(self, brand: str, name: str) -> bytes:
        """The chunk called ``name`` (item ``bucket#<name>``)."""
        ...

    def put_blobs(self, brand: str, blobs: Mapping[str, bytes], *, version: int) -> None:
        """Store chunks for the manifest that shall get ``version``. They are named after their content.

        One that is there already is written again, so that it loses what :meth:`retire` left on it.
        All of them are stored when this returns; it need not be atomic, for no manifest names them yet.
        """
        ...

    def retire(self, brand: str, names: Collection[str], *, version: int, expires_at: datetime) -> None:
        """Let chunks that the manifest of ``version`` names no more vanish after ``expires_at``.

        A chunk that was stored for this version or a later one stays as it is: somebody is about to name it again.
        """
        ...

    def get_heads(self, brand: str, rule_ids: Sequence[str]) -> dict[str, RuleHead]:
        """The heads (items ``rule#<rule id>``) of those of ``rule_ids`` (at most 20) that ever were live."""
        ...

    def swap(self, manifest: Manifest, heads: Sequence[RuleHead]) -> None:
        """Make ``manifest`` live, in ONE transaction with its at most 20 ``heads``.

        The stored manifest must still have version ``manifest.version - 1`` (no item for version 1), else
        :class:`RulesetConflictError`. Writes item ``current``, for each head ``rule#<rule id>``, and for each head
        with a rule ``rule#<rule id>#<version>`` as well, which is its immutable history (1 + 2 x 20 items).
        """
        ...


class DraftStore(Protocol):
    """``Rules``, the drafts. Each method may raise :class:`yuchi.services.ports.UnavailableError`."""

    def get(self, brand: str, rule_id: str) -> Item | None:
        """The draft as it is now (strongly consistent), or None where it was deleted."""
        ...

    def write_review(self, brand: str, rule_id: str, *, seen: Item, review: Review) -> bool:
        """Set the system's columns, touching no other, in one conditional write.

        Only if every column of ``yuchi.domain.draft_columns.COLUMNS`` still is as in ``seen`` (equal, or absent in
        both); else nothing is written and False is returned: a newer edit will be reviewed by itself. False also
        where the item is gone, or so full that the columns find no room.
        """
        ...


class BrandAccounts(Protocol):
    """The accounts by brand."""

    def of_brand(self, brand: str) -> tuple[Account, ...]:
        """All accounts of the brand. May be some minutes old."""
        ...
