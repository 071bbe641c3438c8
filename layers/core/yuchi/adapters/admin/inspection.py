"""A look at each part of a deployment, for ``yuchi doctor``."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import requests
from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.wechat.crypto import sign
from yuchi.services.ports_operators import FunctionHealth, Handshake, TableHealth

MISSING: Final = (
    "ResourceNotFoundException",
    "TableNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
)
TIMEOUT: Final = (5.0, 10.0)


@dataclass(frozen=True, slots=True)
class AwsInspection:
    """:class:`yuchi.services.ports_operators.Inspection`. ``client`` makes or finds a client by its service."""

    client: Callable[[str], Any]
    direct: bool = False

    def table(self, name: str) -> TableHealth | None:
        """A table."""
        dynamodb = self.client("dynamodb")
        found = _if_there(lambda: dynamodb.describe_table(TableName=name)["Table"])
        if found is None:
            return None
        with unavailable():
            backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
        return TableHealth(
            status=found["TableStatus"],
            recoverable=recovery == "ENABLED",
            streams=bool(found.get("StreamSpecification", {}).get("StreamEnabled")),
        )

    def queue_exists(self, url: str) -> bool:
        """Whether there is such a queue."""
        sqs = self.client("sqs")
        return _if_there(lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])) is not None

    def function(self, name: str) -> FunctionHealth | None:
        """A function."""
        functions = self.client("lambda")
        found = _if_there(lambda: functions.get_function_configuration(FunctionName=name))
        if found is None:
            return None
        with unavailable():
            mappings = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        sources: Mapping[str, str] = {each.get("EventSourceArn", ""): each.get("State", "") for each in mappings}
        return FunctionHealth(state=found.get("State") or "Active", sources=sources)

    def schedules(self, function: str) -> Sequence[tuple[str, bool]]:
        """The EventBridge rules that call a function."""
        events = self.client("events")
        with unavailable():
            arn = self.client("lambda").get_function_configuration(FunctionName=function)["FunctionArn"]
            names = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
            rules = [events.describe_rule(Name=name) for name in names]
        return [(rule.get("ScheduleExpression", ""), rule.get("State") == "ENABLED") for rule in rules]

    def subscriptions(self, topic: str) -> tuple[int, int]:
        """Confirmed, and waiting to be."""
        with unavailable():
            pages = self.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            arns = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
        confirmed = sum(arn.startswith("arn:") for arn in arns)
        return confirmed, len(arns) - confirmed

    def ringing(self, stage: str) -> Sequence[str]:
        """The alarms of a stage that ring now."""
        with unavailable():
            pages = (
                self.client("cloudwatch")
                .get_paginator("describe_alarms")
                .paginate(AlarmNamePrefix=f"yuchi-{stage}-", StateValue="ALARM")
            )
            return [each["AlarmName"] for page in pages for each in page.get("MetricAlarms", [])]

    def handshake(self, url: str, token: str) -> Handshake:
        """WeChat's GET, signed with the account's token."""
        echo, nonce, moment = secrets.token_hex(8), secrets.token_hex(5), str(int(time.time()))
        query = {"signature": sign(token, moment, nonce), "timestamp": moment, "nonce": nonce, "echostr": echo}
        with requests.Session() as http:
            http.trust_env = not self.direct
            try:
                answer = http.get(url, params=query, timeout=TIMEOUT, allow_redirects=False)
            except requests.RequestException:
                return Handshake(status=None)
        return Handshake(status=answer.status_code, echoed=answer.text == echo)


def _if_there(call: Callable[[], Any]) -> Any:
    try:
        with unavailable(*MISSING):
            return call()
    except ClientError:
        return None
