"""The composition root: which adapter stands behind which port, for functions and for the command line.

Modules that only one function needs are imported where they are wired, so that no function pays for another's imports.
"""

import secrets
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from yuchi.campaign_parts import CampaignParts
from yuchi.parts import INVOKE_TIMEOUTS, RECEIVER_TIMEOUTS, WORKER_TIMEOUTS, make_catalogue, utc_now

if TYPE_CHECKING:
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
    from yuchi.services.review_campaigns import ReviewCampaigns
    from yuchi.services.review_definitions import ReviewDefinitions
    from yuchi.services.review_edit import ReviewEdit


__all__ = [
    "INVOKE_TIMEOUTS",
    "RECEIVER_TIMEOUTS",
    "WORKER_TIMEOUTS",
    "Application",
    "make_catalogue",
    "utc_now",
]


class Application(CampaignParts):
    """The use case of each function."""

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

    def import_file(self) -> "ImportFile":
        """The use case of ``functions/import_file``."""
        from yuchi.adapters.bucket import S3Files
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
        sqs = self.client("sqs")
        files = S3Files(client=self.client("s3"), bucket=self.settings.need("imports_bucket"))
        events = LanedQueue(self.events)
        backlog = SQSBacklog(client=sqs, queue_url=self.settings.need("events_queue_url"))
        rows = RowsReader(
            files=files,
            sources=self.sources,
            mappings=YamlMappings(),
            contacts=self.contacts,
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
            quality=self.source_counters,
            deliveries=self._lane("deliveries"),
        )

    def fire_timers(self) -> "FireTimers":
        """The use case of ``functions/fire_timers``."""
        from yuchi.adapters.dynamodb.timers import DynamoDBTimers
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
                departures=self.departures,
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
            departures=self.departures,
            objects=S3ArchiveObjects(client=self.client("s3"), bucket=self.settings.need("archive_bucket")),
            metrics=self.metrics,
            clock=self.clock,
            new_salt=lambda: secrets.token_hex(16),
            kept=timedelta(days=int(self.settings.need("archive_retention"))),
        )

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

    def review_campaigns(self) -> "ReviewCampaigns":
        """The use case of ``functions/review_edit`` for campaigns."""
        from yuchi.adapters.dynamodb.agenda import DynamoDBAgenda
        from yuchi.adapters.dynamodb.campaigns import DynamoDBCampaigns
        from yuchi.adapters.dynamodb.drafts import DynamoDBBrandAccounts
        from yuchi.domain.problem import Locale
        from yuchi.services.review_campaigns import ReviewCampaigns

        client = self.client("dynamodb")
        return ReviewCampaigns(
            drafts=DynamoDBCampaigns(client=client, campaigns_table=self.settings.need("campaigns_table")),
            agenda=DynamoDBAgenda(client=client, runs_table=self.settings.need("runs_table")),
            accounts=DynamoDBBrandAccounts(self.accounts),
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
