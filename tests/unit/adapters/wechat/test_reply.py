from xml.etree import ElementTree as ET

import pytest
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import deserialize_reply

from tests.unit.adapters.wechat.sealing import (
    ACCOUNT,
    APPID,
    FAN,
    GH,
    KEY,
    NOW,
    PLAIN_ACCOUNT,
    SECRETS,
    TEXT,
    TOKEN,
    plain_query,
    sealed,
)
from yuchi.adapters.wechat.crypto import parse_key
from yuchi.adapters.wechat.push import OpenedPush, open_push
from yuchi.adapters.wechat.reply import (
    Article,
    ImageReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
    encrypt_reply,
    render_reply,
)
from yuchi.domain.account import Account

ARTICLE = Article("春茶上新", "https://tea.example/spring", "明前龙井", "https://tea.example/p.jpg")


def render(reply: Reply) -> ET.Element:
    return ET.fromstring(render_reply(reply, to_openid=FAN, original_id=GH, now=NOW))


@pytest.mark.parametrize(
    ("reply", "kind", "expected"),
    [
        (TextReply("您好"), "text", {"Content": "您好"}),
        (ImageReply("m1"), "image", {"Image/MediaId": "m1"}),
        (VoiceReply("m1"), "voice", {"Voice/MediaId": "m1"}),
        (VideoReply("m1", "标题"), "video", {"Video/MediaId": "m1", "Video/Title": "标题", "Video/Description": None}),
        (
            MusicReply("https://a.example/1.mp3", "https://a.example/2.mp3", "听雨", "雨声", "m2"),
            "music",
            {
                "Music/MusicUrl": "https://a.example/1.mp3",
                "Music/HQMusicUrl": "https://a.example/2.mp3",
                "Music/Title": "听雨",
                "Music/Description": "雨声",
                "Music/ThumbMediaId": "m2",
            },
        ),
        (
            NewsReply([ARTICLE]),
            "news",
            {
                "ArticleCount": "1",
                "Articles/item/Title": "春茶上新",
                "Articles/item/Url": "https://tea.example/spring",
                "Articles/item/Description": "明前龙井",
                "Articles/item/PicUrl": "https://tea.example/p.jpg",
            },
        ),
        (TransferReply(), "transfer_customer_service", {"TransInfo": None}),
        (TransferReply("lin@greenhill"), "transfer_customer_service", {"TransInfo/KfAccount": "lin@greenhill"}),
    ],
)
def test_writes_what_wechat_documents(reply: Reply, kind: str, expected: dict[str, str | None]) -> None:
    tree = render(reply)

    assert [tree.findtext(name) for name in ("ToUserName", "FromUserName", "CreateTime", "MsgType")] == [
        FAN,
        GH,
        "1772935200",
        kind,
    ]
    assert {path: tree.findtext(path) for path in expected} == expected


def test_eight_articles_are_the_most() -> None:
    tree = render(NewsReply([ARTICLE] * 11))

    assert tree.findtext("ArticleCount") == "8"
    assert len(tree.findall("Articles/item")) == 8


@pytest.mark.parametrize(
    "reply", [TextReply("您好"), ImageReply("m1"), VoiceReply("m1"), NewsReply([ARTICLE] * 2), TransferReply()]
)
def test_wechatpy_reads_it_back(reply: Reply) -> None:
    xml = render_reply(reply, to_openid=FAN, original_id=GH, now=NOW)

    assert deserialize_reply(xml).target == FAN


HOSTILE = "]]></Content><MsgType>image</MsgType><Content><![CDATA["


@pytest.mark.parametrize(
    "text", [HOSTILE, "]]>", "]]]]>>", "<a href='x'>&amp;</a>", "a\x00b\x0bc\ud800d￾", "\n\t 你好"]
)
def test_text_cannot_leave_its_place(text: str) -> None:
    tree = render(TextReply(text))

    kept = "".join(char for char in text if char >= " " or char in "\t\n\r").encode(errors="ignore").decode()
    assert (tree.findtext("Content"), tree.findtext("MsgType")) == (kept.replace("￾", ""), "text")
    assert len(tree.findall("Content")) == 1


def test_twin_wechatpy_lets_text_leave_its_place() -> None:
    from wechatpy.replies import TextReply as SdkTextReply

    tree = ET.fromstring(SdkTextReply(source=GH, target=FAN, content=HOSTILE).render())

    assert len(tree.findall("MsgType")) > 1


def open_text(account: Account = ACCOUNT) -> OpenedPush:
    if account is PLAIN_ACCOUNT:
        return open_push(account, SECRETS, plain_query(), TEXT.encode(), now=NOW)
    query, body = sealed()
    return open_push(account, SECRETS, query, body, now=NOW)


def test_wechatpy_opens_the_encrypted_reply() -> None:
    xml = render_reply(TextReply("您好"), to_openid=FAN, original_id=GH, now=NOW)

    wrapped = encrypt_reply(ACCOUNT, open_text(), xml, now=NOW)

    tree = ET.fromstring(wrapped)
    opened = WeChatCrypto(TOKEN, KEY, APPID).decrypt_message(
        wrapped, tree.findtext("MsgSignature"), tree.findtext("TimeStamp"), tree.findtext("Nonce")
    )
    assert opened == xml


def test_encrypts_as_published() -> None:
    account = ACCOUNT.model_copy(update={"appid": "wxba5fad812f8e6fb9"})
    push = OpenedPush(payload={}, body=b"", token="AAAAA", key=parse_key("A" * 43))
    now = NOW.fromtimestamp(1713424427, NOW.tzinfo)

    wrapped = encrypt_reply(
        account, push, '{"demo_resp":"good luck"}', now=now, nonce="415670741", random=b"707722b803182950"
    )

    assert ET.fromstring(wrapped).findtext("MsgSignature") == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


def test_two_replies_never_look_alike() -> None:
    push = open_text()

    assert len({encrypt_reply(ACCOUNT, push, "<xml/>", now=NOW) for _ in range(20)}) == 20


def test_a_plain_push_gets_a_plain_reply() -> None:
    assert encrypt_reply(PLAIN_ACCOUNT, open_text(PLAIN_ACCOUNT), "<xml/>", now=NOW) == "<xml/>"
