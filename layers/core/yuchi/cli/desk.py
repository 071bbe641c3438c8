"""All that the commands work on: which deployment, and its parts behind their ports."""

import os
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

import boto3
import typer

from yuchi.adapters.admin.dead_letters import SQSDeadLetters
from yuchi.adapters.admin.inspection import AwsInspection
from yuchi.adapters.admin.ledger_book import DynamoDBLedgerBook
from yuchi.adapters.admin.people import DynamoDBPeople
from yuchi.adapters.admin.person_book import DynamoDBPersonBook
from yuchi.adapters.admin.personal_stores import Deployment, personal_stores
from yuchi.adapters.admin.rule_book import DynamoDBRuleBook
from yuchi.adapters.admin.stacks import (
    LOCAL_STACK,
    find_stage,
    local_facts,
    read_stack,
    read_stack_file,
    settings_of,
)
from yuchi.adapters.admin.token_desk import DeployedTokenDesk
from yuchi.adapters.dynamodb.live import DynamoDBRulesetStore
from yuchi.bootstrap import Application
from yuchi.cli.terminal import Terminal
from yuchi.services.ports import Clock, EventMessage, Queue, Rulesets
from yuchi.services.ports_archive import ArchiveFiles, Questions
from yuchi.services.ports_import_desk import ImportDesk
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
from yuchi.settings import MissingSettingError

DEFAULT_STACK: Final = "yuchi"
STACK_FILE: Final = Path(".local", "stack.json")
SAM_FILE: Final = Path("samconfig.toml")
_QUEUES: Final = ("Events", "Actions", "Edits", "Imports")


@dataclass(frozen=True, slots=True)
class Target:
    """Which deployment was asked for; what is None was not said."""

    stack: str | None = None
    stage: str | None = None
    region: str | None = None
    aws_profile: str | None = None
    local: bool = False
    stack_file: Path | None = None

    def file(self, folder: Path) -> Path | None:
        """The local stack's file, if it is meant: asked for, or there and nothing else was asked for."""
        if self.stack_file is not None:
            return self.stack_file
        found = next((each / STACK_FILE for each in (folder, *folder.parents) if (each / STACK_FILE).is_file()), None)
        if self.local:
            return found or folder / STACK_FILE
        named = self.stack or self.stage or self.region or self.aws_profile
        return None if named else found


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
        """Persons, to be changed."""
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


class AwsDesk:
    """:class:`Desk` on AWS or on the local stack."""

    wait = staticmethod(time.sleep)

    def __init__(self, facts: StackFacts, session: boto3.Session) -> None:
        self.facts = facts
        self._application = Application(settings_of(facts), session=session)
        self.clock = self._application.clock

    def _table(self, name: str) -> str:
        return self._application.settings.need(f"{name}_table")

    def _client(self, name: str) -> Any:
        return self._application.client(name)

    @property
    def accounts(self) -> AccountBook:
        """The accounts."""
        return self._application.accounts

    @property
    def rulesets(self) -> Rulesets:
        """The published rules."""
        return self._application.rulesets

    @cached_property
    def sources(self) -> SourceBook:
        """The systems that tell us events."""
        from yuchi.adapters.dynamodb.sources import DynamoDBSources

        return DynamoDBSources(
            client=self._client("dynamodb"),
            ssm=self._client("ssm"),
            sources_table=self._table("sources"),
            parameter_prefix=self._application.settings.need("parameter_prefix"),
        )

    @cached_property
    def source_counts(self) -> SourceCounts:
        """How much each of them told."""
        from yuchi.adapters.dynamodb.source_counters import DynamoDBSourceCounters

        return DynamoDBSourceCounters(client=self._client("dynamodb"), counters_table=self._table("counters"))

    @cached_property
    def tokens(self) -> TokenDesk:
        """Access tokens."""
        return DeployedTokenDesk(
            client=self._client("dynamodb"),
            functions=self._client("lambda"),
            tokens_table=self._table("tokens"),
            refresh_tokens_function=self._application.settings.need("refresh_tokens_function"),
        )

    @cached_property
    def rules(self) -> RuleBook:
        """The drafts."""
        return DynamoDBRuleBook(client=self._client("dynamodb"), rules_table=self._table("rules"))

    @cached_property
    def live(self) -> RulesetStore:
        """The published rules, as the reviewer sees them."""
        return DynamoDBRulesetStore(client=self._client("dynamodb"), live_table=self._table("live"))

    @cached_property
    def people(self) -> People:
        """Persons."""
        return DynamoDBPeople(
            client=self._client("dynamodb"),
            profiles=self._application.profiles,
            timeline_table=self._table("timeline"),
        )

    @cached_property
    def persons(self) -> DynamoDBPersonBook:
        """Persons, to be changed."""
        return DynamoDBPersonBook(
            client=self._client("dynamodb"), profiles=self._application.profiles, merges_table=self._table("merges")
        )

    @cached_property
    def personal(self) -> Mapping[str, PersonalStore]:
        """What each store holds about one person."""
        outputs = self.facts.outputs
        return personal_stores(
            Deployment(
                client=self._client,
                name_of=lambda name: outputs.get(f"{name}Table") or outputs.get(f"{name}Bucket", ""),
                book=self.persons,
            )
        )

    @cached_property
    def contacts(self) -> SealedContacts:
        """Phones and addresses."""
        from yuchi.adapters.contacts import ParameterContacts

        prefix = self._application.settings.need("parameter_prefix")
        return ParameterContacts(ssm=self._client("ssm"), parameter_prefix=prefix)

    @cached_property
    def ledger(self) -> LedgerBook:
        """The send ledger."""
        return DynamoDBLedgerBook(client=self._client("dynamodb"), ledger_table=self._table("ledger"))

    @cached_property
    def board(self) -> TagBoard:
        """WeChat's own tags."""
        return self._application.tag_board()

    @cached_property
    def archive_files(self) -> ArchiveFiles:
        """The archive, as files on this machine."""
        from yuchi.adapters.admin.archive_files import S3ArchiveFiles, default_cache

        return S3ArchiveFiles(client=self._client("s3"), bucket=self._output("ArchiveBucket"), cache=default_cache())

    @cached_property
    def athena(self) -> Questions:
        """SQL over the archive, in AWS."""
        from yuchi.adapters.admin.athena import AthenaQuestions

        return AthenaQuestions(
            client=self._client("athena"),
            work_group=self._output("ArchiveWorkGroup"),
            database=self._output("ArchiveDatabase"),
            wait=self.wait,
        )

    @cached_property
    def duckdb(self) -> Questions:
        """SQL over the archive, on this machine."""
        from yuchi.adapters.admin.duckdb_questions import DuckDBQuestions

        return DuckDBQuestions(self.archive_files)

    @property
    def events(self) -> Queue[EventMessage]:
        """``events.fifo``."""
        return self._application.events

    def _output(self, name: str) -> str:
        value = self.facts.outputs.get(name)
        if not value:
            raise MissingSettingError(name)
        return value

    @cached_property
    def imports(self) -> ImportDesk:
        """Files and followers on their way in."""
        from yuchi.adapters.admin.import_desk import AwsImportDesk
        from yuchi.adapters.contacts import ParameterContacts
        from yuchi.adapters.dynamodb.sources import DynamoDBSources
        from yuchi.adapters.imports_queue import SQSImportQueue

        prefix = self._application.settings.need("parameter_prefix")
        return AwsImportDesk(
            s3=self._client("s3"),
            bucket=self._application.settings.need("imports_bucket"),
            sources=DynamoDBSources(
                client=self._client("dynamodb"),
                ssm=self._client("ssm"),
                sources_table=self._table("sources"),
                parameter_prefix=prefix,
            ),
            contacts=ParameterContacts(ssm=self._client("ssm"), parameter_prefix=prefix),
            imports=self._application.imports,
            queue=SQSImportQueue(
                client=self._client("sqs"), queue_url=self._application.settings.need("imports_queue_url")
            ),
        )

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """The dead-letter queues."""
        outputs = self.facts.outputs
        return SQSDeadLetters(
            client=self._client("sqs"),
            sources={name: outputs.get(f"{name}Queue", "") for name in _QUEUES},
            dead={name: outputs.get(f"{name}DeadLettersQueue", "") for name in _QUEUES},
        )

    @cached_property
    def inspection(self) -> Inspection:
        """A look at each part."""
        return AwsInspection(client=self._client, direct=self.facts.local)


def open_desk(target: Target) -> Desk:
    """Find the deployment. Raises what :mod:`yuchi.cli.errors` tells."""
    file = target.file(Path.cwd())
    if file is not None:
        local_session, content = read_stack_file(file)
        facts = read_stack(local_session.client("cloudformation"), target.stack or LOCAL_STACK)
        return AwsDesk(local_facts(facts, content), local_session)
    saved = saved_by_sam(Path.cwd() / SAM_FILE)
    region = target.region or saved.get("region")
    session = boto3.Session(region_name=region, profile_name=target.aws_profile)
    client = session.client("cloudformation")
    if target.stage and not target.stack:
        return AwsDesk(find_stage(client, target.stage), session)
    return AwsDesk(read_stack(client, target.stack or saved.get("stack_name") or DEFAULT_STACK), session)


def saved_by_sam(path: Path) -> dict[str, str]:
    """What ``sam deploy --guided`` remembered: stack and region."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        saved = content["default"]["deploy"]["parameters"]
        return {name: saved[name] for name in ("stack_name", "region") if isinstance(saved.get(name), str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


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
