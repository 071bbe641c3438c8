"""Pictures and articles before WeChat gets them: what it would refuse is told at once, and not when everybody waits."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from yuchi.domain.problem import RuleProblem

IMAGE_BYTES: Final = 10 * 1024 * 1024
ARTICLES: Final = 8
CONTENT_CHARACTERS: Final = 20_000
_STARTS: Final[Mapping[bytes, str]] = {
    b"\xff\xd8\xff": "jpg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
    b"BM": "bmp",
}
"""How a file begins -> what it is; a name proves nothing."""


class Article(BaseModel):
    """One article of a draft. ``content`` is HTML; ``thumb``: the media id of its picture, kept for good by WeChat."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    author: Annotated[str, StringConstraints(max_length=16)] = ""
    digest: Annotated[str, StringConstraints(max_length=128)] = ""
    content: Annotated[str, StringConstraints(min_length=1, max_length=CONTENT_CHARACTERS)]
    thumb: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    source_url: Annotated[str, StringConstraints(pattern=r"^https?://\S{1,1000}$")] | None = None

    def body(self) -> dict[str, str]:
        """As ``draft/add`` takes it."""
        written = {
            "title": self.title,
            "author": self.author,
            "digest": self.digest,
            "content": self.content,
            "thumb_media_id": self.thumb,
            "content_source_url": self.source_url or "",
        }
        return {name: value for name, value in written.items() if value}


class Draft(BaseModel):
    """The articles of one news message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    articles: Annotated[Sequence[Article], Field(min_length=1, max_length=ARTICLES)]


def image_kind(content: bytes) -> str:
    """``jpg``, ``png``, ``gif``, ``bmp``, or empty for anything else."""
    return next((kind for start, kind in _STARTS.items() if content.startswith(start)), "")


def image_problem(content: bytes) -> RuleProblem | None:
    """Why WeChat would refuse a picture; None where it takes it."""
    if not image_kind(content):
        return RuleProblem("media.kind", "图片只能是 jpg、png、gif 或 bmp", "a picture is a jpg, png, gif or bmp")
    if len(content) > IMAGE_BYTES:
        megabytes = f"{len(content) / 1024 / 1024:.1f} MB"
        return RuleProblem("media.size", f"图片 {megabytes}，最多 10 MB", f"the picture has {megabytes}, at most 10 MB")
    return None


def media_hash(content: bytes) -> str:
    """The name of a file by what is in it: one file is uploaded once to each account."""
    return sha256(content).hexdigest()
