"""The house rules of the template, one function each: what it yields is wrong.

Linters do not see these faults: they are about numbers that must add up, rights, and what is missing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tests.infra.system import CHINA, Resource, System
from yuchi.domain.stores import STORES

Rule = Callable[[System], Iterator[str]]

RECEIVER: Final = "receive_callback"
DAY: Final = 86_400
DEFAULT_VISIBILITY, DEFAULT_RETENTION, DEFAULT_TIMEOUT = 30, 4 * DAY, 3

WILDCARD_RESOURCES: Final = {
    ("Access.MarketersPolicy", "dynamodb:ListTables"): "listing has no resource",
    ("Access.BrandMarketersPolicy", "dynamodb:ListTables"): "listing has no resource",
    ("Access.ApproversPolicy", "dynamodb:ListTables"): "listing has no resource",
    ("Watch.Key", "kms:*"): "a key's policy speaks of the key alone; without this nobody could manage it",
    ("Watch.Key", "kms:Decrypt"): "as above",
    ("Watch.Key", "kms:GenerateDataKey*"): "as above",
    **{
        ("RefreshTokensRole", f"ec2:{action}"): "Lambda demands it to put a function into a network"
        for action in (
            "AssignPrivateIpAddresses",
            "CreateNetworkInterface",
            "DeleteNetworkInterface",
            "DescribeNetworkInterfaces",
            "DescribeSubnets",
            "UnassignPrivateIpAddresses",
        )
    },
}
WILDCARD_ACTIONS: Final = {("Watch.Key", "kms:*"), ("Watch.Key", "kms:GenerateDataKey*")}
SCANNABLE: Final = {
    *("Storage.Accounts", "Storage.Counters", "Storage.Rules", "Storage.Schema"),
    "Storage.Campaigns",
    "Storage.Approvals",
}
"""Tables without people in them."""


def queue_mappings(system: System) -> Iterator[tuple[Resource, Resource, Resource]]:
    """(mapping, queue, function) of every function that a queue feeds."""
    for mapping in system.of_type("Lambda::EventSourceMapping"):
        queue = system.resources.get(_target(mapping.get("EventSourceArn")))
        function = system.resources.get(_target(mapping.get("FunctionName")))
        if queue and function and queue.type == "AWS::SQS::Queue":
            yield mapping, queue, function


def visibility(system: System) -> Iterator[str]:
    """1: a message stays invisible for six times the consumer's timeout, so that tries never overlap."""
    for mapping, queue, function in queue_mappings(system):
        needed = 6 * (function.get("Timeout") or DEFAULT_TIMEOUT) + (mapping.get("MaximumBatchingWindowInSeconds") or 0)
        given = queue.get("VisibilityTimeout") or DEFAULT_VISIBILITY
        if given < needed:
            yield f"{queue.path}: visibility {given} s, {function.path} needs {needed} s"


def redrive(system: System) -> Iterator[str]:
    """2: every source queue gives up after 3 to 10 receives."""
    for _, queue, _ in queue_mappings(system):
        receives = queue.get("RedrivePolicy", "maxReceiveCount") or 0
        if not 3 <= receives <= 10:
            yield f"{queue.path}: maxReceiveCount {receives}"
        if _target(queue.get("RedrivePolicy", "deadLetterTargetArn")) not in system.resources:
            yield f"{queue.path}: no dead-letter queue"


def dead_letter_queues(system: System) -> set[str]:
    """The queues that failed messages and stream records end in."""
    arns = [queue.get("RedrivePolicy", "deadLetterTargetArn") for queue in system.of_type("SQS::Queue")]
    arns += [
        mapping.get("DestinationConfig", "OnFailure", "Destination")
        for mapping in system.of_type("Lambda::EventSourceMapping")
    ]
    return {_target(arn) for arn in arns if arn}


def dead_letter_retention(system: System) -> Iterator[str]:
    """3: dead letters are kept for 14 days, and longer than in the source (their age counts from the first sending)."""
    for path in dead_letter_queues(system):
        if system.resources[path].get("MessageRetentionPeriod") != 14 * DAY:
            yield f"{path}: kept for less than 14 days"
    for queue in system.of_type("SQS::Queue"):
        if queue.path not in dead_letter_queues(system) and _retention(queue) >= 14 * DAY:
            yield f"{queue.path}: kept as long as its dead letters"


def partial_batches(system: System) -> Iterator[str]:
    """4: one bad message does not bring back the good ones; a stream goes on after a bad record."""
    for mapping in system.of_type("Lambda::EventSourceMapping"):
        if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
            yield f"{mapping.path}: whole batches fail"
        if mapping.get("StartingPosition") and not (
            mapping.get("BisectBatchOnFunctionError")
            and (mapping.get("MaximumRetryAttempts") or -1) >= 0
            and mapping.get("DestinationConfig", "OnFailure", "Destination")
        ):
            yield f"{mapping.path}: a poison record blocks the stream"


def concurrency(system: System) -> Iterator[str]:
    """5: consumers are bounded at the mapping; reserved concurrency would throttle polls into the dead-letter queue."""
    for mapping, _, function in queue_mappings(system):
        if not mapping.get("ScalingConfig", "MaximumConcurrency"):
            yield f"{mapping.path}: no MaximumConcurrency"
        if function.get("ReservedConcurrentExecutions") is not None:
            yield f"{function.path}: reserved concurrency on a queue consumer"


def batch_window(system: System) -> Iterator[str]:
    """6: more than ten messages in a batch need a window."""
    for mapping, _, _ in queue_mappings(system):
        if (mapping.get("BatchSize") or 10) > 10 and not mapping.get("MaximumBatchingWindowInSeconds"):
            yield f"{mapping.path}: BatchSize without MaximumBatchingWindowInSeconds"


def timeouts(system: System) -> Iterator[str]:
    """7: no function runs longer than Lambda lets it; WeChat is answered within its five seconds."""
    for function in system.of_type("Lambda::Function"):
        if not 1 <= (function.get("Timeout") or 0) <= 900:
            yield f"{function.path}: timeout {function.get('Timeout')}"
    if (system.function(RECEIVER).get("Timeout") or 0) > 5:
        yield "the receiver may take longer than WeChat waits"
    for integration in system.of_type("ApiGatewayV2::Integration"):
        of_receiver = system.function(RECEIVER).path in str(integration.get("IntegrationUri"))
        if of_receiver and (integration.get("TimeoutInMillis") or 30_000) > 6_000:
            yield f"{integration.path}: waits longer than WeChat"


def receiver_memory(system: System) -> Iterator[str]:
    """8: memory is processor time, and a cold start counts against the five seconds."""
    if (system.function(RECEIVER).get("MemorySize") or 128) < 512:
        yield "the receiver has less than 512 MB"


def statements(system: System) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    """Every policy statement, with the resource whose policy it is."""
    for resource in system.resources.values():
        documents = [policy["PolicyDocument"] for policy in resource.get("Policies") or [] if isinstance(policy, dict)]
        documents += [resource.get("PolicyDocument"), resource.get("KeyPolicy")]
        for document in filter(None, documents):
            yield from ((resource, statement) for statement in document["Statement"])


def as_list(value: Any) -> list[Any]:
    """What policies write as one value or as several."""
    return value if isinstance(value, list) else [value]


def least_privilege(system: System) -> Iterator[str]:
    """9: rights are named, save for the listed exceptions; AWS's own policies, which are wide, are not attached."""
    for resource, statement in statements(system):
        if statement["Effect"] != "Allow":
            continue
        if "NotAction" in statement or "NotResource" in statement:
            yield f"{resource.path}: allows all but some"
        for action in as_list(statement.get("Action", [])):
            if "*" in action and (resource.path, action) not in WILDCARD_ACTIONS:
                yield f"{resource.path}: {action}"
            for arn in as_list(statement.get("Resource", [])):
                if _is_wide(arn) and (resource.path, action) not in WILDCARD_RESOURCES:
                    yield f"{resource.path}: {action} on {arn}"
    for role in system.of_type("IAM::Role"):
        if role.get("ManagedPolicyArns"):
            yield f"{role.path}: has {role.get('ManagedPolicyArns')}"


def one_role_each(system: System) -> Iterator[str]:
    """10: what one function may do, no other one may."""
    owners: dict[str, str] = {}
    for function in system.of_type("Lambda::Function"):
        role = function.get("Role")
        if _target(role) not in system.resources:
            yield f"{function.path}: its role is not in the template"
        if role in owners:
            yield f"{function.path} and {owners[role]} share a role"
        owners[role] = function.path


def no_scan(system: System) -> Iterator[str]:
    """11: nobody reads all people."""
    for resource, statement in statements(system):
        if statement["Effect"] == "Allow" and any(
            _covers(each, "Scan") for each in as_list(statement.get("Action", []))
        ):
            for arn in as_list(statement.get("Resource", [])):
                if _target(arn) not in SCANNABLE:
                    yield f"{resource.path}: may scan {arn}"


def durable_tables(system: System) -> Iterator[str]:
    """12: tables can be restored, are encrypted, and outlive the stack."""
    for table in system.of_type("DynamoDB::Table"):
        if table.get("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") is not True:
            yield f"{table.path}: no point-in-time recovery"
        if table.get("SSESpecification", "SSEEnabled") is not True:
            yield f"{table.path}: not encrypted"
        if (table.deletion_policy, table.update_replace_policy) != ("Retain", "Retain"):
            yield f"{table.path}: goes with the stack"
    for bucket in system.of_type("S3::Bucket"):
        if (bucket.deletion_policy, bucket.update_replace_policy) != ("Retain", "Retain"):
            yield f"{bucket.path}: goes with the stack"


def encrypted_messages(system: System) -> Iterator[str]:
    """13: messages are encrypted at rest, alarms too."""
    for queue in system.of_type("SQS::Queue"):
        if queue.get("SqsManagedSseEnabled") is not True and not queue.get("KmsMasterKeyId"):
            yield f"{queue.path}: not encrypted"
    for topic in system.of_type("SNS::Topic"):
        if not topic.get("KmsMasterKeyId"):
            yield f"{topic.path}: not encrypted"


def log_retention(system: System) -> Iterator[str]:
    """14: every log has a declared group that forgets, and no lines of Lambda's own about what went well."""
    for group in system.of_type("Logs::LogGroup"):
        if not group.get("RetentionInDays"):
            yield f"{group.path}: kept for ever"
    for function in system.of_type("Lambda::Function"):
        config = function.get("LoggingConfig") or {}
        if (config.get("LogFormat"), config.get("SystemLogLevel")) != ("JSON", "WARN"):
            yield f"{function.path}: logs each invocation that went well"
    logs = [(each.path, each.get("LoggingConfig", "LogGroup")) for each in system.of_type("Lambda::Function")]
    logs += [
        (each.path, each.get("AccessLogSettings", "DestinationArn")) for each in system.of_type("ApiGatewayV2::Stage")
    ]
    for path, group in logs:
        if _target(group) not in system.resources:
            yield f"{path}: its log group is not declared"


def alarms(system: System) -> Iterator[str]:
    """15: what must not stay unseen has an alarm that tells somebody, on a metric that somebody writes."""
    namespaces = {
        function.get("Environment", "Variables", "POWERTOOLS_SERVICE_NAME"): function.get(
            "Environment", "Variables", "POWERTOOLS_METRICS_NAMESPACE"
        )
        for function in system.of_type("Lambda::Function")
    }
    watched = set()
    for alarm in system.of_type("CloudWatch::Alarm"):
        if not alarm.get("AlarmActions"):
            yield f"{alarm.path}: tells nobody"
            continue
        dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []}
        service = dimensions.get("service")
        if service and namespaces.get(service) != alarm.get("Namespace"):
            yield f"{alarm.path}: nobody writes its metric"
            continue
        statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
        watched.add((alarm.get("MetricName"), next(iter(dimensions.values()), None), statistic))
    for metric in sorted(_must_be_watched(system) - watched, key=str):
        yield f"no alarm on {metric}"


def _must_be_watched(system: System) -> set[tuple[str, str, str]]:
    def name(path: str) -> str:
        return f"{{{path}.QueueName}}"

    sources = {queue.path for _, queue, _ in queue_mappings(system)}
    return {
        *(("ApproximateNumberOfMessagesVisible", name(path), "Maximum") for path in dead_letter_queues(system)),
        *(("ApproximateAgeOfOldestMessage", name(path), "Maximum") for path in sources),
        ("DeliveryToS3.DataFreshness", "{Archive.Stream}", "Maximum"),
        ("5xx", "{Api}", "Sum"),
        ("Latency", "{Api}", "p99"),
        ("PushRefused", RECEIVER, "Sum"),
        ("UnparsedPush", RECEIVER, "Sum"),
        ("SendUnknown", "perform_action", "Sum"),
        ("ProfileTooLarge", "process_event", "Sum"),
        ("BudgetCut", "process_event", "Sum"),
        ("TokenRefreshFailed", "refresh_tokens", "Sum"),
        ("TokenRefreshed", "refresh_tokens", "Sum"),
        ("EgressAddressRefused", "refresh_tokens", "Sum"),
        ("RuleRejected", "review_edit", "Sum"),
        ("IteratorAge", "{ReviewEdit}", "Maximum"),
        ("Invocations", "{FireTimers}", "Sum"),
        ("ErasureAgeHours", "clean_archive", "Maximum"),
        *(("Errors", f"{{{function.path}}}", "Sum") for function in system.of_type("Lambda::Function")),
    }


def partition_neutral(system: System) -> Iterator[str]:
    """16: in China nothing points to another partition or domain."""
    principal = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")
    for resource in system.in_region(CHINA).resources.values():
        for text in _texts(resource.properties):
            if re.search(r"arn:aws(?!-cn)", text):
                yield f"{resource.path}: {text}"
            if re.search(r"amazonaws\.com(?!\.cn)", text) and not principal.fullmatch(text):
                yield f"{resource.path}: {text}"


def no_secrets(system: System) -> Iterator[str]:
    """17: secrets are read at run time, never put into an environment, where every console user sees them."""
    looks_secret = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/=_-]{20,}|\{\{resolve:.*")
    sounds_secret = re.compile(r"SECRET|PASSWORD|PASSWD|API_KEY|AES_KEY|PRIVATE|ACCESS_TOKEN|CREDENTIAL")
    for function in system.of_type("Lambda::Function"):
        for name, value in (function.get("Environment", "Variables") or {}).items():
            if sounds_secret.search(name) or looks_secret.fullmatch(str(value)):
                yield f"{function.path}: {name}"


def throttling(system: System) -> Iterator[str]:
    """18: strangers cannot run up the bill: every route has limits."""
    routes = {route.get("RouteKey") for route in system.of_type("ApiGatewayV2::Route")}
    for stage in system.of_type("ApiGatewayV2::Stage"):
        limits = {"every other route": stage.get("DefaultRouteSettings") or {}}
        limits |= {route: (stage.get("RouteSettings") or {}).get(route, {}) for route in routes}
        for route, limit in limits.items():
            if not (limit.get("ThrottlingRateLimit") and limit.get("ThrottlingBurstLimit")):
                yield f"{stage.path}: no limit on {route}"


def absent_in_china(system: System) -> Iterator[str]:
    """19: nothing is used in China that is not there."""
    for resource in system.in_region(CHINA).resources.values():
        if re.match(r"AWS::(XRay|Cognito|SES|Pinpoint|Bedrock)::|AWS::Lambda::Url", resource.type):
            yield f"{resource.path}: {resource.type}"
        if resource.get("TracingConfig", "Mode") == "Active" or resource.get("TracingEnabled"):
            yield f"{resource.path}: X-Ray"
        if resource.get("SnapStart"):
            yield f"{resource.path}: SnapStart"
        if resource.get("ProvisionedPollerConfig") or resource.get("MetricsConfig"):
            yield f"{resource.path}: provisioned pollers or mapping metrics"


def registered_stores(system: System) -> Iterator[str]:
    """20: every place with data is in the registry that export and erasure go through."""
    kinds = {"AWS::DynamoDB::Table": "table", "AWS::SQS::Queue": "queue", "AWS::S3::Bucket": "bucket"}
    found = {
        (each.path.rpartition(".")[2], kinds[each.type]) for each in system.resources.values() if each.type in kinds
    }
    listed = {(store.name, store.kind.value) for store in STORES}
    yield from (f"{name} ({kind}) is not in the registry" for name, kind in sorted(found - listed))
    yield from (f"{name} ({kind}) is in the registry alone" for name, kind in sorted(listed - found))


def private_buckets(system: System) -> Iterator[str]:
    """21: buckets are encrypted, closed to strangers, forget in time, and keep no old version of what was erased."""
    for bucket in system.of_type("S3::Bucket"):
        if not bucket.get("BucketEncryption", "ServerSideEncryptionConfiguration"):
            yield f"{bucket.path}: not encrypted"
        block = bucket.get("PublicAccessBlockConfiguration") or {}
        if len([name for name, value in block.items() if value is True]) < len(_PUBLIC):
            yield f"{bucket.path}: not closed to strangers"
        if not any(rule.get("ExpirationInDays") for rule in bucket.get("LifecycleConfiguration", "Rules") or []):
            yield f"{bucket.path}: keeps for ever"
        if bucket.get("VersioningConfiguration"):
            yield f"{bucket.path}: keeps versions of what was erased"


_PUBLIC: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


HOUSE_RULES: Final[Mapping[int, Rule]] = dict(
    enumerate(
        (
            visibility,
            redrive,
            dead_letter_retention,
            partial_batches,
            concurrency,
            batch_window,
            timeouts,
            receiver_memory,
            least_privilege,
            one_role_each,
            no_scan,
            durable_tables,
            encrypted_messages,
            log_retention,
            alarms,
            partition_neutral,
            no_secrets,
            throttling,
            absent_in_china,
            registered_stores,
            private_buckets,
        ),
        start=1,
    )
)


def _target(reference: Any) -> str:
    """``{Queues.Events.Arn}`` or ``{Queues.Events}`` -> ``Queues.Events``; "" for anything else."""
    match = re.match(r"\{([\w.]+?)(?:\.(?:Arn|StreamArn|QueueName))?\}", str(reference))
    return match[1] if match else ""


def _retention(queue: Resource) -> int:
    return int(queue.get("MessageRetentionPeriod") or DEFAULT_RETENTION)


def _is_wide(arn: str) -> bool:
    """Whether an ARN names everything of a sort."""
    return arn == "*" or bool(re.fullmatch(r"arn(?::[^:]*){4}:[a-z-]*[/:]?\*", arn))


def _covers(pattern: str, action: str) -> bool:
    return bool(re.fullmatch(pattern.replace("*", ".*"), f"dynamodb:{action}"))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(name)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
