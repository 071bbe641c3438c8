"""The parts that use cases share: AWS's clients, tables, queues, WeChat's clients. See :mod:`yuchi.bootstrap`.

Modules that only some functions need are imported where they are wired, so that no function pays for another's imports.
"""

from datetime import UTC, datetime
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


class Parts:
    """What use cases are made of, wired from a function's settings. Each is made when it is first asked for."""

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

    @cached_property
    def departures(self) -> "DynamoDBDepartures":
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
