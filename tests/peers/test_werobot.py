"""Pushes, replies and envelopes against WeRoBot, a framework with a parser and a cipher of its own."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from werobot.crypto import MessageCrypt
from werobot.parser import parse_user_msg
from werobot.replies import process_function_reply

from tests.unit.adapters.wechat.sealing import ACCOUNT, APPID, FAN, GH, KEY, NONCE, NOW, SECRETS, TEXT, TIMESTAMP, TOKEN
from yuchi.adapters.wechat.normalise import normalise
from yuchi.adapters.wechat.payload import read_payload
from yuchi.adapters.wechat.push import open_push
from yuchi.adapters.wechat.reply import TextReply, encrypt_reply, render_reply
from yuchi.domain.event import fan_identity

pytestmark = pytest.mark.peer

FOLDER = Path("tests/events/wechat")

# Our name of a field -> WeRoBot's, for the pushes that it knows.
SAME: dict[str, dict[str, str]] = {
    "message.text.xml": {"content": "content", "message_id": "message_id"},
    "message.image.xml": {"picture_url": "img", "message_id": "message_id"},
    "message.voice.xml": {"media_id": "media_id", "format": "format", "recognition": "recognition"},
    "message.video.xml": {"media_id": "media_id", "thumb_media_id": "thumb_media_id"},
    "message.shortvideo.xml": {"media_id": "media_id", "thumb_media_id": "thumb_media_id"},
    "message.location.xml": {"label": "label", "scale": "scale"},
    "message.link.xml": {"title": "title", "description": "description", "url": "url"},
    "subscribe_qrcode.xml": {"ticket": "ticket"},
    "scan.xml": {"scene": "key", "ticket": "ticket"},
    "click.xml": {"key": "key"},
    "view.xml": {"url": "key"},
    "location.xml": {"latitude": "latitude", "longitude": "longitude", "precision": "precision"},
    "scancode_push.xml": {"key": "key", "scan_type": "scan_type", "scan_result": "scan_result"},
    "scancode_waitmsg.xml": {"key": "key", "scan_type": "scan_type", "scan_result": "scan_result"},
    "pic_sysphoto.xml": {"key": "key", "count": "count"},
    "location_select.xml": {"key": "key", "label": "label", "poi_name": "poi_name"},
    "card_pass_check.xml": {"card_id": "card_id"},
    "card_not_pass_check.xml": {"card_id": "card_id", "reason": "refuse_reason"},
    "user_get_card.xml": {"card_id": "card_id", "code": "user_card_code", "outer": "outer_str"},
    "user_del_card.xml": {"card_id": "card_id", "code": "user_card_code"},
    "user_consume_card.xml": {
        "card_id": "card_id",
        "consume_source": "consume_source",
        "location_name": "location_name",
    },
    "user_view_card.xml": {"card_id": "card_id", "outer": "outer_str"},
    "card_sku_remind.xml": {"card_id": "card_id", "detail": "detail"},
    "user_scan_product.xml": {"standard": "key_standard", "code": "key_str", "country": "country", "extra": "ext_info"},
}


def text_of(value: Any) -> str:
    return str(float(value)) if isinstance(value, int | float) else str(value)


@pytest.mark.parametrize("name", SAME)
def test_both_read_the_same_from_a_push(name: str) -> None:
    raw = (FOLDER / name).read_text()
    theirs, ours = parse_user_msg(raw), normalise(ACCOUNT, read_payload(raw.encode()), NOW)

    for field, attribute in SAME[name].items():
        there, here = getattr(theirs, attribute), ours.data[field]
        assert text_of(type(here)(there)) == text_of(here), field
    if ours.subject is not None:
        assert ours.subject == fan_identity("tea", theirs.source)
    assert int(ours.time.timestamp()) == int(theirs.time)


def test_we_open_what_werobot_seals() -> None:
    wrapped = ET.fromstring(MessageCrypt(TOKEN, KEY, APPID).encrypt_message(TEXT, TIMESTAMP, NONCE))
    query = {"timestamp": [TIMESTAMP], "nonce": [NONCE], "msg_signature": [wrapped.findtext("MsgSignature") or ""]}

    opened = open_push(ACCOUNT, SECRETS, query, ET.tostring(wrapped), now=NOW)

    assert opened.body == TEXT.encode()


def test_werobot_opens_our_reply() -> None:
    wrapped = MessageCrypt(TOKEN, KEY, APPID).encrypt_message(TEXT, TIMESTAMP, NONCE)
    query = {
        "timestamp": [TIMESTAMP],
        "nonce": [NONCE],
        "msg_signature": [ET.fromstring(wrapped).findtext("MsgSignature") or ""],
    }
    push = open_push(ACCOUNT, SECRETS, query, wrapped.encode(), now=NOW)
    xml = render_reply(TextReply("您好 ]]> 您好"), to_openid=FAN, original_id=GH, now=NOW)

    sealed = ET.fromstring(encrypt_reply(ACCOUNT, push, xml, now=NOW))
    opened = MessageCrypt(TOKEN, KEY, APPID).decrypt_message(
        sealed.findtext("TimeStamp"),
        sealed.findtext("Nonce"),
        sealed.findtext("MsgSignature"),
        sealed.findtext("Encrypt"),
    )

    assert opened.decode() == xml


def test_both_write_the_same_reply() -> None:
    message = parse_user_msg(TEXT)
    theirs = ET.fromstring(process_function_reply("您好", message).render())

    ours = ET.fromstring(render_reply(TextReply("您好"), to_openid=FAN, original_id=GH, now=NOW))

    names = ("ToUserName", "FromUserName", "MsgType", "Content")
    assert [ours.findtext(name) for name in names] == [theirs.findtext(name) for name in names]
