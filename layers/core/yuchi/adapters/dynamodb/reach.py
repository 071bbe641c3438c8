"""``Reach``: what reached each person, one small item a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, item_in, unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.domain.campaign.model import Cap
from yuchi.domain.campaign.reach import KEPT_DAYS, Reach, Sent
from yuchi.services.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH_GET: Final = 100
TRIES: Final = 5
NOBODY: Final = Reach()


@dataclass(frozen=True, slots=True)
class DynamoDBReachBook:
    """:class:`yuchi.services.ports_campaigns.ReachBook` on DynamoDB: a claim is one write, on the condition of a version."""

    client: "DynamoDBClient"
    reach_table: str

    def read(self, brand: str, persons: Sequence[str]) -> dict[str, Reach]:
        """A hundred at a time."""
        found: dict[str, Reach] = {}
        for start in range(0, len(persons), BATCH_GET):
            keys: list[Any] = [_key(brand, person) for person in persons[start : start + BATCH_GET]]
            while keys:
                with unavailable():
                    answer: Any = self.client.batch_get_item(RequestItems={self.reach_table: {"Keys": keys}})
                for item in answer["Responses"].get(self.reach_table, []):
                    found[item["reach"]["S"].removeprefix(f"{brand}#")] = _read(item)
                keys = answer.get("UnprocessedKeys", {}).get(self.reach_table, {}).get("Keys", [])
        return found

    def claim(
        self,
        brand: str,
        person: str,
        run: str,
        sent: Sent,
        *,
        now: datetime,
        caps: Sequence[Cap],
        known: Reach | None = None,
    ) -> str | None:
        """Decide on what is known, write on its version; who was overtaken decides again on what is there."""
        for _ in range(TRIES):
            known = known or NOBODY
            refused = known.refusal(run, sent, now, caps)
            if refused is not None:
                return refused
            if run in known.sends:
                return None
            stored, known = self._write(brand, person, known.version, known.with_send(run, sent))
            if stored:
                return None
        raise UnavailableError("reach overtaken")

    def release(self, brand: str, person: str, run: str) -> None:
        """Nothing where it is not written down."""
        for _ in range(TRIES):
            known = self._get(brand, person)
            if run not in known.sends:
                return
            left = {name: sent for name, sent in known.sends.items() if name != run}
            stored, _known = self._write(brand, person, known.version, Reach(sends=left))
            if stored:
                return
        raise UnavailableError("reach overtaken")

    def _write(self, brand: str, person: str, version: int, reach: Reach) -> tuple[bool, Reach]:
        """Whether it was stored; else what is there instead."""
        last = max((sent.at for sent in reach.sends.values()), default=0)
        values = {
            "sends": {run: list(sent) for run, sent in reach.sends.items()},
            "version": version + 1,
            "expires_at": last + int(timedelta(days=KEPT_DAYS).total_seconds()),
        }
        condition: dict[str, Any] = {
            "ConditionExpression": "version = :version" if version else "attribute_not_exists(version)",
            **({"ExpressionAttributeValues": {":version": {"N": str(version)}}} if version else {}),
        }
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(
                    TableName=self.reach_table,
                    Item={**_key(brand, person), **to_item(values)},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **condition,
                )
        except ClientError as error:
            item = item_in(error.response)
            return False, _read(item) if item else NOBODY
        return True, reach

    def _get(self, brand: str, person: str) -> Reach:
        with unavailable():
            item = self.client.get_item(TableName=self.reach_table, Key=_key(brand, person), ConsistentRead=True).get(
                "Item"
            )
        return _read(item) if item else NOBODY


def _key(brand: str, person: str) -> Item:
    return {"reach": {"S": f"{brand}#{person}"}}


def _read(item: Item) -> Reach:
    values = from_item(item)
    return Reach({run: Sent(*sent) for run, sent in values["sends"].items()}, values["version"])
