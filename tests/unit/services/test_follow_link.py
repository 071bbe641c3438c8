"""Taps on tracked links: where they lead, and which are counted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.campaigns_world import FakeMetrics
from tests.fakes.links import FakeLinkBook, FakeOutcomes
from tests.fakes.queues import FakeQueue
from yuchi.adapters.link_marks import LinkMarks
from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.links import Link
from yuchi.domain.campaign.run import RunKey
from yuchi.services.follow_link import FollowLink, Tap
from yuchi.services.ports import EventMessage, UnavailableError
from yuchi.services.ports_links import NoLinkKeyError
from yuchi.services.track_links import TrackLinks

RUN = RunKey("tea", "spring", "0123456789ab")
SHOP = "https://shop.example.com/spring?a=1"
OPENID = "oABCDEFGHIJKLMNOPQRSTUVWXYZ1"


@dataclass
class World:
    """A campaign's text, its links, and who taps them."""

    now: datetime = datetime(2026, 11, 23, 4, 0, 10, tzinfo=UTC)
    marks: Any = field(default_factory=lambda: LinkMarks(b"k" * 64))
    book: FakeLinkBook = field(default_factory=FakeLinkBook)
    outcomes: FakeOutcomes = field(default_factory=FakeOutcomes)
    events: FakeQueue[EventMessage] = field(default_factory=lambda: FakeQueue(EventMessage))
    metrics: FakeMetrics = field(default_factory=FakeMetrics)

    def clock(self) -> datetime:
        return self.now

    @property
    def tracker(self) -> TrackLinks:
        return TrackLinks("https://go.example.com", self.marks, self.book, self.metrics, self.clock)

    @property
    def door(self) -> FollowLink:
        return FollowLink(self.book, self.marks, self.outcomes, self.events, self.metrics, self.clock)

    def send(self, openid: str = OPENID, *, run: RunKey = RUN) -> tuple[str, str]:
        """Link and mark as the fan gets them."""
        content: Content = text(f"新茶 {SHOP}")
        links = self.tracker.of(run, "shop", "甲", content)
        said: Any = self.tracker.write(content, links, openid)
        _, _, rest = said.text.partition("https://go.example.com/l/")
        link, _, mark = rest.partition("?r=")
        return link, mark


def text(said: str) -> Any:
    from yuchi.domain.actions.messages import Text

    return Text(text=said)


@pytest.fixture
def world() -> World:
    return World()


def test_a_tap_leads_to_the_stored_address_and_is_told_with_fan_campaign_and_variant(world: World) -> None:
    link, mark = world.send()
    answer = world.door.follow(Tap("GET", link, mark))
    assert (answer.status, answer.headers["location"]) == (302, SHOP)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    ((_, message),) = world.events.take()
    event = message.event
    assert (event.type, event.source, event.subject) == ("link.clicked", "/links", f"wechat:shop:{OPENID}")
    assert (event.brand, event.account) == ("tea", "shop")
    assert event.data["campaign"] == "spring"
    assert (event.data["variant"], event.data["run"], event.data["url"]) == ("甲", str(RUN), SHOP)


def test_the_same_send_makes_the_same_link_and_mark(world: World) -> None:
    assert world.send() == world.send() == World().send()
    assert world.send("oOTHER")[1] != world.send()[1]


def test_taps_of_a_minute_are_one_and_of_the_next_another(world: World) -> None:
    link, mark = world.send()
    for _ in range(50):
        world.door.follow(Tap("GET", link, mark))
    first = world.events.take()
    world.now += timedelta(seconds=40)
    world.events.forget()
    world.door.follow(Tap("GET", link, mark))
    again = world.events.take()
    world.now += timedelta(seconds=20)
    world.door.follow(Tap("GET", link, mark))
    following = world.events.take()
    assert len(first) == len(again) == len(following) == 1
    assert first[0][1].event.id == again[0][1].event.id != following[0][1].event.id
    assert first[0][1].event.key_time == again[0][1].event.key_time


def _flipped(link: str, mark: str, _: World) -> tuple[str, str]:
    return link, ("A" if mark[0] != "A" else "B") + mark[1:]


def _cut(link: str, mark: str, _: World) -> tuple[str, str]:
    return link, mark[:-4]


def _openid(link: str, _mark: str, _: World) -> tuple[str, str]:
    return link, OPENID


def _of_another_link(link: str, _mark: str, world: World) -> tuple[str, str]:
    return link, world.send(run=RunKey("tea", "other", "0123456789ab"))[1]


def _of_another_key(link: str, _mark: str, _: World) -> tuple[str, str]:
    return link, LinkMarks(b"x" * 64).seal(link, OPENID)


def _padded(link: str, mark: str, _: World) -> tuple[str, str]:
    return link, mark + "="


def _strange(link: str, _mark: str, _: World) -> tuple[str, str]:
    return link, "名\x00" * 30


def _huge(link: str, mark: str, _: World) -> tuple[str, str]:
    return link, mark * 1_000


FORGERIES: list[Callable[[str, str, World], tuple[str, str]]] = [
    _flipped, _cut, _openid, _of_another_link, _of_another_key, _padded, _strange, _huge,
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forged_mark_gets_there_and_is_not_counted(
    world: World, forge: Callable[[str, str, World], tuple[str, str]]
) -> None:
    link, mark = forge(*world.send(), world)
    answer = world.door.follow(Tap("GET", link, mark))
    assert (answer.status, answer.headers["location"]) == (302, SHOP)
    assert not world.events.messages
    assert not world.outcomes.tapped


class _Believing(LinkMarks):
    """The planted defect: base64 alone is believed."""

    def open(self, link: str, mark: str) -> str | None:
        del link
        return mark


def test_twin_marks_that_are_not_sealed_count_forgeries(world: World) -> None:
    link, mark = _openid(*world.send(), world)
    world.marks = _Believing(b"k" * 64)
    world.door.follow(Tap("GET", link, mark))
    assert world.events.messages


@pytest.mark.parametrize("headers", [{}, {"host": "evil.example.com", "x-forwarded-host": "evil.example.com"}])
@pytest.mark.parametrize(
    "mark",
    [
        "https://evil.example.com",
        "//evil.example.com",
        "%2f%2fevil.example.com",
        "\r\nlocation: https://evil.example.com",
    ],
)
def test_nothing_of_a_request_becomes_part_of_the_location(world: World, mark: str, headers: dict[str, str]) -> None:
    link, _ = world.send()
    answer = world.door.follow(Tap("GET", link, mark, headers))
    assert answer.headers["location"] == SHOP
    assert not any("evil" in value for value in answer.headers.values())


@pytest.mark.parametrize(
    "name",
    ["", "A" * 22, "https://evil.example.com", "..%2f..%2fevil", "//evil.example.com", "A" * 22 + "\r\nx", "名字"],
)
def test_unknown_links_end_on_a_page_in_both_languages(world: World, name: str) -> None:
    world.send()
    answer = world.door.follow(Tap("GET", name, "x"))
    assert answer.status == 404
    assert "location" not in answer.headers
    assert "这个链接不存在" in answer.body
    assert "There is no such link" in answer.body
    assert name == "" or name not in answer.body


def test_what_was_stored_with_an_unsafe_address_leads_nowhere(world: World) -> None:
    world.book.put([Link("B" * 22, str(RUN), "shop", "", "javascript:alert(1)")], now=world.now)
    assert world.door.follow(Tap("GET", "B" * 22)).status == 404


def test_links_end_with_their_time(world: World) -> None:
    link, mark = world.send()
    world.now += timedelta(days=401)
    assert world.door.follow(Tap("GET", link, mark)).status == 404


@pytest.mark.parametrize(
    "tap",
    [
        ("HEAD", {}),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"}),
        ("GET", {"user-agent": "facebookexternalhit/1.1"}),
        ("GET", {"user-agent": "Slackbot-LinkExpanding 1.0"}),
        ("GET", {"user-agent": "curl/8.0"}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"purpose": "preview"}),
    ],
)
def test_machines_get_there_and_are_nobodys_tap(world: World, tap: tuple[str, dict[str, str]]) -> None:
    link, mark = world.send()
    for each in (mark, ""):
        assert world.door.follow(Tap(tap[0], link, each, tap[1])).status == 302
    assert not world.events.messages
    assert not world.outcomes.tapped


def test_a_tap_in_wechat_is_somebodys(world: World) -> None:
    link, mark = world.send()
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605.1.15 MicroMessenger/8.0.50 NetType/WIFI Language/zh_CN"
    world.door.follow(Tap("GET", link, mark, {"user-agent": agent}))
    assert world.events.messages


def test_links_of_mass_messages_are_counted_without_a_person(world: World) -> None:
    link, mark = world.send(openid="")
    assert mark == ""
    world.door.follow(Tap("GET", link))
    world.door.follow(Tap("GET", link))
    assert world.outcomes.taps(RUN.short) == {("甲", link): 2}
    assert not world.events.messages


def test_who_cannot_be_counted_gets_there_all_the_same(world: World) -> None:
    link, mark = world.send()
    world.door.follow(Tap("GET", link, mark))
    ((name, _, _),) = world.events.messages
    world.events = FakeQueue(EventMessage, refuse={name})
    assert world.door.follow(Tap("GET", link, mark)).status == 302
    assert world.metrics.counts["TapNotCounted"] == 1


def test_where_links_cannot_be_read_nobody_is_led_anywhere(world: World) -> None:
    class Broken(FakeLinkBook):
        def get(self, link: str, *, now: datetime) -> Link | None:
            raise UnavailableError("dynamodb")

    link, mark = world.send()
    world.book = Broken()
    assert world.door.follow(Tap("GET", link, mark)).status == 503


def test_without_a_key_addresses_stay_as_they_are(world: World) -> None:
    class Keyless:
        def link_id(self, *parts: str) -> str:
            raise NoLinkKeyError

    world.marks = Keyless()
    content = text(SHOP)
    links = world.tracker.of(RUN, "shop", "", content)
    assert world.tracker.write(content, links, OPENID) is content
    assert world.metrics.counts["LinkUntracked"] == 1


def test_a_container_reads_a_link_once(world: World) -> None:
    link, mark = world.send()
    door = world.door
    for _ in range(3):
        door.follow(Tap("GET", link, mark))
    assert world.book.reads == 1
