"""Addresses in what a campaign says, and the short ones that stand in for them so that taps can be counted.

An address is taken out of the author's words before any person's value is filled in: nothing that a fan wrote becomes a
link, and one campaign has a few addresses, not one for each fan. Addresses with placeholders, and those that are not
``https``, stay as they are.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ValidationError

from yuchi.domain.actions.messages import ADDRESS_BYTES, Menu, News, Text
from yuchi.domain.campaign.content import Content, SubscribeMessage, TemplateMessage

LINK_DAYS: Final = 400
"""How long a short address leads somewhere."""
PATH: Final = "/l/"
NAME_LENGTH: Final = 64

_HOST: Final = (
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})){0,8}\.[A-Za-z][A-Za-z0-9-]{1,62}"
)
_SAFE: Final = re.compile(rf"https://{_HOST}(?::\d{{2,5}})?(?:[/?#][^\s<>\"'\\\x00-\x20\x7f-\x9f]*)?")
_LINK_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_TEXT: Final = re.compile(
    r"(?P<before><a\b[^>]*?\bhref\s*=\s*[\"'])(?P<linked>https://[^\"'<>\s]+)(?P<after>[\"'][^>]*>.*?</a\s*>)"
    r"|(?P<other><[^>]*>)"
    r"|(?P<bare>https://[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%{}|-]+)",
    re.IGNORECASE | re.DOTALL,
)
_CLOSING: Final = ".,;:!?)]"
"""What ends a sentence and not the bare address in front of it."""

_P = TypeVar("_P", bound=BaseModel)


class Link(NamedTuple):
    """Where a short address leads, and whose it is. ``id``: 128 bits, base64url. ``run``: as ``RunKey`` is stored."""

    id: str
    run: str
    account: str
    variant: str
    url: str

    @property
    def name(self) -> str:
        """The address for people: host and path."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}{parts.path}"[:NAME_LENGTH]


def is_link_id(text: str) -> bool:
    """Whether ``text`` has the form of a link's id."""
    return _LINK_ID.fullmatch(text) is not None


def is_safe(url: str) -> bool:
    """Whether a short address may lead to ``url``: ``https``, a plain host, nothing that browsers read in other ways."""
    return len(url.encode("utf-8", "replace")) <= ADDRESS_BYTES and "{{" not in url and bool(_SAFE.fullmatch(url))


def location_of(url: str) -> str:
    """``url`` in ASCII, as a header carries it."""
    return quote(url, safe="!#$%&'()*+,/:;=?@[]_.~-")


def addresses_in(content: Content) -> tuple[str, ...]:
    """The addresses in ``content`` that can be followed, each once, in their order."""
    found: dict[str, None] = {}

    def note(url: str) -> str:
        found[url] = None
        return url

    _with_addresses(content, note)
    return tuple(found)


def with_links(content: Content, shorter: Mapping[str, str]) -> Content:
    """``content`` with the addresses of ``shorter`` replaced; unchanged where it would be too long for WeChat then."""
    changed = _with_addresses(content, lambda url: shorter.get(url, url))
    try:
        return type(content).model_validate(changed.model_dump())
    except ValidationError:
        return content


def _with_addresses(content: Content, become: Callable[[str], str]) -> Content:
    """``content`` with what ``become`` makes of each address that may be followed."""
    match content:
        case Text():
            return content.model_copy(update={"text": _in_text(content.text, become)})
        case Menu():
            return content.model_copy(
                update={"head": _in_text(content.head, become), "tail": _in_text(content.tail, become)}
            )
        case News():
            articles = tuple(_of_field(each, "url", become) for each in content.articles)
            return content.model_copy(update={"articles": articles})
        case TemplateMessage():
            return _of_field(content, "url", become)
        case SubscribeMessage():
            return _of_field(content, "page", become)
        case _:
            return content


def _of_field(part: _P, name: str, become: Callable[[str], str]) -> _P:
    url = getattr(part, name)
    return part.model_copy(update={name: become(url)}) if url and is_safe(url) else part


def _in_text(text: str, become: Callable[[str], str]) -> str:
    def replace(found: re.Match[str]) -> str:
        if found["linked"] is not None:
            url = found["linked"]
            return f"{found['before']}{become(url)}{found['after']}" if is_safe(url) else found[0]
        if found["bare"] is not None:
            url = found["bare"].rstrip(_CLOSING)
            return f"{become(url)}{found['bare'][len(url) :]}" if is_safe(url) else found[0]
        return found[0]

    return _TEXT.sub(replace, text)
