"""What can be said to a fan: the kinds of messages of WeChat with their limits.

Limits: text 2,048 bytes, which is some 600 Chinese characters (errcode 45002); an address 1,024 bytes (45005, 45006);
titles and descriptions (45003, 45004) are not published exactly, what is here has been seen to pass.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from yuchi.domain.actions.base import Part, Templated, refusal
from yuchi.domain.placeholders import Channel

TEXT_BYTES: Final = 2_048
TEXT_WIDE_CHARACTERS: Final = 600
TITLE: Final = 64
DESCRIPTION: Final = 200
ADDRESS_BYTES: Final = 1_024
MENU_OPTIONS: Final = 10
OPTION: Final = 60

_HOST: Final = (
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})){0,8}\.[A-Za-z][A-Za-z0-9-]{1,62}"
)
_ADDRESS: Final = re.compile(rf"https?://{_HOST}(?::\d{{2,5}})?(?:[/?#][^\s<>\"']*)?")
_LINE_BREAKS: Final = re.compile(r"\r\n?")


def _text(value: str) -> str:
    value = _LINE_BREAKS.sub("\n", value)
    wide = sum(each > "\x7f" for each in value)
    size = len(value.encode("utf-8", "replace"))
    if size > TEXT_BYTES or wide > TEXT_WIDE_CHARACTERS:
        raise refusal(
            "text.long",
            f"文字太长：{wide} 个汉字、{size} 字节；微信最多 {TEXT_WIDE_CHARACTERS} 个汉字、{TEXT_BYTES} 字节",
            f"the text has {size} bytes; WeChat takes {TEXT_BYTES}, or {TEXT_WIDE_CHARACTERS} Chinese characters",
        )
    return value


def _address(value: str) -> str:
    if len(value.encode("utf-8", "replace")) > ADDRESS_BYTES:
        raise refusal("address.long", "网址太长", "the address is too long")
    if not _ADDRESS.fullmatch(value):
        raise refusal(
            "address.unreadable",
            "网址要以 https:// 和域名开头，不能有空格；占位符只能写在域名后面",
            "an address starts with https:// and a host, without blanks; placeholders only behind the host",
        )
    return value


Message = Annotated[
    str,
    StringConstraints(min_length=1),
    AfterValidator(_text),
    Templated(Channel.TEXT, max_bytes=TEXT_BYTES),
]
Title = Annotated[
    str, StringConstraints(min_length=1, max_length=TITLE), Templated(Channel.PLAIN, max_characters=TITLE)
]
Description = Annotated[
    str, StringConstraints(max_length=DESCRIPTION), Templated(Channel.PLAIN, max_characters=DESCRIPTION)
]
Address = Annotated[str, AfterValidator(_address), Templated(Channel.URL, max_bytes=ADDRESS_BYTES)]
MediaId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,256}$")]


class Text(Part):
    """A text. It may hold ``<a href="...">`` links."""

    type: Literal["text"] = "text"
    text: Message


class Image(Part):
    """A picture that was uploaded to WeChat."""

    type: Literal["image"] = "image"
    media_id: MediaId


class Article(Part):
    """One entry of a news message: a headline with a picture that leads to an address."""

    title: Title
    description: Description = ""
    url: Address
    picture: Address | None = None


def _articles(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class News(Part):
    """A news message. Custom messages take one article; passive replies eight, or one when they answer a message."""

    type: Literal["news"] = "news"
    articles: Annotated[
        tuple[Article, ...],
        BeforeValidator(_articles, json_schema_input_type=Article | list[Article]),
        Field(min_length=1, max_length=8),
    ]


class Music(Part):
    """A piece of music. ``thumb_media_id``: its picture, uploaded to WeChat."""

    type: Literal["music"] = "music"
    title: Title
    description: Description = ""
    url: Address
    high_quality_url: Address | None = None
    thumb_media_id: MediaId


class Transfer(Part):
    """Hand the conversation to WeChat's customer service, to ``staff`` (``name@account``) or to anyone."""

    type: Literal["transfer"] = "transfer"
    staff: Annotated[str, StringConstraints(pattern=r"^[^\s@]{1,64}@[^\s@]{1,64}$")] | None = None


class Option(Part):
    """One line of a menu. The fan's tap comes back as ``message.text`` with ``content`` and the option's ``id``."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    content: Annotated[
        str, StringConstraints(min_length=1, max_length=OPTION), Templated(Channel.TEXT, max_characters=OPTION)
    ]


def _options(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return [
        {"id": str(number), "content": each} if isinstance(each, str) else each for number, each in enumerate(value, 1)
    ]


class Menu(Part):
    """A text with options to tap (msgmenu)."""

    type: Literal["menu"] = "menu"
    head: Message
    options: Annotated[
        tuple[Option, ...],
        BeforeValidator(_options, json_schema_input_type=list[Option | str]),
        Field(min_length=1, max_length=MENU_OPTIONS),
    ]
    tail: Annotated[str, AfterValidator(_text), Templated(Channel.TEXT, max_bytes=TEXT_BYTES)] = ""

    @model_validator(mode="after")
    def _each_once(self) -> "Menu":
        if len({option.id for option in self.options}) < len(self.options):
            raise refusal("menu.twice", "菜单选项的 id 不能重复", "the ids of options must differ")
        return self


class Card(Part):
    """A card that opens a page of a mini-program bound to the account. ``thumb_media_id``: its picture."""

    type: Literal["card"] = "card"
    title: Title
    appid: Annotated[str, StringConstraints(pattern=r"^wx[0-9a-f]{16}$")]
    page: Annotated[
        str,
        StringConstraints(min_length=1, max_length=512, pattern=r"^[^\s{}/][^\s]*$"),
        Templated(Channel.URL, max_bytes=1_024),
    ]
    thumb_media_id: MediaId
