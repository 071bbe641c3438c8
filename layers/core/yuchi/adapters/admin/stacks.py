"""Which deployment: CloudFormation's word for it, the local stack's file, and the settings that follow from them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import unavailable
from yuchi.services.ports_operators import StackFacts
from yuchi.settings import Settings

LOCAL_STACK: Final = "yuchi"
TABLES: Final = (
    "Accounts", "Sources", "Identities", "Profiles", "Merges", "Timeline", "Rules", "Schema",
    "Campaigns", "Approvals", "Live", "Timers", "Tokens", "Ledger", "Receipts", "Counters", "Imports",
    "Runs", "Reach", "Quotas", "Links", "Outcomes",
)  # fmt: skip
"""The tables' logical ids. The output of the name X is ``XTable``, the setting ``x_table``."""

FUNCTIONS: Final = (
    "ReceiveCallback", "Collect", "ImportFile", "ProcessEvent", "PerformAction", "ReviewEdit", "FireTimers", "CleanArchive",
    "RefreshTokens", "CallWebhook", "PlanCampaign", "SelectAudience", "SendBatch", "RecordDelivery", "FollowLink",
)  # fmt: skip
"""The functions' logical ids; the outputs are ``XFunction``."""

_OTHERS: Final[Mapping[str, str]] = {
    "EventsQueue": "events_queue_url",
    "ActionsQueue": "actions_queue_url",
    "ImportsQueue": "imports_queue_url",
    "ImportsBucket": "imports_bucket",
    "RefreshTokensFunction": "refresh_tokens_function",
    "CallWebhookFunction": "call_webhook_function",
    "ParameterPrefix": "parameter_prefix",
}
_NO_SUCH_STACK: Final = "ValidationError"


class StackMissingError(Exception):
    """There is no stack of that name, or none of that stage, in the region."""


class StackFileError(Exception):
    """The local stack's file cannot be read, or is none."""


class LocalSession(boto3.Session):
    """Speaks to the local stack, past any proxy."""

    def __init__(self, *, endpoint_url: str, region: str, access_key_id: str, secret_access_key: str) -> None:
        super().__init__(region_name=region, aws_access_key_id=access_key_id, aws_secret_access_key=secret_access_key)
        self._endpoint_url = endpoint_url

    def client(self, service_name: Any, *, config: Config | None = None) -> Any:  # type: ignore[override]  # boto3 has an overload for each service
        """The client of a service at the local endpoint."""
        make: Any = super().client
        return make(
            service_name, endpoint_url=self._endpoint_url, config=(config or Config()).merge(Config(proxies={}))
        )


def read_stack(client: Any, name: str) -> StackFacts:
    """The stack called ``name``. Raises :class:`StackMissingError`, ``UnavailableError``."""
    try:
        with unavailable(_NO_SUCH_STACK):
            found = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        raise StackMissingError(name) from error
    if not found:
        raise StackMissingError(name)
    return _facts(found[0], client.meta.region_name)


def find_stage(client: Any, stage: str) -> StackFacts:
    """The stack that was deployed as ``stage``. Raises :class:`StackMissingError`, ``UnavailableError``."""
    with unavailable():
        for page in client.get_paginator("describe_stacks").paginate():
            for stack in page["Stacks"]:
                facts = _facts(stack, client.meta.region_name)
                if facts.outputs.get("ParameterPrefix") == f"/yuchi/{stage}" and "RulesTable" in facts.outputs:
                    return facts
    raise StackMissingError(stage)


def read_stack_file(path: Path) -> tuple[LocalSession, Mapping[str, Any]]:
    """The session and the content of a ``stack.json``. Raises :class:`StackFileError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        session = LocalSession(
            endpoint_url=content["endpoint_url"],
            region=content["region"],
            access_key_id=content["access_key_id"],
            secret_access_key=content["secret_access_key"],
        )
        if not isinstance(content["tables"], dict) or not isinstance(content["queues"], dict):
            raise TypeError("tables and queues are maps")  # noqa: TRY301 - caught below, as what a wrong key raises
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StackFileError(str(path)) from error
    return session, content


def local_facts(facts: StackFacts, content: Mapping[str, Any]) -> StackFacts:
    """What the emulator's CloudFormation says, with the addresses that the file says."""
    outputs = {
        **facts.outputs,
        **{f"{name}Table": table for name, table in content["tables"].items()},
        **{f"{name}Queue": url for name, url in content["queues"].items()},
    }
    return StackFacts(
        name=facts.name,
        region=facts.region,
        status=facts.status,
        outputs=outputs,
        parameters=facts.parameters,
        api_url=str(content.get("api_url", facts.api_url)).rstrip("/"),
        local=True,
    )


def settings_of(facts: StackFacts) -> Settings:
    """The settings that the functions of this stack have between them."""
    names = {f"{table}Table": f"{table.lower()}_table" for table in TABLES} | dict(_OTHERS)
    values = {setting: facts.outputs[output] for output, setting in names.items() if output in facts.outputs}
    if facts.parameters.get("WeChatApiUrl"):
        values["wechat_api_url"] = facts.parameters["WeChatApiUrl"]
    locale = facts.parameters.get("Locale")
    return Settings.model_validate({**values, "locale": locale if locale in {"zh", "en"} else "zh"})


def _facts(stack: Mapping[str, Any], region: str) -> StackFacts:
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    return StackFacts(
        name=stack["StackName"],
        region=region,
        status=stack.get("StackStatus", ""),
        outputs=outputs,
        parameters={each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])},
        api_url=outputs.get("ApiUrl", "").rstrip("/"),
    )
