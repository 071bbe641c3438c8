"""``Quotas``: how many calls of each interface each account used today."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.domain.campaign.quota import QuotaUse, allowance, next_midnight, quota_day, take
from yuchi.services.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES: Final = 10
KEPT: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class DynamoDBQuotas:
    """:class:`yuchi.services.ports_campaigns.Quotas` on DynamoDB: an item for each interface and day.

    ``granted``: account -> path -> calls a day, where an account's own numbers are known.
    """

    client: "DynamoDBClient"
    quotas_table: str
    granted: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def take(self, account: str, api: str, calls: int, *, now: datetime) -> bool:
        """Read, decide, write if nobody took in between."""
        for _ in range(TRIES):
            use = self._use(account, api, now)
            following = take(use, allowance(api, self.granted.get(account, {})), calls, now)
            if following is None:
                return False
            if self._write(account, api, now, use, following):
                return True
        raise UnavailableError("quota overtaken")

    def close(self, account: str, api: str, *, until: datetime) -> None:
        """On the item of the day before ``until``, which is the day that is used up."""
        day = until - timedelta(seconds=1)
        with unavailable():
            self.client.update_item(
                TableName=self.quotas_table,
                Key=_key(account, api, day),
                UpdateExpression="SET closed_until = :until, expires_at = :expires",
                ExpressionAttributeValues=to_item(
                    {":until": int(until.timestamp()), ":expires": int((until + KEPT).timestamp())}
                ),
            )

    def left(self, account: str, api: str, *, now: datetime) -> int:
        """None once WeChat closed it."""
        use = self._use(account, api, now)
        if use.closed_until > now.timestamp():
            return 0
        return max(0, allowance(api, self.granted.get(account, {})).day - use.used)

    def _use(self, account: str, api: str, now: datetime) -> QuotaUse:
        with unavailable():
            item = self.client.get_item(
                TableName=self.quotas_table, Key=_key(account, api, now), ConsistentRead=True
            ).get("Item")
        return QuotaUse.model_validate(from_item(item)) if item else QuotaUse()

    def _write(self, account: str, api: str, now: datetime, before: QuotaUse, after: QuotaUse) -> bool:
        expires = int((next_midnight(now) + KEPT).timestamp())
        values = {":used": after.used, ":minute": after.minute, ":taken": after.minute_used, ":expires": expires}
        condition = "attribute_not_exists(used)"
        if before.used:
            condition, values[":before"] = "used = :before", before.used
        request: dict[str, Any] = {
            "TableName": self.quotas_table,
            "Key": _key(account, api, now),
            "UpdateExpression": "SET used = :used, #minute = :minute, minute_used = :taken, expires_at = :expires",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#minute": "minute"},
            "ExpressionAttributeValues": to_item(values),
        }
        try:
            with unavailable(CONDITION_FAILED):
                self.client.update_item(**request)
        except ClientError:
            return False
        return True


def _key(account: str, api: str, day: datetime) -> Item:
    return {"quota": {"S": f"{account}#{api}"}, "day": {"S": quota_day(day)}}
