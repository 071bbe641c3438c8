"""Backtests over archived files, beside the same question as SQL."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import duckdb

from tests.bench import charts
from tests.bench.archive import DAYS, MIX, START, write_archive
from tests.bench.measure import Work, compare
from tests.bench.results import Section, Target, number, table
from tests.bench.world import living_drafts, rules_of
from tests.unit.adapters.wechat.sealing import ACCOUNT
from yuchi.adapters.admin.archive_lines import read_lines
from yuchi.adapters.admin.duckdb_questions import connect
from yuchi.bootstrap import make_catalogue
from yuchi.domain.archive_sql import Dialect, ask_events, events_sql
from yuchi.domain.backtest.findings import Findings
from yuchi.domain.backtest.needs import Needs, needs_of
from yuchi.domain.backtest.replay import Replay
from yuchi.domain.rule import Rule
from yuchi.domain.standard.model import DEFAULT_SCHEMA
from yuchi.services.backtest import replay_files

EVENTS: Final = 500_000
PERSONS: Final = 50_000
ROUNDS: Final = 3
TARGET: Final = 100_000
"""Events a second and core."""

_CLICKS: Final = "type = 'menu.clicked' AND json_extract_string(data, '$.key') = 'TRIAL'"


@dataclass(frozen=True, slots=True)
class Question:
    """A rule's condition, and the same as SQL ("" where nobody would write it)."""

    name: str
    when: str
    sql: str = ""


QUESTIONS: Final = (
    Question(
        "an event's own data",
        'event.key == "TRIAL"',
        f"SELECT count(*) FROM events WHERE {_CLICKS}",
    ),
    Question(
        "and three page views in 7 days",
        'event.key == "TRIAL" && count("page.viewed", "7d") >= 3',
        f"""WITH seen AS (
            SELECT type, data, sum(CASE WHEN type = 'page.viewed' THEN 1 ELSE 0 END) OVER (
                PARTITION BY subject ORDER BY time RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND CURRENT ROW) AS views
            FROM events WHERE type IN ('menu.clicked', 'page.viewed'))
        SELECT count(*) FROM seen WHERE {_CLICKS} AND views >= 3""",
    ),
    Question(
        "and an order before",
        'event.key == "TRIAL" && profile.orders.count >= 1',
        f"""WITH seen AS (
            SELECT type, data, sum(CASE WHEN type = 'order.completed' THEN 1 ELSE 0 END) OVER (
                PARTITION BY subject ORDER BY time) AS orders
            FROM events WHERE type IN ('menu.clicked', 'order.completed'))
        SELECT count(*) FROM seen WHERE {_CLICKS} AND orders >= 1""",
    ),
    Question("and a tag that another rule gives", 'event.key == "TRIAL" && "看过优惠" in profile.tags'),
    Question("and not seen for ten days", 'event.key == "TRIAL" && profile.last_seen_at < now - duration("240h")'),
)


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    with tempfile.TemporaryDirectory() as folder:
        events = 60_000 if quick else EVENTS
        step(f"writing {events:,} events")
        files = write_archive(Path(folder), events=events, persons=min(PERSONS, events // 20))
        size = sum(file.stat().st_size for file in files)
        live = rules_of(living_drafts(), make_catalogue())
        needs = {each.name: needs_of(_candidate(each), live, [ACCOUNT], DEFAULT_SCHEMA) for each in QUESTIONS}
        found = {each.name: _replay(files, needs[each.name]) for each in QUESTIONS}
        asked = {each.name: _ask(files, each.sql) for each in QUESTIONS if each.sql}
        for name, count in asked.items():
            if abs(count - found[name].events) > 0.02 * count + 2:
                raise RuntimeError(f"{name}: a backtest found {found[name].events}, SQL {count}")
        step("replays and SQL in turn")
        works = {f"backtest: {each.name}": _replaying(files, needs[each.name], events) for each in QUESTIONS}
        works |= {f"SQL: {each.name}": _asking(files, each.sql, events) for each in QUESTIONS if each.sql}
        seconds = compare(works, rounds=1 if quick else ROUNDS, clock=time.process_time)
    return _section(events, size, needs, found, {name: 1 / each for name, each in seconds.items()})


def _candidate(question: Question) -> Rule:
    item = {"brand": "demo", "rule_id": "candidate", "name": "candidate", "on": "menu.clicked", "when": question.when}
    (rule,) = rules_of([{**item, "then": ["tag 候选"]}], make_catalogue())
    return rule


def _replay(files: Sequence[Path], needs: Needs) -> Findings:
    replay = Replay(
        candidate=needs.rules[0],
        needs=needs,
        brand="demo",
        accounts={ACCOUNT.id: ACCOUNT},
        specs=make_catalogue().events,
        since=START - timedelta(days=1),
        schema=DEFAULT_SCHEMA,
    )
    replay_files(replay, files, read_lines, progress=lambda _done, _total: None)
    return replay.finish(START + timedelta(days=DAYS + 1))


def _ask(files: Sequence[Path], sql: str) -> int:
    connection: duckdb.DuckDBPyConnection = connect(files, threads=1)
    try:
        row = connection.execute(ask_events(sql, events_sql(Dialect.DUCKDB, "lines", brand="demo"))).fetchone()
    finally:
        connection.close()
    return int(row[0]) if row else 0


def _replaying(files: Sequence[Path], needs: Needs, events: int) -> Work:
    def run() -> int:
        _replay(files, needs)
        return events

    return run


def _asking(files: Sequence[Path], sql: str, events: int) -> Work:
    def run() -> int:
        _ask(files, sql)
        return events

    return run


def _section(
    events: int, size: int, needs: Mapping[str, Needs], found: Mapping[str, Findings], rates: Mapping[str, float]
) -> Section:
    rows = []
    for each in QUESTIONS:
        replayed, asked = rates[f"backtest: {each.name}"], rates.get(f"SQL: {each.name}")
        read = needs[each.name].types
        rows.append(
            [
                f"{each.name}: `{each.when}`",
                f"{'all' if read is None else len(read)}",
                f"{found[each.name].events:,}",
                number(replayed),
                number(asked) if asked else "·",
                f"{replayed / asked:.2f} x" if asked else "·",
            ]
        )
    bars = [
        charts.Bar(name, rate, number(rate), ours=name.startswith("backtest"))
        for name, rate in sorted(rates.items(), key=lambda each: -each[1])
    ]
    mix = ", ".join(f"{percent} {kind}" for kind, percent in MIX.items())
    typical = rates[f"backtest: {QUESTIONS[1].name}"]
    columns = ["condition on a click", "types read", "matches", "backtest", "SQL (DuckDB)", "backtest : SQL"]
    return Section(
        name="backtest",
        title="Backtests: what a rule would have done in the archive",
        body=_BODY.format(
            events=f"{events:,}", days=DAYS, size=f"{size / 1e6:,.0f}", mix=mix, rows=table(columns, rows)
        ),
        targets=(
            Target(
                "backtest of a condition on the event, events a second",
                rates[f"backtest: {QUESTIONS[0].name}"],
                TARGET,
                at_least=True,
            ),
            Target("backtest of a condition over 7 days, events a second", typical, TARGET, at_least=True),
        ),
        picture=charts.bars("Backtests and the same as SQL", "archived events a second, one core", {"": bars}),
    )


_BODY: Final = """\
{events} events of {days} days in gzipped files ({size} MB; of a hundred events {mix}), as Firehose leaves them. Each
question is answered from the files: unpacking and reading of JSON are in the time. A backtest reads the event types that
the rule and those it rests on need, skips the others by the beginning of their lines, and replays the rest through the
decisions of live processing: limits, tags of other rules, expiry and counts included. SQL is what an analyst would write
for the same, on DuckDB with one thread; "·" where that is no query any more. Events a second of CPU time:

{rows}

SQL takes each event once by a window over ids, as a backtest does by remembering a day's. The counts differ where a window
of SQL ends at the event's own moment.
"""
