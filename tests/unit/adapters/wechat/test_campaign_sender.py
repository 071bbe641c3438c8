"""Every answer of WeChat to a campaign's message becomes one state of the send ledger."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.unit.adapters.wechat.platform import URL, Answer, Call, Platform, Script, Tokens, always
from tests.unit.adapters.wechat.sealing import ACCOUNT
from tests.unit.adapters.wechat.test_sender import Counts, NoTokens
from yuchi.adapters.wechat import campaign_sender
from yuchi.adapters.wechat.campaign_sender import WeChatCampaignSender
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.errors import ERRORS, AnswerMeaning
from yuchi.adapters.wechat.tokens import TokenUnavailableError
from yuchi.adapters.wechat.transport import WeChatCallError
from yuchi.domain import actions
from yuchi.domain.campaign.content import Articles, Content, MiniProgramPage, SubscribeMessage, TemplateMessage
from yuchi.domain.campaign.model import SendChannel
from yuchi.domain.ledger import LedgerState
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_campaigns import SendOutcome

TEXT = actions.Text(text="春茶上新")
TEMPLATE = TemplateMessage(
    template_id="template-0001",
    data={"thing1": "春茶", "time2": "12:00"},
    url="https://tea.example/",
    mini_program=MiniProgramPage(appid="wx0123456789abcdef", page="pages/a"),
)
NOTICE = SubscribeMessage(template_id="template-0002", data={"thing1": "春茶"}, page="https://tea.example/")
S = LedgerState

Send = Callable[[WeChatCampaignSender], SendOutcome]


def mass(sender: WeChatCampaignSender, content: Content = TEXT) -> SendOutcome:
    return sender.mass(ACCOUNT, ["o1", "o2"], content, client_id="yuchi-1-0")


def custom(sender: WeChatCampaignSender, content: Content = TEXT) -> SendOutcome:
    return sender.personal(ACCOUNT, "o1", SendChannel.CUSTOM, content, client_id="k1")


def template(sender: WeChatCampaignSender) -> SendOutcome:
    return sender.personal(ACCOUNT, "o1", SendChannel.TEMPLATE, TEMPLATE, client_id="k1")


def subscribe(sender: WeChatCampaignSender) -> SendOutcome:
    return sender.personal(ACCOUNT, "o1", SendChannel.SUBSCRIBE, NOTICE, client_id="k1")


def preview(sender: WeChatCampaignSender, content: Content = TEXT) -> SendOutcome:
    return sender.preview(ACCOUNT, "o1", content)


EVERY: dict[str, Send] = {
    "mass": mass,
    "custom": custom,
    "template": template,
    "subscribe": subscribe,
    "preview": preview,
}


def make(answer: Answer | Script, tokens: Tokens | None = None) -> tuple[WeChatCampaignSender, Platform]:
    platform = Platform(answer if callable(answer) else always(answer))
    client = WeChatClient(appid="wx1", tokens=tokens or Tokens(), base_url=URL, http=platform.session())
    return WeChatCampaignSender(client_of=lambda _account: client, metrics=Counts()), platform


def answered(answer: Answer, send: Send, tokens: Tokens | None = None) -> SendOutcome:
    return send(make(answer, tokens)[0])


def code(number: int, **more: Any) -> Answer:
    return {"errcode": number, "errmsg": f"error {number} access_token=token-1", **more}


def sent(send: Send) -> Call:
    sender, platform = make({"errcode": 0, "errmsg": "ok", "msg_id": 34182, "msgid": 34182})
    assert send(sender).state is S.SENT
    (call,) = platform.calls
    return call


# ------------------------------------------------------------------ what goes out


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (TEXT, {"msgtype": "text", "text": {"content": "春茶上新"}}),
        (actions.Image(media_id="m1"), {"msgtype": "images", "images": {"media_ids": ["m1"]}}),
        (Articles(media_id="m2"), {"msgtype": "mpnews", "mpnews": {"media_id": "m2"}, "send_ignore_reprint": 1}),
    ],
)
def test_a_mass_message_is_written_as_documented(content: Content, body: dict[str, Any]) -> None:
    call = sent(lambda sender: mass(sender, content))

    assert (call.method, call.path) == ("POST", "/cgi-bin/message/mass/send")
    assert call.json == {"touser": ["o1", "o2"], **body, "clientmsgid": "yuchi-1-0"}


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (TEXT, {"msgtype": "text", "text": {"content": "春茶上新"}}),
        (actions.Image(media_id="m1"), {"msgtype": "image", "image": {"media_id": "m1"}}),
        (Articles(media_id="m2"), {"msgtype": "mpnews", "mpnews": {"media_id": "m2"}, "send_ignore_reprint": 1}),
    ],
)
def test_a_preview_goes_to_one_and_has_no_key(content: Content, body: dict[str, Any]) -> None:
    call = sent(lambda sender: preview(sender, content))

    assert (call.path, call.json) == ("/cgi-bin/message/mass/preview", {"touser": "o1", **body})


def test_a_template_message_is_written_as_documented() -> None:
    call = sent(template)

    assert call.path == "/cgi-bin/message/template/send"
    assert call.json == {
        "touser": "o1",
        "template_id": "template-0001",
        "data": {"thing1": {"value": "春茶"}, "time2": {"value": "12:00"}},
        "url": "https://tea.example/",
        "miniprogram": {"appid": "wx0123456789abcdef", "pagepath": "pages/a"},
        "client_msg_id": "k1",
    }


def test_a_notice_is_written_as_documented() -> None:
    call = sent(subscribe)

    assert call.path == "/cgi-bin/message/subscribe/bizsend"
    assert call.json == {
        "touser": "o1",
        "template_id": "template-0002",
        "data": {"thing1": {"value": "春茶"}},
        "page": "https://tea.example/",
    }


@pytest.mark.parametrize("send", EVERY.values(), ids=EVERY)
def test_chinese_goes_out_as_it_is(send: Send) -> None:
    assert "春茶".encode() in sent(send).body


@pytest.mark.parametrize(
    "send", [lambda s: mass(s, TEMPLATE), lambda s: custom(s, NOTICE), lambda s: preview(s, NOTICE)]
)
def test_what_a_channel_cannot_carry_is_not_sent(send: Send) -> None:
    sender, platform = make({"errcode": 0})

    assert (send(sender).state, platform.calls) == (S.REJECTED, [])


@pytest.mark.parametrize(("send", "answer"), [(mass, {"msg_id": 34182}), (template, {"msgid": 34182})])
def test_the_number_of_a_message_is_kept(send: Send, answer: dict[str, Any]) -> None:
    assert answered({"errcode": 0, "errmsg": "ok", **answer}, send).message_id == "34182"


# ------------------------------------------------------------------ what comes back

_HOLD = {"state": S.RETRY, "holds": True, "waits": False}
_WAIT = {"state": S.RETRY, "holds": False, "waits": True}
_AGAIN = {"state": S.RETRY, "holds": False, "waits": False}
_NO = {"state": S.REJECTED, "holds": False, "waits": False}
_GONE = {"state": S.UNKNOWN, "holds": False, "waits": False}
_DONE = {"state": S.SENT, "holds": False, "waits": False}

PERSONAL: dict[int, dict[str, Any]] = {
    0: _DONE,
    45065: _DONE,
    -1: _GONE,
    **dict.fromkeys((40001, 40014, 42001, 45011, 45066), _AGAIN),
    45009: _WAIT,
    **dict.fromkeys((40007, 40008, 40036, 40037, 41030, 45028, 48001, 48008, 65400), _HOLD),
    **dict.fromkeys((40013, 40125, 41002, 41004, 40164, 61004, 89501, 89503, 89506, 89507, 61003, 61007), _HOLD),
    **dict.fromkeys((40243, 50004, 50007, 48004), _HOLD),
    **dict.fromkeys((40003, 43004, 43019, 43101, 45015, 45047, 46004, 48002, 50001, 50002, 50005), _NO),
    **dict.fromkeys((40029, 40163, 42003, 42007, 40032, 44002, 47001, 45067), _NO),
    **dict.fromkeys((45002, 45008, 45166, 47003), _NO),
    **dict.fromkeys((45056, 45057, 45058, 45059, 45157, 45158, 45159, 45072, 45080, 45081, 48006), _NO),
    **dict.fromkeys((*range(65301, 65318), 65320, 76021, 76022), _NO),
    99999: _NO,
}
"""Each code of the table, and one that is in no table -> what becomes of a personal message."""
MASS: dict[int, dict[str, Any]] = PERSONAL | dict.fromkeys((45002, 45008, 45166, 47003), _HOLD)


def kind_of(outcome: SendOutcome) -> dict[str, Any]:
    return {"state": outcome.state, "holds": outcome.holds, "waits": outcome.waits}


def test_no_code_of_the_table_is_left_out() -> None:
    assert set(ERRORS) <= set(PERSONAL)


@pytest.mark.parametrize("number", PERSONAL)
@pytest.mark.parametrize("send", [custom, template, subscribe])
def test_each_code_of_a_personal_message_has_its_end(send: Send, number: int) -> None:
    assert kind_of(answered(code(number), send)) == PERSONAL[number]


@pytest.mark.parametrize("number", MASS)
@pytest.mark.parametrize("send", [mass, preview])
def test_each_code_of_a_mass_message_has_its_end(send: Send, number: int) -> None:
    assert kind_of(answered(code(number), send)) == MASS[number]


def test_a_repeated_mass_message_takes_the_first_ones_id() -> None:
    assert answered(code(45065, msg_id=3147), mass) == SendOutcome(S.SENT, message_id="3147")


@pytest.mark.parametrize("send", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize(
    "lost",
    [
        requests.ReadTimeout(),
        requests.ConnectionError(),
        requests.exceptions.ChunkedEncodingError(),
        500,
        502,
        b"<html>",
        b"",
        b"[]",
        {},
        {"errcode": "many"},
        {"errcode": -1},
    ],
)
def test_a_lost_answer_is_unknown(send: Send, lost: Answer) -> None:
    assert answered(lost, send) == SendOutcome(S.UNKNOWN, reason="answer_lost")


@pytest.mark.parametrize("send", EVERY.values(), ids=EVERY)
def test_without_a_connection_nothing_was_sent(send: Send) -> None:
    assert answered(requests.ConnectTimeout(), send) == SendOutcome(S.RETRY, reason="not_sent")


@pytest.mark.parametrize("error", [TokenUnavailableError(None), UnavailableError()])
def test_without_a_token_nothing_was_sent(error: Exception) -> None:
    sender, platform = make({"errcode": 0}, NoTokens(error))

    assert (mass(sender), platform.calls) == (SendOutcome(S.RETRY, reason="not_sent"), [])


def test_a_token_that_was_lost_in_the_middle_is_replaced_once() -> None:
    answers: list[Answer] = [code(40001), {"errcode": 0, "msg_id": 7}]
    sender, platform = make(lambda _call: answers.pop(0))

    assert mass(sender) == SendOutcome(S.SENT, message_id="7")
    assert [call.params["access_token"] for call in platform.calls] == ["token-1", "token-2"]
    assert platform.calls[0].body == platform.calls[1].body


def test_after_a_refused_token_a_lost_answer_is_unknown() -> None:
    answers: list[Answer] = [code(40001), requests.ReadTimeout()]

    assert make(lambda _call: answers.pop(0))[0].mass(ACCOUNT, ["o1", "o2"], TEXT, client_id="k").state is S.UNKNOWN


@pytest.mark.parametrize("send", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("answer", [code(45011), code(48001), requests.ReadTimeout("token-1"), 502])
def test_no_token_and_no_openid_is_in_an_outcome(send: Send, answer: Answer) -> None:
    told = repr(answered(answer, send))

    assert not any(secret in told for secret in ("token-1", "o1", "春茶"))


# ------------------------------------------------------------------ these tests notice


@pytest.mark.parametrize("planted", [frozenset[int](), campaign_sender.HOLDING - {48001}])
def test_a_forgotten_hold_would_be_seen(planted: frozenset[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_sender, "HOLDING", planted)
    monkeypatch.setattr(campaign_sender, "_HOLDING_MEANINGS", frozenset[AnswerMeaning]())

    assert kind_of(answered(code(48001), custom)) != PERSONAL[48001]


def test_a_lost_answer_that_were_tried_again_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_sender, "NotSentError", WeChatCallError)

    assert answered(requests.ReadTimeout(), custom).state is not S.UNKNOWN


def test_a_message_id_that_is_not_taken_over_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_sender, "_message_id", lambda _answer: "")

    assert answered(code(45065, msg_id=3147), mass).message_id != "3147"
