"""An event for a person of whom much is known: tags and pasts cost bytes, and conditions over them CPU."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.bench import charts, cost
from tests.bench.cost import Line
from tests.bench.results import Section, Target, number, table
from tests.bench.sections.process import MEMORY, Pipeline, Run
from tests.bench.world import click, push
from yuchi.adapters.dynamodb.profiles import profile_from_item, profile_item
from yuchi.domain.event import derive_id
from yuchi.domain.profile import ACTIVITY_KEPT, Tag

FANS: Final = 100
"""Of each kind."""
ROUNDS: Final = 5
TAGS: Final = 50
BATCH: Final = 10
DAY: Final = 86_400
SEEN: Final = (
    *("page.viewed", "product.viewed", "product.added", "cart.viewed", "checkout.started"),
    *("order.completed", "message.text", "menu.clicked", "qrcode.scanned", "screen.viewed"),
)
"""What the conditions count; of each a profile keeps the newest moments."""
CPU: Final = 10.0
COST: Final = 20.0
REQUESTS: Final = 2.0

PLAIN: Final = "of whom nothing is known"
KNOWN: Final = f"with {TAGS} tags and ten pasts"


def conditions(fails: int | None) -> str:
    """Ten conditions over windows, which hold for those of :data:`KNOWN`, but for the one numbered ``fails``."""
    parts = [
        'count("page.viewed", "30d") >= 3',
        'last("order.completed") < now - duration("1h")',
        'count("product.viewed", "7d") >= 1',
        'within(last("cart.viewed"), "30d")',
        'count("product.added", "90d") > count("checkout.started", "7d")',
        'last("message.text") > now - duration("720h")',
        'count("menu.clicked") >= 5',
        'within(last("qrcode.scanned"), "60d")',
        'count("screen.viewed", "14d") >= 2',
        'last("checkout.started") < last("page.viewed") + duration("240h")',
    ]
    if fails is not None:
        parts[fails] = f'count("{SEEN[fails]}", "7d") > 40'
    return " && ".join(parts)


def drafts() -> list[dict[str, Any]]:
    """Ten rules on a tap with ten conditions each. One fires for persons with a past, each other stops at another one."""
    return [
        {
            "brand": "demo",
            "rule_id": f"window-{fails}",
            "name": f"window-{fails}",
            "on": "menu.clicked",
            "when": f'event.key == "HOME" && {conditions(fails if fails < 9 else None)}',
            "then": ["tag 常来", "score 活跃度 +1"],
        }
        for fails in range(10)
    ]


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    step(f"{2 * FANS} fans, half of them with {TAGS} tags and {len(SEEN) * ACTIVITY_KEPT} moments")
    pipeline = Pipeline(drafts())
    fans = {PLAIN: range(FANS), KNOWN: range(FANS, 2 * FANS)}
    for fan in range(2 * FANS):
        pipeline.process(pipeline.receive([push(click("first"), fan=fan, number=fan)]), batch=BATCH)
    _let_it_be_known(pipeline, first=FANS)
    rounds = 1 if quick else ROUNDS
    runs: dict[str, dict[str, Run]] = {name: {} for name in fans}
    for turn in range(rounds + 1):
        step(f"round {turn} of {rounds}")
        for place, (name, numbers) in enumerate(fans.items()):
            pipeline.memory.counting, pipeline.runs = turn > 0, runs[name]
            first = (turn * len(fans) + place + 1) * 10**6
            asked = [push(click("HOME"), fan=fan, number=first + fan) for fan in numbers]
            pipeline.process(pipeline.receive(asked), batch=BATCH)
    return _section(pipeline, runs, rounds * FANS)


def _let_it_be_known(pipeline: Pipeline, *, first: int) -> None:
    """Give those who came second their tags and their pasts."""
    now = int(time.time())
    profiles = pipeline.memory.tables["Profiles"]
    named = {f"wechat:tea:oBenchFan{fan:019d}" for fan in range(first, 2 * first)}
    tags = {
        f"常见标签{place:02d}": Tag(
            since=now - 90 * DAY + place,
            last=now - DAY * (place % 60),
            count=1 + place % 7,
            rule=f"rule-{place:05d}",
            version=3,
            event=derive_id(str(place)),
        )
        for place in range(TAGS)
    }
    # The newest moments of each are from the last 25 days, a second after the hour.
    moments = tuple(now - DAY * 25 + each * (DAY // 2) for each in range(ACTIVITY_KEPT))
    changed = 0
    for key, item in list(profiles.items()):
        profile = profile_from_item(item)
        if named & set(profile.identities):
            known = profile.model_copy(update={"tags": tags, "activity": dict.fromkeys(SEEN, moments)})
            profiles[key] = profile_item(known)
            changed += 1
    if changed != first:
        raise RuntimeError(f"{changed} of {first} persons found")


def bill(runs: Mapping[str, Run], events: int) -> list[Line]:
    """What a million events cost from the queue on, ten at a time."""
    run = runs[f"process_event, {BATCH}"]
    taken = run.invocations / events
    return [
        cost.queue("events.fifo", sent=1 / BATCH, taken=taken),
        cost.function(
            "process_event",
            invocations=taken,
            milliseconds=run.billed(MEMORY["process_event"]),
            memory=MEMORY["process_event"],
        ),
        *cost.tables([(run.usage, events)]),
        cost.archive(run.usage, events),
        cost.logs(run.log_bytes / events),
    ]


def _section(pipeline: Pipeline, runs: Mapping[str, Mapping[str, Run]], events: int) -> Section:
    bills = {name: bill(each, events) for name, each in runs.items()}
    totals = {name: cost.total(lines) for name, lines in bills.items()}
    processed = {name: each[f"process_event, {BATCH}"] for name, each in runs.items()}
    kinds = sorted({kind for run in processed.values() for kind in run.usage.requests})
    largest = sorted(pipeline.memory.sizes["Profiles"])[-events:]
    counted = table(
        ["a person", "CPU of an event", *(kind.replace("dynamodb.", "") for kind in kinds), "requests"],
        [
            [
                name,
                f"{number(run.cpu)} ms",
                *(f"{run.usage.requests[kind] / run.items:.2f}" for kind in kinds),
                f"{requests(run):.2f}",
            ]
            for name, run in processed.items()
        ],
    )
    plain = {line.what: line.usd for line in bills[PLAIN]}
    rows = [[line.what, line.how, f"{plain.get(line.what, 0):.2f}", f"{line.usd:.2f}"] for line in bills[KNOWN]]
    rows.append(["**all**", "", f"**{totals[PLAIN]:.2f}**", f"**{totals[KNOWN]:.2f}**"])
    return Section(
        name="person",
        title="An event for a person of whom much is known",
        body=_BODY.format(
            tags=TAGS,
            moments=len(SEEN) * ACTIVITY_KEPT,
            counted=counted,
            size=f"{statistics.mean(largest):,.0f}",
            bill=table(["line", f"how much, {KNOWN}", f"USD, {PLAIN}", "USD, of the known"], rows).replace(
                "| --- | ---: |", "| --- | --- |"
            ),
        ),
        targets=(
            Target(f"a person {KNOWN}: CPU of an event", processed[KNOWN].cpu, CPU, " ms"),
            Target(f"a person {KNOWN}: AWS requests of an event", requests(processed[KNOWN]), REQUESTS),
            Target(f"a million events of persons {KNOWN}", round(totals[KNOWN], 2), COST, " USD"),
        ),
        picture=charts.bars(
            "What a million events cost, by person",
            "USD at list price, us-east-1, on demand, from the queue on",
            {
                f"{name}: {totals[name]:.2f} USD": [
                    charts.Bar(line.what, line.usd, f"{line.usd:.2f}")
                    for line in sorted(lines, key=lambda line: -line.usd)
                ]
                for name, lines in bills.items()
            },
        ),
    )


def requests(run: Run) -> float:
    """Requests to AWS for one event."""
    return sum(run.usage.requests.values()) / run.items


_BODY: Final = """\
A tap on the menu, by persons whose profile has {tags} tags and the newest {moments} moments of ten kinds of events, and by
persons of whom nothing is known. Ten of 1,000 rules wait for the tap, with ten conditions over windows each (`count` and
`last` of ten kinds of events); for those with a past each of nine stops at another of its conditions, which the timeline
explains, and the tenth fires: a tag and a score. Events are taken from the queue ten at a time.

CPU of `process_event` and its requests to AWS for one event:

{counted}

The largest part of the bill is the profile itself: it is written with each event, {size} bytes on average for those with a
past, and a transaction costs two units for each KB. The bill of a million such events from the queue on, at list price
(us-east-1, on demand, arm64, no free tier):

{bill}
"""
