"""The token broker behind its port, and how senders ask for it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from yuchi.adapters.wechat.tokens import TokenBroker, TokenUnavailableError
from yuchi.domain.account import Account, AccountSecrets
from yuchi.services.ports import Clock
from yuchi.services.refresh_tokens import TokenRefusedError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class WeChatBroker:
    """:class:`yuchi.services.refresh_tokens.Broker` on WeChat's ``stable_token``."""

    broker: TokenBroker
    clock: Clock

    def refresh(self, account: Account, secrets: AccountSecrets) -> bool:
        """Fetch where needed; whether this call did."""
        started = self.clock()
        try:
            token = self.broker.refresh(account.id, appid=account.appid, secret=secrets.app_secret.get_secret_value())
        except TokenUnavailableError as error:
            raise TokenRefusedError(error.code) from None
        return token.obtained_at >= started


def ask_broker(client: "LambdaClient", function: str, account: str) -> Callable[[], None]:
    """Have the broker's function refresh ``account``, and wait for it.

    What goes wrong shows in the store, which the caller reads next.
    """

    def ask() -> None:
        try:
            client.invoke(FunctionName=function, Payload=json.dumps({"account": account}).encode())
        except (ClientError, BotoCoreError):
            return

    return ask
