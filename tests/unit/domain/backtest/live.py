"""Events processed live, archived, and replayed."""

import json
from datetime import datetime, timedelta

from tests.fakes.world import START, World
from yuchi.bootstrap import make_catalogue
from yuchi.domain.backtest.findings import Findings, Matched
from yuchi.domain.backtest.needs import needs_of
from yuchi.domain.backtest.replay import Replay
from yuchi.domain.event import format_time
from yuchi.domain.rule import Rule

BEFORE = START - timedelta(days=1)


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


def live_matches(world: World, rule_id: str) -> list[Match]:
    """The events on which the rule fired, each once."""
    lines = {line["id"]: line for line in map(json.loads, world.archive.lines)}
    return sorted((line["subject"], line["time"]) for line in lines.values() if rule_id in line["matched"])


def replay(world: World, candidate: Rule, *live: Rule, since: datetime = BEFORE) -> Recorded:
    """A backtest of ``candidate`` over what ``world`` archived, day by day."""
    lines = [json.loads(line) for line in world.archive.lines]
    needs = needs_of(candidate, live, list(world.accounts.accounts.values()))
    types = needs.types
    again = Replay(
        candidate=candidate,
        needs=needs,
        brand=world.account.brand,
        accounts=world.accounts.accounts,
        specs=make_catalogue().events,
        since=since,
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
