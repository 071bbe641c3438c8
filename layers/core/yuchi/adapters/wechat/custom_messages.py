"""Bodies of customer-service messages, without ``touser`` (WeChat documentation: send customer-service messages)."""

from collections.abc import Sequence
from typing import Any

from yuchi.adapters.wechat.reply import Article


def text(content: str) -> dict[str, Any]:
    """A text, which may hold links to mini-programs."""
    return _message("text", content=content)


def image(media_id: str) -> dict[str, Any]:
    """An uploaded picture."""
    return _message("image", media_id=media_id)


def music(url: str, *, hq_url: str, thumb_media_id: str, title: str = "", description: str = "") -> dict[str, Any]:
    """A piece of music by its address."""
    return _message(
        "music", title=title, description=description, musicurl=url, hqmusicurl=hq_url, thumb_media_id=thumb_media_id
    )


def news(article: Article) -> dict[str, Any]:
    """One article that leads to an address; WeChat takes no more than one."""
    entry = {
        "title": article.title,
        "description": article.description,
        "url": article.url,
        "picurl": article.picture_url,
    }
    return _message("news", articles=[entry])


def menu(head: str, options: Sequence[tuple[str, str]], tail: str = "") -> dict[str, Any]:
    """A text with options ``(id, content)`` to tap."""
    entries = [{"id": identifier, "content": content} for identifier, content in options]
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": head, "list": entries, "tail_content": tail}}


def miniprogram_page(title: str, *, appid: str, page_path: str, thumb_media_id: str) -> dict[str, Any]:
    """A card that opens a page of a bound mini-program."""
    return _message("miniprogrampage", title=title, appid=appid, pagepath=page_path, thumb_media_id=thumb_media_id)


def _message(kind: str, **content: Any) -> dict[str, Any]:
    return {"msgtype": kind, kind: {name: value for name, value in content.items() if value}}
