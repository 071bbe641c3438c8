"""``Runs``: plans of campaigns' runs, what was decided about each page of persons, batches and progress; and the agenda."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, TRANSACTION_CANCELLED, unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item, to_wire
from yuchi.domain.campaign.model import HOLDOUT
from yuchi.domain.campaign.run import PAGE_DAYS, RUN_DAYS, Batch, Group, Page, Plan, Recipient, RunKey, Span, Tally
from yuchi.domain.event import format_time, parse_time
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import shard_of
from yuchi.services.ports import Clock, UnavailableError
from yuchi.services.ports_campaigns import AgendaEntry, PageHead, Progress, ShardProgress, StoredBatch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AGENDA: Final = "agenda"
CONFLICTS: Final = 8
"""How often a transaction is tried that meets another one on the same progress."""
WRITERS: Final = 16
LISTED: Final = 50
BATCH_GET: Final = 50
"""How many pages are asked for at once: each has some tens of kilobytes, an answer at most 16 MB."""

_ENDING: Final = "ended#"


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
        line = {"run": _list_key(plan.key.brand, plan.key.campaign_id), "part": f"{plan.at:012d}#{plan.run}"}
        name = {**short_key(plan.key.short), "name": plan.run}
        listed: Any = [
            {"Put": {"TableName": self.runs_table, "Item": to_item({**each, **_expires(plan.at, RUN_DAYS)})}}
            for each in (line, name)
        ]
        try:
            with unavailable(TRANSACTION_CANCELLED):
                self.client.transact_write_items(
                    TransactItems=[
                        {
                            "Put": {
                                "TableName": self.runs_table,
                                "Item": _plan_item(plan),
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
        return _read_plan(item) if item else None

    def move(self, plan: Plan, **changes: Any) -> Plan | None:
        """One write on the condition of the version."""
        moved = plan.model_copy(update={**changes, "version": plan.version + 1})
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(
                    TableName=self.runs_table,
                    Item=_plan_item(moved),
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
                ExpressionAttributeValues={":run": {"S": _list_key(brand, campaign_id)}},
                ScanIndexForward=False,
                Limit=LISTED,
            )["Items"]
        plans = [self.plan(RunKey.read(line["part"]["S"].split("#", 1)[1])) for line in lines]
        return [plan for plan in plans if plan is not None]

    def shards(self, run: RunKey) -> dict[int, ShardProgress]:
        """All that were begun."""
        found = [from_item(item) for item in self._query(run, "shard#")]
        return {each["shard"]: _read_shard(each) for each in found}

    def save_page(self, run: RunKey, page: Page, before: ShardProgress, after: ShardProgress) -> bool:
        """The page and the shard's progress in one transaction; who comes second finds the progress moved."""
        begun = before.pages > 0
        condition = "pages = :pages" if begun else "attribute_not_exists(part)"
        values = {":pages": {"N": str(before.pages)}} if begun else None
        put: Any = {
            "TableName": self.runs_table,
            "Item": {**_shard_item(run, after), **self._lasting(RUN_DAYS)},
            "ConditionExpression": condition,
            **({"ExpressionAttributeValues": values} if values else {}),
        }
        stored = {**_page_item(run, page), **self._lasting(PAGE_DAYS)}
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
                int(shard), int(number), _chosen(item), {k: tuple(v) for k, v in _unpack(item["skipped"]).items()}
            )

    def held_out(self, run: RunKey, person: str) -> bool:
        """By the pages of the person's shard, which are kept for thirty days."""
        shard = int(shard_of(run.brand, person)[-2:])
        pages = self._query(run, f"page#{shard:02d}#", "skipped")
        return any(person in _unpack(item["skipped"]).get(HOLDOUT, ()) for item in pages)

    def recipients(self, run: RunKey, group: Group, spans: Iterable[Span]) -> list[Recipient]:
        """The spans' pages are read once each."""
        wanted = tuple(spans)
        names = list(dict.fromkeys((span.shard, span.page) for span in wanted))
        found: dict[tuple[int, int], Sequence[Recipient]] = {}
        for start in range(0, len(names), BATCH_GET):
            keys = [_key(run, _page_part(*name)) for name in names[start : start + BATCH_GET]]
            for item in self._get_all(keys):
                _, shard, number = item["part"]["S"].split("#")
                found[int(shard), int(number)] = _chosen(item).get(group, ())
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
                    Item={**_batch_item(run, batch), **self._lasting(RUN_DAYS)},
                    ConditionExpression="attribute_not_exists(part)",
                )
        except ClientError:
            return

    def batch(self, run: RunKey, number: int) -> StoredBatch | None:
        """As it is now."""
        item = self._get(run, _batch_part(number))
        return _read_batch(item) if item else None

    def batches(self, run: RunKey) -> Iterator[StoredBatch]:
        """By number."""
        yield from map(_read_batch, self._query(run, "batch#"))

    def fix_left_out(self, run: RunKey, number: int, left_out: Mapping[str, str]) -> Mapping[str, str]:
        """The first writer's word counts."""
        try:
            with unavailable(CONDITION_FAILED):
                self.client.update_item(
                    TableName=self.runs_table,
                    Key=_key(run, _batch_part(number)),
                    UpdateExpression="SET left_out = :left_out",
                    ConditionExpression="attribute_exists(part) AND attribute_not_exists(left_out)",
                    ExpressionAttributeValues={":left_out": to_wire(_pack(left_out))},
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
        sets = {"tallies": _tallies(tallies)}
        if message_id:
            sets["message_id"] = message_id
        values = {f":{name}": to_wire(value) for name, value in sets.items()}
        expression = "SET " + ", ".join(f"{name} = :{name}" for name in sets)
        if unknown:
            expression, values[":lost"] = f"{expression}, lost = :lost", to_wire(list(unknown))
        names = {f"#n{index}": _ending(tally) for index, tally in enumerate(tallies)}
        adds = ", ".join([f"#n{index} :n{index}" for index in range(len(tallies))] + ["settled :one"])
        counts = {f":n{index}": {"N": str(count)} for index, count in enumerate(tallies.values())}
        return self._transact(
            [
                {
                    "Update": {
                        "TableName": self.runs_table,
                        "Key": _key(run, _batch_part(number)),
                        "UpdateExpression": expression,
                        "ConditionExpression": "attribute_exists(part) AND attribute_not_exists(tallies)",
                        "ExpressionAttributeValues": values,
                    }
                },
                {
                    "Update": {
                        "TableName": self.runs_table,
                        "Key": _key(run, "progress"),
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
        stored = self._get(run, _batch_part(number))
        counted = _read_batch(stored).tallies if stored else None
        if stored is None or counted is None or dict(counted) != dict(before):
            return False
        sets = {"tallies": _tallies(after), **({"message_id": message_id} if message_id else {})}
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
                        "Key": _key(run, _batch_part(number)),
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
                        "Key": _key(run, "progress"),
                        "UpdateExpression": "ADD " + ", ".join(f"#n{index} :n{index}" for index in range(len(moved))),
                        "ExpressionAttributeNames": {
                            f"#n{index}": _ending(tally) for index, (tally, _) in enumerate(moved)
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
        tallies = {_read_ending(name): int(value["N"]) for name, value in item.items() if name.startswith(_ENDING)}
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
        return to_item(_expires(int(self.clock().timestamp()), days))

    def _get(self, run: RunKey, part: str) -> Item | None:
        with unavailable():
            answer = self.client.get_item(TableName=self.runs_table, Key=_key(run, part), ConsistentRead=True)
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


@dataclass(frozen=True, slots=True)
class DynamoDBAgenda:
    """:class:`yuchi.services.ports_campaigns.Agenda`: a row for each campaign that needs looking at, in one partition."""

    client: "DynamoDBClient"
    runs_table: str

    def put(self, entry: AgendaEntry) -> None:
        """In place of the one before."""
        key = _agenda_key(entry.brand, entry.campaign_id)
        item = {**key, **to_item({"due": format_time(entry.due), "active": entry.run})}
        with unavailable():
            self.client.put_item(TableName=self.runs_table, Item=item)

    def remove(self, brand: str, campaign_id: str) -> None:
        """Nothing where there is none."""
        with unavailable():
            self.client.delete_item(TableName=self.runs_table, Key=_agenda_key(brand, campaign_id))

    def due(self, now: datetime) -> Iterator[AgendaEntry]:
        """Few: only campaigns that are ready, approved or running have a row."""
        with unavailable():
            pages = self.client.get_paginator("query").paginate(
                TableName=self.runs_table,
                KeyConditionExpression="#run = :agenda",
                FilterExpression="due <= :now",
                ExpressionAttributeNames={"#run": "run"},
                ExpressionAttributeValues={":agenda": {"S": AGENDA}, ":now": {"S": format_time(now)}},
            )
            items = [item for page in pages for item in page["Items"]]
        for item in items:
            brand, campaign_id = item["part"]["S"].split("#")
            yield AgendaEntry(brand, campaign_id, parse_time(item["due"]["S"]), item["active"]["S"])


def _key(run: RunKey, part: str) -> Item:
    return {"run": {"S": str(run)}, "part": {"S": part}}


def _agenda_key(brand: str, campaign_id: str) -> Item:
    return {"run": {"S": AGENDA}, "part": {"S": f"{brand}#{campaign_id}"}}


def short_key(short: str) -> dict[str, str]:
    """Where the name of a run lies of which ``RunKey.short`` is known."""
    return {"run": f"short#{short}", "part": "name"}


def _list_key(brand: str, campaign_id: str) -> str:
    return f"runs#{brand}#{campaign_id}"


def _page_part(shard: int, number: int) -> str:
    return f"page#{shard:02d}#{number:05d}"


def _batch_part(number: int) -> str:
    return f"batch#{number:06d}"


def _expires(at: int, days: int) -> dict[str, int]:
    return {"expires_at": int((datetime.fromtimestamp(at, UTC) + timedelta(days=days)).timestamp())}


def _plan_item(plan: Plan) -> Item:
    values = {"phase": plan.phase.value, "version": plan.version, "plan": plan.model_dump_json()}
    return {**_key(plan.key, "plan"), **to_item({**values, **_expires(plan.at, RUN_DAYS)})}


def _read_plan(item: Item) -> Plan:
    return Plan.model_validate_json(item["plan"]["S"])


def _shard_item(run: RunKey, progress: ShardProgress) -> Item:
    values = {
        "shard": progress.shard,
        "cursor": progress.cursor,
        "pages": progress.pages,
        "read": progress.read,
        "done": progress.done,
    }
    return {**_key(run, f"shard#{progress.shard:02d}"), **to_item(values)}


def _read_shard(values: Mapping[str, Any]) -> ShardProgress:
    return ShardProgress(values["shard"], values["cursor"], values["pages"], values["read"], values["done"])


def _page_item(run: RunKey, page: Page) -> Item:
    values = {
        "counts": json.dumps([[*group, len(them)] for group, them in page.chosen.items()], ensure_ascii=False),
        "skips": json.dumps({reason: len(them) for reason, them in page.skipped.items()}),
        "chosen": _pack([[group, them] for group, them in page.chosen.items()]),
        "skipped": _pack(page.skipped),
    }
    return {**_key(run, _page_part(page.shard, page.number)), **to_item(values)}


def _chosen(item: Item) -> dict[Group, tuple[Recipient, ...]]:
    return {Group(*group): tuple(Recipient(*each) for each in them) for group, them in _unpack(item["chosen"])}


def _batch_item(run: RunKey, batch: Batch) -> Item:
    values = {
        "group": list(batch.group),
        "spans": json.dumps([list(span) for span in batch.spans]),
        "size": batch.size,
        "canary": batch.canary,
        "skip": batch.skip,
    }
    return {**_key(run, _batch_part(batch.number)), **to_item(values)}


def _read_batch(item: Item) -> StoredBatch:
    values = from_item(item)
    batch = Batch(
        number=int(values["part"].split("#")[1]),
        group=Group(*values["group"]),
        spans=tuple(Span(*span) for span in json.loads(values["spans"])),
        size=values["size"],
        canary=values["canary"],
        skip=values["skip"],
    )
    tallies = json.loads(values["tallies"]) if "tallies" in values else None
    return StoredBatch(
        batch=batch,
        tallies=None if tallies is None else {_tally(*each): count for *each, count in tallies},
        left_out=_unpack(item["left_out"]) if "left_out" in item else None,
        unknown=tuple(values.get("lost", ())),
        message_id=values.get("message_id", ""),
    )


def _tally(variant: str, channel: str, account: str, state: str, reason: str) -> Tally:
    return Tally(variant, channel, account, LedgerState(state), reason)


def _tallies(tallies: Mapping[Tally, int]) -> str:
    return json.dumps([[*tally, count] for tally, count in tallies.items()], ensure_ascii=False)


def _ending(tally: Tally) -> str:
    return _ENDING + json.dumps(list(tally), ensure_ascii=False)


def _read_ending(name: str) -> Tally:
    return _tally(*json.loads(name.removeprefix(_ENDING)))


def _pack(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _unpack(wire: Mapping[str, Any]) -> Any:
    return json.loads(zlib.decompress(wire["B"]))


def _refused(error: ClientError) -> bool:
    """A condition did not hold, which trying again does not change."""
    reasons = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons)
