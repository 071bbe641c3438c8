"""Triggers in ``on``: absences and dates, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.domain.draft_columns import read_event_types
from yuchi.domain.problem import RuleProblemError
from yuchi.domain.triggers import MAX_ABSENCE, MIN_ABSENCE, Absence, DateTrigger, event_types_of, read_trigger

ABSENCE = "no order.completed for 30d"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (ABSENCE, ABSENCE),
        ("No Order.Completed in 30 days", ABSENCE),
        ("30天没有 order.completed", ABSENCE),
        ("３０天没有order.completed", ABSENCE),
        ("连续30天未 order.completed", ABSENCE),
        ("超过 2小时 没有 page.viewed", "no page.viewed for 2h"),
        ("date 生日", "date 生日"),
        ("日期 生日", "date 生日"),
        ("日期：生日", "date 生日"),
        ("date 生日 - 3d", "date 生日 - 3d"),
        ("日期 生日 前3天", "date 生日 - 3d"),
        ("日期 生日 提前 3 天 9:30", "date 生日 - 3d at 09:30"),
        ("date 生日 + 7d at 10:00", "date 生日 + 7d"),
        ("日期 关注日 后7天", "date subscribed_at + 7d"),
        ("date Birth-Day at 00:05", "date Birth-Day at 00:05"),
        ("date first_order_at", "date first_order_at"),
    ],
)
def test_a_trigger_is_read_as_people_write_it(written: str, read: str) -> None:
    assert str(read_trigger(written)) == read


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("no order.completed", "on.absence"),
        ("no order for 30d", "on.absence"),
        ("no order.completed for ever", "on.absence"),
        ("30天没有order", "on.absence"),
        ("no order.completed for 30s", "on.absence_span"),
        ("no order.completed for 5000d", "on.absence_span"),
        ("date", None),
        ("date 生日 - 300d", "on.date_away"),
        ("date 生日 at 24:00", "on.date_clock"),
        ("date 生日 at 10:60", "on.date_clock"),
        ("date 生日 and more", "on.date"),
        ("menu.clicked", None),
        ("note.taken", None),
        ("datex.taken", None),
    ],
)
def test_what_is_no_trigger_is_left_and_a_broken_one_is_explained(written: str, code: str | None) -> None:
    if code is None:
        assert read_trigger(written) is None
        return
    with pytest.raises(RuleProblemError) as refused:
        read_trigger(written)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_on_takes_event_types_and_triggers_side_by_side() -> None:
    wanted = ("menu.clicked", "fan.subscribed", ABSENCE, "date 生日 - 3d")
    assert read_event_types(f"Menu.clicked fan.subscribed，{ABSENCE}； 日期 生日 前3天") == wanted
    assert read_event_types(["menu.clicked", "fan.subscribed", "30天没有 order.completed", "date 生日 - 3d"]) == wanted
    assert event_types_of(wanted) == ("menu.clicked", "fan.subscribed", "activity.lapsed", "date.reached")


@given(
    st.integers(MIN_ABSENCE, MAX_ABSENCE), st.from_regex(r"[a-z][a-z0-9_]{0,9}\.[a-z][a-z0-9_]{0,9}", fullmatch=True)
)
def test_an_absence_reads_back_as_it_is_written(seconds: int, activity: str) -> None:
    absence = Absence(activity, seconds)
    assert read_trigger(str(absence)) == absence


@given(
    st.text(st.characters(categories=["L", "N"], max_codepoint=0x9FFF), min_size=1, max_size=20).filter(
        lambda name: str(read_trigger(f"date {name}")) == f"date {name}"
    ),
    st.integers(-180, 180),
    st.integers(0, 24 * 60 - 1),
)
def test_a_date_reads_back_as_it_is_written(name: str, days: int, minute: int) -> None:
    trigger = DateTrigger(name, days, minute)
    assert read_trigger(str(trigger)) == trigger
