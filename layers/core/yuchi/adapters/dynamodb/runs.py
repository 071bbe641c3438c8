"""``Runs``: plans of campaigns' runs, what was decided about each page of persons, batches and progress."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, TRANSACTION_CANCELLED, unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item, to_wire
from yuchi.adapters.dynamodb.run_items import (
    ENDING,
    batch_item,
    batch_part,
    ending_name,
    lasting,
    list_key,
    pack,
    page_item,
    page_part,
    part_key,
    plan_item,
    read_batch,
    read_chosen,
    read_ending,
    read_plan,
    read_shard,
    shard_item,
    short_key,
    tallies_text,
    unpack,
)
from yuchi.domain.campaign.model import HOLDOUT
from yuchi.domain.campaign.run import PAGE_DAYS, RUN_DAYS, Batch, Group, Page, Plan, Recipient, RunKey, Span, Tally
from yuchi.domain.profile import shard_of
from yuchi.services.ports import Clock, UnavailableError
from yuchi.services.ports_campaigns import PageHead, Progress, ShardProgress, StoredBatch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONFLICTS: Final = 8
"""How often a transaction is tried that meets another one on the same progress."""
WRITERS: Final = 16
LISTED: Final = 50
BATCH_GET: Final = 50
"""How many pages are asked for at once: each has some tens of kilobytes, an answer at most 16 MB."""


@dataclass(frozen=True, slots=True)
class DynamoDBRuns:
    """:class:`yuchi.services.ports_campaigns.Runs` on DynamoDB: all of one run in one partition, by kind of part."""

    client: "DynamoDBClient"
    runs_table: str
    clock: Clock

    def start(self, plan: Plan) -> bool:
        """The plan, its line in the list of the campaign's runs, and its name by ``RunKey.short``, all or none; a dry one
        is not listed.
        """
        line = {"run": list_key(plan.key.brand, plan.key.campaign_id), "part": f"{plan.at:012d}#{plan.run}"}
        name = {**short_key(plan.key.short), "name": plan.run}
        listed: Any = [
            {"Put": {"TableName": self.runs_table, "Item": to_item({**each, **lasting(plan.at, RUN_DAYS)})}}
            for each in (line, name)
        ]
        try:
            with unavailable(TRANSACTION_CANCELLED):
                self.client.transact_write_items(
                    TransactItems=[
                        {
                            "Put": {
                                "TableName": self.runs_table,
                                "Item": plan_item(plan),
                                "ConditionExpression": "attribute_not_exists(part)",
                            }
                        },
                        *([] if plan.dry else listed),
                    ]
                )
        except ClientError as error:
            if not _refused(error):
                raise UnavailableError(TRANSACTION_CANCELLED) from error
            return False
        return True

    def plan(self, run: RunKey) -> Plan | None:
        """The plan as it is now."""
        item = self._get(run, "plan")
        return read_plan(item) if item else None

    def move(self, plan: Plan, **changes: Any) -> Plan | None:
        """One write on the condition of the version."""
        moved = plan.model_copy(update={**changes, "version": plan.version + 1})
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(
                    TableName=self.runs_table,
                    Item=plan_item(moved),
                    ConditionExpression="version = :version",
                    ExpressionAttributeValues={":version": {"N": str(plan.version)}},
                )
        except ClientError:
            return None
        return moved

    def runs_of(self, brand: str, campaign_id: str) -> list[Plan]:
        """The newest first."""
        with unavailable():
            lines = self.client.query(
                TableName=self.runs_table,
                KeyConditionExpression="#run = :run",
                ExpressionAttributeNames={"#run": "run"},
                ExpressionAttributeValues={":run": {"S": list_key(brand, campaign_id)}},
                ScanIndexForward=False,
                Limit=LISTED,
            )["Items"]
        plans = [self.plan(RunKey.read(line["part"]["S"].split("#", 1)[1])) for line in lines]
        return [plan for plan in plans if plan is not None]

    def shards(self, run: RunKey) -> dict[int, ShardProgress]:
        """All that were begun."""
        found = [from_item(item) for item in self._query(run, "shard#")]
        return {each["shard"]: read_shard(each) for each in found}

    def save_page(self, run: RunKey, page: Page, before: ShardProgress, after: ShardProgress) -> bool:
        """The page and the shard's progress in one transaction; who comes second finds the progress moved."""
        begun = before.pages > 0
        condition = "pages = :pages" if begun else "attribute_not_exists(part)"
        values = {":pages": {"N": str(before.pages)}} if begun else None
        put: Any = {
            "TableName": self.runs_table,
            "Item": {**shard_item(run, after), **self._lasting(RUN_DAYS)},
            "ConditionExpression": condition,
            **({"ExpressionAttributeValues": values} if values else {}),
        }
        stored = {**page_item(run, page), **self._lasting(PAGE_DAYS)}
        return self._transact([{"Put": {"TableName": self.runs_table, "Item": stored}}, {"Put": put}])

    def page_heads(self, run: RunKey) -> Iterator[PageHead]:
        """Without the lists of persons, which would be read for nothing."""
        for item in self._query(run, "page#", "part, counts, skips"):
            _, shard, number = item["part"]["S"].split("#")
            chosen = {Group(*group): count for *group, count in json.loads(item["counts"]["S"])}
            yield PageHead(int(shard), int(number), chosen, json.loads(item["skips"]["S"]))

    def pages(self, run: RunKey) -> Iterator[Page]:
        """Whole pages, with everybody who was decided about."""
        for item in self._query(run, "page#"):
            _, shard, number = item["part"]["S"].split("#")
            yield Page(
                int(shard), int(number), read_chosen(item), {k: tuple(v) for k, v in unpack(item["skipped"]).items()}
            )

    def held_out(self, run: RunKey, person: str) -> bool:
        """By the pages of the person's shard, which are kept for thirty days."""
        shard = int(shard_of(run.brand, person)[-2:])
        pages = self._query(run, f"page#{shard:02d}#", "skipped")
        return any(person in unpack(item["skipped"]).get(HOLDOUT, ()) for item in pages)

    def recipients(self, run: RunKey, group: Group, spans: Iterable[Span]) -> list[Recipient]:
        """The spans' pages are read once each."""
        wanted = tuple(spans)
        names = list(dict.fromkeys((span.shard, span.page) for span in wanted))
        found: dict[tuple[int, int], Sequence[Recipient]] = {}
        for start in range(0, len(names), BATCH_GET):
            keys = [part_key(run, page_part(*name)) for name in names[start : start + BATCH_GET]]
            for item in self._get_all(keys):
                _, shard, number = item["part"]["S"].split("#")
                found[int(shard), int(number)] = read_chosen(item).get(group, ())
        return [
            recipient
            for span in wanted
            for recipient in found[span.shard, span.page][span.start : span.start + span.length]
        ]

    def save_batches(self, run: RunKey, batches: Iterable[Batch]) -> None:
        """One conditional write each, many at once: a batch may be settled while a late packer writes it again."""
        with ThreadPoolExecutor(WRITERS) as pool:
            for _ in pool.map(lambda batch: self._save_batch(run, batch), batches):
                pass

    def _save_batch(self, run: RunKey, batch: Batch) -> None:
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(
                    TableName=self.runs_table,
                    Item={**batch_item(run, batch), **self._lasting(RUN_DAYS)},
                    ConditionExpression="attribute_not_exists(part)",
                )
        except ClientError:
            return

    def batch(self, run: RunKey, number: int) -> StoredBatch | None:
        """As it is now."""
        item = self._get(run, batch_part(number))
        return read_batch(item) if item else None

    def batches(self, run: RunKey) -> Iterator[StoredBatch]:
        """By number."""
        yield from map(read_batch, self._query(run, "batch#"))

    def fix_left_out(self, run: RunKey, number: int, left_out: Mapping[str, str]) -> Mapping[str, str]:
        """The first writer's word counts."""
        try:
            with unavailable(CONDITION_FAILED):
                self.client.update_item(
                    TableName=self.runs_table,
                    Key=part_key(run, batch_part(number)),
                    UpdateExpression="SET left_out = :left_out",
                    ConditionExpression="attribute_exists(part) AND attribute_not_exists(left_out)",
                    ExpressionAttributeValues={":left_out": to_wire(pack(left_out))},
                )
        except ClientError:
            stored = self.batch(run, number)
            return (stored.left_out if stored else None) or {}
        return left_out

    def settle_batch(
        self,
        run: RunKey,
        number: int,
        tallies: Mapping[Tally, int],
        *,
        unknown: Sequence[str] = (),
        message_id: str = "",
    ) -> bool:
        """Batch and progress together, so that each batch is added up once."""
        sets = {"tallies": tallies_text(tallies)}
        if message_id:
            sets["message_id"] = message_id
        values = {f":{name}": to_wire(value) for name, value in sets.items()}
        expression = "SET " + ", ".join(f"{name} = :{name}" for name in sets)
        if unknown:
            expression, values[":lost"] = f"{expression}, lost = :lost", to_wire(list(unknown))
        names = {f"#n{index}": ending_name(tally) for index, tally in enumerate(tallies)}
        adds = ", ".join([f"#n{index} :n{index}" for index in range(len(tallies))] + ["settled :one"])
        counts = {f":n{index}": {"N": str(count)} for index, count in enumerate(tallies.values())}
        return self._transact(
            [
                {
                    "Update": {
                        "TableName": self.runs_table,
                        "Key": part_key(run, batch_part(number)),
                        "UpdateExpression": expression,
                        "ConditionExpression": "attribute_exists(part) AND attribute_not_exists(tallies)",
                        "ExpressionAttributeValues": values,
                    }
                },
                {
                    "Update": {
                        "TableName": self.runs_table,
                        "Key": part_key(run, "progress"),
                        "UpdateExpression": f"ADD {adds}",
                        **({"ExpressionAttributeNames": names} if names else {}),
                        "ExpressionAttributeValues": {**counts, ":one": {"N": "1"}},
                    }
                },
            ]
        )

    def correct_batch(
        self,
        run: RunKey,
        number: int,
        before: Mapping[Tally, int],
        after: Mapping[Tally, int],
        *,
        message_id: str = "",
    ) -> bool:
        """On the condition that the counts are those that were read; the progress moves by the difference."""
        stored = self._get(run, batch_part(number))
        counted = read_batch(stored).tallies if stored else None
        if stored is None or counted is None or dict(counted) != dict(before):
            return False
        sets = {"tallies": tallies_text(after), **({"message_id": message_id} if message_id else {})}
        names = list(sets)
        differences = {tally: after.get(tally, 0) - before.get(tally, 0) for tally in dict.fromkeys([*before, *after])}
        moved = [(tally, change) for tally, change in differences.items() if change]
        if not moved:
            return False
        return self._transact(
            [
                {
                    "Update": {
                        "TableName": self.runs_table,
                        "Key": part_key(run, batch_part(number)),
                        "UpdateExpression": f"SET {', '.join(f'{name} = :{name}' for name in names)} REMOVE lost",
                        "ConditionExpression": "tallies = :before",
                        "ExpressionAttributeValues": {
                            **{f":{name}": to_wire(value) for name, value in sets.items()},
                            ":before": stored["tallies"],
                        },
                    }
                },
                {
                    "Update": {
                        "TableName": self.runs_table,
                        "Key": part_key(run, "progress"),
                        "UpdateExpression": "ADD " + ", ".join(f"#n{index} :n{index}" for index in range(len(moved))),
                        "ExpressionAttributeNames": {
                            f"#n{index}": ending_name(tally) for index, (tally, _) in enumerate(moved)
                        },
                        "ExpressionAttributeValues": {
                            f":n{index}": {"N": str(change)} for index, (_, change) in enumerate(moved)
                        },
                    }
                },
            ]
        )

    def progress(self, run: RunKey) -> Progress:
        """One small item."""
        item = self._get(run, "progress")
        if item is None:
            return Progress()
        tallies = {read_ending(name): int(value["N"]) for name, value in item.items() if name.startswith(ENDING)}
        # What was corrected away stands there with 0.
        counted = {tally: count for tally, count in tallies.items() if count}
        return Progress(settled=int(item["settled"]["N"]), tallies=counted)

    def _transact(self, writes: Sequence[Any]) -> bool:
        """All or nothing; False where a condition did not hold. Another transaction in the way is waited out."""
        for _ in range(CONFLICTS):
            try:
                with unavailable(TRANSACTION_CANCELLED):
                    self.client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if _refused(error):
                    return False
            else:
                return True
        raise UnavailableError(TRANSACTION_CANCELLED)

    def _lasting(self, days: int) -> Item:
        return to_item(lasting(int(self.clock().timestamp()), days))

    def _get(self, run: RunKey, part: str) -> Item | None:
        with unavailable():
            answer = self.client.get_item(TableName=self.runs_table, Key=part_key(run, part), ConsistentRead=True)
        found: Item | None = answer.get("Item")
        return found

    def _get_all(self, keys: list[Item]) -> Iterator[Item]:
        while keys:
            with unavailable():
                answer: Any = self.client.batch_get_item(
                    RequestItems={self.runs_table: {"Keys": keys, "ConsistentRead": True}}
                )
            yield from answer["Responses"].get(self.runs_table, [])
            keys = list(answer.get("UnprocessedKeys", {}).get(self.runs_table, {}).get("Keys", []))

    def _query(self, run: RunKey, prefix: str, projection: str = "") -> Iterator[Item]:
        more: dict[str, Any] = {"ProjectionExpression": projection} if projection else {}
        with unavailable():
            pages = self.client.get_paginator("query").paginate(
                TableName=self.runs_table,
                KeyConditionExpression="#run = :run AND begins_with(part, :prefix)",
                ExpressionAttributeNames={"#run": "run"},
                ExpressionAttributeValues={":run": {"S": str(run)}, ":prefix": {"S": prefix}},
                ConsistentRead=True,
                **more,
            )
            for page in pages:
                yield from page["Items"]


def _refused(error: ClientError) -> bool:
    """A condition did not hold, which trying again does not change."""
    reasons = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons)
