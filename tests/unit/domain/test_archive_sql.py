import pytest

from yuchi.domain.archive_sql import Dialect, NotAQuestionError, ask_events, events_sql


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("select 1 from events;", "WITH events AS (V) select 1 from events"),
        ("\n /* x */ SELECT 1", "WITH events AS (V) SELECT 1"),
        ("with a as (select 1) select * from a", "WITH events AS (V), a as (select 1) select * from a"),
        ("WITH RECURSIVE a(n) AS (select 1) select 2", "WITH RECURSIVE events AS (V), a(n) AS (select 1) select 2"),
        ("values (1)", "WITH events AS (V) values (1)"),
    ],
)
def test_the_view_stands_before_what_the_question_brings_itself(question: str, asked: str) -> None:
    assert ask_events(question, "V") == asked


@pytest.mark.parametrize("text", ["", "--", "delete from events", "create table x", "selection", "explain select 1"])
def test_all_else_is_no_question(text: str) -> None:
    with pytest.raises(NotAQuestionError):
        ask_events(text, "V")


def test_a_brand_stays_a_text() -> None:
    sql = events_sql(Dialect.ATHENA, "lines", brand="a' OR 'b'='b", since="2026-01-01")
    assert "brand = 'a'' OR ''b''=''b'" in sql
    assert "day >= '2026-01-01'" in sql


def test_copies_are_looked_for_within_a_folder_so_that_others_need_not_be_read() -> None:
    assert "PARTITION BY brand, day, id" in events_sql(Dialect.DUCKDB, "lines")
