from typing import Any

import pytest
from wechatpy import WeChatClient as WeChatSdk

from tests.unit.adapters.wechat.platform import URL, Answer, Call, Platform, Tokens, always
from yuchi.adapters.wechat import custom_messages as write
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.reply import Article
from yuchi.adapters.wechat.transport import OutcomeUnknownError

ARTICLE = Article("春茶上新", "https://tea.example/", "明前龙井", "https://tea.example/p.jpg")
OK = {"errcode": 0, "errmsg": "ok"}


def client(platform: Platform) -> WeChatClient:
    return WeChatClient(appid="wx1", tokens=Tokens(), base_url=URL, http=platform.session())


def sent(message: dict[str, Any], **options: str) -> Any:
    platform = Platform(always(OK))
    client(platform).send_custom("o1", message, **options)
    return platform.calls[0].json


@pytest.mark.parametrize(
    ("message", "kind", "content"),
    [
        (write.text("您好"), "text", {"content": "您好"}),
        (write.image("m1"), "image", {"media_id": "m1"}),
        (write.voice("m1"), "voice", {"media_id": "m1"}),
        (
            write.video("m1", thumb_media_id="m2", title="题"),
            "video",
            {"media_id": "m1", "thumb_media_id": "m2", "title": "题"},
        ),
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
        (write.published_article("a1"), "mpnewsarticle", {"article_id": "a1"}),
        (
            write.menu("满意吗？", [("1", "满意"), ("2", "不满意")], "谢谢"),
            "msgmenu",
            {
                "head_content": "满意吗？",
                "list": [{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}],
                "tail_content": "谢谢",
            },
        ),
        (write.card("c1"), "wxcard", {"card_id": "c1"}),
        (
            write.miniprogram_page("会员", appid="wx2", page_path="pages/a", thumb_media_id="m2"),
            "miniprogrampage",
            {"title": "会员", "appid": "wx2", "pagepath": "pages/a", "thumb_media_id": "m2"},
        ),
    ],
)
def test_sends_what_wechat_documents(message: dict[str, Any], kind: str, content: dict[str, Any]) -> None:
    assert sent(message) == {"touser": "o1", "msgtype": kind, kind: content}


def test_sends_in_the_name_of_a_member_of_staff() -> None:
    assert sent(write.text("您好"), staff="lin@greenhill")["customservice"] == {"kf_account": "lin@greenhill"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (write.text("您好"), lambda sdk: sdk.message.send_text("o1", "您好")),
        (write.image("m1"), lambda sdk: sdk.message.send_image("o1", "m1")),
        (write.voice("m1"), lambda sdk: sdk.message.send_voice("o1", "m1")),
        (write.card("c1"), lambda sdk: sdk.message.send_card("o1", "c1")),
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

    assert client(platform).get_user("o1")["unionid"] == "u1"
    assert (platform.calls[0].path, platform.calls[0].params["openid"]) == ("/cgi-bin/user/info", "o1")


def test_asks_for_what_an_operator_wants_to_know() -> None:
    answers: dict[str, Answer] = {
        "/cgi-bin/getcallbackip": {"ip_list": ["203.0.113.1"]},
        "/cgi-bin/callback/check": {"dns": [], "ping": []},
        "/cgi-bin/openapi/quota/get": {**OK, "quota": {"daily_limit": 100}},
    }

    def script(call: Call) -> Answer:
        return answers[call.path]

    platform = Platform(script)
    wechat = client(platform)

    assert wechat.get_callback_addresses() == ["203.0.113.1"]
    assert wechat.check_callback() == {"dns": [], "ping": []}
    assert wechat.get_quota("/cgi-bin/message/custom/send")["quota"] == {"daily_limit": 100}
    assert platform.calls[1].json == {"action": "all", "check_operator": "DEFAULT"}
    assert platform.calls[2].json == {"cgi_path": "/cgi-bin/message/custom/send"}
