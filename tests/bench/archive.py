"""A synthetic archive: a month of a shop's visitors, as the files that Firehose leaves."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from yuchi.domain.archive import archive_day, archive_line
from yuchi.domain.event import Event, derive_id
from yuchi.domain.timeline import Match, TimelineEntry

START: Final = datetime(2026, 4, 1, tzinfo=UTC)
DAYS: Final = 30
MIX: Final = {
    "page.viewed": 45,
    "product.viewed": 17,
    "menu.clicked": 12,
    "menu.viewed": 10,
    "message.text": 10,
    "product.added": 3,
    "order.completed": 2,
    "fan.subscribed": 1,
}


def write_archive(folder: Path, *, events: int, persons: int, seed: int = 1) -> list[Path]:
    """``events`` lines in gzipped files, one for each day; some events are there twice. The files, by day."""
    random = Random(seed)
    kinds, weights = list(MIX), list(MIX.values())
    lines: dict[str, list[bytes]] = {}
    for number in range(events):
        time = START + timedelta(seconds=number * DAYS * 86_400 / events, milliseconds=random.randrange(1000))
        (event_type,) = random.choices(kinds, weights)
        fan = f"oBenchFan{random.randrange(persons):019d}"
        event = Event(
            id=derive_id("bench", str(number)),
            source="/wechat/tea" if event_type.startswith(("menu", "message", "fan")) else "/collect/shop",
            type=event_type,
            time=time,
            brand="demo",
            account="tea",
            subject=f"wechat:tea:{fan}",
            data=_data(random, event_type, number),
        )
        matched = (Match(rule="stores", version=1),) if random.random() < 0.05 else ()
        entry = TimelineEntry(event=event, person="p" + fan[-20:], matched=matched, ruleset_version=12)
        line = archive_line(entry)
        lines.setdefault(archive_day(entry), []).extend([line, line] if random.random() < 0.001 else [line])
    files = []
    for day, written in sorted(lines.items()):
        file = folder / f"day={day}" / "lines.jsonl.gz"
        file.parent.mkdir(parents=True)
        file.write_bytes(gzip.compress(b"".join(written), 6))
        files.append(file)
    return files


def _data(random: Random, event_type: str, number: int) -> dict[str, Any]:
    match event_type:
        case "menu.clicked":
            return {"key": random.choices(["TRIAL", "OFFERS", "STORES", f"K{random.randrange(40)}"], [3, 4, 4, 4])[0]}
        case "message.text":
            return {
                "content": random.choice(["你好", "请问优惠怎么弄？", "谢谢您，我明天过来看看"]),
                "message_id": str(number),
            }
        case "order.completed":
            return {
                "order_id": f"o{number}",
                "total": random.randrange(20, 400),
                "currency": "CNY",
                "products": [
                    {"product_id": f"sku-{random.randrange(200)}", "price": 59.9, "quantity": 1, "category": "绿茶"}
                ],
            }
        case "product.viewed" | "product.added":
            return {
                "product_id": f"sku-{random.randrange(200)}",
                "name": "明前龙井",
                "price": 128.0,
                "category": "绿茶",
            }
        case _:
            return {
                "url": f"https://shop.example.com/tea/{random.randrange(500)}?utm_source=wechat",
                "title": "青山茶事：春茶上新",
                "referrer": "https://shop.example.com/",
            }
