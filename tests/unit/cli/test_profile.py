"""`yuchi profile show`."""

import json
from datetime import timedelta

from tests.unit.cli.desk import TEA, FakeDesk, run
from tests.unit.cli.people import FAN, happen, tell
from yuchi.domain.rfm import RfmBounds
from yuchi.domain.standard.model import BrandSchema, StageRule
from yuchi.domain.waiting import CLOCK, WAIT_ENDED

IDENTITY = f"wechat:tea:{FAN}"
COFFEE = TEA.model_copy(update={"id": "coffee", "brand": "other", "appid": "wx2", "original_id": "gh_2"})


def somebody() -> FakeDesk:
    desk = FakeDesk(TEA, COFFEE)
    desk.publish({"rule_id": "claim", "then": ["tag 领取 for 30d", "score +5", "set 城市 = 上海"], "limit": "once"})
    happen(desk, "fan.subscribed", scene="store-12", ago=timedelta(hours=3))
    happen(desk, "menu.clicked", key="TRIAL")
    happen(desk, "message.text", content="你好")
    return desk


def test_the_portrait_says_what_and_why() -> None:
    desk = somebody()
    (profile,) = desk.people.profiles.values()
    for name in (FAN, IDENTITY, profile.person):
        outcome = run(desk, "profile", "show", name)
        assert outcome.status == 0
        out = outcome.out
        assert profile.person in out
        assert IDENTITY in out
        assert "rule claim version 1" in out
        assert "上海" in out
        assert "message 2026-05-03 15:55" in out
        assert "store-12" in out
        assert "claim@1" in out
        assert "+领取" in out


def test_a_terminal_obeys_nothing_that_somebody_wrote() -> None:
    """Titles, links, colours and the order of letters are ours."""
    desk, evil = FakeDesk(TEA), "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e[red]x[/red]"
    tell(desk, "person.identified", "member:7", traits={"city": evil, evil: "x"})
    tell(desk, "page.viewed", "member:7", title=evil)
    out = run(desk, "profile", "show", "member:7").out
    assert "[red]x[/red]" in out
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(out)


def test_who_may_have_been_anybody_is_marked() -> None:
    desk = FakeDesk(TEA)
    tell(desk, "person.identified", "member:7", traits={"level": "silver"}, ago=timedelta(hours=1))
    forged = tell(
        desk, "person.identified", "member:7", source="/public/site", traits={"level": "gold", "city": "上海"}
    )
    out = run(desk, "profile", "show", "member:7").out
    assert not forged.trusted
    lines = {name: next(line for line in out.splitlines() if f" {name} " in f" {line}") for name in ("level", "city")}
    assert lines["level"].split()[1:3] == ["silver", "shop"]
    assert "site (unverified)=gold" in lines["level"]
    assert "site (unverified)" in lines["city"]


def test_a_tag_that_expired_and_a_window_that_closed_are_not_shown() -> None:
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "claim", "then": ["tag 领取 for 1h"]})
    happen(desk, "menu.clicked", key="TRIAL", ago=timedelta(days=3))
    out = run(desk, "profile", "show", FAN, "--events", "0").out
    assert "No tags." in out
    assert "all closed" in out
    assert "The timeline is empty." in out


def test_the_newest_events_come_first_and_only_so_many() -> None:
    desk = somebody()
    out = run(desk, "profile", "show", FAN, "--events", "2").out
    assert "fan.subscribed" not in out
    document = json.loads(run(desk, "profile", "show", FAN, "--json").out)
    assert document["profile"]["tags"]["领取"]["rule"] == "claim"
    times = [entry["event"]["time"] for entry in document["timeline"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == 3


def test_in_chinese() -> None:
    assert "规则 claim 第 1 版" in run(somebody(), "profile", "show", FAN, "--locale", "zh").out


def test_what_no_rule_can_listen_to_is_told_in_words() -> None:
    desk = somebody()
    happen(desk, WAIT_ENDED, source=CLOCK)
    for locale, words in (("en", "a wait was over"), ("zh", "等的时间到了")):
        out = run(desk, "profile", "show", FAN, "--locale", locale).out
        assert words in out
        assert WAIT_ENDED not in out
        assert "menu.clicked" in out, "what rules listen to stays as they write it"
    assert WAIT_ENDED in run(desk, "profile", "show", FAN, "--json").out


def test_stage_and_fifths_are_those_that_the_brand_defined() -> None:
    desk = FakeDesk(TEA)
    happen(desk, "order.completed", ago=timedelta(days=2), order_id="o-1", total=20)
    assert _stage_and_fifth(desk) == ("active", 5)
    desk.schemas["demo"] = BrandSchema(
        own_stages=(StageRule(order=1, name="茶友", when="profile.orders.count >= 1"),),
        rfm=RfmBounds(recency=(0.1, 0.2, 0.3, 0.4)),
    )
    assert _stage_and_fifth(desk) == ("茶友", 1)
    assert "茶友" in run(desk, "profile", "show", FAN).out


def _stage_and_fifth(desk: FakeDesk) -> tuple[str, int]:
    view = json.loads(run(desk, "profile", "show", FAN, "--json").out)["view"]
    return view["stage"], view["rfm"]["r"]


def test_nobody_and_several() -> None:
    desk = somebody()
    outcome = run(desk, "profile", "show", "oNobody")
    assert outcome.status == 2
    assert "the first event" in outcome.err or "a first event" in outcome.err
    happen(desk, "fan.subscribed", account=COFFEE)
    outcome = run(desk, "profile", "show", FAN)
    assert outcome.status == 2
    assert "may be 2 persons" in outcome.err
    assert run(desk, "profile", "show", FAN, "--brand", "other").status == 0


def test_wrong_words() -> None:
    assert run(FakeDesk(TEA), "profile", "show").status == 2
    assert run(FakeDesk(TEA), "profile", "show", FAN, "--events", "-1").status == 2
