"""The archive: one line of JSON for each processed event, kept by brand and day, read with SQL and by backtests.

A line says what happened and which rules fired. Contacts are not in it, nor what location events told: that is kept
for days only, and the archive for months.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from yuchi.domain.event import Event, format_time, parse_time
from yuchi.domain.placeholders import BEIJING
from yuchi.domain.timeline import TimelineEntry

PREFIX: Final = "events/"
"""Below it lies ``brand=<brand>/day=<YYYY-MM-DD>/``, and in there gzipped JSON lines."""
WITHHELD: Final = "location."
"""Where a person was is kept for a week; events of these types are archived without what they told."""
MAX_LINE: Final = 1_000_000
"""Bytes. A longer line, which no queue could have brought, is kept without its data."""
LATE: Final = timedelta(days=2)
"""What is told later than that is filed under the day on which it was told."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a line: its type in Athena and in DuckDB, and what it means."""

    name: str
    athena: str
    duckdb: str
    zh: str
    en: str


COLUMNS: Final[tuple[Column, ...]] = (
    Column("type", "string", "VARCHAR", "事件类型", "event type"),
    Column("id", "string", "VARCHAR", "事件编号", "id of the event"),
    Column("time", "string", "VARCHAR", "发生时间（UTC）", "when it happened, UTC"),
    Column("account", "string", "VARCHAR", "账号编号", "account it came by, or by which the person is reached"),
    Column("source", "string", "VARCHAR", "来源", "where it came from"),
    Column("subject", "string", "VARCHAR", "身份", "the identity it is about"),
    Column("identities", "array<string>", "VARCHAR[]", "事件证明的其他身份", "further identities that it proves"),
    Column("tags", "array<string>", "VARCHAR[]", "事件自带的标签", "tags that it gives by itself"),
    Column("untags", "array<string>", "VARCHAR[]", "事件自己去掉的标签", "tags that it takes away by itself"),
    Column("person", "string", "VARCHAR", "画像编号（当时）", "id of the person, as it was then"),
    Column("hops", "int", "INTEGER", "由规则引起的层数", "how many rules stand behind it"),
    Column("historical", "boolean", "BOOLEAN", "是否事后导入", "told long after, by an import"),
    Column("data", "string", "JSON", "事件内容（JSON）", "its fields, as JSON"),
    Column("matched", "array<string>", "VARCHAR[]", "触发的规则", "ids of the rules that fired"),
    Column("ruleset", "int", "INTEGER", "规则集版本", "version of the ruleset"),
    Column(
        "recorded", "string", "VARCHAR", "事后很久才得知时的记录时间（UTC）", "when it was recorded, if long after, UTC"
    ),
)
"""In the order in which they are written. The type comes first, so that readers can skip a line by its beginning."""

TYPE_AT: Final = len('{"type":"')
"""Where in a line the event's type begins; it ends with the next quotation mark."""


def archive_day(entry: TimelineEntry) -> str:
    """The day (Beijing time) that ``entry`` is filed under: the same each time that the event comes.

    That of the event; for what was told long after, that on which it was recorded. So a day's events arrive within
    days, and an import of ten years fills one day, not thousands of folders.
    """
    moment = entry.recorded_at or entry.event.key_time or entry.event.time
    return moment.astimezone(BEIJING).date().isoformat()


def archive_record(entry: TimelineEntry) -> dict[str, Any]:
    """What is kept of ``entry``: :data:`COLUMNS`, then ``brand`` and ``day``, by which it is filed."""
    event = entry.event
    return {
        "type": event.type,
        "id": event.id,
        "time": format_time(event.time),
        "account": event.account,
        "source": event.source,
        "subject": event.subject,
        "identities": list(event.identities),
        "tags": list(event.tags),
        "untags": list(event.untags),
        "person": entry.person,
        "hops": event.hops,
        "historical": event.historical,
        "data": {} if event.type.startswith(WITHHELD) else event.data,
        "matched": [match.rule for match in entry.matched],
        "ruleset": entry.ruleset_version,
        "recorded": format_time(entry.recorded_at) if entry.recorded_at else None,
        "brand": event.brand,
        "day": archive_day(entry),
    }


def archive_line(entry: TimelineEntry) -> bytes:
    """One line of the archive, its line end included."""
    record = archive_record(entry)
    line = _encode(record)
    return line if len(line) <= MAX_LINE else _encode({**record, "data": {}})


def _encode(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode("utf-8", "replace")


def is_late(event: Event, now: datetime) -> bool:
    """Whether ``event`` is told so long after it happened that it counts from when it was recorded."""
    return event.historical or now - event.time > LATE


def event_of(record: Mapping[str, Any]) -> Event:
    """The event behind a line, without what the line does not keep. Not validated again: the line was written from one."""
    return Event.model_construct(
        id=record["id"],
        source=record["source"],
        type=record["type"],
        time=parse_time(record["time"]),
        brand=record["brand"],
        account=record["account"],
        subject=record["subject"],
        identities=tuple(record["identities"] or ()),
        tags=tuple(record["tags"] or ()),
        untags=tuple(record.get("untags") or ()),
        contacts={},
        key_time=None,
        historical=record["historical"],
        hops=record["hops"],
        data=record["data"] or {},
    )
