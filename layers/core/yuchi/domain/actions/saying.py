"""``reply`` and ``send``: two ways to say something to a fan."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator
from typing_extensions import override

from yuchi.domain.actions.base import BaseAction, refusal
from yuchi.domain.actions.messages import Card, Image, Menu, Music, News, Text, Transfer
from yuchi.domain.actions.wording import read_line, read_map, write_message

Repliable = Annotated[Text | Image | News | Music | Transfer, Field(discriminator="type")]
Sendable = Annotated[Text | Image | News | Menu | Card, Field(discriminator="type")]


class Reply(BaseAction):
    """Answer the push itself, at once and outside every quota. Only the first reply of all matching rules is given."""

    forms: ClassVar = ("text", "image", "news", "music", "transfer")
    verb: ClassVar = "reply"
    zh: ClassVar = "立即回复粉丝（被动回复，不占客服消息次数）：文字、图片、图文、音乐，或转接人工客服"
    en: ClassVar = "answer at once (passive reply, no quota): text, image, news, music or transfer to customer service"
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]] = (
        "reply 您好，试用装已登记",
        "reply {{profile.attributes.称呼|亲}}，欢迎回来\\n回复 1 查看活动",
        "reply image 1yMf_aZ8kq",
        "reply transfer",
        "reply transfer amy@qingshan",
        {
            "reply": {
                "news": {
                    "title": "春茶上新",
                    "description": "明前龙井到店",
                    "url": "https://shop.example.com/spring",
                    "picture": "https://shop.example.com/spring.jpg",
                }
            }
        },
        {
            "reply": {
                "music": {
                    "title": "听雨",
                    "url": "https://media.example.com/rain.mp3",
                    "thumb_media_id": "1yMf_aZ8kq",
                }
            }
        },
    )

    kind: Literal["reply"] = "reply"
    message: Repliable

    @classmethod
    @override
    def from_line(cls, argument: str) -> Self:
        return cls.model_validate({"message": read_line(cls.verb, argument, cls.forms)})

    @classmethod
    @override
    def from_map(cls, argument: Any) -> Self:
        if isinstance(argument, str):
            return cls.from_line(argument)
        return cls.model_validate({"message": read_map(cls.verb, argument, cls.forms)})

    @override
    def argument(self) -> Any:
        return write_message(self.message)


class Send(BaseAction):
    """Send a custom message. WeChat takes it only in a customer-service window, a few per window."""

    forms: ClassVar = ("text", "image", "news", "menu", "card")
    verb: ClassVar = "send"
    zh: ClassVar = "发客服消息（粉丝互动后的时限内才能发，次数有限）：文字、图片、图文、菜单、小程序卡片"
    en: ClassVar = (
        "send a custom message (within WeChat's windows and quotas): text, image, news, menu, mini-program card"
    )
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]] = (
        "send 您的试用装已寄出",
        "send image 1yMf_aZ8kq",
        {"send": {"menu": {"head": "您对试用装满意吗？", "options": ["满意", "一般", "不满意"], "tail": "点一下即可"}}},
        {
            "send": {
                "card": {
                    "title": "会员中心",
                    "appid": "wx0123456789abcdef",
                    "page": "pages/member/index?from=rule",
                    "thumb_media_id": "1yMf_aZ8kq",
                }
            }
        },
        {"send": {"news": {"title": "怎样泡一杯好茶", "url": "https://shop.example.com/brew"}}},
    )

    kind: Literal["send"] = "send"
    message: Sendable

    @classmethod
    @override
    def from_line(cls, argument: str) -> Self:
        return cls.model_validate({"message": read_line(cls.verb, argument, cls.forms)})

    @classmethod
    @override
    def from_map(cls, argument: Any) -> Self:
        if isinstance(argument, str):
            return cls.from_line(argument)
        return cls.model_validate({"message": read_map(cls.verb, argument, cls.forms)})

    @field_validator("message")
    @classmethod
    def _one_article(cls, message: Sendable) -> Sendable:
        if isinstance(message, News) and len(message.articles) > 1:
            raise refusal("news.many", "客服消息的图文只能有 1 篇", "a custom message carries one article")
        return message

    @override
    def argument(self) -> Any:
        return write_message(self.message)
