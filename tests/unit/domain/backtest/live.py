"""Events processed live, archived, and replayed."""

import json
from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.fakes.world import START, World
from yuchi.bootstrap import make_catalogue
from yuchi.domain.backtest.findings import Findings, Matched
from yuchi.domain.backtest.needs import needs_of
from yuchi.domain.backtest.replay import Replay
from yuchi.domain.event import format_time
from yuchi.domain.rule import Rule
from yuchi.domain.standard.model import DEFAULT_SCHEMA, BrandSchema

BEFORE = START - timedelta(days=1)
FANS = ("o-ann", "o-bob", "o-cat")
TYPES = ("menu.clicked", "message.text", "fan.subscribed", "fan.unsubscribed", "qrcode.scanned", "order.completed")
Story = list[tuple[str, str, str, int]]
"""Fan, event type, key, minutes until then."""
steps = st.lists(
    st.tuples(
        st.sampled_from(FANS), st.sampled_from(TYPES), st.sampled_from("ABC"), st.integers(min_value=1, max_value=400)
    ),
    min_size=1,
    max_size=40,
)


Match = tuple[str, str]
"""Of whom, and when. Not by the event's id: that of an absence depends on which other things a person's timer waits for."""


class Recorded(Findings):
    """Remembers each match."""

    def __init__(self) -> None:
        super().__init__()
        self.matches: list[Match] = []

    def match(self, *, person: str, subject: str, account: str, time: datetime) -> Matched:
        self.matches.append((subject, format_time(time)))
        return super().match(person=person, subject=subject, account=account, time=time)


def happen(story: Story, *rules: Rule, schema: BrandSchema = DEFAULT_SCHEMA) -> World:
    """Live processing of a story: (fan, event type, key, minutes until then). Timers fire on their minute."""
    world = World(*rules)
    world.rulesets.schemas[world.account.brand] = schema
    for fan, event_type, key, minutes in story:
        until = world.now + timedelta(minutes=minutes)
        while due := [timer for timer in world.people.timers.values() if timer.due <= until]:
            world.now = min(timer.due for timer in due)
            world.fire()
            world.run()
        world.now = until
        data = {"key": key, "order_id": f"o-{until:%j%H%M}", "total": 10} if "order" in event_type else {"key": key}
        world.push(event_type, fan, **data)
        world.run()
    return world


def live_matches(world: World, rule_id: str) -> list[Match]:
    """The events on which the rule fired, each once."""
    lines = {line["id"]: line for line in map(json.loads, world.archive.lines)}
    return sorted((line["subject"], line["time"]) for line in lines.values() if rule_id in line["matched"])


def replay(
    world: World, candidate: Rule, *live: Rule, since: datetime = BEFORE, schema: BrandSchema | None = None
) -> Recorded:
    """A backtest of ``candidate`` over what ``world`` archived, day by day, by the brand's definitions or ``schema``."""
    lines = [json.loads(line) for line in world.archive.lines]
    schema = schema or world.rulesets.schema(world.account.brand)
    needs = needs_of(candidate, live, list(world.accounts.accounts.values()), schema)
    types = needs.types
    again = Replay(
        candidate=candidate,
        needs=needs,
        brand=world.account.brand,
        accounts=world.accounts.accounts,
        specs=make_catalogue().events,
        since=since,
        schema=schema,
        findings=Recorded(),
    )
    for day in sorted({line["day"] for line in lines}):
        again.day(
            line
            for line in lines
            if line["day"] == day and (types is None or line["type"] in types or line["identities"] or line["tags"])
        )
    found = again.finish(world.now)
    assert isinstance(found, Recorded)
    found.matches.sort()
    return found
