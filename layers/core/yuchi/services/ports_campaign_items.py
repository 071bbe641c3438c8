"""What reviewing campaigns, and the command line for them, need of ``Campaigns`` and ``Approvals``.

Fakes and real adapters pass the same contract tests. Every method may raise ``UnavailableError``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from yuchi.domain.campaign.approval import Approval
from yuchi.services.ports_rules import Item


class CampaignDrafts(Protocol):
    """``Campaigns`` as the reviewer sees it."""

    def get(self, brand: str, campaign_id: str) -> Item | None:
        """The item as it is now (strongly consistent); None where it was deleted."""
        ...

    def write_review(self, brand: str, campaign_id: str, columns: Mapping[str, Any], *, seen: Item) -> bool:
        """Set columns of the system (None: remove), touching no other, in one conditional write.

        Only if every column of ``yuchi.domain.campaign.columns.COLUMNS`` and ``status`` still are as in ``seen``; else
        nothing is written and False is returned. False also where the item is gone, or has no room left.
        """
        ...


class CampaignBook(Protocol):
    """``Campaigns`` as an editor."""

    def get(self, brand: str, campaign_id: str) -> Item | None:
        """One campaign."""
        ...

    def all(self, brand: str) -> Sequence[Item]:
        """Every campaign of a brand."""
        ...

    def write(self, columns: Item, *, seen: Item | None) -> bool:
        """Make the marketer's columns be ``columns`` (which has the keys), leaving the system's alone.

        Only if they still are as in ``seen`` (None: there is no such item); else False.
        """
        ...

    def ask(self, brand: str, campaign_id: str, text: str) -> bool:
        """Write ``ask``; False where there is no such campaign."""
        ...


class ApprovalBook(Protocol):
    """``Approvals`` as an approver."""

    def get(self, brand: str, campaign_id: str, plan_hash: str) -> Approval | None:
        """The approval of what has that hash."""
        ...

    def put(self, approval: Approval) -> bool:
        """Write an approval; False where there is one of that hash, which stays as it is."""
        ...
