import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.cli.archive import FakeArchiveFiles, with_archive
from tests.unit.cli.desk import NOW, TEA, FakeDesk, run
from yuchi.domain.event import Event, derive_id
from yuchi.domain.timeline import Match, TimelineEntry


def entry(number: int = 1, event_type: str = "menu.clicked", *, days_ago: float = 1, **data: object) -> TimelineEntry:
    event = Event(
        id=derive_id("query", str(number)),
        source="/wechat/tea",
        type=event_type,
        time=NOW - timedelta(days=days_ago),
        brand="demo",
        account="tea",
        subject=f"wechat:tea:o-{number}",
        data=data,
    )
    return TimelineEntry(event=event, person=f"p{number}", matched=(Match(rule="click", version=2),), ruleset_version=4)


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk(TEA)


@pytest.fixture
def files(desk: FakeDesk, tmp_path: Path) -> FakeArchiveFiles:
    return with_archive(desk, tmp_path)


def test_an_event_that_is_there_twice_counts_once(desk: FakeDesk, files: FakeArchiveFiles) -> None:
    files.put(entry(1), entry(1), entry(2))
    files.put(entry(1), plain=True)
    found = run(desk, "query", "select count(*) as n from events", "--json")
    assert (found.status, json.loads(found.out)) == (0, [{"n": 2}])


def test_every_column_can_be_read_as_athena_reads_it(desk: FakeDesk, files: FakeArchiveFiles) -> None:
    files.put(entry(1, key="试用", price=2.5))
    sql = """
        select json_extract_scalar(data, '$.key') as key, contains(matched, 'click') as fired, day, brand,
            date_trunc('day', time) as the_day, "time" > from_iso8601_timestamp('2026-01-01T00:00:00Z') as new, ruleset
        from events where type = 'menu.clicked' and subject like 'wechat:%' and day >= '2026-04-01'
    """
    (row,) = json.loads(run(desk, "query", sql, "--json").out)
    assert row == {
        "key": "试用",
        "fired": True,
        "day": "2026-04-30",
        "brand": "demo",
        "the_day": "2026-04-30T00:00:00",
        "new": True,
        "ruleset": 4,
    }


def test_a_question_may_have_its_own_parts(desk: FakeDesk, files: FakeArchiveFiles) -> None:
    files.put(entry(1), entry(2, "message.text"))
    sql = "/* by type */ WITH kinds AS (SELECT type FROM events) SELECT count(*) AS n FROM kinds WHERE type LIKE 'm%t';"
    assert json.loads(run(desk, "query", sql, "--json").out) == [{"n": 1}]


def test_since_reads_only_the_last_days(desk: FakeDesk, files: FakeArchiveFiles) -> None:
    files.put(entry(1, days_ago=1), entry(2, days_ago=40))
    found = run(desk, "query", "select id from events", "--since", "30d", "--json")
    assert len(json.loads(found.out)) == 1


def test_a_table_and_csv_are_for_people(desk: FakeDesk, files: FakeArchiveFiles) -> None:
    files.put(entry(1, text='说"你好", 再见'))
    table = run(desk, "query", "select type, time from events")
    assert "menu.clicked" in table.out
    assert "2026-04-30 08:00" in table.out
    assert "1 row" in table.err
    rows = list(csv.reader(io.StringIO(run(desk, "query", "select type, data from events", "--csv").out)))
    assert rows[0] == ["type", "data"]
    assert json.loads(rows[1][1]) == {"text": '说"你好", 再见'}


def test_a_spreadsheet_executes_nothing_that_somebody_wrote(desk: FakeDesk, files: FakeArchiveFiles) -> None:
    files.put(entry(1, text="=1+1", minus=-5))
    sql = """select json_extract_scalar(data, '$.text') as text, CAST(json_extract_scalar(data, '$.minus') AS INTEGER) as n,
        ['=a'] as list, 'x' as "=name" from events"""
    rows = list(csv.reader(io.StringIO(run(desk, "query", sql, "--csv").out)))
    assert rows == [["text", "n", "list", "'=name"], ["'=1+1", "-5", "[=a]", "x"]]


def test_an_empty_archive_answers_too(desk: FakeDesk, files: FakeArchiveFiles) -> None:
    assert json.loads(run(desk, "query", "select count(*) as n from events", "--json").out) == [{"n": 0}]


@pytest.mark.parametrize(
    "sql", ["", "drop table lines", "insert into lines values (1)", "copy lines to 'x'", "/* nothing */"]
)
def test_only_questions_are_asked(desk: FakeDesk, files: FakeArchiveFiles, sql: str) -> None:
    refused = run(desk, "query", sql)
    assert refused.status == 2
    assert "no question" in refused.err


@pytest.mark.parametrize("sql", ["select 1; select 2", "select 1; drop view lines"])
def test_only_one_question_is_asked(desk: FakeDesk, files: FakeArchiveFiles, sql: str) -> None:
    assert run(desk, "query", sql).status == 2


@pytest.mark.parametrize(
    "sql", ["select nothing from events", "select * from read_text('/etc/hostname')", "select getenv('HOME')"]
)
def test_a_mistake_is_told_with_the_columns_there_are(desk: FakeDesk, files: FakeArchiveFiles, sql: str) -> None:
    files.put(entry(1))
    failed = run(desk, "query", sql)
    assert failed.status == 1
    assert "could not be answered" in failed.err
    assert "ruleset" in failed.err


def test_nobody_reads_another_brand(desk: FakeDesk, files: FakeArchiveFiles) -> None:
    files.put(entry(1))
    assert run(desk, "query", "select 1", "--brand", "other").status == 2
