"""WeChat's list of followers as the port has it, refusals included."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.world import ACCOUNT
from yuchi.adapters.wechat.followers import WeChatFollowers
from yuchi.adapters.wechat.transport import CallRefusedError, NotSentError, OutcomeUnknownError
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_followers import FollowersRefusedError, Page, QuotaSpentError, TooFastError


class Client:
    """Answers from a table; an exception is raised."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def answer(*_: Any) -> Any:
            self.asked.append(name)
            found = self.answers[name]
            if isinstance(found, Exception):
                raise found
            return found

        return answer


def followers(**answers: Any) -> tuple[WeChatFollowers, Client]:
    client: Any = Client(**answers)
    return WeChatFollowers(lambda _account: client), client


FAN = {
    "subscribe": 1,
    "openid": "o1",
    "unionid": "u1",
    "subscribe_time": 1_700_000_000,
    "remark": "老客户",
    "tagid_list": [100, 999],
    "subscribe_scene": "ADD_SCENE_QR_CODE",
    "qr_scene": 0,
    "qr_scene_str": "store-1",
}
TAGS = {"tags": [{"id": 100, "name": "老粉", "count": 1}]}


def test_pages_and_the_end() -> None:
    port, _ = followers(follower_page={"total": 2, "count": 2, "data": {"openid": ["o1", "o2"]}, "next_openid": "o2"})
    assert port.page(ACCOUNT, "") == Page(("o1", "o2"), 2)
    port, _ = followers(follower_page={"total": 2, "count": 0, "next_openid": ""})
    assert port.page(ACCOUNT, "o2") == Page((), 2)


def test_descriptions_with_the_names_of_tags_which_are_asked_once() -> None:
    port, client = followers(describe_followers={"user_info_list": [FAN, {"subscribe": 0, "openid": "o2"}]}, tags=TAGS)
    (fan,) = port.describe(ACCOUNT, ["o1", "o2"])
    assert (fan.unionid, fan.subscribed_at, fan.remark, fan.scene) == ("u1", 1_700_000_000, "老客户", "store-1")
    assert fan.tags == ("老粉",)
    port.describe(ACCOUNT, ["o1"])
    assert client.asked.count("tags") == 1


def test_an_account_without_tags_still_has_followers() -> None:
    refused = CallRefusedError("/cgi-bin/tags/get", 48001)
    port, _ = followers(describe_followers={"user_info_list": [FAN]}, tags=refused)
    assert port.describe(ACCOUNT, ["o1"])[0].tags == ()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (CallRefusedError("p", 45009), QuotaSpentError),
        (CallRefusedError("p", 45011), TooFastError),
        (CallRefusedError("p", 48001), FollowersRefusedError),
        (CallRefusedError("p", 40001), UnavailableError),
        (CallRefusedError("p", -1), UnavailableError),
        (NotSentError("p", "x"), UnavailableError),
        (OutcomeUnknownError("p", "x"), UnavailableError),
    ],
)
def test_refusals(error: Exception, expected: type[Exception]) -> None:
    port, _ = followers(follower_page=error)
    with pytest.raises(expected):
        port.page(ACCOUNT, "")


def test_the_calls_that_are_left() -> None:
    port, _ = followers(quota_of={"quota": {"daily_limit": 1000, "used": 10, "remain": 990}})
    assert port.calls_left(ACCOUNT) == (990, 1000)
    port, _ = followers(quota_of=CallRefusedError("p", 48001))
    assert port.calls_left(ACCOUNT) == (1, 1)
    port, _ = followers(quota_of=CallRefusedError("p", 45009))
    with pytest.raises(QuotaSpentError):
        port.calls_left(ACCOUNT)
