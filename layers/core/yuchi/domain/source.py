"""A source: a system of the brand's own, or of somebody else, that tells us events."""

import hmac
import re
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from yuchi.domain.event import PUBLIC

SOURCE_ID: Final = r"^[a-z0-9][a-z0-9-]{0,39}$"
_WRITE_KEY: Final = re.compile(r"wk_([a-z0-9][a-z0-9-]{0,39})_[A-Za-z0-9]{32}")


class SourceKind(StrEnum):
    """How the source speaks to us."""

    SEGMENT = "segment"
    """By an SDK of Segment or RudderStack, with a write key."""
    WEBHOOK = "webhook"
    """By signed requests (Standard Webhooks) in its own words, which ``mapping`` translates."""
    FILE = "file"
    """By files of rows, which ``mapping`` translates."""


class Source(BaseModel):
    """One source, as stored in ``Sources``. Holds no secret: of write keys only the SHA-256.

    ``trusted``: its write key is kept secret (a server's, not a browser's), so that it may say who somebody is. With the
    key of another anybody can say anything of anybody: what that may change is in docs/decisions/0024.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: Annotated[str, Field(pattern=SOURCE_ID, alias="source")]
    brand: Annotated[str, Field(pattern=SOURCE_ID)]
    name: str
    kind: SourceKind = SourceKind.SEGMENT
    trusted: bool = False
    mapping: str = ""
    write_key_hash: str = ""
    previous_write_key_hash: str = ""

    def accepts(self, write_key: str) -> bool:
        """Whether ``write_key`` is this source's, now or until its rotation is finished. Takes the same time for all."""
        given = hash_of(write_key)
        matches = [
            hmac.compare_digest(given, stored or NO_HASH)
            for stored in (self.write_key_hash, self.previous_write_key_hash)
        ]
        return any(matches)


class SourceSecrets(BaseModel):
    """The secrets of a source that signs, as stored in its SSM parameter: one secret, or several with blanks between."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    webhook_secret: SecretStr


NO_HASH: Final = "-" * 64
"""What no key hashes to."""


def hash_of(write_key: str) -> str:
    """What is stored of a write key. It is random, so that a plain hash cannot be turned back."""
    return sha256(write_key.encode()).hexdigest()


def source_of_key(write_key: str) -> str | None:
    """The id of the source that a write key names; None for what is no write key."""
    found = _WRITE_KEY.fullmatch(write_key)
    return found[1] if found else None


def collected_by(source: str, *, trusted: bool = True) -> str:
    """``Event.source`` of what came by the API or as a webhook; ``trusted``: see :class:`Source`."""
    return f"/collect/{source}" if trusted else f"{PUBLIC}{source}"


def source_of_event(event_source: str) -> str | None:
    """The id of the source by which an event came, from ``Event.source``; None where it came by none."""
    way, _, source = event_source.removeprefix("/").partition("/")
    return source if way in {"collect", "import", "public"} and source else None
