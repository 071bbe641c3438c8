"""Events processed live, archived, and replayed."""

import json
from datetime import datetime, timedelta

from tests.fakes.world import START, World
from yuchi.bootstrap import make_catalogue
from yuchi.domain.backtest.findings import Findings
from yuchi.domain.backtest.needs import needs_of
from yuchi.domain.backtest.replay import Replay
from yuchi.domain.rule import Rule

BEFORE = START - timedelta(days=1)


def live_matches(world: World, rule_id: str) -> list[str]:
    """The ids of the events on which the rule fired."""
    lines = [json.loads(line) for line in world.archive.lines]
    return list(dict.fromkeys(line["id"] for line in lines if rule_id in line["matched"]))


def replay(world: World, candidate: Rule, *live: Rule, since: datetime = BEFORE) -> Findings:
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
    )
    for day in sorted({line["day"] for line in lines}):
        again.day(
            line
            for line in lines
            if line["day"] == day and (types is None or line["type"] in types or line["identities"])
        )
    return again.finish(world.now)
