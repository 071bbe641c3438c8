"""Mass, template and subscription messages on the simulator, with WeChat's documented limits."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from infra.local.simulator import limits
from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.faults import Fault, Faults
from infra.local.simulator.notices import Notices
from infra.local.simulator.platform import AccountState, Platform
from infra.local.simulator.pusher import Pusher
from infra.local.simulator.pushes import observe_push
from tests.unit.infra_local.test_platform import call

ACCOUNT = PlatformAccount.invent("shop", name="店")
MASS, TEMPLATE = "/cgi-bin/message/mass/send", "/cgi-bin/message/template/send"
SUBSCRIBE = "/cgi-bin/message/subscribe/bizsend"
DAY = 86_400
TEXT = {"msgtype": "text", "text": {"content": "春茶上新"}}
NOTICE = {"template_id": "t1", "data": {"thing1": {"value": "春茶"}}}


@pytest.fixture
def platform() -> Platform:
    platform = Platform()
    platform.add_account(ACCOUNT)
    return platform


@pytest.fixture
def state(platform: Platform) -> AccountState:
    state = platform.account("shop")
    assert state is not None
    platform.follow_before(state, [{"openid": f"o{number}", "blocks": number == 9} for number in range(10)])
    return state


class Told(Notices):
    """Keeps the reports instead of pushing them."""

    found: list[Mapping[str, Any]]

    def later(self, account: PlatformAccount, fields: Mapping[str, Any], *, delay: float) -> None:
        del account, delay
        self.found.append(fields)


@pytest.fixture
def told(platform: Platform, state: AccountState) -> list[Mapping[str, Any]]:
    state.sent.delay = 0.0
    platform.notices = notices = Told()
    notices.found = []
    return notices.found


def ask(platform: Platform, state: AccountState, path: str, **body: Any) -> dict[str, Any]:
    return call(platform, path, body, access_token=platform.issue_stable_token(state, force=False)[0])


def mass(platform: Platform, state: AccountState, client_id: str = "c1", **more: Any) -> dict[str, Any]:
    openids = [f"o{number}" for number in range(5)]
    return ask(platform, state, MASS, **{"touser": openids, **TEXT, "clientmsgid": client_id, **more})


def shown(state: AccountState) -> Counter[str]:
    return Counter(openid for openid, got in state.sent.accepted.items() for each in got if each.shown)


def test_a_mass_message_reaches_its_fans_and_is_reported(
    platform: Platform, state: AccountState, told: list[Mapping[str, Any]]
) -> None:
    state.fans["o4"].subscribed = False

    answer = mass(platform, state)

    assert answer["errcode"] == 0
    assert shown(state) == Counter(["o0", "o1", "o2", "o3"])
    names = ("Event", "MsgID", "Status", "TotalCount", "FilterCount", "SentCount", "ErrorCount")
    assert [tuple(each[name] for name in names) for each in told] == [
        ("MASSSENDJOBFINISH", answer["msg_id"], "send success", 5, 4, 4, 0)
    ]
    assert ask(platform, state, "/cgi-bin/message/mass/get", msg_id=answer["msg_id"])["msg_status"] == "SEND_SUCCESS"


def test_the_same_key_is_the_same_message_for_a_day(platform: Platform, state: AccountState) -> None:
    first = mass(platform, state)
    again = mass(platform, state)

    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert set(shown(state).values()) == {1}

    platform.advance(DAY)
    mass(platform, state)
    assert set(shown(state).values()) == {2}


def test_the_fifth_of_a_month_is_dropped_in_silence(platform: Platform, state: AccountState) -> None:
    answers = [mass(platform, state, f"c{number}")["errcode"] for number in range(6)]

    assert answers == [0] * 6
    assert set(shown(state).values()) == {4}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"touser": ["o1"]}, 40032),
        ({"touser": ["o1", "o1"]}, 40032),
        ({"touser": ["o"] * 10_001}, 40032),
        ({"touser": [f"o{number}" for number in range(10_001)]}, 40032),
        ({"touser": ["o1", "stranger"]}, 40003),
        ({"clientmsgid": "x" * 65}, 45067),
        ({"msgtype": "images", "images": {"media_ids": ["gone"]}}, 40007),
        ({"msgtype": "mpnews", "mpnews": {"media_id": "gone"}}, 40007),
        ({"msgtype": "text", "text": {"content": "茶" * 683}}, 45002),
        ({"msgtype": "gif"}, 40008),
    ],
)
def test_what_is_refused_reaches_nobody(
    platform: Platform, state: AccountState, body: dict[str, Any], code: int
) -> None:
    assert mass(platform, state, **body)["errcode"] == code
    assert not state.sent.accepted


def test_calls_of_a_minute_and_of_a_day(platform: Platform, state: AccountState) -> None:
    codes = Counter(mass(platform, state, f"c{number}")["errcode"] for number in range(61))
    assert codes == {0: 60, 45011: 1}

    platform.advance(61)
    codes = Counter(mass(platform, state, f"d{number}")["errcode"] for number in range(60))
    assert codes == {0: 39, 45009: 21}


def test_an_interface_that_the_account_may_not_use(platform: Platform, state: AccountState) -> None:
    state.sent.forbidden.add(MASS)
    assert mass(platform, state)["errcode"] == 48001


def test_a_verdict_turns_the_message_down_later(
    platform: Platform, state: AccountState, told: list[Mapping[str, Any]]
) -> None:
    state.sent.verdict = "err(20013)"

    answer = mass(platform, state)

    assert not shown(state)
    assert (told[0]["Status"], told[0]["SentCount"], told[0]["ErrorCount"]) == ("err(20013)", 0, 5)
    assert ask(platform, state, "/cgi-bin/message/mass/get", msg_id=answer["msg_id"])["msg_status"] == "SEND_FAIL"


def test_a_picture_that_was_uploaded_is_sent_while_it_lives(platform: Platform, state: AccountState) -> None:
    state.media["m1"] = ("image", platform.now() + limits.MEDIA_SECONDS)
    body: dict[str, Any] = {"msgtype": "images", "images": {"media_ids": ["m1"]}}
    assert mass(platform, state, **body)["errcode"] == 0

    platform.advance(3 * DAY)
    assert mass(platform, state, "c2", **body)["errcode"] == 40007


def test_a_draft_within_its_limits(platform: Platform, state: AccountState) -> None:
    state.media["thumb"] = ("image", float("inf"))
    article = {"title": "春茶", "content": "<p>明前</p>", "thumb_media_id": "thumb"}

    def add(**more: Any) -> dict[str, Any]:
        return ask(platform, state, "/cgi-bin/draft/add", articles=[{**article, **more}])

    media_id = add()["media_id"]
    assert mass(platform, state, msgtype="mpnews", mpnews={"media_id": media_id})["errcode"] == 0
    assert [add(**each).get("errcode") for each in ({"title": "茶" * 33}, {"author": "茶" * 17})] == [45003, 45110]
    assert [add(**each).get("errcode") for each in ({"digest": "茶" * 129}, {"thumb_media_id": "no"})] == [45004, 40007]


def test_a_template_message_repeated_by_its_key_is_sent_once(
    platform: Platform, state: AccountState, told: list[Mapping[str, Any]]
) -> None:
    answers = [ask(platform, state, TEMPLATE, touser="o1", client_msg_id="k", **NOTICE) for _ in range(2)]
    ask(platform, state, TEMPLATE, touser="o9", client_msg_id="k", **NOTICE)

    assert answers[0]["msgid"] == answers[1]["msgid"]
    assert len(state.sent.accepted["o1"]) == 1
    assert [each["Status"] for each in told] == ["success", "failed:user block"]


def test_a_notice_needs_a_yes_for_each(platform: Platform, state: AccountState, told: list[Mapping[str, Any]]) -> None:
    fields = {
        "FromUserName": "o1",
        "ToUserName": ACCOUNT.original_id,
        "MsgType": "event",
        "Event": "subscribe_msg_popup_event",
        "SubscribeMsgPopupEvent": {"List": {"TemplateId": "t1", "SubscribeStatusString": "accept"}},
    }
    query, body = Pusher(ACCOUNT, "http://nowhere.test").seal(fields)
    assert observe_push(platform, "shop", query, body)

    codes = [ask(platform, state, SUBSCRIBE, touser="o1", **NOTICE)["errcode"] for _ in range(2)]

    assert codes == [0, 43101]
    assert told[0]["SubscribeMsgSentEvent"]["List"]["ErrorStatus"] == "success"
    assert ask(platform, state, SUBSCRIBE, touser="o1", template_id="t1", data={"a": {}})["errcode"] == 47003


def test_a_report_comes_from_no_fan(platform: Platform, state: AccountState) -> None:
    fields = {"FromUserName": "oNobody", "MsgType": "event", "Event": "MASSSENDJOBFINISH", "MsgID": 1}
    query, body = Pusher(ACCOUNT, "http://nowhere.test").seal(fields)

    assert observe_push(platform, "shop", query, body)
    assert "oNobody" not in state.fans


def test_a_fault_in_the_middle() -> None:
    faults = Faults()
    faults.add(Fault("errcode", path=MASS, value=40001, after=2, count=1))

    assert [faults.strike(MASS, "shop") is not None for _ in range(4)] == [False, False, True, False]


def test_twenty_thousand_fans_are_sent_to_in_no_time(platform: Platform, state: AccountState) -> None:
    openids = [f"f{number}" for number in range(20_000)]
    platform.follow_before(state, [{"openid": openid} for openid in openids])

    for start in (0, 10_000):
        assert mass(platform, state, f"b{start}", touser=openids[start : start + 10_000])["errcode"] == 0

    assert len(shown(state)) == 20_000
