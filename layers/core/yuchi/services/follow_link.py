"""Lead a tap on a tracked link to where it belongs, and tell that it happened.

Where it leads is stored with the link and never taken from the request. Whoever made up the mark of a fan gets there, too,
and is not counted.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from yuchi.domain.campaign.forwarding import LINKS
from yuchi.domain.campaign.links import Link, is_link_id, is_safe, location_of
from yuchi.domain.campaign.run import RunKey
from yuchi.domain.event import Event, derive_id, fan_identity
from yuchi.domain.own_events import LINK_CLICKED
from yuchi.domain.timeline import subject_of
from yuchi.domain.words import Words
from yuchi.services.ports import Clock, EventMessage, Metrics, Queue, UnavailableError
from yuchi.services.ports_links import LinkBook, Marks, NoLinkKeyError, Outcomes

LOGGER: Final = logging.getLogger(__name__)

SOURCE: Final = LINKS
KEPT: Final = 5_000
"""How many links a container remembers."""
MAX_AGENT: Final = 500
_MACHINES: Final = (
    *("bot", "spider", "crawl", "preview", "facebookexternalhit", "whatsapp", "slack", "embedly", "monitor", "scan"),
    *("curl/", "wget/", "python-", "java/", "go-http-client", "okhttp", "headless", "axios", "libwww"),
)
"""Parts of the names by which programs introduce themselves that look at links and are nobody's tap."""
_AHEAD: Final = ("purpose", "sec-purpose", "x-purpose", "x-moz")
"""Headers by which browsers say that they only fetch ahead of a tap."""

HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'",
    "content-type": "text/html; charset=utf-8",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
_GONE: Final = Words("这个链接不存在，或者已经过期。", "There is no such link, or it has expired.")
_LATER: Final = Words("现在打不开，请稍后再试。", "This does not open now. Please try again later.")


@dataclass(frozen=True, slots=True)
class Tap:
    """One HTTP request. ``headers`` have lower-case names. ``mark``: what stands in ``?r=``."""

    method: str
    link: str
    mark: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What goes back."""

    status: int
    headers: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True, slots=True)
class FollowLink:
    """The use case behind ``functions/follow_link``."""

    book: LinkBook
    marks: Marks
    outcomes: Outcomes
    events: Queue[EventMessage]
    metrics: Metrics
    clock: Clock
    _known: dict[str, tuple[float, Link]] = field(default_factory=dict)

    def follow(self, tap: Tap) -> LinkAnswer:
        """Where to go. The tap is counted, once a minute for each fan and link, if it is somebody's."""
        try:
            link = self._find(tap.link)
        except UnavailableError:
            return _page(503, _LATER)
        if link is None or not is_safe(link.url):
            self.metrics.count("LinkUnknown")
            return _page(404, _GONE)
        if tap.method == "GET" and not _is_machine(tap.headers):
            try:
                self._count(link, tap.mark)
            except (UnavailableError, NoLinkKeyError):
                self.metrics.count("TapNotCounted")
        return LinkAnswer(302, {**HEADERS, "location": location_of(link.url)})

    def _find(self, name: str) -> Link | None:
        if not is_link_id(name):
            return None
        now = self.clock()
        known = self._known.get(name)
        if known is not None and now.timestamp() < known[0]:
            return known[1]
        link = self.book.get(name, now=now)
        if link is not None:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[name] = (now.timestamp() + 3_600, link)
        return link

    def _count(self, link: Link, mark: str) -> None:
        run = RunKey.read(link.run)
        if not mark:
            self.outcomes.add_taps(run.short, link.variant, link.id, now=self.clock())
            return
        openid = self.marks.open(link.id, mark)
        if openid is None:
            self.metrics.count("MarkForged")
            return
        event = self._event(link, run, openid)
        if self.events.send([(event.id, subject_of(event), EventMessage(event=event))]):
            self.metrics.count("TapNotCounted")

    def _event(self, link: Link, run: RunKey, openid: str) -> Event:
        """The same event for all taps of a minute, so that queue and timeline keep one."""
        now = self.clock()
        minute = now.replace(second=0, microsecond=0)
        subject = fan_identity(link.account, openid)
        return Event(
            id=derive_id("tap", link.id, subject, minute.isoformat()),
            source=SOURCE,
            type=LINK_CLICKED,
            time=now,
            key_time=minute,
            brand=run.brand,
            account=link.account,
            subject=subject,
            data={
                "link": link.id,
                "url": link.url,
                "name": link.name,
                "campaign": run.campaign_id,
                "run": link.run,
                "variant": link.variant,
            },
        )


def _is_machine(headers: Mapping[str, str]) -> bool:
    agent = headers.get("user-agent", "")[:MAX_AGENT].lower()
    return any(name in agent for name in _MACHINES) or any(
        word in headers.get(name, "").lower() for name in _AHEAD for word in ("prefetch", "preview", "prerender")
    )


def _page(status: int, words: Words) -> LinkAnswer:
    body = (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{status}</title>'
        f'<p>{words.zh}</p><p lang="en">{words.en}</p></html>'
    )
    return LinkAnswer(status, HEADERS, body)
