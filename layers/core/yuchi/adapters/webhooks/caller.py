"""Webhooks of rules: signed here, where the secret is, and called from the function that can reach nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from yuchi.adapters.webhooks.signature import WebhookSecretError, signed_headers, webhook_id
from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.event import format_time
from yuchi.domain.ledger import LedgerState
from yuchi.services import call_webhook
from yuchi.services.perform_action import ActionOutcome
from yuchi.services.ports import ActionMessage, Clock

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

STATES: Final[Mapping[str, LedgerState]] = {
    call_webhook.WebhookOutcome.DELIVERED: LedgerState.SENT,
    call_webhook.WebhookOutcome.REFUSED: LedgerState.REJECTED,
    call_webhook.WebhookOutcome.NOT_SENT: LedgerState.RETRY,
    call_webhook.WebhookOutcome.UNKNOWN: LedgerState.RETRY,
}
"""A receiver knows repetitions by ``webhook-id``, so what may have arrived is called again."""


@dataclass(frozen=True, slots=True)
class LambdaWebhookCaller:
    """:class:`yuchi.services.performers.WebhookCaller` through the function ``call_webhook``."""

    client: "LambdaClient"
    function: str
    clock: Clock

    def call(self, account: Account, secrets: AccountSecrets, message: ActionMessage) -> ActionOutcome:
        """Sign and call."""
        body = payload(message, account.settings.crm_tags)
        try:
            headers = signed_headers(
                body,
                message_id=webhook_id(message.action.id),
                moment=self.clock(),
                secrets=secrets.webhook_secret.get_secret_value() if secrets.webhook_secret else "",
            )
        except WebhookSecretError:
            return ActionOutcome(LedgerState.SKIPPED, reason="no_webhook_secret")
        call = {
            "url": message.action.body["url"],
            "headers": {**headers, "content-type": "application/json; charset=utf-8", "user-agent": "yuchi"},
            "body": body,
            "allowed_hosts": account.settings.webhook_hosts,
        }
        return self._invoke(call)

    def _invoke(self, call: Mapping[str, Any]) -> ActionOutcome:
        try:
            answer = self.client.invoke(FunctionName=self.function, Payload=json.dumps(call).encode())
            result = json.loads(answer["Payload"].read())
        except (ClientError, ConnectTimeoutError, EndpointConnectionError):
            return ActionOutcome(LedgerState.RETRY, reason="function_unavailable")
        except (BotoCoreError, ValueError):
            return ActionOutcome(LedgerState.RETRY, reason="answer_lost", exhausted=LedgerState.UNKNOWN)
        if answer.get("FunctionError") or not isinstance(result, dict) or result.get("outcome") not in STATES:
            return ActionOutcome(LedgerState.RETRY, reason="function_failed", exhausted=LedgerState.UNKNOWN)
        return ActionOutcome(
            STATES[result["outcome"]],
            code=result.get("status"),
            reason=str(result.get("reason", "")),
            exhausted=LedgerState.UNKNOWN
            if result["outcome"] == call_webhook.WebhookOutcome.UNKNOWN
            else LedgerState.REJECTED,
        )


def payload(message: ActionMessage, crm_tags: Mapping[str, str]) -> str:
    """The body: what happened to whom, and the data that the rule's author chose. Names as in Standard Webhooks.

    Where the data has a ``tag`` that the receiver calls otherwise (``crm_tags``), its own name stands in ``crm_tag``.
    """
    values = message.action.body.get("data") or {}
    theirs = crm_tags.get(str(values.get("tag", "")))
    return json.dumps(
        {
            "type": "rule.matched",
            "timestamp": format_time(message.event_time),
            "data": {
                "brand": message.brand,
                "account": message.account,
                "identity": message.subject,
                "person": message.person,
                "event": message.event_id,
                "rule": message.action.rule,
                "rule_version": message.action.version,
                **({"values": values} if values else {}),
                **({"crm_tag": theirs} if theirs else {}),
            },
        }
    )
