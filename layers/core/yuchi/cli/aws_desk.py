"""The parts of a deployment, on AWS or on the local stack."""

import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3

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
from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.live import DynamoDBRulesetStore
from yuchi.bootstrap import Application
from yuchi.cli.desk import Desk, SealedContacts
from yuchi.cli.targets import DEFAULT_STACK, SAM_FILE, Target, saved_by_sam
from yuchi.services.ports import EventMessage, Queue, Rulesets
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
from yuchi.services.ports_privacy import PersonalStore
from yuchi.services.ports_rules import RulesetStore
from yuchi.services.ports_sources import SourceBook, SourceCounts
from yuchi.services.ports_tags import TagBoard
from yuchi.settings import MissingSettingError

_QUEUES: Final = ("Events", "Actions", "Edits", "Imports")


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

    @property
    def sources(self) -> SourceBook:
        """The systems that tell us events."""
        return self._application.sources

    @property
    def source_counts(self) -> SourceCounts:
        """How much each of them told."""
        return self._application.source_counters

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
    def campaigns(self) -> CampaignBook:
        """The campaigns."""
        from yuchi.adapters.admin.campaign_book import DynamoDBCampaignBook

        return DynamoDBCampaignBook(client=self._client("dynamodb"), campaigns_table=self._table("campaigns"))

    @cached_property
    def approvals(self) -> ApprovalBook:
        """Who approved which."""
        from yuchi.adapters.dynamodb.campaigns import DynamoDBApprovals

        return DynamoDBApprovals(client=self._client("dynamodb"), approvals_table=self._table("approvals"))

    @cached_property
    def runs(self) -> Runs:
        """The runs of campaigns."""
        from yuchi.adapters.dynamodb.runs import DynamoDBRuns

        return DynamoDBRuns(client=self._client("dynamodb"), runs_table=self._table("runs"), clock=self.clock)

    @cached_property
    def outcomes(self) -> Outcomes:
        """What came of the runs of campaigns."""
        from yuchi.adapters.dynamodb.outcomes import DynamoDBOutcomes

        return DynamoDBOutcomes(client=self._client("dynamodb"), outcomes_table=self._table("outcomes"))

    @cached_property
    def reach(self) -> ReachBook:
        """What reached each person lately."""
        from yuchi.adapters.dynamodb.reach import DynamoDBReachBook

        return DynamoDBReachBook(client=self._client("dynamodb"), reach_table=self._table("reach"))

    @cached_property
    def caller(self) -> str:
        """Who works here: the ARN."""
        with unavailable():
            return str(self._client("sts").get_caller_identity()["Arn"])

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
        """People, to be changed."""
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

    @property
    def contacts(self) -> SealedContacts:
        """Phones and addresses."""
        return self._application.contacts

    @cached_property
    def ledger(self) -> LedgerBook:
        """The send ledger."""
        return DynamoDBLedgerBook(client=self._client("dynamodb"), ledger_table=self._table("ledger"))

    @cached_property
    def board(self) -> TagBoard:
        """WeChat's own tags."""
        return self._application.tag_board()

    @property
    def departures(self) -> Departures:
        """Who is still to be taken out of the archive."""
        return self._application.departures

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
        from yuchi.adapters.imports_queue import SQSImportQueue

        return AwsImportDesk(
            s3=self._client("s3"),
            bucket=self._application.settings.need("imports_bucket"),
            sources=self._application.sources,
            contacts=self._application.contacts,
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
