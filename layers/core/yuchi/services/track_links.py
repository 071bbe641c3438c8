"""Put short addresses in the place of those in a campaign's content, one for each run, account and variant."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.links import PATH, Link, addresses_in, with_links
from yuchi.domain.campaign.run import RunKey
from yuchi.services.ports import Clock, Metrics
from yuchi.services.ports_links import LinkBook, Marks, NoLinkKeyError

LOGGER: Final = logging.getLogger(__name__)
KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class TrackLinks:
    """``base_url``: where ``functions/follow_link`` answers, without a slash at its end."""

    base_url: str
    marks: Marks
    book: LinkBook
    metrics: Metrics
    clock: Clock
    _known: dict[tuple[RunKey, str, str, tuple[str, ...]], Sequence[Link]] = field(default_factory=dict)

    def of(self, run: RunKey, account: str, variant: str, content: Content) -> Sequence[Link]:
        """The links of ``content``, stored; none where there is no key for them. Raises ``UnavailableError``."""
        addresses = addresses_in(content)
        if not addresses:
            return ()
        key = (run, account, variant, addresses)
        if key not in self._known:
            try:
                links = [
                    Link(self.marks.link_id(str(run), account, variant, url), str(run), account, variant, url)
                    for url in addresses
                ]
            except NoLinkKeyError:
                LOGGER.warning("links stay as they are: there is no key for them")
                self.metrics.count("LinkUntracked", len(addresses))
                return ()
            self.book.put(links, now=self.clock())
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[key] = links
        return self._known[key]

    def write(self, content: Content, links: Sequence[Link], openid: str = "") -> Content:
        """``content`` with the short addresses, marked for ``openid`` where it is for one fan alone."""
        if not links:
            return content
        return with_links(content, {link.url: self._address(link, openid) for link in links})

    def _address(self, link: Link, openid: str) -> str:
        address = f"{self.base_url}{PATH}{link.id}"
        return f"{address}?r={self.marks.seal(link.id, openid)}" if openid else address
