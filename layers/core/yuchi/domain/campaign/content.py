"""What a campaign says, by channel."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from yuchi.domain.actions.base import Part, Templated
from yuchi.domain.actions.messages import Address, Card, Image, MediaId, Menu, Message, News, Text
from yuchi.domain.placeholders import Channel

TEMPLATE_VALUE: Final = 200


class Articles(Part):
    """A news message for everybody, from a draft that is made in WeChat's console or by ``draft/add``."""

    type: Literal["articles"] = "articles"
    media_id: MediaId


class MiniProgramPage(Part):
    """A page of a mini-program that a template or subscription message leads to."""

    appid: Annotated[str, StringConstraints(pattern=r"^wx[0-9a-f]{16}$")]
    page: Annotated[str, StringConstraints(min_length=1, max_length=512), Templated(Channel.URL, max_bytes=1_024)]


Fields = Annotated[dict[str, Message], Field(min_length=1, max_length=20), Templated(Channel.DATA)]
"""The template's fields: name -> text."""


class TemplateMessage(Part):
    """A template message; ``template_id`` as WeChat's console shows it."""

    type: Literal["template"] = "template"
    template_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{10,64}$")]
    data: Fields
    url: Address | None = None
    mini_program: MiniProgramPage | None = None


class SubscribeMessage(Part):
    """A subscription notice; ``template_id`` as WeChat's console shows it."""

    type: Literal["subscribe"] = "subscribe"
    template_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{10,64}$")]
    data: Fields
    page: Address | None = None
    mini_program: MiniProgramPage | None = None


Content = Annotated[
    Text | Image | News | Menu | Card | Articles | TemplateMessage | SubscribeMessage, Field(discriminator="type")
]

ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "custom": ("text", "image", "news", "menu", "card"),
    "subscribe": ("subscribe",),
    "template": ("template",),
    "mass": ("text", "image", "articles"),
}
"""Channel -> the types of content that it takes."""
