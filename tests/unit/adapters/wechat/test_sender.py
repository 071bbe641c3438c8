from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tests.unit.adapters.wechat.platform import URL, Answer, Platform, Tokens, always
from tests.unit.adapters.wechat.sealing import ACCOUNT
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.errors import AnswerMeaning
from yuchi.adapters.wechat.sender import STATES, WeChatSender
from yuchi.adapters.wechat.tokens import TokenUnavailableError
from yuchi.domain.actions import dump_action, parse_action
from yuchi.domain.ledger import LedgerState
from yuchi.services.perform_action import ActionOutcome
from yuchi.services.ports import UnavailableError

OK = {"errcode": 0, "errmsg": "ok"}


@dataclass
class Counts:
    seen: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, value: int = 1) -> None:
        self.seen[name] = self.seen.get(name, 0) + value


class NoTokens(Tokens):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def __call__(self) -> str:
        raise self.error


def send(answer: Answer, action: Any = "send 您好", tokens: Tokens | None = None) -> tuple[ActionOutcome, Platform]:
    platform = Platform(always(answer))
    client = WeChatClient(appid="wx1", tokens=tokens or Tokens(), base_url=URL, http=platform.session())
    body = action if isinstance(action, dict) and "kind" in action else dump_action(parse_action(action))
    return WeChatSender(client_of=lambda _account: client, metrics=Counts()).send(ACCOUNT, "o1", body), platform


def test_a_message_that_wechat_takes_is_sent_once() -> None:
    ending, platform = send(OK)

    assert ending == ActionOutcome(LedgerState.SENT)
    assert [call.json["text"]["content"] for call in platform.calls] == ["您好"]


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        ({"errcode": 45015, "errmsg": ""}, LedgerState.REJECTED, 45015),
        ({"errcode": 45009, "errmsg": ""}, LedgerState.REJECTED, 45009),
        ({"errcode": 48004, "errmsg": ""}, LedgerState.REJECTED, 48004),
        ({"errcode": 45011, "errmsg": ""}, LedgerState.RETRY, 45011),
        ({"errcode": 40001, "errmsg": ""}, LedgerState.RETRY, 40001),
        ({"errcode": -1, "errmsg": ""}, LedgerState.UNKNOWN, None),
        (requests.ReadTimeout(), LedgerState.UNKNOWN, None),
        (502, LedgerState.UNKNOWN, None),
        (b"<html>", LedgerState.UNKNOWN, None),
        ({}, LedgerState.UNKNOWN, None),
        (requests.ConnectTimeout(), LedgerState.RETRY, None),
    ],
)
def test_every_answer_has_a_state(answer: Answer, state: LedgerState, code: int | None) -> None:
    ending, _ = send(answer)

    assert (ending.state, ending.code) == (state, code)


@pytest.mark.parametrize("error", [TokenUnavailableError(None), UnavailableError()])
def test_without_a_token_nothing_was_sent(error: Exception) -> None:
    ending, platform = send(OK, tokens=NoTokens(error))

    assert (ending.state, platform.calls) == (LedgerState.RETRY, [])


def test_each_meaning_of_an_answer_has_a_state() -> None:
    assert set(STATES) == set(AnswerMeaning)


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("send image m1", "image"),
        ({"send": {"news": {"title": "春茶", "url": "https://tea.example/"}}}, "news"),
        ({"send": {"menu": {"head": "满意吗", "options": ["满意", "不满意"]}}}, "msgmenu"),
        (
            {
                "send": {
                    "card": {"title": "会员", "appid": "wx0123456789abcdef", "page": "pages/a", "thumb_media_id": "m1"}
                }
            },
            "miniprogrampage",
        ),
        ({"reply": {"music": {"title": "听雨", "url": "https://tea.example/1", "thumb_media_id": "m1"}}}, "music"),
    ],
)
def test_every_kind_of_message_can_be_sent(action: Any, kind: str) -> None:
    ending, platform = send(OK, action)

    assert (ending.state, platform.calls[0].json["msgtype"]) == (LedgerState.SENT, kind)


@pytest.mark.parametrize(
    "action", ["reply transfer", "tag 新粉丝", {"kind": "send", "message": {"type": "text", "text": ""}}]
)
def test_what_is_no_custom_message_is_skipped(action: Any) -> None:
    ending, platform = send(OK, action)

    assert (ending.state, platform.calls) == (LedgerState.SKIPPED, [])
