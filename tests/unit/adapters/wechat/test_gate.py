import json
import re
from base64 import b64decode
from xml.etree import ElementTree as ET

import pytest

from tests.unit.adapters.wechat.sealing import (
    ACCOUNT,
    APPID,
    FAN,
    GH,
    KEY,
    NONCE,
    NOW,
    SECRETS,
    TEXT,
    TIMESTAMP,
    TOKEN,
    aes,
    as_query,
    frame,
    pad,
    safe_query,
    sealed,
    sha,
)
from yuchi.adapters.wechat.crypto import decrypt, parse_key
from yuchi.adapters.wechat.gate import WeChatGate, WeChatPush
from yuchi.domain import actions
from yuchi.domain.account import Account, AccountKind
from yuchi.domain.actions.saying import Repliable
from yuchi.domain.draft_decision import GivenReply
from yuchi.domain.timeline import Answer
from yuchi.services.receive_callback import RefusedError

GATE = WeChatGate()
MINI = ACCOUNT.model_copy(update={"kind": AccountKind.MINI_PROGRAM})
LOCATION = TEXT.replace("[text]", "[event]").replace(
    "<Content>", "<Event>LOCATION</Event><Latitude>1</Latitude><Content>"
)


def open_(message: str = TEXT, account: Account = ACCOUNT) -> WeChatPush:
    query, body = sealed(message)
    return GATE.open(account, SECRETS, query, body, NOW)


def given(message: Repliable) -> GivenReply:
    return GivenReply(message=message, answer=Answer(rule="hello", version=1, index=0))


def reply_to(push: WeChatPush, message: Repliable) -> ET.Element:
    wrapped = ET.fromstring(push.render(given(message)) or "")
    return ET.fromstring(decrypt(parse_key(KEY), wrapped.findtext("Encrypt") or "", APPID))


def test_lets_the_handshake_in() -> None:
    query = as_query(
        {"signature": sha(TOKEN, TIMESTAMP, NONCE), "timestamp": TIMESTAMP, "nonce": NONCE, "echostr": "7"}
    )

    assert GATE.verify(ACCOUNT, SECRETS, query, NOW) == "7"
    with pytest.raises(RefusedError):
        GATE.verify(ACCOUNT, SECRETS, {**query, "nonce": ["x"]}, NOW)


def test_opens_a_push_as_an_event() -> None:
    event = open_().event

    assert event is not None
    assert (event.type, event.subject) == ("message.text", f"wechat:tea:{FAN}")


def test_refuses_a_forged_push_without_a_cause() -> None:
    query, body = sealed()

    with pytest.raises(RefusedError) as caught:
        GATE.open(ACCOUNT, SECRETS, {**query, "nonce": ["x"]}, body, NOW)

    assert (str(caught.value), caught.value.__cause__) == ("", None)


def test_records_authentic_nonsense_and_does_not_answer_it() -> None:
    push = open_("<xml><broken>")

    assert push.event is not None
    assert push.event.type == "wechat.unparsed"
    assert push.render(given(actions.Text(text="您好"))) is None


def test_knows_which_pushes_say_no_time() -> None:
    timeless = re.sub("<CreateTime>.*</CreateTime>", "", TEXT)

    assert timeless != TEXT
    assert [open_(message).is_timed for message in (TEXT, timeless, "<xml><broken>")] == [True, False, False]


def test_drops_location_reports_unless_the_account_collects_them() -> None:
    settings = ACCOUNT.settings.model_copy(update={"collect_location": True})
    collecting = open_(LOCATION, ACCOUNT.model_copy(update={"settings": settings})).event

    assert open_(LOCATION).event is None
    assert collecting is not None
    assert collecting.type == "location.reported"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (actions.Text(text="您好"), "text"),
        (actions.Image(media_id="m1"), "image"),
        (actions.News(articles=(actions.Article(title="春茶", url="https://tea.example/"),)), "news"),
        (actions.Music(title="听雨", url="https://tea.example/1.mp3", thumb_media_id="m1"), "music"),
        (actions.Transfer(), "transfer_customer_service"),
    ],
)
def test_says_what_a_rule_says(message: Repliable, kind: str) -> None:
    tree = reply_to(open_(), message)

    assert [tree.findtext(name) for name in ("ToUserName", "FromUserName", "MsgType")] == [FAN, GH, kind]


def test_a_mini_program_can_only_hand_over() -> None:
    push = open_(account=MINI)

    assert push.render(given(actions.Text(text="您好"))) is None
    assert reply_to(push, actions.Transfer()).findtext("MsgType") == "transfer_customer_service"


def test_a_push_in_json_is_answered_in_json() -> None:
    content = {"ToUserName": GH, "FromUserName": FAN, "CreateTime": int(TIMESTAMP), "MsgType": "text", "MsgId": 1}
    encrypted = aes(pad(frame(json.dumps(content).encode())))
    body = json.dumps({"ToUserName": GH, "Encrypt": encrypted}).encode()

    push = GATE.open(MINI, SECRETS, safe_query(encrypted), body, NOW)
    wrapped = json.loads(push.render(given(actions.Transfer())) or "")

    timestamp = str(wrapped["TimeStamp"])
    assert wrapped["MsgSignature"] == sha(TOKEN, timestamp, wrapped["Nonce"], wrapped["Encrypt"])
    assert len(b64decode(wrapped["Encrypt"])) % 32 == 0
    assert json.loads(decrypt(parse_key(KEY), wrapped["Encrypt"], APPID)) == {
        "ToUserName": FAN,
        "FromUserName": GH,
        "CreateTime": int(TIMESTAMP),
        "MsgType": "transfer_customer_service",
    }
    assert push.render(given(actions.Text(text="您好"))) is None
