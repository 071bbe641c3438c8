"""Rows of one order become one event, wherever the reading stops and goes on, and none comes in without an item."""

from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.imports import ImportWorld
from yuchi.adapters.mapping_text import read_mapping_text
from yuchi.adapters.rows.texts import open_text
from yuchi.domain.imports import Cursor, ImportState
from yuchi.services import group_rows
from yuchi.services.group_rows import grouped
from yuchi.services.ports_imports import FileRow, Rows, UnreadableFileError

MAPPING = """
group_by: 单号
type: order.completed
id: 单号
time: 时间
identities: {member: 会员号}
data:
  total: {from: 总价, type: number}
  products: {each: ., fields: {name: 商品, quantity: {from: 数量, type: number}}}
"""
HEADER = "单号,会员号,时间,总价,商品,数量"
FIRST = "{order},M{order},2026-05-01 08:00,99,茶{order}-1,1"
MORE = "{order},,,,茶{order}-{item},2"


def lines(*sizes: int) -> list[str]:
    """Orders with so many items each."""
    made = []
    for order, size in enumerate(sizes, 1):
        made.append(FIRST.format(order=order))
        made += [MORE.format(order=order, item=item) for item in range(2, size + 1)]
    return made


def content(rows: list[str]) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def opened(file: bytes, cursor: Cursor | None = None) -> Rows:
    def read(start: int, length: int) -> bytes:
        return file[start : start + length]

    rows = open_text(read, cursor or Cursor(), json_lines=False)
    return grouped(rows, read_mapping_text(MAPPING))


def seen(rows: Iterator[FileRow] | Rows) -> list[tuple[int, ...]]:
    return [tuple(each.number for each in row.all) for row in rows]


def in_steps(file: bytes, steps: list[int]) -> list[FileRow]:
    """Reading on from the cursor after so many orders, again and again."""
    cursor, found = Cursor(), []
    for step in (*steps, 10_000):
        rows = opened(file, cursor)
        found += list(islice(iter(rows), step))
        cursor = Cursor.model_validate_json(rows.cursor.model_dump_json())
    return found


def test_rows_of_one_order_are_one() -> None:
    assert seen(opened(content(lines(2, 1, 3)))) == [(2, 3), (4,), (5, 6, 7)]


@pytest.mark.parametrize("sizes", [(1, 1), (3,), (2, 1, 4, 1), (1, 5, 1)])
def test_every_place_to_stop_gives_the_same_orders(sizes: tuple[int, ...]) -> None:
    file = content(lines(*sizes))
    whole = list(opened(file))
    for first in range(len(sizes) + 2):
        for second in range(len(sizes) + 2):
            assert in_steps(file, [first, second]) == whole


BROKEN = ",,,,,"
ROWS = st.lists(
    st.one_of(
        st.integers(1, 4).map(lambda order: FIRST.format(order=order)),
        st.integers(1, 4).map(lambda order: MORE.format(order=order, item=2)),
        st.sampled_from([",x,,,,", '1,"open,,,,', "1,2", "2,,,,,,,zu viel"]),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, steps=st.lists(st.integers(0, 4), max_size=6))
def test_any_rows_and_any_steps(rows: list[str], steps: list[int]) -> None:
    file = content(rows)
    whole = list(opened(file))
    assert in_steps(file, steps) == whole
    plain = open_text(lambda start, length: file[start : start + length], Cursor(), json_lines=False)
    assert [each.number for row in whole for each in row.all] == [row.number for row in plain], (
        "each row once, in order"
    )


def test_twin_a_cursor_behind_the_row_that_was_looked_at_loses_it() -> None:
    file = content(lines(2, 2))
    rows = open_text(lambda start, length: file[start : start + length], Cursor(), json_lines=False)
    groups = grouped(rows, read_mapping_text(MAPPING))
    next(iter(groups))
    assert rows.cursor != groups.cursor
    assert seen(opened(file, rows.cursor)) == [(5,)], "the first item of the second order is gone"


@pytest.mark.parametrize(
    ("broken", "spoilt"),
    [
        (",,,,无号,1", {2, 3, 4, 5, 6}),  # whose it is cannot be known: the orders on both sides may lack it
        ("1,x", {2, 3, 4}),  # cut off behind the number
        ("2", {2, 3, 4, 5, 6}),  # cut off within it
    ],
)
def test_a_broken_row_spoils_the_orders_it_may_be_of(broken: str, spoilt: set[int]) -> None:
    good = lines(2, 2)
    rows = list(opened(content([*good[:2], broken, *good[2:], *lines(1)])))
    assert {each.number for row in rows if row.problem for each in row.all} == spoilt
    assert all("row 4" in row.problem.en for row in rows if row.problem)


def test_more_broken_rows_do_not_chain_all_orders() -> None:
    rows = list(opened(content([*lines(1), ",,,,a,1", ",,,,b,1", FIRST.format(order=9), FIRST.format(order=10)])))
    assert [(tuple(each.number for each in row.all), row.problem is None) for row in rows] == [
        ((2, 3), False),
        ((4, 5), False),
        ((6,), True),
    ]


def test_a_column_that_tells_nothing_apart_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_rows, "MAX_GROUP", 20)
    assert len(next(iter(opened(content(lines(20))))).all) == 20
    with pytest.raises(UnreadableFileError) as caught:
        list(opened(content(lines(21))))
    assert "group_by: 单号" in caught.value.words.zh


# ---------------------------------------------------------------------- as events


def orders(world: ImportWorld) -> dict[str, list[str]]:
    """The names of the products of each order that was recorded."""
    events = [entry.event for entry in world.people.entries.values()]
    return {str(event.subject): [each["name"] for each in event.data["products"]] for event in events}


@pytest.mark.parametrize("stretch", [1, 2, 3, 4, 7, 50])
@pytest.mark.parametrize("seconds", [22, 1_000])
def test_orders_come_in_whole_whatever_the_steps(stretch: int, seconds: int) -> None:
    world = ImportWorld(MAPPING, stretch=stretch)
    world.seconds = seconds
    job = world.drop(content(lines(2, 1, 3, 1)), "demo/crm/orders.csv")
    assert job.state is ImportState.DONE
    assert (job.counts.read, job.counts.sent, job.counts.rejected) == (7, 4, 0)
    assert orders(world) == {
        "member:M1": ["茶1-1", "茶1-2"],
        "member:M2": ["茶2-1"],
        "member:M3": ["茶3-1", "茶3-2", "茶3-3"],
        "member:M4": ["茶4-1"],
    }


def test_the_same_orders_in_another_file_are_known() -> None:
    world = ImportWorld(MAPPING)
    world.drop(content(lines(2, 3)), "demo/crm/one.csv")
    job = world.drop(content(lines(2, 3, 1)), "demo/crm/two.csv")
    assert (job.became.repeated, job.became.created) == (2, 1)


def test_all_rows_of_a_spoilt_order_are_given_back() -> None:
    world = ImportWorld(MAPPING)
    rows = lines(3, 1)
    rows[1] = "1,,,,茶,viele"
    job = world.drop(content(rows), "demo/crm/orders.csv")
    assert (job.counts.read, job.counts.sent, job.counts.rejected) == (4, 1, 3)
    back = world.files.text("reports/demo/crm/orders.csv.rejects.csv").splitlines()
    assert [line.partition(",")[0] for line in back[1:]] == ["2", "3", "4"]
