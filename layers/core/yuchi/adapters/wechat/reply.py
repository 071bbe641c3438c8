"""Passive replies: the XML that answers a push (WeChat documentation: passive user reply)."""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from yuchi.adapters.wechat.crypto import encrypt, sign
from yuchi.adapters.wechat.push import OpenedPush
from yuchi.domain.account import Account

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

SUCCESS: Final = "success"
"""The answer when there is nothing to say. It needs no encryption, in no mode."""

MAX_ARTICLES: Final = 8


@dataclass(frozen=True, slots=True)
class TextReply:
    """A text; WeChat takes 2,048 bytes."""

    content: str


@dataclass(frozen=True, slots=True)
class ImageReply:
    """A picture that was uploaded."""

    media_id: str


@dataclass(frozen=True, slots=True)
class VoiceReply:
    """A recording that was uploaded."""

    media_id: str


@dataclass(frozen=True, slots=True)
class VideoReply:
    """A video that was uploaded."""

    media_id: str
    title: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class MusicReply:
    """A piece of music by its address."""

    url: str
    hq_url: str = ""
    title: str = ""
    description: str = ""
    thumb_media_id: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a news message."""

    title: str
    url: str
    description: str = ""
    picture_url: str = ""


@dataclass(frozen=True, slots=True)
class NewsReply:
    """Articles; WeChat shows one when it answers a message, up to eight otherwise."""

    articles: Sequence[Article]


@dataclass(frozen=True, slots=True)
class TransferReply:
    """Hands the conversation to customer service, to one member of staff if named."""

    staff: str = ""


Reply = TextReply | ImageReply | VoiceReply | VideoReply | MusicReply | NewsReply | TransferReply


def render_reply(reply: Reply, *, to_openid: str, original_id: str, now: datetime) -> str:
    """The reply as XML, addressed to the fan ``to_openid`` from the account ``original_id`` (``gh_...``)."""
    kind, body = _render(reply)
    return (
        f"<xml>{_tag('ToUserName', to_openid)}{_tag('FromUserName', original_id)}"
        f"<CreateTime>{int(now.timestamp())}</CreateTime>{_tag('MsgType', kind)}{body}</xml>"
    )


def render_json_transfer(*, to_openid: str, original_id: str, now: datetime) -> str:
    """The one reply that mini-programs may give, for those whose pushes are JSON."""
    fields = {
        "ToUserName": to_openid,
        "FromUserName": original_id,
        "CreateTime": int(now.timestamp()),
        "MsgType": "transfer_customer_service",
    }
    return json.dumps(fields)


def encrypt_reply(
    account: Account,
    push: OpenedPush,
    answer: str,
    *,
    now: datetime,
    nonce: str | None = None,
    random: bytes | None = None,
) -> str:
    """``answer`` in the envelope that the push came in: with the key and the token that fitted, or plain in plain mode.

    ``nonce`` and ``random`` (16 bytes) are for tests with published values; they are drawn freshly otherwise.
    """
    if push.key is None:
        return answer
    timestamp = str(int(now.timestamp()))
    nonce = nonce or secrets.token_hex(8)
    encrypted = encrypt(push.key, answer.encode(), account.appid, random or secrets.token_bytes(16))
    signature = sign(push.token, timestamp, nonce, encrypted)
    if push.is_json:
        envelope = {"Encrypt": encrypted, "MsgSignature": signature, "TimeStamp": int(timestamp), "Nonce": nonce}
        return json.dumps(envelope)
    return (
        f"<xml>{_tag('Encrypt', encrypted)}{_tag('MsgSignature', signature)}"
        f"<TimeStamp>{timestamp}</TimeStamp>{_tag('Nonce', nonce)}</xml>"
    )


def _render(reply: Reply) -> tuple[str, str]:
    match reply:
        case TextReply():
            rendered = "text", _tag("Content", reply.content)
        case ImageReply():
            rendered = "image", _group("Image", MediaId=reply.media_id)
        case VoiceReply():
            rendered = "voice", _group("Voice", MediaId=reply.media_id)
        case VideoReply(media_id=media_id, title=title, description=description):
            rendered = "video", _group("Video", MediaId=media_id, Title=title, Description=description)
        case MusicReply():
            rendered = "music", _music(reply)
        case NewsReply():
            rendered = "news", _articles(reply.articles[:MAX_ARTICLES])
        case TransferReply():
            staff = _group("TransInfo", KfAccount=reply.staff) if reply.staff else ""
            rendered = "transfer_customer_service", staff
    return rendered


def _music(music: MusicReply) -> str:
    return _group(
        "Music",
        Title=music.title,
        Description=music.description,
        MusicUrl=music.url,
        HQMusicUrl=music.hq_url,
        ThumbMediaId=music.thumb_media_id,
    )


def _articles(articles: Sequence[Article]) -> str:
    items = "".join(
        _group("item", Title=one.title, Description=one.description, PicUrl=one.picture_url, Url=one.url)
        for one in articles
    )
    return f"<ArticleCount>{len(articles)}</ArticleCount><Articles>{items}</Articles>"


def _group(name: str, **tags: str) -> str:
    return f"<{name}>{''.join(_tag(tag, value) for tag, value in tags.items() if value)}</{name}>"


def _tag(name: str, value: str) -> str:
    return f"<{name}><![CDATA[{_cdata(value)}]]></{name}>"


def _cdata(value: str) -> str:
    """``value`` for a CDATA section: its end mark is split in two, and what XML 1.0 forbids goes."""
    return _FORBIDDEN.sub("", value).replace("]]>", "]]]]><![CDATA[>")
