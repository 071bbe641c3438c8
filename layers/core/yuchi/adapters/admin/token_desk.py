"""Access tokens, asked of the deployed function, so that WeChat sees the address that it will see."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.tokens import DynamoDBTokenStore
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_operators import TokenStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DeployedTokenDesk:
    """:class:`yuchi.services.ports_operators.TokenDesk`. ``functions`` is a Lambda client."""

    client: "DynamoDBClient"
    functions: Any
    tokens_table: str
    refresh_tokens_function: str

    def status(self, account: str) -> TokenStatus:
        """How it stands."""
        store = DynamoDBTokenStore(client=self.client, tokens_table=self.tokens_table)
        state = store.read(account)
        return TokenStatus(
            good_until=state.token.expires_at if state.token else None,
            held_until=state.problem.hold_until if state.problem else None,
            code=state.problem.code if state.problem else None,
            address=state.problem.address if state.problem else "",
        )

    def fetch(self, account: str, *, afresh: bool) -> TokenStatus:
        """Have the function fetch. ``afresh`` forgets the stored token, and the pause after a failure, first."""
        if afresh:
            with unavailable():
                self.client.delete_item(TableName=self.tokens_table, Key={"account": {"S": account}})
        with unavailable():
            answer = self.functions.invoke(
                FunctionName=self.refresh_tokens_function, Payload=json.dumps({"account": account}).encode()
            )
        if "FunctionError" in answer:
            raise UnavailableError("FunctionError")
        return self.status(account)
