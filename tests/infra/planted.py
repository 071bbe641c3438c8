"""Faults to plant in the template: each must be found by the house rule whose number it carries."""

import copy
from dataclasses import dataclass
from typing import Any, Final

from tests.infra.system import Json

DROP: Final = object()


@dataclass(frozen=True, slots=True)
class Fault:
    """In the template ``stack`` ("" is the main one), put ``value`` at ``path`` under Resources.

    ``DROP`` removes what is there; ``rule`` is the number of the house rule that is to find it.
    """

    rule: int
    name: str
    stack: str
    path: str
    value: Any

    def plant(self, templates: dict[str, Json]) -> dict[str, Json]:
        """A copy of ``templates`` with the fault."""
        bad = copy.deepcopy(templates)
        *parents, last = self.path.split("/")
        place: Any = bad[self.stack]["Resources"]
        for name in parents:
            place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
        key: Any = int(last) if isinstance(place, list) else last
        if self.value is DROP:
            del place[key]
        else:
            place[key] = self.value
        return bad


def _table(**extra: Any) -> Json:
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "SSESpecification": {"SSEEnabled": True},
            **extra,
        },
    }


_EVENTS, _ACTIONS = (
    "ProcessEvent/Properties/Events/Events/Properties",
    "PerformAction/Properties/Events/Actions/Properties",
)
_EDITS = "ReviewEdit/Properties/Events/Edits/Properties"
_ALLOWED = "ProcessEventRole/Properties/Policies/0/PolicyDocument/Statement"

FAULTS: Final = (
    Fault(1, "visibility shorter than the work", "Queues", "Events/Properties/VisibilityTimeout", 30),
    Fault(1, "visibility left at its default", "Queues", "Actions/Properties/VisibilityTimeout", DROP),
    Fault(1, "timeout raised, visibility not", "", "ProcessEvent/Properties/Timeout", 11),
    Fault(2, "no dead-letter queue", "Queues", "Actions/Properties/RedrivePolicy", DROP),
    Fault(2, "one try only", "Queues", "Events/Properties/RedrivePolicy/maxReceiveCount", 1),
    Fault(2, "a hundred tries", "Queues", "Events/Properties/RedrivePolicy/maxReceiveCount", 100),
    Fault(
        3, "dead letters gone after four days", "Queues", "EventsDeadLetters/Properties/MessageRetentionPeriod", DROP
    ),
    Fault(3, "source kept as long", "Queues", "Events/Properties/MessageRetentionPeriod", 1_209_600),
    Fault(4, "no partial batches", "", f"{_EVENTS}/FunctionResponseTypes", DROP),
    Fault(4, "no partial batches on the stream", "", f"{_EDITS}/FunctionResponseTypes", DROP),
    Fault(4, "no bisecting", "", f"{_EDITS}/BisectBatchOnFunctionError", False),
    Fault(4, "endless retries", "", f"{_EDITS}/MaximumRetryAttempts", -1),
    Fault(4, "failed edits forgotten", "", f"{_EDITS}/DestinationConfig", DROP),
    Fault(5, "unbounded consumers", "", f"{_ACTIONS}/ScalingConfig", DROP),
    Fault(5, "reserved concurrency", "", "PerformAction/Properties/ReservedConcurrentExecutions", 5),
    Fault(6, "big batch without window", "", f"{_EVENTS}/BatchSize", 100),
    Fault(7, "receiver slower than WeChat waits", "", "ReceiveCallback/Properties/Timeout", 30),
    Fault(
        7, "integration slower than WeChat waits", "", "ReceiveCallbackIntegration/Properties/TimeoutInMillis", 29_000
    ),
    Fault(7, "longer than Lambda runs", "", "FireTimers/Properties/Timeout", 901),
    Fault(8, "small receiver", "", "ReceiveCallback/Properties/MemorySize", 256),
    Fault(9, "all actions", "", f"{_ALLOWED}/0/Action", "dynamodb:*"),
    Fault(9, "all resources", "", f"{_ALLOWED}/0/Resource", "*"),
    Fault(
        9,
        "all tables",
        "",
        f"{_ALLOWED}/0/Resource",
        {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:1:table/*"},
    ),
    Fault(9, "all but one", "", f"{_ALLOWED}/0/NotResource", "arn"),
    Fault(9, "AWS's wide policy", "", "CallWebhookRole/Properties/ManagedPolicyArns", ["AWSLambda_FullAccess"]),
    Fault(9, "marketers everywhere", "Access", "MarketersPolicy/Properties/PolicyDocument/Statement/0/Resource", "*"),
    Fault(10, "shared role", "", "PerformAction/Properties/Role", {"Fn::GetAtt": ["ProcessEventRole", "Arn"]}),
    Fault(10, "foreign role", "", "PerformAction/Properties/Role", "arn:aws:iam::1:role/admin"),
    Fault(11, "scan of people", "", f"{_ALLOWED}/1/Action/0", "dynamodb:Scan"),
    Fault(11, "scan by wildcard", "", f"{_ALLOWED}/1/Action/0", "dynamodb:S*"),
    Fault(12, "no recovery", "Storage", "Profiles/Properties/PointInTimeRecoverySpecification", DROP),
    Fault(12, "not encrypted", "Storage", "Ledger/Properties/SSESpecification/SSEEnabled", False),
    Fault(12, "deleted with the stack", "Storage", "Timeline/DeletionPolicy", DROP),
    Fault(12, "deleted when replaced", "Storage", "Timeline/UpdateReplacePolicy", "Delete"),
    Fault(13, "plain queue", "Queues", "Actions/Properties/SqsManagedSseEnabled", False),
    Fault(13, "plain topic", "Watch", "Topic/Properties/KmsMasterKeyId", DROP),
    Fault(14, "log kept for ever", "", "ProcessEventLog/Properties/RetentionInDays", DROP),
    Fault(14, "log group made by Lambda", "", "ProcessEvent/Properties/LoggingConfig/LogGroup", DROP),
    Fault(14, "lines of what went well", "", "ProcessEvent/Properties/LoggingConfig/SystemLogLevel", "INFO"),
    Fault(15, "dead letters unseen", "Watch", "EditsDeadLettersFilled", DROP),
    Fault(15, "queue age unseen", "Watch", "EventsLate", DROP),
    Fault(15, "receiver's errors unseen", "Watch", "CallbackFailing", DROP),
    Fault(15, "receiver's speed unseen", "Watch", "CallbackSlow/Properties/ExtendedStatistic", "p50"),
    Fault(15, "unknown sends unseen", "Watch", "SendUnknown", DROP),
    Fault(15, "full profiles unseen", "Watch", "ProfileTooLarge", DROP),
    Fault(15, "loops of rules unseen", "Watch", "BudgetCut", DROP),
    Fault(15, "failing function unseen", "Watch", "CallWebhookFailing", DROP),
    Fault(15, "alarm that tells nobody", "Watch", "TokenRefreshFailing/Properties/AlarmActions", DROP),
    Fault(15, "alarm on nobody's metric", "Watch", "RuleRejected/Properties/Dimensions/0/Value", "reviewEdit"),
    Fault(15, "alarm of another stage", "Watch", "RuleRejected/Properties/Namespace", "Yuchi"),
    Fault(16, "literal partition", "", "ReceiveCallbackPermission/Properties/SourceArn", "arn:aws:execute-api:*:*:*"),
    Fault(
        16, "literal domain", "", "ReceiveCallback/Properties/Environment/Variables/URL", "https://sqs.amazonaws.com/"
    ),
    Fault(17, "secret by name", "", "RefreshTokens/Properties/Environment/Variables/APP_SECRET", {"Ref": "Stage"}),
    Fault(
        17, "secret by look", "", "RefreshTokens/Properties/Environment/Variables/X", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    ),
    Fault(
        17,
        "secret resolved at deployment",
        "",
        "RefreshTokens/Properties/Environment/Variables/X",
        "{{resolve:ssm-secure:x}}",
    ),
    Fault(18, "no limit on pushes", "", "ApiStage/Properties/RouteSettings", {}),
    Fault(18, "no limit by default", "", "ApiStage/Properties/DefaultRouteSettings", DROP),
    Fault(19, "X-Ray", "", "ProcessEvent/Properties/Tracing", "Active"),
    Fault(19, "SnapStart", "", "ReceiveCallback/Properties/SnapStart", {"ApplyOn": "PublishedVersions"}),
    Fault(19, "function URL", "", "ReceiveCallback/Properties/FunctionUrlConfig", {"AuthType": "NONE"}),
    Fault(20, "table without entry", "Storage", "Notes", _table()),
    Fault(
        20,
        "queue without entry",
        "Queues",
        "Notes",
        {"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": True}},
    ),
    Fault(20, "bucket without entry", "Storage", "Notes", {"Type": "AWS::S3::Bucket"}),
    Fault(20, "entry without table", "Storage", "Receipts/Type", "AWS::SNS::Topic"),
    Fault(21, "open bucket", "Archive", "Archive/Properties/PublicAccessBlockConfiguration/BlockPublicPolicy", DROP),
    Fault(21, "plain bucket", "Archive", "Archive/Properties/BucketEncryption", DROP),
    Fault(21, "bucket for ever", "Archive", "Archive/Properties/LifecycleConfiguration", DROP),
    Fault(
        21,
        "erased objects stay",
        "Archive",
        "Archive/Properties/VersioningConfiguration",
        {"Status": "Enabled"},
    ),
)
