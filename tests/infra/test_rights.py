"""Who may do what, as a table. A right that is not in it is too many, one that is missing stops a function."""

from collections import defaultdict
from fnmatch import fnmatchcase

import pytest

from tests.infra.house_rules import as_list, statements
from tests.infra.planted import Fault
from tests.infra.system import ACCOUNT, Json, Resource, System

PARAMETERS = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/yuchi/dev/accounts/*"
IDENTITY_KEYS = PARAMETERS.replace("accounts/*", "identity")
SOURCE_SECRETS = PARAMETERS.replace("accounts/*", "sources/*")
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
LINK_KEY = PARAMETERS.replace("accounts/*", "links")
READ_STREAM = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}
CONSUME = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}

RIGHTS: dict[str, dict[str, set[str]]] = {
    "ReceiveCallback": {
        "Storage.Accounts": {"dynamodb:GetItem"},
        "Storage.Identities": {"dynamodb:GetItem"},
        "Storage.Profiles": {"dynamodb:GetItem"},
        "Storage.Live": {"dynamodb:GetItem"},
        "Storage.Receipts": {"dynamodb:PutItem"},
        "Queues.Events": {"sqs:SendMessage"},
        PARAMETERS: {"ssm:GetParameter"},
    },
    "Collect": {
        "Storage.Sources": {"dynamodb:GetItem"},
        "Storage.Counters": {"dynamodb:UpdateItem"},
        "Queues.Events": {"sqs:SendMessage"},
        IDENTITY_KEYS: {"ssm:GetParameter"},
        SOURCE_SECRETS: {"ssm:GetParameter"},
    },
    "ImportFile": {
        "Storage.Accounts": {"dynamodb:GetItem"},
        "Storage.Sources": {"dynamodb:GetItem"},
        "Storage.Tokens": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "Storage.Identities": {"dynamodb:BatchGetItem", "dynamodb:GetItem"},
        "Storage.Profiles": {"dynamodb:BatchGetItem", "dynamodb:GetItem"},
        "Storage.Ledger": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "Storage.Imports": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "Imports.Imports": {"s3:ListBucket"},
        "Imports.Imports/*": {"s3:GetObject"},
        "Imports.Imports/reports/*": {"s3:PutObject"},
        "Imports.Imports/work/*": {"s3:PutObject"},
        "Queues.Imports": {"sqs:SendMessage", *CONSUME},
        "Queues.Events": {"sqs:GetQueueAttributes", "sqs:SendMessage"},
        "RefreshTokens": {"lambda:InvokeFunction"},
        IDENTITY_KEYS: {"ssm:GetParameter"},
    },
    "ProcessEvent": {
        "Storage.Accounts": {"dynamodb:GetItem"},
        "Storage.Identities": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"},
        "Storage.Profiles": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"},
        "Storage.Timeline": {"dynamodb:PutItem"},
        "Storage.Live": {"dynamodb:GetItem"},
        "Storage.Timers": {"dynamodb:PutItem"},
        "Storage.Merges": {"dynamodb:PutItem"},
        "Storage.Counters": {"dynamodb:UpdateItem"},
        "Storage.Imports": {"dynamodb:UpdateItem"},
        "Archive.Stream": {"firehose:PutRecordBatch"},
        IDENTITY_KEYS: {"ssm:GetParameter"},
        "Queues.Events": {"sqs:SendMessage", *CONSUME},
        "Queues.Actions": {"sqs:SendMessage"},
        "Queues.Deliveries": {"sqs:SendMessage"},
    },
    "PerformAction": {
        "Storage.Accounts": {"dynamodb:GetItem"},
        "Storage.Identities": {"dynamodb:GetItem"},
        "Storage.Profiles": {"dynamodb:GetItem"},
        "Storage.Tokens": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "Storage.Ledger": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "Storage.Timeline": {"dynamodb:PutItem", "dynamodb:Query"},
        "Storage.Receipts": {"dynamodb:PutItem"},
        "Queues.Actions": CONSUME,
        "RefreshTokens": {"lambda:InvokeFunction"},
        "CallWebhook": {"lambda:InvokeFunction"},
        PARAMETERS: {"ssm:GetParameter"},
        IDENTITY_KEYS: {"ssm:GetParameter"},
    },
    "ReviewEdit": {
        "Storage.Rules/stream/*": {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        },
        "Storage.Schema/stream/*": {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        },
        "Storage.Campaigns/stream/*": {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        },
        "Storage.Campaigns": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "Storage.Runs": {"dynamodb:DeleteItem", "dynamodb:PutItem"},
        "Storage.Accounts": {"dynamodb:Scan"},
        "Storage.Rules": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "Storage.Schema": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "Storage.Live": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "Queues.EditsDeadLetters": {"sqs:SendMessage"},
    },
    "FireTimers": {
        "Storage.Timers": {"dynamodb:DeleteItem", "dynamodb:Query"},
        "Storage.Counters": {"dynamodb:DeleteItem", "dynamodb:Scan"},
        "Storage.Rules": {"dynamodb:UpdateItem"},
        "Storage.Schema": {"dynamodb:UpdateItem"},
        "Storage.Accounts": {"dynamodb:Scan"},
        "Storage.Profiles": {"dynamodb:Query"},
        "Queues.Events": {"sqs:SendMessage"},
    },
    "CleanArchive": {
        "Storage.Ledger": {"dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query"},
        "Archive.Archive": {"s3:ListBucket"},
        "Archive.Archive/events/*": {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
    },
    "RefreshTokens": {
        "Storage.Accounts": {"dynamodb:GetItem", "dynamodb:Scan"},
        "Storage.Tokens": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        PARAMETERS: {"ssm:GetParameter"},
    },
    "CallWebhook": {},
    "PlanCampaign": {
        **dict.fromkeys(("Storage.Campaigns/stream/*", "Storage.Approvals/stream/*"), READ_STREAM),
        "Storage.Accounts": {"dynamodb:GetItem", "dynamodb:Scan"},
        "Storage.Approvals": {"dynamodb:GetItem"},
        "Storage.Campaigns": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "Storage.Runs": {
            *("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"),
            "dynamodb:UpdateItem",
        },
        "Storage.Profiles": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"},
        "Storage.Identities": {"dynamodb:BatchGetItem", "dynamodb:GetItem"},
        "Storage.Reach": {"dynamodb:BatchGetItem"},
        "Storage.Quotas": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "Storage.Outcomes": {"dynamodb:Query"},
        "Storage.Live": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "Storage.Ledger": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "Storage.Tokens": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "RefreshTokens": {"lambda:InvokeFunction"},
        **{key: {"sqs:SendMessage"} for key in ("Queues.Audience", "Queues.Sends", "Queues.EditsDeadLetters")},
        PARAMETERS: {"ssm:GetParameter"},
    },
    "SelectAudience": {
        "Storage.Accounts": {"dynamodb:Scan"},
        "Storage.Profiles": {"dynamodb:Query"},
        "Storage.Live": {"dynamodb:GetItem"},
        "Storage.Reach": {"dynamodb:BatchGetItem"},
        "Storage.Runs": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"},
        "Queues.Audience": {"sqs:SendMessage", *CONSUME},
        "Queues.Sends": {"sqs:SendMessage"},
    },
    "SendBatch": {
        "Storage.Accounts": {"dynamodb:GetItem", "dynamodb:Scan"},
        "Storage.Live": {"dynamodb:GetItem"},
        "Storage.Profiles": {"dynamodb:BatchGetItem", "dynamodb:GetItem"},
        "Storage.Runs": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "Storage.Reach": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"},
        "Storage.Quotas": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "Storage.Tokens": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "Storage.Ledger": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "Storage.Links": {"dynamodb:PutItem"},
        "RefreshTokens": {"lambda:InvokeFunction"},
        "Queues.Sends": CONSUME,
        PARAMETERS: {"ssm:GetParameter"},
        LINK_KEY: {"ssm:GetParameter"},
    },
    "RecordDelivery": {
        "Storage.Runs": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"},
        "Storage.Reach": {"dynamodb:BatchGetItem"},
        "Storage.Outcomes": {"dynamodb:PutItem", "dynamodb:UpdateItem"},
        "Storage.Ledger": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "Storage.Live": {"dynamodb:GetItem"},
        "Storage.Identities": {"dynamodb:BatchGetItem", "dynamodb:GetItem"},
        "Storage.Profiles": {"dynamodb:BatchGetItem", "dynamodb:GetItem"},
        "Storage.Merges": {"dynamodb:Query"},
        "Queues.Deliveries": CONSUME,
    },
    "FollowLink": {
        "Storage.Links": {"dynamodb:GetItem"},
        "Storage.Outcomes": {"dynamodb:UpdateItem"},
        "Queues.Events": {"sqs:SendMessage"},
        LINK_KEY: {"ssm:GetParameter"},
    },
}


def rights(system: System, function: Resource) -> dict[str, set[str]]:
    role = function.get("Role").removeprefix("{").removesuffix(".Arn}")
    found: defaultdict[str, set[str]] = defaultdict(set)
    for resource, statement in statements(system):
        if resource.path == role and statement["Effect"] == "Allow":
            for arn in as_list(statement["Resource"]):
                found[arn.replace(".Arn}", "").replace("{", "")] |= set(as_list(statement["Action"]))
    return dict(found)


@pytest.mark.parametrize("function", RIGHTS)
def test_a_function_has_these_rights_and_no_others(system: System, function: str) -> None:
    expected = {**RIGHTS[function], f"{function}Log": LOGS}
    assert rights(system, system.resources[function]) == expected


def test_the_table_names_every_function(system: System) -> None:
    assert {function.path for function in system.of_type("Lambda::Function")} == set(RIGHTS)


def test_a_right_too_many_is_found(templates: dict[str, Json]) -> None:
    path = "CallWebhookRole/Properties/Policies/0/PolicyDocument/Statement/0/Action"
    bad = System(Fault(0, "", "", path, ["logs:PutLogEvents", "ssm:GetParameter"]).plant(templates))
    assert rights(bad, bad.resources["CallWebhook"]) != {"CallWebhookLog": LOGS}


def test_functions_are_given_only_what_they_may_use(system: System) -> None:
    """A table or queue in a function's environment without any right on it is a mistake."""
    for function in system.of_type("Lambda::Function"):
        known = rights(system, function)
        for name, value in function.get("Environment", "Variables").items():
            if name.endswith(("_TABLE", "_QUEUE_URL", "_FUNCTION", "_STREAM")):
                assert value.strip("{}") in known, (function.path, name)


def test_only_lambda_takes_the_roles_and_firehose_its_own(system: System) -> None:
    for role in system.of_type("IAM::Role"):
        (statement,) = role.get("AssumeRolePolicyDocument", "Statement")
        service = "firehose" if role.path == "Archive.StreamRole" else "lambda"
        assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}


def may(policy: Resource, action: str, arn: str) -> bool:
    """What IAM would decide on this policy alone: a denial wins, nothing said is a no."""
    allowed = False
    for statement in policy.get("PolicyDocument", "Statement"):
        if not any(fnmatchcase(action, pattern) for pattern in as_list(statement["Action"])):
            continue
        if "NotResource" in statement:
            hit = not any(fnmatchcase(arn, pattern) for pattern in as_list(statement["NotResource"]))
        else:
            hit = any(fnmatchcase(arn, pattern) for pattern in as_list(statement["Resource"]))
        if hit and statement["Effect"] == "Deny":
            return False
        allowed = allowed or hit
    return allowed


EDITING = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "DescribeTable", "BatchGetItem")
TABLE_WORK = (
    *("DeleteTable", "UpdateTable", "CreateTable", "ExportTableToPointInTime", "ImportTable", "CreateBackup"),
    *("RestoreTableToPointInTime", "UpdateContinuousBackups", "UpdateTimeToLive", "PutResourcePolicy"),
    *("PartiQLSelect", "PartiQLUpdate", "PartiQLDelete", "PartiQLInsert", "GetRecords", "GetShardIterator"),
)


def test_marketers_edit_rules(system: System) -> None:
    policy = system.resources["Access.MarketersPolicy"]
    for table in ("Rules", "Schema", "Campaigns"):
        assert all(may(policy, f"dynamodb:{action}", f"{{Storage.{table}.Arn}}") for action in EDITING)
    assert may(policy, "dynamodb:ListTables", "*")


def test_marketers_open_no_other_table_even_with_another_policy(system: System) -> None:
    policy = system.resources["Access.MarketersPolicy"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = Resource(
        path=policy.path,
        type=policy.type,
        properties={"PolicyDocument": {"Statement": [everything, *policy.get("PolicyDocument", "Statement")]}},
        deletion_policy=None,
        update_replace_policy=None,
    )
    edited = {"Storage.Rules", "Storage.Schema", "Storage.Campaigns"}
    others = [table for table in system.of_type("DynamoDB::Table") if table.path not in edited]
    for table in others:
        for action in set(EDITING) - {"DescribeTable"}:
            assert not may(policy, f"dynamodb:{action}", f"{{{table.path}.Arn}}"), (table.path, action)
    for table in system.of_type("DynamoDB::Table"):
        for action in TABLE_WORK:
            assert not may(policy, f"dynamodb:{action}", f"{{{table.path}.Arn}}"), (table.path, action)
    assert len(others) >= 12


APPROVERS = "Access.ApproversPolicy"
WRITES = ("BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem")
CAMPAIGNS, APPROVALS = "{Storage.Campaigns.Arn}", "{Storage.Approvals.Arn}"


def test_approvers_approve_and_read_and_do_nothing_else(system: System) -> None:
    policy = system.resources[APPROVERS]
    for action in ("GetItem", "Query", "Scan", "DescribeTable", "BatchGetItem"):
        assert may(policy, f"dynamodb:{action}", CAMPAIGNS)
        assert may(policy, f"dynamodb:{action}", APPROVALS)
    assert may(policy, "dynamodb:PutItem", APPROVALS)
    assert may(policy, "dynamodb:DeleteItem", APPROVALS)
    assert not any(may(policy, f"dynamodb:{action}", CAMPAIGNS) for action in WRITES)
    for table in system.of_type("DynamoDB::Table"):
        if table.path not in {"Storage.Campaigns", "Storage.Approvals"}:
            for action in (*EDITING, *WRITES):
                assert not may(policy, f"dynamodb:{action}", f"{{{table.path}.Arn}}"), (table.path, action)


def both(system: System, *names: str) -> Resource:
    """What somebody may do who has several policies."""
    first = system.resources[names[0]]
    every = [each for name in names for each in system.resources[name].get("PolicyDocument", "Statement")]
    return Resource(first.path, first.type, {"PolicyDocument": {"Statement": every}}, None, None)


@pytest.mark.parametrize("marketers", ["Access.MarketersPolicy", "Access.BrandMarketersPolicy"])
def test_nobody_edits_a_campaign_and_approves_it_even_with_both_policies(system: System, marketers: str) -> None:
    policy = both(system, marketers, APPROVERS)
    for action in WRITES:
        assert not may(policy, f"dynamodb:{action}", CAMPAIGNS), action
        assert not may(policy, f"dynamodb:{action}", APPROVALS), action
    assert may(system.resources[APPROVERS], "dynamodb:PutItem", APPROVALS), "the twin: alone it may"


def test_no_function_writes_approvals(system: System) -> None:
    for function in RIGHTS:
        allowed = rights(system, system.resources[function])
        assert not allowed.get("Storage.Approvals", set()) - {"dynamodb:GetItem", "dynamodb:Query"}, function
