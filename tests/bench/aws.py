"""AWS as far as the functions need it, behind botocore's door: requests are built and signed, then answered from memory.

What is not counted in this way is the socket and TLS; what AWS takes is an assumption of the cost model.
"""

import json
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl
from zlib import crc32

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.bench.cost import Usage, size_of
from yuchi.adapters.dynamodb.counters import SHARDS

KEYS = {
    "Accounts": ("account",),
    "Sources": ("source",),
    "Identities": ("identity",),
    "Profiles": ("shard", "person"),
    "Timeline": ("subject", "moment"),
    "Live": ("brand", "item"),
    "Timers": ("shard", "due"),
    "Merges": ("survivor", "absorbed"),
    "Tokens": ("account",),
    "Ledger": ("owner", "entry"),
    "Receipts": ("receipt",),
    "Counters": ("brand", "counter"),
}
Item = dict[str, Any]
ATTACHED = "tests.bench.aws"


class _Raw(BytesIO):
    """The body of an answer, as urllib3 hands it out."""

    def stream(self, **_: object) -> Any:
        yield self.read()


@dataclass
class Memory:
    """Tables, parameters and queues in dicts. ``usage`` counts what they were used for; ``seconds`` is the CPU time
    that answering took, to be left out of what is measured. ``conflicts`` are not played: no condition ever fails.
    """

    tables: dict[str, dict[tuple[str, ...], Item]] = field(default_factory=lambda: {name: {} for name in KEYS})
    parameters: dict[str, str] = field(default_factory=dict)
    queues: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sizes: dict[str, list[int]] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    matched: Counter[str] = field(default_factory=Counter)
    earlier: int = 1
    counting: bool = False

    def attach(self, client: Any) -> None:
        """Answer all that ``client`` asks; whoever answered it before does no more."""
        client.meta.events.unregister("before-send", unique_id=ATTACHED)
        client.meta.events.register("before-send", self._answer, unique_id=ATTACHED)

    def put(self, table: str, item: Item) -> None:
        """Store an item as it is on the wire."""
        self.tables[table][tuple(_text(item[name]) for name in KEYS[table])] = item

    def _answer(self, request: Any, **_: object) -> AWSResponse:
        started = time.process_time()
        service, _, operation = request.headers.get("X-Amz-Target", b"").decode().partition(".")
        body = json.loads(request.body) if operation else dict(parse_qsl(request.body))
        answer = _ANSWERS[operation](self, body)
        if self.counting:
            self.usage.requests[f"{_SERVICES[service]}.{operation}"] += 1
        content = json.dumps(answer).encode()
        headers = {"x-amzn-requestid": "R" * 52, "content-type": "application/x-amz-json-1.0"}
        headers |= {"content-length": str(len(content)), "x-amz-crc32": str(crc32(content))}
        response = AWSResponse(request.url, 200, HTTPHeaders.from_dict(headers), _Raw(content))
        self.seconds += time.process_time() - started
        return response

    def read(self, table: str, key: Item, *, consistent: bool) -> Item | None:
        """One item, counted."""
        item = self.tables[table].get(tuple(_text(key[name]) for name in KEYS[table]))
        if self.counting:
            self.usage.read(table, size_of(item or {}), consistent=consistent)
        return item

    def write(self, table: str, item: Item, *, transactional: bool = False) -> None:
        """One item, counted and kept."""
        if self.counting:
            size = size_of(item)
            self.sizes.setdefault(table, []).append(size)
            self.usage.write(table, size, transactional=transactional)
        self.put(table, item)


def _text(value: dict[str, Any]) -> str:
    ((_, content),) = value.items()
    return str(content)


def _get_item(memory: Memory, body: dict[str, Any]) -> dict[str, Any]:
    item = memory.read(body["TableName"], body["Key"], consistent=body.get("ConsistentRead", False))
    return {} if item is None else {"Item": item}


def _query(memory: Memory, body: dict[str, Any]) -> dict[str, Any]:
    """What a partition holds, whatever the condition on the sort key; the only queries here are about whole people."""
    partition = _text(body["ExpressionAttributeValues"][":subject"])
    items = [item for key, item in memory.tables[body["TableName"]].items() if key[0] == partition]
    if memory.counting:
        size = sum(map(size_of, items))
        memory.usage.read(body["TableName"], size, consistent=body.get("ConsistentRead", False))
    return {"Items": items, "Count": len(items), "ScannedCount": len(items)}


def _batch_get_item(memory: Memory, body: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for table, asked in body["RequestItems"].items():
        consistent = asked.get("ConsistentRead", False)
        items = (memory.read(table, key, consistent=consistent) for key in asked["Keys"])
        found[table] = [item for item in items if item is not None]
    return {"Responses": found, "UnprocessedKeys": {}}


def _put_item(memory: Memory, body: dict[str, Any]) -> dict[str, Any]:
    memory.write(body["TableName"], body["Item"])
    return {}


def _update_item(memory: Memory, body: dict[str, Any]) -> dict[str, Any]:
    """Of what is added up here, only how often rules matched is kept; it was ``memory.earlier`` times as often before."""
    if memory.counting:
        memory.usage.write(body["TableName"], size_of(body["Key"]) + size_of(body["ExpressionAttributeValues"]))
    if body["TableName"] != "Counters":
        return {}
    rule = body["Key"]["counter"]["S"].rpartition("#")[0]
    memory.matched[rule] += int(body["ExpressionAttributeValues"].get(":matched", {"N": "0"})["N"])
    return {"Attributes": {"matched": {"N": str(memory.matched[rule] * memory.earlier // SHARDS)}}}


def _transact_write_items(memory: Memory, body: dict[str, Any]) -> dict[str, Any]:
    for write in body["TransactItems"]:
        memory.write(write["Put"]["TableName"], write["Put"]["Item"], transactional=True)
    return {}


def _get_parameter(memory: Memory, body: dict[str, Any]) -> dict[str, Any]:
    return {"Parameter": {"Name": body["Name"], "Type": "SecureString", "Value": memory.parameters[body["Name"]]}}


def _send_message_batch(memory: Memory, body: dict[str, Any]) -> dict[str, Any]:
    memory.queues.setdefault(body["QueueUrl"].rpartition("/")[2], []).extend(body["Entries"])
    taken = [
        {"Id": each["Id"], "MessageId": "m", "SequenceNumber": "1", "MD5OfMessageBody": ""} for each in body["Entries"]
    ]
    return {"Successful": taken, "Failed": []}


def _put_record_batch(memory: Memory, body: dict[str, Any]) -> dict[str, Any]:
    if memory.counting:
        memory.usage.archived += [len(b64decode(record["Data"])) for record in body["Records"]]
    return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "r" * 220} for _ in body["Records"]]}


_SERVICES = {
    "DynamoDB_20120810": "dynamodb",
    "AmazonSSM": "ssm",
    "AmazonSQS": "sqs",
    "AWSLambda": "lambda",
    "Firehose_20150804": "firehose",
}
_ANSWERS: dict[str, Callable[[Memory, dict[str, Any]], dict[str, Any]]] = {
    "GetItem": _get_item,
    "BatchGetItem": _batch_get_item,
    "PutItem": _put_item,
    "Query": _query,
    "UpdateItem": _update_item,
    "TransactWriteItems": _transact_write_items,
    "GetParameter": _get_parameter,
    "SendMessageBatch": _send_message_batch,
    "PutRecordBatch": _put_record_batch,
}
