"""A brand with one account, its rules, its fans and what they do: the work of the functions in the benchmarks."""

import base64
import json
import os
import time
from base64 import b64encode
from collections.abc import Sequence
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

from tests.bench.aws import Memory
from tests.unit.adapters.wechat.sealing import ACCOUNT, APPID, GH, KEY, TOKEN, aes, envelope, frame, pad, safe_query
from yuchi.adapters.dynamodb.items import to_item
from yuchi.adapters.dynamodb.rulesets import blob_key, manifest_item
from yuchi.bootstrap import make_catalogue
from yuchi.domain.catalogue import Catalogue
from yuchi.domain.draft import read_draft
from yuchi.domain.rule import Rule
from yuchi.domain.rule_check import check_draft
from yuchi.domain.ruleset import build

RULES: Final = 1_000
PREFIX: Final = "/yuchi/bench"
KEYWORDS: Final = ("优惠", "门店", "试用", "退货", "发票", "会员", "客服", "积分")
TYPES: Final = ("menu.clicked", "message.text", "qrcode.scanned", "fan.subscribed", "menu.viewed", "message.image")
MIX: Final = {"click": 45, "text": 30, "follow": 15, "view": 7, "unfollow": 3}
"""What a hundred pushes are."""
ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_SESSION_TOKEN": "t" * 400,
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "PARAMETER_PREFIX": PREFIX,
    "EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/events.fifo",
    "ACTIONS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/actions.fifo",
    "IMPORTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/imports.fifo",
    "IMPORTS_BUCKET": "imports",
    "ARCHIVE_STREAM": "archive",
    "REFRESH_TOKENS_FUNCTION": "refresh_tokens",
    "CALL_WEBHOOK_FUNCTION": "call_webhook",
    **{
        f"{name.upper()}_TABLE": name
        for name in (
            "Accounts",
            "Sources",
            "Identities",
            "Profiles",
            "Timeline",
            "Rules",
            "Live",
            "Timers",
            "Merges",
            "Tokens",
            "Ledger",
            "Receipts",
            "Counters",
            "Schema",
            "Imports",
        )
    },
}


def set_environment() -> None:
    """What Lambda would have set, for the functions that are imported next."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ.pop(name, None)
    os.environ.update(ENVIRONMENT)


def draft(number: int, brand: str = "demo") -> dict[str, Any]:
    """The item of a rule as a marketer writes it, over six types of events."""
    on = TYPES[number % len(TYPES)]
    field, word = ("content", f"词{number}号") if on == "message.text" else ("key", f"K{number}")
    if on in {"qrcode.scanned", "fan.subscribed"}:
        field = "scene"
    test = f'event.{field}.contains("{word}")' if field == "content" else f'event.{field} == "{word}"'
    when = f'{test} && !("已领{number % 50}" in profile.tags) && profile.score > 10'
    if on == "message.image":
        when = f'"名单{number}" in profile.tags && profile.score > 10'
    return {
        "brand": brand,
        "rule_id": f"rule-{number:05d}",
        "name": f"第 {number} 条",
        "on": on,
        "when": when,
        "then": [f"tag 来源{number % 200}", "score +5"],
        "limit": "once",
    }


def living_drafts() -> list[dict[str, Any]]:
    """The rules that the fans of :func:`pushes` meet: a greeting, a claim, keyword replies, a message."""
    claim = ["tag 领取试用装", "tag 试用中 for 30d", "score +10", "after 3d trial-day3", "reply 您好，试用装已登记。"]
    greeting = ["tag 新粉丝", "score +5", "after 3d welcome-day3", "reply 欢迎来到青山茶事"]
    rules = [
        ("greet", "fan.subscribed", "true", greeting),
        ("claim", "menu.clicked", 'event.key == "TRIAL" && !("领取试用装" in profile.tags)', claim),
        ("offers", "menu.clicked", 'event.key == "OFFERS"', ["tag 看过优惠", "send 白毫银针八折，报暗号“鱼池”。"]),
        ("stores", "menu.clicked", 'event.key == "STORES"', ["score +1"]),
    ]
    for place, word in enumerate(KEYWORDS):
        then = [f"tag 问过{word}", f"reply 关于{word}，请看菜单。"]
        rules.append((f"word-{place}", "message.text", f'event.content.contains("{word}")', then))
    return [
        {"brand": "demo", "rule_id": name, "name": name, "on": on, "when": when, "then": then}
        for name, on, when, then in rules
    ]


def rules_of(drafts: Sequence[dict[str, Any]], catalogue: Catalogue) -> list[Rule]:
    """Checked and numbered. Raises ValueError for a draft with problems, which would be a mistake in here."""
    rules = []
    for item in drafts:
        reading = read_draft(item)
        if reading.draft is None:
            raise ValueError([problem.en for problem in reading.problems])
        checked = check_draft(reading.draft, catalogue=catalogue, accounts=[ACCOUNT])
        if checked.problems:
            raise ValueError([problem.en for problem in checked.problems])
        rules.append(checked.rule(1))
    return rules


def make_memory(more: Sequence[dict[str, Any]] = ()) -> Memory:
    """AWS with the account, its secrets and :data:`RULES` rules, the drafts ``more`` among them."""
    memory = Memory()
    memory.put("Accounts", to_item(ACCOUNT.model_dump(mode="json", by_alias=True)))
    secrets = f'{{"app_secret": "{"s" * 32}", "token": "{TOKEN}", "encoding_aes_key": "{KEY}"}}'
    memory.parameters[f"{PREFIX}/accounts/{ACCOUNT.id}"] = secrets
    key = base64.b64encode(b"k" * 32).decode()
    memory.parameters[f"{PREFIX}/identity"] = json.dumps({"hash_key": key, "seal_key": key})
    living = [*living_drafts(), *more]
    drafts = living + [draft(number) for number in range(RULES - len(living))]
    publication = build("demo", rules_of(drafts, make_catalogue()))
    for name, blob in publication.blobs.items():
        memory.put("Live", _wire(blob_key("demo", name) | {"blob": {"B": blob}}))
    memory.put("Live", _wire(manifest_item(publication.manifest)))
    return memory


def _wire(item: dict[str, Any]) -> dict[str, Any]:
    """Binary as it travels: in base64."""
    return {name: {"B": b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()}


def pushes(count: int, *, fans: int, seed: int = 1, mix: dict[str, int] | None = None) -> list[dict[str, Any]]:
    """``count`` pushes as requests of the HTTP API, encrypted and signed; kinds by ``mix``. Who follows is new, all
    others are among the first ``fans``.
    """
    random = Random(seed)
    kinds = mix or MIX
    asked = []
    for place, kind in enumerate(random.choices(list(kinds), weights=list(kinds.values()), k=count)):
        number = seed * 10**7 + place
        fan = number if kind == "follow" else random.randrange(fans)
        asked.append(push(_content(random, kind), fan=fan, number=number))
    return asked


def first_pushes(fans: int) -> list[dict[str, Any]]:
    """Each of the first ``fans`` writes once, so that all are known."""
    random = Random(0)
    return [push(_content(random, "question"), fan=fan, number=fan) for fan in range(fans)]


def click(key: str) -> str:
    """What a push says of a tap on the menu."""
    return _event("CLICK", key)


def push(content: str, *, fan: int, number: int) -> dict[str, Any]:
    """One push as a request of the HTTP API, payload 2.0."""
    now, nonce = str(int(time.time())), f"{number:010d}"
    message = (
        f"<xml><ToUserName><![CDATA[{GH}]]></ToUserName><FromUserName><![CDATA[oBenchFan{fan:019d}]]></FromUserName>"
        f"<CreateTime>{now}</CreateTime>{content.format(number=10**16 + number)}</xml>"
    )
    encrypted = aes(pad(frame(message.encode(), appid=APPID)))
    query = safe_query(encrypted, timestamp=now, nonce=nonce)
    return {
        "version": "2.0",
        "routeKey": "POST /wechat/{account}",
        "rawPath": f"/wechat/{ACCOUNT.id}",
        "rawQueryString": urlencode({name: values[0] for name, values in query.items()}),
        "headers": {"content-type": "text/xml", "host": "example.execute-api.us-east-1.amazonaws.com"},
        "requestContext": {"http": {"method": "POST", "path": f"/wechat/{ACCOUNT.id}", "sourceIp": "192.0.2.1"}},
        "pathParameters": {"account": ACCOUNT.id},
        "body": envelope(encrypted).decode(),
        "isBase64Encoded": False,
    }


def message_of(entry: dict[str, Any]) -> dict[str, Any]:
    """A message as the queue was given it, as the record that Lambda gets."""
    return {
        "messageId": entry["MessageDeduplicationId"],
        "receiptHandle": "h" * 180,
        "body": entry["MessageBody"],
        "attributes": {"MessageGroupId": entry["MessageGroupId"], "ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:events.fifo",
        "awsRegion": "us-east-1",
    }


def _content(random: Random, kind: str) -> str:
    match kind:
        case "click":
            named = random.choices(["TRIAL", "OFFERS", "STORES", f"K{random.randrange(RULES)}"], weights=[3, 4, 4, 4])[
                0
            ]
            return _event("CLICK", named)
        case "text":
            question = f"请问{random.choice(KEYWORDS)}怎么弄？"
            return _text(random.choice(["你好", "在吗", question, "谢谢您，我明天过来看看"]))
        case "question":
            return _text(f"请问{random.choice(KEYWORDS)}怎么弄？")
        case "follow":
            return _event("subscribe", f"qrscene_K{random.randrange(RULES)}") + "<Ticket><![CDATA[t]]></Ticket>"
        case "view":
            return _event("VIEW", "https://shop.example.com/")
        case _:
            return _event("unsubscribe", "")


def _event(name: str, key: str) -> str:
    return (
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event><EventKey><![CDATA[{key}]]></EventKey>"
    )


def _text(content: str) -> str:
    return f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content><MsgId>{{number}}</MsgId>"
