from typing import Any

import pytest
from wechatpy import WeChatClient as WeChatSdk

from tests.unit.adapters.wechat.platform import URL, Platform, Tokens, always
from yuchi.adapters.wechat import custom_messages as write
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.reply import Article
from yuchi.adapters.wechat.transport import OutcomeUnknownError

ARTICLE = Article("春茶上新", "https://tea.example/", "明前龙井", "https://tea.example/p.jpg")
OK = {"errcode": 0, "errmsg": "ok"}


def client(platform: Platform) -> WeChatClient:
    return WeChatClient(appid="wx1", tokens=Tokens(), base_url=URL, http=platform.session())


def sent(message: dict[str, Any]) -> Any:
    platform = Platform(always(OK))
    client(platform).send_custom("o1", message)
    return platform.calls[0].json


@pytest.mark.parametrize(
    ("message", "kind", "content"),
    [
        (write.text("您好"), "text", {"content": "您好"}),
        (write.image("m1"), "image", {"media_id": "m1"}),
        (
            write.music("https://a.example/1", hq_url="https://a.example/2", thumb_media_id="m2", title="听雨"),
            "music",
            {
                "musicurl": "https://a.example/1",
                "hqmusicurl": "https://a.example/2",
                "thumb_media_id": "m2",
                "title": "听雨",
            },
        ),
        (
            write.news(ARTICLE),
            "news",
            {
                "articles": [
                    {
                        "title": "春茶上新",
                        "description": "明前龙井",
                        "url": "https://tea.example/",
                        "picurl": "https://tea.example/p.jpg",
                    }
                ]
            },
        ),
        (
            write.menu("满意吗？", [("1", "满意"), ("2", "不满意")], "谢谢"),
            "msgmenu",
            {
                "head_content": "满意吗？",
                "list": [{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}],
                "tail_content": "谢谢",
            },
        ),
        (
            write.miniprogram_page("会员", appid="wx2", page_path="pages/a", thumb_media_id="m2"),
            "miniprogrampage",
            {"title": "会员", "appid": "wx2", "pagepath": "pages/a", "thumb_media_id": "m2"},
        ),
    ],
)
def test_sends_what_wechat_documents(message: dict[str, Any], kind: str, content: dict[str, Any]) -> None:
    assert sent(message) == {"touser": "o1", "msgtype": kind, kind: content}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (write.text("您好"), lambda sdk: sdk.message.send_text("o1", "您好")),
        (write.image("m1"), lambda sdk: sdk.message.send_image("o1", "m1")),
        (
            write.news(ARTICLE),
            lambda sdk: sdk.message.send_articles(
                "o1",
                [
                    {
                        "title": ARTICLE.title,
                        "description": ARTICLE.description,
                        "url": ARTICLE.url,
                        "image": ARTICLE.picture_url,
                    }
                ],
            ),
        ),
        (
            write.menu("头", [("1", "一")], "尾"),
            lambda sdk: sdk.message.send_msg_menu(
                "o1", {"head_content": "头", "list": [{"id": "1", "content": "一"}], "tail_content": "尾"}
            ),
        ),
    ],
)
def test_wechatpy_writes_the_same(ours: dict[str, Any], theirs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(always(OK))
    sdk = WeChatSdk("wx1", "secret", access_token="t")
    monkeypatch.setattr(sdk, "_http", platform.session())
    monkeypatch.setattr(sdk, "API_BASE_URL", f"{URL}/cgi-bin/")

    theirs(sdk)

    assert platform.calls[0].json == sent(ours)


def test_an_answer_without_an_errcode_is_no_success() -> None:
    with pytest.raises(OutcomeUnknownError):
        client(Platform(always({}))).send_custom("o1", write.text("您好"))


def test_reads_a_fan() -> None:
    platform = Platform(always({"subscribe": 1, "openid": "o1", "unionid": "u1"}))

    assert client(platform).sdk.user.get("o1")["unionid"] == "u1"
    assert (platform.calls[0].path, platform.calls[0].params["openid"]) == ("/cgi-bin/user/info", "o1")


@pytest.mark.parametrize(
    ("lasting", "path"), [(False, "/cgi-bin/media/upload"), (True, "/cgi-bin/material/add_material")]
)
def test_uploads_a_picture_as_a_form(lasting: bool, path: str) -> None:
    platform = Platform(always({"type": "image", "media_id": "m1", "created_at": 1}))

    assert client(platform).upload_image("tea.png", b"picture", lasting=lasting) == "m1"

    (call,) = platform.calls
    assert (call.path, call.params["type"]) == (path, "image")
    assert b'name="media"; filename="tea.png"' in call.body
    assert b"picture" in call.body


def test_adds_a_draft() -> None:
    platform = Platform(always({"media_id": "d1"}))

    assert client(platform).add_draft([{"title": "春茶", "content": "<p>明前</p>", "thumb_media_id": "m1"}]) == "d1"

    (call,) = platform.calls
    assert call.path == "/cgi-bin/draft/add"
    assert call.json["articles"][0]["title"] == "春茶"


def test_an_answer_without_a_media_id_is_no_success() -> None:
    with pytest.raises(OutcomeUnknownError):
        client(Platform(always(OK))).upload_image("tea.png", b"picture")
