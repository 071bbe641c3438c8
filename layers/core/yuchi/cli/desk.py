"""What every command is given: somebody to talk to, and the parts of one deployment behind their ports."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import typer

from yuchi.cli.targets import Target
from yuchi.cli.terminal import Terminal
from yuchi.services.ports import Clock, EventMessage, Queue, Rulesets
from yuchi.services.ports_archive import ArchiveFiles, Questions
from yuchi.services.ports_campaign_items import ApprovalBook, CampaignBook
from yuchi.services.ports_campaigns import ReachBook, Runs
from yuchi.services.ports_departures import Departures
from yuchi.services.ports_import_desk import ImportDesk
from yuchi.services.ports_links import Outcomes
from yuchi.services.ports_operators import (
    AccountBook,
    DeadLetters,
    Inspection,
    LedgerBook,
    People,
    RuleBook,
    StackFacts,
    TokenDesk,
)
from yuchi.services.ports_privacy import PersonalStore, PersonBook
from yuchi.services.ports_rules import RulesetStore
from yuchi.services.ports_sources import SourceBook, SourceCounts
from yuchi.services.ports_tags import TagBoard


class SealedContacts(Protocol):
    """What opens phones and addresses. Both may raise ``UnavailableError``."""

    def open(self, sealed: str) -> str:
        """What was sealed."""
        ...

    def make_keys(self) -> bool:
        """Make the keys where there are none; False where there are."""
        ...


class Desk(Protocol):
    """The parts of one deployment. Each is made when first asked for."""

    @property
    def facts(self) -> StackFacts:
        """What CloudFormation says."""
        ...

    @property
    def accounts(self) -> AccountBook:
        """The accounts."""
        ...

    @property
    def sources(self) -> SourceBook:
        """The systems that tell us events."""
        ...

    @property
    def source_counts(self) -> SourceCounts:
        """How much each of them told."""
        ...

    @property
    def tokens(self) -> TokenDesk:
        """Access tokens."""
        ...

    @property
    def rules(self) -> RuleBook:
        """The drafts."""
        ...

    @property
    def campaigns(self) -> CampaignBook:
        """The campaigns."""
        ...

    @property
    def approvals(self) -> ApprovalBook:
        """Who approved which."""
        ...

    @property
    def runs(self) -> Runs:
        """The runs of campaigns."""
        ...

    @property
    def outcomes(self) -> Outcomes:
        """What came of them."""
        ...

    @property
    def reach(self) -> ReachBook:
        """What reached each person lately."""
        ...

    @property
    def caller(self) -> str:
        """Who works here, as AWS knows it."""
        ...

    @property
    def live(self) -> RulesetStore:
        """The published rules, as the reviewer sees them."""
        ...

    @property
    def rulesets(self) -> Rulesets:
        """The published rules, as events see them."""
        ...

    @property
    def people(self) -> People:
        """Persons."""
        ...

    @property
    def persons(self) -> PersonBook:
        """People, to be changed."""
        ...

    @property
    def personal(self) -> Mapping[str, PersonalStore]:
        """What each store holds about one person, by the store's name in the registry."""
        ...

    @property
    def contacts(self) -> SealedContacts:
        """Phones and addresses."""
        ...

    @property
    def ledger(self) -> LedgerBook:
        """The send ledger."""
        ...

    @property
    def board(self) -> TagBoard:
        """WeChat's own tags."""
        ...

    @property
    def departures(self) -> Departures:
        """Who is still to be taken out of the archive."""
        ...

    @property
    def archive_files(self) -> ArchiveFiles:
        """The archive, as files on this machine."""
        ...

    @property
    def athena(self) -> Questions:
        """SQL over the archive, in AWS."""
        ...

    @property
    def duckdb(self) -> Questions:
        """SQL over the archive, on this machine."""
        ...

    @property
    def events(self) -> Queue[EventMessage]:
        """``events.fifo``."""
        ...

    @property
    def imports(self) -> ImportDesk:
        """Files and followers on their way in."""
        ...

    @property
    def dead_letters(self) -> DeadLetters:
        """The dead-letter queues."""
        ...

    @property
    def inspection(self) -> Inspection:
        """A look at each part."""
        ...

    @property
    def clock(self) -> Clock:
        """The present moment."""
        ...

    @property
    def wait(self) -> Callable[[float], None]:
        """Lets so many seconds pass."""
        ...


Open = Callable[[Target], Desk]
"""Finds a deployment."""


@dataclass(slots=True)
class Office:
    """What a command is given: somebody to talk to, and the deployment once it is asked for."""

    terminal: Terminal
    target: Target
    open: Open
    _desk: Desk | None = None

    @property
    def desk(self) -> Desk:
        """The deployment; the first time its name is told."""
        if self._desk is None:
            with self.terminal.progress(self.terminal.text("查找部署……", "Looking for the deployment ...")):
                self._desk = self.open(self.target)
            facts = self._desk.facts
            place = self.terminal.text("本地环境", "the local stack") if facts.local else facts.region
            self.terminal.note(f"部署 {facts.name}（{place}）", f"stack {facts.name} ({place})")
        return self._desk


def office_of(context: typer.Context) -> Office:
    """The office behind a command."""
    office = context.find_object(Office)
    if office is None:
        raise RuntimeError("a command was called past the root")
    return office


def language_of_terminal() -> str:
    """``zh`` where the terminal speaks Chinese, else ``en``."""
    words = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next((word for word in words if word), "").lower().startswith("zh") else "en"
