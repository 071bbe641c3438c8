"""Review edits of campaigns: check each item as it is now, tell the marketer, and have the planner look at it.

The promises are those of :mod:`yuchi.services.review_edit`: a record of the stream only says that something happened;
what counts is the item as it is now, so records may come twice or in any order; and what is written is conditional on
the item that was judged. A run that is active keeps what was approved, whatever is edited; the marketer is told so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from yuchi.domain.account import Account
from yuchi.domain.campaign.check import check_campaign
from yuchi.domain.campaign.columns import COLUMNS
from yuchi.domain.campaign.reading import CampaignReading, campaign_hash, read_campaign, run_of
from yuchi.domain.campaign.status import (
    EDITED_AND_WRONG,
    EDITED_WHILE_RUNNING,
    NEXT,
    OF_A_RUN,
    RUNS_NOW,
    CampaignStatus,
    status_of,
)
from yuchi.domain.catalogue import Catalogue
from yuchi.domain.event import format_time
from yuchi.domain.problem import Locale, RuleProblem, RuleProblemError
from yuchi.services.ports import Clock, Metrics, UnavailableError
from yuchi.services.ports_campaign_items import CampaignDrafts
from yuchi.services.ports_campaigns import Agenda, AgendaEntry
from yuchi.services.ports_rules import BrandAccounts, Edit, Item
from yuchi.services.review_edit import told

ATTEMPTS: Final = 5
"""How often a campaign is judged anew when the planner moves it at the same time."""


@dataclass(frozen=True, slots=True)
class ReviewCampaigns:
    """The use case behind ``functions/review_edit`` for edits of ``Campaigns``. An edit's key is in its ``rule_id``."""

    drafts: CampaignDrafts
    agenda: Agenda
    accounts: BrandAccounts
    catalogue: Catalogue
    clock: Clock
    metrics: Metrics
    locale: Locale = Locale.ZH

    def review_all(self, edits: Sequence[Edit]) -> set[int]:
        """Review edits of any brands; returns the positions of those that must come again."""
        wanted: dict[tuple[str, str], list[int]] = {}
        for position, edit in enumerate(edits):
            if not _is_our_own(edit):
                wanted.setdefault((edit.brand, edit.rule_id), []).append(position)
        failed: set[int] = set()
        for (brand, campaign_id), positions in wanted.items():
            try:
                self._review(brand, campaign_id, before=edits[positions[-1]].old)
            except UnavailableError:
                failed.update(positions)
        return failed

    def _review(self, brand: str, campaign_id: str, *, before: Item | None) -> None:
        for _ in range(ATTEMPTS):
            item = self.drafts.get(brand, campaign_id)
            if item is None:
                self._deleted(brand, campaign_id, before)
                return
            reading, problems, hints = self._judge(item, self.accounts.of_brand(brand))
            status, columns = self._columns(item, reading, problems, hints)
            if self.drafts.write_review(brand, campaign_id, columns, seen=item):
                self._plan(item, status)
                if status is CampaignStatus.INVALID:
                    self.metrics.count("CampaignRejected")
                return
            now = self.drafts.get(brand, campaign_id)
            if now is not None and campaign_hash(now) != reading.hash:
                return  # that edit is reviewed by itself

    def _judge(
        self, item: Item, accounts: Sequence[Account]
    ) -> tuple[CampaignReading, tuple[RuleProblem, ...], tuple[RuleProblem, ...]]:
        reading = read_campaign(item)
        if reading.campaign is None:
            return reading, reading.problems, ()
        checked = check_campaign(reading.campaign, catalogue=self.catalogue, accounts=accounts, now=self.clock())
        return reading, checked.problems, checked.hints

    def _columns(
        self,
        item: Item,
        reading: CampaignReading,
        problems: Sequence[RuleProblem],
        hints: Sequence[RuleProblem],
    ) -> tuple[CampaignStatus, dict[str, Any]]:
        """The status, and what is written. A run's own words stay as long as they are about what stands there."""
        known = status_of(item)
        same = item.get("plan_hash") == reading.plan_hash
        columns: dict[str, Any] = {
            "plan_hash": reading.plan_hash,
            "reviewed": reading.hash,
            "checked": None if problems else reading.hash,
            "reviewed_at": format_time(self.clock()),
        }
        if known in RUNS_NOW and run_of(item) is not None and not same:
            return known, {**columns, "hint": self._while_running(problems)}
        if same and known in OF_A_RUN:
            return known, {**columns, "hint": told(problems, self.locale)} if problems else columns
        if problems:
            wrong = {"status": CampaignStatus.INVALID.value, "problem": told(problems, self.locale), "hint": None}
            return CampaignStatus.INVALID, {**columns, **wrong}
        status = CampaignStatus.APPROVED if same and known is CampaignStatus.APPROVED else CampaignStatus.READY
        said = [told(hints, self.locale) or "", NEXT[status].text(self.locale) if status in NEXT else ""]
        well = {"status": status.value, "problem": None, "hint": "\n".join(filter(None, said)) or None}
        return status, {**columns, **well}

    def _while_running(self, problems: Sequence[RuleProblem]) -> str:
        lines = [EDITED_WHILE_RUNNING.text(self.locale)]
        if problems:
            lines += [EDITED_AND_WRONG.text(self.locale), told(problems, self.locale) or ""]
        return "\n".join(lines)

    def _plan(self, item: Item, status: CampaignStatus) -> None:
        """Have the planner look at once at what may start or run; it decides when to look next."""
        brand, campaign_id = item["brand"], item["campaign_id"]
        run = run_of(item)
        if status is not CampaignStatus.INVALID:
            self.agenda.put(AgendaEntry(brand, campaign_id, self.clock(), str(run) if run else ""))
        elif _is_possible(brand, campaign_id):
            self.agenda.remove(brand, campaign_id)

    def _deleted(self, brand: str, campaign_id: str, before: Item | None) -> None:
        """A run of it is stopped by the planner; there is nothing to look at otherwise."""
        run = run_of(before) if before is not None else None
        if run is not None:
            self.agenda.put(AgendaEntry(brand, campaign_id, self.clock(), str(run)))
        elif _is_possible(brand, campaign_id):
            self.agenda.remove(brand, campaign_id)


def _is_our_own(edit: Edit) -> bool:
    """An edit by which only the system's columns changed, or ``ask``, of an item whose review is written on it."""
    if edit.old is None or edit.new is None:
        return False
    written = campaign_hash(edit.new)
    return edit.new.get("reviewed") == written and campaign_hash(edit.old) == written


def _is_possible(brand: str, campaign_id: str) -> bool:
    """Keys that no campaign can have never got into the agenda, and may be too long to be looked for."""
    try:
        return bool(COLUMNS["brand"](brand)) and bool(COLUMNS["campaign_id"](campaign_id))
    except RuleProblemError:
        return False
