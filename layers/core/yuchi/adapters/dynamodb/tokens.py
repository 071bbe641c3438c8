"""``Tokens``: one access token for each account, fetched by one flight at a time."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, unavailable
from yuchi.adapters.dynamodb.items import from_item, to_wire
from yuchi.adapters.wechat.tokens import AccessToken, TokenProblem, TokenState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDBTokenStore:
    """:class:`yuchi.adapters.wechat.tokens.TokenStore` on DynamoDB. Times are epoch seconds with milliseconds."""

    client: "DynamoDBClient"
    tokens_table: str

    def read(self, account: str) -> TokenState:
        """What is stored now."""
        with unavailable():
            item = self.client.get_item(
                TableName=self.tokens_table, Key={"account": {"S": account}}, ConsistentRead=True
            ).get("Item", {})
        values = from_item(item)
        token = problem = None
        if "token" in values:
            token = AccessToken(
                value=values["token"],
                obtained_at=_moment(values["obtained_at"]),
                expires_at=_moment(values["token_expires_at"]),
            )
        if "hold_until" in values:
            problem = TokenProblem(
                code=values.get("problem_code"),
                hold_until=_moment(values["hold_until"]),
                address=values.get("problem_address", ""),
            )
        return TokenState(token=token, problem=problem)

    def lease(self, account: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Reserve the next fetch."""
        return self._update(
            account,
            "SET lease_owner = :owner, lease_until = :until",
            condition="attribute_not_exists(lease_until) OR lease_until <= :now",
            owner=owner,
            until=until.timestamp(),
            now=now.timestamp(),
        )

    def put(self, account: str, owner: str, token: AccessToken) -> bool:
        """Store a token that lasts longer than the stored one, if the lease is still ours."""
        return self._update(
            account,
            "SET #token = :token, obtained_at = :obtained_at, token_expires_at = :expires_at"
            " REMOVE lease_owner, lease_until, hold_until, problem_code, problem_address",
            condition="lease_owner = :owner AND (attribute_not_exists(token_expires_at) OR token_expires_at <= :expires_at)",
            names={"#token": "token"},
            owner=owner,
            token=token.value,
            obtained_at=token.obtained_at.timestamp(),
            expires_at=token.expires_at.timestamp(),
        )

    def report(self, account: str, owner: str, problem: TokenProblem | None) -> None:
        """End our lease and keep what went wrong."""
        if problem is None:
            self._update(account, "REMOVE lease_owner, lease_until", condition="lease_owner = :owner", owner=owner)
            return
        self._update(
            account,
            "SET hold_until = :hold_until, problem_code = :code, problem_address = :address"
            " REMOVE lease_owner, lease_until",
            condition="lease_owner = :owner",
            owner=owner,
            hold_until=problem.hold_until.timestamp(),
            code=problem.code,
            address=problem.address,
        )

    def invalidate(self, account: str, value: str) -> bool:
        """Forget the token if it still is ``value``."""
        return self._update(
            account,
            "REMOVE #token, obtained_at, token_expires_at",
            condition="#token = :token",
            names={"#token": "token"},
            token=value,
        )

    def _update(
        self, account: str, expression: str, *, condition: str, names: dict[str, str] | None = None, **values: Any
    ) -> bool:
        more: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        try:
            with unavailable(CONDITION_FAILED):
                self.client.update_item(
                    TableName=self.tokens_table,
                    Key={"account": {"S": account}},
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeValues={f":{name}": to_wire(value) for name, value in values.items()},
                    **more,
                )
        except ClientError:
            return False
        return True


def _moment(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
