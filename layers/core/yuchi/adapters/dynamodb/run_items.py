"""How the parts of a campaign's run are stored in ``Runs``, and read back. Lists of persons are packed."""

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.domain.campaign.run import RUN_DAYS, Batch, Group, Page, Plan, Recipient, RunKey, Span, Tally
from yuchi.domain.ledger import LedgerState
from yuchi.services.ports_campaigns import ShardProgress, StoredBatch

ENDING: Final = "ended#"
"""How the names of those attributes of the progress begin that count endings."""


def part_key(run: RunKey, part: str) -> Item:
    """The key of one part of a run."""
    return {"run": {"S": str(run)}, "part": {"S": part}}


def short_key(short: str) -> dict[str, str]:
    """Where the name of a run lies of which ``RunKey.short`` is known."""
    return {"run": f"short#{short}", "part": "name"}


def list_key(brand: str, campaign_id: str) -> str:
    """The partition of the list of a campaign's runs."""
    return f"runs#{brand}#{campaign_id}"


def page_part(shard: int, number: int) -> str:
    """Where a page lies."""
    return f"page#{shard:02d}#{number:05d}"


def batch_part(number: int) -> str:
    """Where a batch lies."""
    return f"batch#{number:06d}"


def lasting(at: int, days: int) -> dict[str, int]:
    """When something that was written at ``at`` (epoch seconds) may go."""
    return {"expires_at": int((datetime.fromtimestamp(at, UTC) + timedelta(days=days)).timestamp())}


def plan_item(plan: Plan) -> Item:
    """A plan as it is stored."""
    values = {"phase": plan.phase.value, "version": plan.version, "plan": plan.model_dump_json()}
    return {**part_key(plan.key, "plan"), **to_item({**values, **lasting(plan.at, RUN_DAYS)})}


def read_plan(item: Item) -> Plan:
    """The stored plan."""
    return Plan.model_validate_json(item["plan"]["S"])


def shard_item(run: RunKey, progress: ShardProgress) -> Item:
    """A shard's progress as it is stored."""
    values = {
        "shard": progress.shard,
        "cursor": progress.cursor,
        "pages": progress.pages,
        "read": progress.read,
        "done": progress.done,
    }
    return {**part_key(run, f"shard#{progress.shard:02d}"), **to_item(values)}


def read_shard(values: Mapping[str, Any]) -> ShardProgress:
    """The stored progress, from plain values."""
    return ShardProgress(values["shard"], values["cursor"], values["pages"], values["read"], values["done"])


def page_item(run: RunKey, page: Page) -> Item:
    """A page as it is stored: the heads to be read alone, the lists packed."""
    values = {
        "counts": json.dumps([[*group, len(them)] for group, them in page.chosen.items()], ensure_ascii=False),
        "skips": json.dumps({reason: len(them) for reason, them in page.skipped.items()}),
        "chosen": pack([[group, them] for group, them in page.chosen.items()]),
        "skipped": pack(page.skipped),
    }
    return {**part_key(run, page_part(page.shard, page.number)), **to_item(values)}


def read_chosen(item: Item) -> dict[Group, tuple[Recipient, ...]]:
    """Who was chosen on a stored page."""
    return {Group(*group): tuple(Recipient(*each) for each in them) for group, them in unpack(item["chosen"])}


def batch_item(run: RunKey, batch: Batch) -> Item:
    """A batch as it is stored before it is settled."""
    values = {
        "group": list(batch.group),
        "spans": json.dumps([list(span) for span in batch.spans]),
        "size": batch.size,
        "canary": batch.canary,
        "skip": batch.skip,
    }
    return {**part_key(run, batch_part(batch.number)), **to_item(values)}


def read_batch(item: Item) -> StoredBatch:
    """The stored batch."""
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
        left_out=unpack(item["left_out"]) if "left_out" in item else None,
        unknown=tuple(values.get("lost", ())),
        message_id=values.get("message_id", ""),
    )


def _tally(variant: str, channel: str, account: str, state: str, reason: str) -> Tally:
    return Tally(variant, channel, account, LedgerState(state), reason)


def tallies_text(tallies: Mapping[Tally, int]) -> str:
    """How persons of a batch ended, as it is stored."""
    return json.dumps([[*tally, count] for tally, count in tallies.items()], ensure_ascii=False)


def ending_name(tally: Tally) -> str:
    """The attribute of the progress that counts one ending."""
    return ENDING + json.dumps(list(tally), ensure_ascii=False)


def read_ending(name: str) -> Tally:
    """The inverse of :func:`ending_name`."""
    return _tally(*json.loads(name.removeprefix(ENDING)))


def pack(value: Any) -> bytes:
    """JSON, compressed."""
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def unpack(wire: Mapping[str, Any]) -> Any:
    """The inverse of :func:`pack`, from the wire."""
    return json.loads(zlib.decompress(wire["B"]))
