"""Bodies of mass, template and subscription messages, without the persons they go to."""

from typing import Any

from yuchi.domain import actions
from yuchi.domain.campaign.content import Articles, Content, MiniProgramPage, SubscribeMessage, TemplateMessage


def mass_body(content: Content) -> dict[str, Any] | None:
    """The body of ``message/mass/send`` and of its preview; None for what cannot be sent to all alike."""
    match content:
        case actions.Text():
            return {"msgtype": "text", "text": {"content": content.text}}
        case actions.Image():
            return {"msgtype": "images", "images": {"media_ids": [content.media_id]}}
        case Articles():
            return {"msgtype": "mpnews", "mpnews": {"media_id": content.media_id}, "send_ignore_reprint": 1}
        case _:
            return None


def template_body(content: TemplateMessage) -> dict[str, Any]:
    """The body of ``message/template/send``."""
    data = {name: {"value": value} for name, value in content.data.items()}
    body: dict[str, Any] = {"template_id": content.template_id, "data": data}
    if content.url:
        body["url"] = content.url
    return body | _mini_program(content.mini_program)


def subscribe_body(content: SubscribeMessage) -> dict[str, Any]:
    """The body of ``message/subscribe/bizsend``."""
    data = {name: {"value": value} for name, value in content.data.items()}
    body: dict[str, Any] = {"template_id": content.template_id, "data": data}
    if content.page:
        body["page"] = content.page
    return body | _mini_program(content.mini_program)


def _mini_program(page: MiniProgramPage | None) -> dict[str, Any]:
    return {"miniprogram": {"appid": page.appid, "pagepath": page.page}} if page else {}
