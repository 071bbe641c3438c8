"""Audiences: profiles a second over DynamoDB's wire format, and what it takes to select a million."""

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import ceil
from random import Random
from typing import Any, Final, cast
from zlib import crc32

import boto3
from boto3.dynamodb.conditions import Key
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.bench import charts, cost
from tests.bench.aws import _Raw
from tests.bench.measure import compare
from tests.bench.results import Section, Target, table
from yuchi.adapters.dynamodb.audience import DynamoDBAudience, read_plainly
from yuchi.adapters.dynamodb.items import item_size
from yuchi.adapters.dynamodb.profiles import profile_item
from yuchi.domain.campaign.audience import AudienceTest
from yuchi.domain.language import parse_condition
from yuchi.domain.profile import Channel, Profile, Slice, Tag

NOW: Final = datetime(2026, 11, 23, tzinfo=UTC)
MOMENT: Final = int(NOW.timestamp())
MEGABYTE: Final = 1024 * 1024
MILLION: Final = 1_000_000
WORKERS: Final = 64
RATIO: Final = 10.0
MEMORY: Final = 1769
"""MB of select_audience: a whole processor."""
QUERY_MILLISECONDS: Final = 120
"""How long DynamoDB is assumed to take for a page of a megabyte."""
CONDITION: Final = '"标签7" in profile.tags && profile.score > 10 && profile.attributes["城市"] == "上海"'


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    items = [profile_item(person(number, Random(number))) for number in range(2_000)]
    size = sum(map(item_size, items)) / len(items)
    page = items[: int(MEGABYTE / size)]
    test = AudienceTest(parse_condition(CONDITION), "", NOW)
    wanted = {"shard", *(test.stored or ())}
    pages = {"whole": page, "projected": [{k: v for k, v in item.items() if k in wanted} for item in page]}
    found: dict[str, Mapping[str, float]] = {}
    for name, each in pages.items():
        step(f"{len(each):,} profiles, {name}")
        works = {"boto3": resource(each), "ours": adapter(each, test)}
        found[name] = compare(works, rounds=3 if quick else 9, clock=time.process_time)
    return _section(found, pages, size)


def person(number: int, random: Random) -> Profile:
    """A buyer who follows an account, with tags of eight kinds, attributes of a source, orders and a history."""
    fan = f"wechat:shop:o{number:027x}"
    return Profile(
        brand="tea",
        person=f"p{number:020x}",
        version=5,
        identities=(fan, f"member:m-{number}"),
        tags={
            f"标签{random.randrange(50)}": Tag(
                since=MOMENT - 10**6, last=MOMENT - 1_000, rule="welcome", version=3, event="abcdef12"
            )
            for _ in range(8)
        },
        attributes={"城市": random.choice(("上海", "杭州")), "称呼": "李女士"},
        slices={"member": {"城市": Slice(value="上海", at=MOMENT), "称呼": Slice(value="李女士", at=MOMENT)}},
        scores={"main": random.randrange(50)},
        channels={
            fan: Channel(
                account="shop",
                subscribed=True,
                subscribed_at=MOMENT - 10**6,
                scene="store-1",
                windows={"message": MOMENT - 5_000},
            )
        },
        order_totals={"count": 3, "spent": 38_800, "refunds": 0},
        first_order_at=MOMENT - 86_400 * 100,
        last_order_at=MOMENT - 86_400 * 3,
        first_seen_at=MOMENT - 10**7,
        last_seen_at=MOMENT - 5_000,
        activity={"page.viewed": tuple(MOMENT - back * 1_000 for back in range(10))},
    )


def session() -> boto3.Session:
    """With keys that open nothing."""
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    return boto3.Session("key", "secret", region_name="eu-west-1")


def answering(items: list[Any]) -> tuple[Callable[..., AWSResponse], int]:
    """What answers each query with these items, and how many bytes that are."""
    content = json.dumps({"Items": items, "Count": len(items), "ScannedCount": len(items)}, ensure_ascii=False).encode()
    headers = {"x-amz-crc32": str(crc32(content)), "content-length": str(len(content))}

    def answer(request: Any, **_: object) -> AWSResponse:
        return AWSResponse(request.url, 200, HTTPHeaders.from_dict(headers), _Raw(content))

    return answer, len(content)


def resource(items: list[Any]) -> Callable[[], int]:
    """A page by boto3's resource, filtered in Python, as one would write it."""
    made = session().resource("dynamodb")
    made.meta.client.meta.events.register("before-send", cast("Any", answering(items)[0]))
    profiles = made.Table("Profiles")

    def work() -> int:
        found: list[Any] = profiles.query(KeyConditionExpression=Key("shard").eq("tea#07"))["Items"]
        for each in found:
            _ = (
                "标签7" in each.get("tags", {})
                and each.get("scores", {}).get("main", 0) > 10
                and each.get("attributes", {}).get("城市") == "上海"
            )
        return len(items)

    return work


def adapter(items: list[Any], test: AudienceTest) -> Callable[[], int]:
    """The same page by the adapter that campaigns use."""
    client = read_plainly(session().client("dynamodb"))
    client.meta.events.register("before-send", cast("Any", answering(items)[0]))
    audience = DynamoDBAudience(client, "Profiles", test)
    return lambda: audience.page("tea", 7, None).read


def _section(found: Mapping[str, Mapping[str, float]], pages: Mapping[str, list[Any]], size: float) -> Section:
    ratios = {name: each["boto3"] / each["ours"] for name, each in found.items()}
    rows = [
        [
            f"{name} profiles",
            f"{answering(pages[name])[1] / len(pages[name]):,.0f} B",
            f"{each['boto3'] * 1e6:,.0f} µs",
            f"{each['ours'] * 1e6:,.0f} µs",
            f"{1 / each['boto3']:,.0f}",
            f"{1 / each['ours']:,.0f}",
            f"{ratios[name]:.1f} times",
        ]
        for name, each in found.items()
    ]
    profiles = len(pages["whole"])
    requests = WORKERS * ceil(MILLION / WORKERS / profiles)
    units = MILLION * size / cost.READ_BYTES * 0.5
    cpu = found["projected"]["ours"] * profiles * 1e3
    seconds = requests / WORKERS * (QUERY_MILLISECONDS + cpu) / 1e3
    duration = seconds * WORKERS * MEMORY / 1024 * cost.LAMBDA_GB_SECOND_ARM
    lines = [
        ["requests to DynamoDB", f"{requests:,} queries of a megabyte, {profiles} profiles of {size:,.0f} B each", ""],
        ["read units", f"{units:,.0f}, eventually consistent", f"{units * cost.READ_UNIT:.3f}"],
        ["Lambda", f"{seconds * WORKERS:,.0f} s of {MEMORY} MB", f"{duration:.3f}"],
        ["wall time", f"{seconds:.1f} s with {WORKERS} workers, one a shard", ""],
        ["**all**", "", f"**{units * cost.READ_UNIT + duration:.3f}**"],
    ]
    body = _BODY.format(
        condition=CONDITION,
        rows=table(("", "on the wire", "boto3", "Yuchi", "boto3, profiles/s", "Yuchi, profiles/s", "ratio"), rows),
        lines=table(("a million profiles", "how much", "USD"), lines).replace("---: | ---:", "--- | ---:"),
        query=QUERY_MILLISECONDS,
    )
    bars = [
        charts.Bar(f"{who}, {name}", 1 / each[key], f"{1 / each[key]:,.0f}", ours=key == "ours")
        for name, each in found.items()
        for key, who in (("ours", "Yuchi"), ("boto3", "boto3"))
    ]
    return Section(
        name="audience",
        title="Selecting an audience",
        body=body,
        targets=(
            *(
                Target(f"times boto3's resource, {name} pages", round(ratio, 1), RATIO, "", at_least=True)
                for name, ratio in ratios.items()
            ),
            Target("selecting a million profiles, 64 workers", round(seconds, 1), 60, " s"),
        ),
        picture=charts.bars("Selecting an audience", "profiles a second and core, decoding included", {"": bars}),
    )


_BODY: Final = """\
One page of DynamoDB (a megabyte of stored profiles) is answered from memory and read, decoded and asked the condition
`{condition}`:
by boto3's resource with the condition in Python, and by the adapter that campaigns use with the condition in the rule
language. *Projected* pages carry what that condition and the choice of a channel need, which is what campaigns ask for. CPU
of one core.

{rows}

What it takes to select a million of these profiles, from the measured pages and {query} ms that DynamoDB is assumed to take
for a page; the profiles that are found are decided and stored besides, see *Sending a campaign*:

{lines}
"""
