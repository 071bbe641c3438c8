"""What stays of the lines of somebody who left."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.domain.archive import COLUMNS, archive_line
from yuchi.domain.departure import Departure, Leavers, names_at_wechat
from yuchi.domain.event import Event
from yuchi.domain.timeline import Match, TimelineEntry

LEFT = datetime(2026, 3, 4, 12, tzinfo=UTC)
FAN = "wechat:tea:o-leaver"
DEPARTURE = Departure(brand="demo", identity=FAN, since=0, until=int(LEFT.timestamp()), noted_at=int(LEFT.timestamp()))


def line(subject: str | None = FAN, *, hours: float = -1, recorded: datetime | None = None, **changes: Any) -> bytes:
    event = Event(
        id="e" * 32,
        source="/wechat/tea",
        type="message.text",
        time=LEFT + timedelta(hours=hours),
        brand="demo",
        account="tea",
        subject=subject,
        **{"data": {"content": '我的"手机', "subject": "x"}, **changes},
    )
    matched = (Match(rule="greet", version=1, name="问候"),)
    return archive_line(TimelineEntry(event=event, person="p1", matched=matched, recorded_at=recorded)).rstrip()


def leavers(*more: Departure, salt: str = "s") -> Leavers:
    return Leavers([DEPARTURE, *more], salt)


def test_what_stays_is_that_something_happened() -> None:
    kept = json.loads(leavers().without(line(identities=("unionid:u",), tags=("会员",), untags=("新客",))))
    before = json.loads(line())
    assert kept.keys() == before.keys() == {*(each.name for each in COLUMNS), "brand", "day"}
    same = ("type", "time", "account", "source", "hops", "historical", "matched", "ruleset", "recorded", "brand", "day")
    assert {name: kept[name] for name in same} == {name: before[name] for name in same}
    assert (kept["subject"], kept["person"]) == (None, None)
    assert [kept[name] for name in ("identities", "tags", "untags", "data")] == [[], [], [], {}]


def test_copies_stay_copies_and_nobody_can_tell_which_event_it_was() -> None:
    first, again, other = (leavers(salt=salt).without(line()) for salt in ("a", "a", "b"))
    assert first == again
    ids = {json.loads(each)["id"] for each in (line(), first, other)}
    assert len(ids) == 3


def test_doing_it_again_changes_nothing() -> None:
    once = leavers(salt="a").without(line())
    assert leavers(salt="b").without(once) == once


@pytest.mark.parametrize(
    "spared",
    [
        line("wechat:tea:o-other"),
        line(None),
        line(hours=1),
        line(hours=-24, recorded=LEFT + timedelta(hours=3), historical=True),
        line("member:7"),
        line(FAN + "x"),
        b'{"subject":"wechat:tea:o-leaver","identities":[',
        b"not a line",
        b"[1]",
    ],
    ids=["another", "of the account", "came back", "told since", "the shop's", "longer", "cut off", "none", "a list"],
)
def test_others_and_what_came_after_stay_as_they_are(spared: bytes) -> None:
    assert leavers().without(spared) == spared


def test_the_second_of_leaving_counts_as_before() -> None:
    assert json.loads(leavers().without(line(hours=0)))["subject"] is None
    assert leavers().without(line(hours=1 / 3600)) == line(hours=1 / 3600)


def test_the_shops_own_line_does_not_name_the_fan_any_more() -> None:
    old = line("member:7", identities=(FAN, "phone:abc"), data={"total": 8})
    kept = json.loads(leavers().without(old))
    assert kept == {**json.loads(old), "identities": ["phone:abc"]}


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))
def test_whatever_a_name_or_a_text_is_made_of(name: str, text: str) -> None:
    gone = Departure(brand="demo", identity=f"wechat:tea:{name}", since=None, until=DEPARTURE.until, noted_at=0)
    mine = line(gone.identity, data={"content": text, '","subject":"': gone.identity})
    assert json.loads(leavers(gone).without(mine))["subject"] is None
    theirs = line("wechat:tea:!", data={"content": text, "subject": gone.identity, "identities": [gone.identity]})
    if gone.identity != "wechat:tea:!":
        assert leavers(gone).without(theirs) == theirs


def test_the_names_that_wechat_gave_go() -> None:
    assert names_at_wechat([FAN, "unionid:u", "member:7", "phone:x", "wechat:cake:o1"], FAN) == [
        "unionid:u",
        "wechat:cake:o1",
        FAN,
    ]
    assert names_at_wechat([], FAN) == [FAN]
