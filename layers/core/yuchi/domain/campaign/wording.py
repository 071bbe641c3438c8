"""What a campaign says, as people write it: a text, one kind of message, or one thing for each channel."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from pydantic import ValidationError

from yuchi.domain.actions.base import Part, field_names, problems_of
from yuchi.domain.actions.messages import Card, Image, Menu, News, Text
from yuchi.domain.actions.wording import unescape
from yuchi.domain.campaign.content import ALLOWED, Articles, Content, SubscribeMessage, TemplateMessage
from yuchi.domain.campaign.model import SendChannel
from yuchi.domain.item_columns import holds_odd, refuse
from yuchi.domain.problem import RuleProblem, RuleProblemError, closest

FORMS: Final[Mapping[str, type[Part]]] = {
    "text": Text,
    "image": Image,
    "news": News,
    "menu": Menu,
    "card": Card,
    "articles": Articles,
    "template": TemplateMessage,
    "subscribe": SubscribeMessage,
}
"""What can be said; :data:`ALLOWED` says by which channel."""
CHINESE_CHANNELS: Final[Mapping[str, str]] = {
    "群发": "mass", "群发消息": "mass", "客服": "custom", "客服消息": "custom", "模板": "template", "模板消息": "template",
    "订阅": "subscribe", "订阅消息": "subscribe", "订阅通知": "subscribe", "最佳": "best", "最优": "best", "自动": "best",
}  # fmt: skip
"""What people call the channels."""
_SINGLE_FIELD: Final = {"text": "text", "image": "media_id", "articles": "media_id", "news": "articles"}
_CHINESE_FORMS: Final = {
    "文字": "text", "文本": "text", "图片": "image", "图文": "news", "菜单": "menu", "小程序卡片": "card", "卡片": "card",
    "文章": "articles", "草稿": "articles", "mpnews": "articles", "article": "news", "draft": "articles",
}  # fmt: skip


def read_content(value: Any) -> dict[SendChannel, Content]:
    """A plain value as contents by channel. Raises :class:`RuleProblemError`.

    What is not written for one channel serves every channel that takes it: a text those by custom and mass messages.
    """
    if holds_odd(value):
        raise refuse("campaign.content.binary", "内容里不能有二进制数据", "content cannot hold binary data")
    if isinstance(value, Mapping) and value and all(_channel(name) for name in value):
        return _by_channel(value)
    content = _read_one(value)
    return {channel: content for channel in SendChannel if content.type in ALLOWED[channel]}


def _by_channel(value: Mapping[str, Any]) -> dict[SendChannel, Content]:
    contents: dict[SendChannel, Content] = {}
    problems: list[RuleProblem] = []
    for name, written in value.items():
        channel = SendChannel(_channel(name))
        try:
            contents[channel] = _of_channel(channel, written)
        except RuleProblemError as exc:
            problems += [replace(each, zh=f"{name}：{each.zh}", en=f"{name}: {each.en}") for each in exc.problems]
    if problems:
        raise RuleProblemError(*problems)
    return contents


def _channel(name: str) -> str:
    word = name.strip().lower()
    word = CHINESE_CHANNELS.get(word, word)
    return word if word in ALLOWED else ""


def _of_channel(channel: SendChannel, written: Any) -> Content:
    if channel in FORMS:  # a template is said by nothing else, so that its fields stand there alone
        return _build(channel, _fields(channel, written))
    content = _read_one(written)
    if content.type not in ALLOWED[channel]:
        takes = ALLOWED[channel]
        raise refuse(
            "campaign.content.channel",
            f"{channel} 不能发 {content.type}，可以用 {'、'.join(takes)}",
            f"{channel} cannot carry {content.type}, only {', '.join(takes)}",
        )
    return content


def _read_one(value: Any) -> Content:
    if isinstance(value, str):
        return _build("text", {"text": unescape(value.strip())})
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        fields = dict(value)
        return _build(_form(fields.pop("type")), fields)
    if not isinstance(value, Mapping) or len(value) != 1:
        raise refuse(
            "campaign.content.form",
            f"内容写成一段文字，或只有一个键的映射：{'、'.join(FORMS)}；分渠道写就用渠道作键，例如 custom 和 mass",
            f"content is a text, or a map with one key of {', '.join(FORMS)}; or a map by channel, such as custom and mass",
        )
    ((name, written),) = value.items()
    form = _form(str(name))
    return _build(form, _fields(form, written))


def _form(written: str) -> str:
    word = written.strip().lower()
    form = _CHINESE_FORMS.get(word, word)
    if form not in FORMS:
        raise refuse(
            "campaign.content.unknown",
            f"没有“{written[:20]}”这种内容，可以用：{'、'.join(FORMS)}",
            f"there is no content {written[:20]!r}; there are: {', '.join(FORMS)}",
            suggestion=closest(word, FORMS),
        )
    return form


def _fields(form: str, written: Any) -> dict[str, Any]:
    single = _SINGLE_FIELD.get(form)
    if isinstance(written, Mapping) and (single is None or single in written):
        return dict(written)
    if single is None:
        raise refuse(
            "campaign.content.fields", f"{form} 要写成“字段: 内容”的形式", f"{form} is written as a map of fields"
        )
    return {single: unescape(written) if form == "text" and isinstance(written, str) else written}


def _build(form: str, fields: Mapping[str, Any]) -> Content:
    cleaned = {name: _CLEANERS[name](value) if name in _CLEANERS else value for name, value in fields.items()}
    try:
        content = cast("Content", FORMS[form].model_validate({**cleaned, "type": form}))
    except ValidationError as exc:
        raise RuleProblemError(*problems_of(exc, known=field_names())) from None
    if isinstance(content, News) and len(content.articles) > 1:
        raise refuse("campaign.content.articles", "图文只能有 1 篇", "news carries one article")
    return content


def _template_data(data: Any) -> Any:
    """Fields of templates are texts: numbers are written out, and WeChat's own ``{"value": ...}`` is taken too."""
    if not isinstance(data, Mapping):
        return data
    bare = {
        name: each["value"] if isinstance(each, Mapping) and "value" in each else each for name, each in data.items()
    }
    return {
        name: str(each) if isinstance(each, int | float) and not isinstance(each, bool) else each
        for name, each in bare.items()
    }


_CLEANERS: Final[Mapping[str, Callable[[Any], Any]]] = {"data": _template_data}
