"""The composition root: which adapter stands behind which port, for functions and for the command line.

Modules that only one function needs are imported where they are wired, so that no function pays for another's imports.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from yuchi.adapters.dynamodb.accounts import DynamoDBAccounts
from yuchi.adapters.dynamodb.counters import DynamoDBCounters
from yuchi.adapters.dynamodb.event_store import DynamoDBEventStore
from yuchi.adapters.dynamodb.imports import DynamoDBImports
from yuchi.adapters.dynamodb.ledger import DynamoDBLedger
from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles
from yuchi.adapters.dynamodb.receipts import DynamoDBReceipts
from yuchi.adapters.dynamodb.rulesets import DynamoDBRulesets
from yuchi.adapters.dynamodb.timeline import DynamoDBTimeline
from yuchi.adapters.dynamodb.timers import DynamoDBTimers
from yuchi.adapters.pseudonyms import ParameterPseudonyms
from yuchi.adapters.sqs import SQSQueue
from yuchi.domain.account import Account
from yuchi.domain.catalogue import ACCOUNT_FIELDS, Catalogue
from yuchi.domain.profile_view import PROFILE_FIELDS
from yuchi.domain.source_events import SOURCE_EVENTS
from yuchi.domain.wechat_events import OWN_EVENTS, WECHAT_EVENTS
from yuchi.services.ports import ActionMessage, Clock, EventMessage
from yuchi.settings import Settings
from yuchi.telemetry import EmfMetrics

if TYPE_CHECKING:
    from yuchi.adapters.contacts import ParameterContacts
    from yuchi.adapters.dynamodb.departures import DynamoDBDepartures
    from yuchi.adapters.dynamodb.source_counters import DynamoDBSourceCounters
    from yuchi.adapters.dynamodb.sources import DynamoDBSources
    from yuchi.adapters.wechat.client import WeChatClient
    from yuchi.adapters.wechat.tags import WeChatTags
    from yuchi.services.clean_archive import CleanArchive
    from yuchi.services.collect import Collect
    from yuchi.services.fire_timers import FireTimers
    from yuchi.services.import_file import ImportFile
    from yuchi.services.measure_brands import MeasureBrands
    from yuchi.services.perform_action import PerformAction
    from yuchi.services.process_event import ProcessEvent
    from yuchi.services.receive_callback import ReceiveCallback
    from yuchi.services.receive_webhook import ReceiveWebhook
    from yuchi.services.refresh_tokens import RefreshTokens
    from yuchi.services.review_definitions import ReviewDefinitions
    from yuchi.services.review_edit import ReviewEdit


def _lean(*, connect: float, read: float, attempts: int) -> Config:
    """Botocore's settings, without two habits that take a quarter of each request's CPU: checking parameters, which our
    adapters write themselves and the service checks anyway, and composing its long User-Agent anew each time.
    """
    return Config(
        connect_timeout=connect,
        read_timeout=read,
        retries={"mode": "standard", "total_max_attempts": attempts},
        parameter_validation=False,
        user_agent="yuchi",
    )


RECEIVER_TIMEOUTS: Final = _lean(connect=0.5, read=1.0, attempts=2)
"""WeChat waits five seconds in all: two tries of each call fit in them."""

WORKER_TIMEOUTS: Final = _lean(connect=2, read=5, attempts=4)


INVOKE_TIMEOUTS: Final = _lean(connect=1, read=6, attempts=2)
"""For functions that wait for another function: both tries fit into what a message reserves of the time."""


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def make_catalogue() -> Catalogue:
    """All names that conditions may use."""
    events = (*WECHAT_EVENTS, *OWN_EVENTS, *SOURCE_EVENTS)
    return Catalogue(events=events, profile=PROFILE_FIELDS, account=ACCOUNT_FIELDS)


class Application:
    """Everything of one function, wired from its settings. Clients and stores are made when first asked for."""

    def __init__(
        self,
        settings: Settings,
        *,
        config: Config = WORKER_TIMEOUTS,
        session: boto3.Session | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.settings = settings
        self.metrics = EmfMetrics(settings.powertools_service_name, namespace=settings.powertools_metrics_namespace)
        self.clock = clock
        self._config = config
        self._session = session or boto3.Session()
        self._clients: dict[str, Any] = {}
        self._wechat_clients: dict[str, WeChatClient] = {}

    def client(self, name: str) -> Any:
        """The AWS client ``name``, one for each application."""
        if name not in self._clients:
            make: Any = self._session.client  # its overloads want the name as a literal
            self._clients[name] = make(name, config=INVOKE_TIMEOUTS if name == "lambda" else self._config)
        return self._clients[name]

    @cached_property
    def catalogue(self) -> Catalogue:
        """All names that conditions may use."""
        return make_catalogue()

    @cached_property
    def accounts(self) -> DynamoDBAccounts:
        """The accounts and their secrets."""
        return DynamoDBAccounts(
            client=self.client("dynamodb"),
            ssm=self.client("ssm"),
            accounts_table=self.settings.need("accounts_table"),
            parameter_prefix=self.settings.parameter_prefix or "",
        )

    @cached_property
    def profiles(self) -> DynamoDBProfiles:
        """People by their identities."""
        return DynamoDBProfiles(
            client=self.client("dynamodb"),
            identities_table=self.settings.need("identities_table"),
            profiles_table=self.settings.need("profiles_table"),
            pseudonyms=ParameterPseudonyms(
                ssm=lambda: self.client("ssm"),
                parameter_prefix=self.settings.parameter_prefix or "",
                clock=self.clock,
            ),
        )

    @cached_property
    def event_store(self) -> DynamoDBEventStore:
        """The timeline and what changes with it."""
        return DynamoDBEventStore(
            client=self.client("dynamodb"),
            timeline_table=self.settings.need("timeline_table"),
            profiles_table=self.settings.need("profiles_table"),
            identities_table=self.settings.need("identities_table"),
            timers_table=self.settings.need("timers_table"),
            merges_table=self.settings.need("merges_table"),
        )

    @cached_property
    def timeline(self) -> DynamoDBTimeline:
        """The record of each person's events."""
        return DynamoDBTimeline(client=self.client("dynamodb"), timeline_table=self.settings.need("timeline_table"))

    @cached_property
    def rulesets(self) -> DynamoDBRulesets:
        """The published rules."""
        return DynamoDBRulesets(client=self.client("dynamodb"), live_table=self.settings.need("live_table"))

    @cached_property
    def receipts(self) -> DynamoDBReceipts:
        """The answers given to pushes."""
        return DynamoDBReceipts(client=self.client("dynamodb"), receipts_table=self.settings.need("receipts_table"))

    @cached_property
    def ledger(self) -> DynamoDBLedger:
        """The send ledger."""
        return DynamoDBLedger(client=self.client("dynamodb"), ledger_table=self.settings.need("ledger_table"))

    @cached_property
    def counters(self) -> DynamoDBCounters:
        """How often rules matched."""
        return DynamoDBCounters(
            client=self.client("dynamodb"),
            counters_table=self.settings.need("counters_table"),
            rules_table=self.settings.rules_table or "",
        )

    @cached_property
    def imports(self) -> DynamoDBImports:
        """How far each import is."""
        return DynamoDBImports(client=self.client("dynamodb"), imports_table=self.settings.need("imports_table"))

    @cached_property
    def events(self) -> SQSQueue[EventMessage]:
        """``events.fifo``."""
        return SQSQueue(client=self.client("sqs"), queue_url=self.settings.need("events_queue_url"))

    @cached_property
    def actions(self) -> SQSQueue[ActionMessage]:
        """``actions.fifo``."""
        return SQSQueue(client=self.client("sqs"), queue_url=self.settings.need("actions_queue_url"))

    def _require(self, *names: str) -> None:
        """Fail now, and not with the first event, where a setting is missing that is only read later."""
        for name in names:
            self.settings.need(name)

    def receive_callback(self) -> "ReceiveCallback":
        """The use case of ``functions/receive_callback``."""
        from yuchi.adapters.wechat.gate import WeChatGate
        from yuchi.services.receive_callback import ReceiveCallback

        self._require("parameter_prefix")
        return ReceiveCallback(
            accounts=self.accounts,
            gate=WeChatGate(),
            profiles=self.profiles,
            rulesets=self.rulesets,
            receipts=self.receipts,
            events=self.events,
            metrics=self.metrics,
            catalogue=self.catalogue,
            clock=self.clock,
        )

    def collect(self) -> "Collect":
        """The use case of ``functions/collect``."""
        from yuchi.adapters.segment.door import SegmentDoor
        from yuchi.adapters.segment.json_body import read_json
        from yuchi.services.collect import Collect

        return Collect(
            sources=self.sources,
            door=SegmentDoor(self.contacts),
            read_json=read_json,
            events=self.events,
            counters=self.source_counters,
            metrics=self.metrics,
            clock=self.clock,
        )

    def receive_webhook(self) -> "ReceiveWebhook":
        """The other use case of ``functions/collect``."""
        from yuchi.adapters.mapping_text import YamlMappings
        from yuchi.adapters.segment.json_body import read_json
        from yuchi.adapters.webhooks.verification import verify
        from yuchi.services.receive_webhook import ReceiveWebhook

        return ReceiveWebhook(
            sources=self.sources,
            verify=verify,
            mappings=YamlMappings(),
            contacts=self.contacts,
            read_json=read_json,
            events=self.events,
            counters=self.source_counters,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def sources(self) -> "DynamoDBSources":
        """The systems that tell us events."""
        from yuchi.adapters.dynamodb.sources import DynamoDBSources

        return DynamoDBSources(
            client=self.client("dynamodb"),
            ssm=self.client("ssm"),
            sources_table=self.settings.need("sources_table"),
            parameter_prefix=self.settings.need("parameter_prefix"),
        )

    @cached_property
    def source_counters(self) -> "DynamoDBSourceCounters":
        """How much each of them told."""
        from yuchi.adapters.dynamodb.source_counters import DynamoDBSourceCounters

        return DynamoDBSourceCounters(
            client=self.client("dynamodb"), counters_table=self.settings.need("counters_table")
        )

    @cached_property
    def contacts(self) -> "ParameterContacts":
        """Phones and addresses under the deployment's keys."""
        from yuchi.adapters.contacts import ParameterContacts

        return ParameterContacts(ssm=self.client("ssm"), parameter_prefix=self.settings.need("parameter_prefix"))

    def import_file(self) -> "ImportFile":
        """The use case of ``functions/import_file``."""
        from yuchi.adapters.bucket import S3Files
        from yuchi.adapters.contacts import ParameterContacts
        from yuchi.adapters.dynamodb.sources import DynamoDBSources
        from yuchi.adapters.imports_queue import SQSBacklog, SQSImportQueue
        from yuchi.adapters.mapping_text import YamlMappings
        from yuchi.adapters.sqs_lanes import LanedQueue
        from yuchi.adapters.wechat.followers import WeChatFollowers
        from yuchi.domain.imports import ImportKind
        from yuchi.services.import_file import ImportFile
        from yuchi.services.import_rows import RowsReader
        from yuchi.services.sync_followers import FollowersReader
        from yuchi.services.sync_tags import TagsReader

        self._require("tokens_table", "refresh_tokens_function")
        sqs, ssm, prefix = self.client("sqs"), self.client("ssm"), self.settings.need("parameter_prefix")
        files = S3Files(client=self.client("s3"), bucket=self.settings.need("imports_bucket"))
        events = LanedQueue(self.events)
        backlog = SQSBacklog(client=sqs, queue_url=self.settings.need("events_queue_url"))
        rows = RowsReader(
            files=files,
            sources=DynamoDBSources(
                client=self.client("dynamodb"),
                ssm=ssm,
                sources_table=self.settings.need("sources_table"),
                parameter_prefix=prefix,
            ),
            mappings=YamlMappings(),
            contacts=ParameterContacts(ssm=ssm, parameter_prefix=prefix),
            events=events,
            backlog=backlog,
            metrics=self.metrics,
        )
        reading: dict[str, Any] = {
            "accounts": self.accounts,
            "followers": WeChatFollowers(self._wechat_client),
            "events": events,
            "backlog": backlog,
            "metrics": self.metrics,
            "clock": self.clock,
        }
        tags = TagsReader(**reading, profiles=self.profiles, rows=self.ledger, board=self.tag_board())
        return ImportFile(
            jobs=self.imports,
            files=files,
            readers={ImportKind.FILE: rows, ImportKind.FOLLOWERS: FollowersReader(**reading), ImportKind.TAGS: tags},
            queue=SQSImportQueue(client=sqs, queue_url=self.settings.need("imports_queue_url")),
            metrics=self.metrics,
            clock=self.clock,
        )

    def process_event(self) -> "ProcessEvent":
        """The use case of ``functions/process_event``."""
        from yuchi.adapters.dynamodb.source_counters import DynamoDBSourceCounters
        from yuchi.adapters.firehose import FirehoseArchive
        from yuchi.services.process_event import ProcessEvent

        self._require("parameter_prefix")
        return ProcessEvent(
            accounts=self.accounts,
            profiles=self.profiles,
            store=self.event_store,
            rulesets=self.rulesets,
            events=self.events,
            actions=self.actions,
            archive=FirehoseArchive(client=self.client("firehose"), stream=self.settings.need("archive_stream")),
            counters=self.counters,
            imports=self.imports,
            metrics=self.metrics,
            catalogue=self.catalogue,
            clock=self.clock,
            quality=DynamoDBSourceCounters(
                client=self.client("dynamodb"), counters_table=self.settings.need("counters_table")
            ),
        )

    def fire_timers(self) -> "FireTimers":
        """The use case of ``functions/fire_timers``."""
        from yuchi.services.fire_timers import FireTimers

        self._require("rules_table")
        return FireTimers(
            timers=DynamoDBTimers(client=self.client("dynamodb"), timers_table=self.settings.need("timers_table")),
            events=self.events,
            counters=self.counters,
            metrics=self.metrics,
            clock=self.clock,
        )

    def measure_brands(self) -> "MeasureBrands":
        """What ``functions/fire_timers`` does once a day."""
        from yuchi.adapters.dynamodb.buyers import DynamoDBBuyers
        from yuchi.services.measure_brands import MeasureBrands

        return MeasureBrands(
            accounts=self.accounts,
            buyers=DynamoDBBuyers(
                client=self.client("dynamodb"),
                profiles_table=self.settings.need("profiles_table"),
                schema_table=self.settings.need("schema_table"),
            ),
            metrics=self.metrics,
            clock=self.clock,
        )

    def refresh_tokens(self) -> "RefreshTokens":
        """The use case of ``functions/refresh_tokens``."""
        from yuchi.adapters.dynamodb.tokens import DynamoDBTokenStore
        from yuchi.adapters.wechat.broker import WeChatBroker
        from yuchi.adapters.wechat.tokens import TokenBroker
        from yuchi.services.refresh_tokens import RefreshTokens

        self._require("parameter_prefix")
        broker = TokenBroker(
            store=DynamoDBTokenStore(client=self.client("dynamodb"), tokens_table=self.settings.need("tokens_table")),
            clock=self.clock,
            wait=time.sleep,
            new_owner=lambda: secrets.token_hex(8),
            base_url=self.settings.wechat_api_url,
        )
        return RefreshTokens(
            accounts=self.accounts, broker=WeChatBroker(broker, clock=self.clock), metrics=self.metrics
        )

    def perform_action(self) -> "PerformAction":
        """The use case of ``functions/perform_action``."""
        from yuchi.adapters.webhooks.caller import LambdaWebhookCaller
        from yuchi.adapters.wechat.sender import WeChatSender
        from yuchi.services.perform_action import PerformAction
        from yuchi.services.performers import make_performers

        self._require("parameter_prefix", "tokens_table", "refresh_tokens_function")
        caller = LambdaWebhookCaller(
            client=self.client("lambda"), function=self.settings.need("call_webhook_function"), clock=self.clock
        )
        return PerformAction(
            accounts=self.accounts,
            profiles=self.profiles,
            ledger=self.ledger,
            performers=make_performers(
                sender=WeChatSender(client_of=self._wechat_client, metrics=self.metrics),
                caller=caller,
                board=self.tag_board(),
                receipts=self.receipts,
                timeline=self.timeline,
                departures=self._departures(),
                clock=self.clock,
            ),
            metrics=self.metrics,
            clock=self.clock,
        )

    def clean_archive(self) -> "CleanArchive":
        """The use case of ``functions/clean_archive``."""
        from yuchi.adapters.archive_objects import S3ArchiveObjects
        from yuchi.services.clean_archive import CleanArchive

        return CleanArchive(
            departures=self._departures(),
            objects=S3ArchiveObjects(client=self.client("s3"), bucket=self.settings.need("archive_bucket")),
            metrics=self.metrics,
            clock=self.clock,
            new_salt=lambda: secrets.token_hex(16),
            kept=timedelta(days=int(self.settings.need("archive_retention"))),
        )

    def _departures(self) -> "DynamoDBDepartures":
        """Who left and is still in the archive."""
        from yuchi.adapters.dynamodb.departures import DynamoDBDepartures

        return DynamoDBDepartures(client=self.client("dynamodb"), ledger_table=self.settings.need("ledger_table"))

    def tag_board(self) -> "WeChatTags":
        """WeChat's own tags."""
        from yuchi.adapters.dynamodb.tag_numbers import DynamoDBTagNumbers
        from yuchi.adapters.wechat.tags import WeChatTags

        return WeChatTags(
            client_of=self._wechat_client,
            numbers=DynamoDBTagNumbers(client=self.client("dynamodb"), ledger_table=self.settings.need("ledger_table")),
            metrics=self.metrics,
            clock=self.clock,
        )

    def _wechat_client(self, account: Account) -> "WeChatClient":
        """The client of one account, kept with its token for as long as the container lives."""
        from yuchi.adapters.dynamodb.tokens import DynamoDBTokenStore
        from yuchi.adapters.wechat.broker import ask_broker
        from yuchi.adapters.wechat.client import WeChatClient
        from yuchi.adapters.wechat.tokens import AccountTokens

        if account.id not in self._wechat_clients:
            tokens = AccountTokens(
                account.id,
                store=DynamoDBTokenStore(
                    client=self.client("dynamodb"), tokens_table=self.settings.need("tokens_table")
                ),
                refresh=ask_broker(self.client("lambda"), self.settings.need("refresh_tokens_function"), account.id),
                clock=self.clock,
            )
            self._wechat_clients[account.id] = WeChatClient(
                appid=account.appid, tokens=tokens, base_url=self.settings.wechat_api_url
            )
        return self._wechat_clients[account.id]

    def review_definitions(self) -> "ReviewDefinitions":
        """The use case of ``functions/review_edit`` for what brands define."""
        from yuchi.adapters.dynamodb.drafts import DynamoDBDrafts
        from yuchi.adapters.dynamodb.live import DynamoDBRulesetStore
        from yuchi.domain.problem import Locale
        from yuchi.domain.standard.columns import ALL_COLUMNS
        from yuchi.services.review_definitions import ReviewDefinitions

        client = self.client("dynamodb")
        return ReviewDefinitions(
            drafts=DynamoDBDrafts(
                client=client, rules_table=self.settings.need("schema_table"), sort_key="item", columns=ALL_COLUMNS
            ),
            rulesets=DynamoDBRulesetStore(client=client, live_table=self.settings.need("live_table")),
            catalogue=self.catalogue,
            clock=self.clock,
            metrics=self.metrics,
            locale=Locale(self.settings.locale),
        )

    def review_edit(self) -> "ReviewEdit":
        """The use case of ``functions/review_edit``."""
        from yuchi.adapters.dynamodb.drafts import DynamoDBBrandAccounts, DynamoDBDrafts
        from yuchi.adapters.dynamodb.live import DynamoDBRulesetStore
        from yuchi.domain.problem import Locale
        from yuchi.services.review_edit import ReviewEdit

        client = self.client("dynamodb")
        return ReviewEdit(
            drafts=DynamoDBDrafts(client=client, rules_table=self.settings.need("rules_table")),
            rulesets=DynamoDBRulesetStore(client=client, live_table=self.settings.need("live_table")),
            accounts=DynamoDBBrandAccounts(self.accounts),
            catalogue=self.catalogue,
            clock=self.clock,
            metrics=self.metrics,
            locale=Locale(self.settings.locale),
        )
