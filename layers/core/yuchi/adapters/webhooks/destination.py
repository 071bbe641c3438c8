"""From a URL that somebody typed to a host, a port and a request target, or a refusal."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

import idna

from yuchi.services.call_webhook import NoAnswerError, Reason, WebhookOutcome

HTTPS_PORT: Final = 443

_UNFIT: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"{}|^`\u2028\u2029]")
"""What no URL contains and parsers disagree about."""

_HOST_NAME: Final = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII
)
"""At least two labels, the last not starting with a digit: no spelling of an IP address looks like that."""

_KEPT_IN_PATH: Final = "/%:@!$&'()*+,;=~-._"
_KEPT_IN_QUERY: Final = _KEPT_IN_PATH + "?[]"


@dataclass(frozen=True, slots=True)
class Destination:
    """``host``: lower-case ASCII name. ``target``: path and query as they go on the request line."""

    host: str
    port: int
    target: str


def normalise_host(text: str) -> str | None:
    """The one spelling of a host name: lower case, IDNA 2008, no final dot; None for what is not a host name."""
    name = text.lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True, std3_rules=True).decode("ascii")
        except idna.IDNAError:
            return None
    name = name.removesuffix(".")
    return name if _HOST_NAME.fullmatch(name) else None


def parse_destination(url: str, *, allowed_hosts: Iterable[str], port: int) -> Destination:
    """Where ``url`` leads. ``port`` is the only port that is open.

    Raises :class:`NoAnswerError` (refused). The request is later made from the parts returned here and the URL is never
    parsed again, so that two parsers cannot read it differently.
    """
    try:
        parts = urlsplit(url)
        asked_port = HTTPS_PORT if parts.port is None else parts.port
    except ValueError as unreadable:
        raise _refused(Reason.URL_INVALID) from unreadable
    if _UNFIT.search(url):
        raise _refused(Reason.URL_INVALID)
    if parts.scheme != "https":
        raise _refused(Reason.SCHEME_NOT_ALLOWED)
    if "@" in parts.netloc:
        raise _refused(Reason.CREDENTIALS_IN_URL)
    host = normalise_host(parts.hostname or "")
    if host is None or "[" in parts.netloc:
        raise _refused(Reason.HOST_NOT_A_NAME)
    if asked_port != port:
        raise _refused(Reason.PORT_NOT_ALLOWED)
    if host not in {normalise_host(allowed) for allowed in allowed_hosts}:
        raise _refused(Reason.HOST_NOT_ALLOWED)
    path = quote(parts.path or "/", safe=_KEPT_IN_PATH)
    query = quote(parts.query, safe=_KEPT_IN_QUERY)
    return Destination(host=host, port=asked_port, target=f"{path}?{query}" if query else path)


def _refused(reason: Reason) -> NoAnswerError:
    return NoAnswerError(WebhookOutcome.REFUSED, reason)
