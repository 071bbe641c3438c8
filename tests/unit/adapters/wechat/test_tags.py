"""WeChat's own tags through the real client: numbers are found or made, and every answer becomes an outcome."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.fakes.stores import FakeMetrics, FakeTagNumbers
from tests.fakes.world import ACCOUNT
from tests.unit.adapters.wechat.platform import URL, Answer, Call, Platform, Tokens
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.tags import WeChatTags
from yuchi.domain.ledger import LedgerState

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


class Board:
    """The adapter with WeChat behind it; ``answers``: by interface, given in turn and then the usual one."""

    def __init__(self, tags: Mapping[int, str], **answers: list[Answer]) -> None:
        self.tags, self.answers, self.now = dict(tags), answers, NOW
        self.platform = Platform(self.answer)
        self.metrics = FakeMetrics()
        self.numbers = FakeTagNumbers()
        self.adapter = self.fresh()

    def fresh(self) -> WeChatTags:
        """Another container."""
        client = WeChatClient(appid="wx1", tokens=Tokens(), base_url=URL, http=self.platform.session())
        return WeChatTags(lambda _: client, self.numbers, self.metrics, lambda: self.now)

    def answer(self, call: Call) -> Answer:
        name = call.path.rpartition("/")[2]
        if self.answers.get(name):
            return self.answers[name].pop(0)
        if name == "get":
            return {"tags": [{"id": number, "name": tag} for number, tag in self.tags.items()]}
        if name == "create":
            self.tags[300] = call.json["tag"]["name"]
            return {"tag": {"id": 300, "name": call.json["tag"]["name"]}}
        return {"errcode": 0}

    def put(self, **more: Any) -> tuple[str, int | None, str]:
        outcome = self.adapter.put(ACCOUNT, "会员", ["o-1", "o-2"], on=more.get("on", True))
        return outcome.state.value, outcome.code, outcome.reason

    def called(self) -> list[str]:
        return [call.path.rpartition("/")[2] for call in self.platform.calls]


def test_a_tag_that_is_there_is_found_once_for_all_workers() -> None:
    board = Board({100: "会员"})
    assert board.put() == board.put() == ("SENT", None, "")
    assert board.platform.calls[-1].json == {"openid_list": ["o-1", "o-2"], "tagid": 100}
    board.adapter = board.fresh()
    board.put(on=False)
    assert board.called() == ["get", "batchtagging", "batchtagging", "batchuntagging"]
    board.now += timedelta(days=2)
    board.put()
    assert board.called()[-2:] == ["get", "batchtagging"]


def test_a_tag_that_is_missing_is_made_and_none_is_made_to_be_taken_away() -> None:
    board = Board({})
    assert board.put(on=False) == ("SENT", None, "")
    assert board.called() == ["get"]
    assert board.put() == ("SENT", None, "")
    assert board.called() == ["get", "get", "create", "batchtagging"]


def test_two_workers_that_make_it_at_once_have_one() -> None:
    board = Board({100: "会员"}, get=[{"tags": []}], create=[{"errcode": 45157}])
    assert board.put() == ("SENT", None, "")
    assert board.called() == ["get", "create", "get", "batchtagging"]


def test_a_tag_deleted_in_the_console_is_made_anew() -> None:
    board = Board({100: "会员"})
    board.put()
    board.tags = {}
    board.answers["batchtagging"] = [{"errcode": 45159}]
    assert board.put() == ("SENT", None, "")
    assert board.called()[-4:] == ["batchtagging", "get", "create", "batchtagging"]
    assert board.platform.calls[-1].json["tagid"] == 300


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"errcode": 45059}, ("REJECTED", 45059, "fan_full")),
        ({"errcode": 45009}, ("REJECTED", 45009, "closed_until_midnight")),
        ({"errcode": 45011}, ("RETRY", 45011, "minute_limit")),
        ({"errcode": -1}, ("RETRY", None, "answer_lost")),
        (requests.ReadTimeout("secret"), ("RETRY", None, "answer_lost")),
        (requests.ConnectTimeout("secret"), ("RETRY", None, "not_sent")),
        ({"errcode": 48001}, ("REJECTED", 48001, "misconfigured")),
    ],
)
def test_every_answer_is_an_outcome(answer: Answer, told: tuple[str, int | None, str]) -> None:
    assert Board({100: "会员"}, batchtagging=[answer]).put() == told


def test_the_full_account_is_told_and_the_days_end_rings() -> None:
    assert Board({}, create=[{"errcode": 45056}]).put() == ("REJECTED", 45056, "account_full")
    board = Board({100: "会员"}, batchtagging=[{"errcode": 45009}])
    assert board.put()[0] == LedgerState.REJECTED
    assert board.metrics.counts["QuotaExhausted"] == 1


def test_nothing_is_called_between_the_days_end_and_midnight_in_beijing() -> None:
    board = Board({100: "会员"}, batchtagging=[{"errcode": 45009}])
    refused = ("REJECTED", 45009, "closed_until_midnight")
    assert board.put() == refused
    calls = len(board.called())
    board.now = datetime(2026, 5, 1, 15, 59, 59, tzinfo=UTC)
    assert [board.put() for _ in range(3)] == [refused] * 3
    assert len(board.called()) == calls
    assert board.metrics.counts["QuotaExhausted"] == 1
    assert board.put(on=False) == ("SENT", None, "")  # another interface, with calls of its own
    board.now = datetime(2026, 5, 1, 16, 0, tzinfo=UTC)
    assert board.put() == ("SENT", None, "")


def test_twin_that_forgets_the_refusal_calls_again_and_again() -> None:
    board = Board({100: "会员"}, batchtagging=[{"errcode": 45009}] * 9)
    board.put()
    calls = len(board.called())
    board.adapter._closed.clear()
    board.put()
    assert len(board.called()) > calls
