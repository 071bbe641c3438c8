"""WeChat's own tags on the simulator, with the documented limits."""

from typing import Any

import pytest

from infra.local.simulator import limits
from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.faults import Fault
from infra.local.simulator.platform import AccountState, Platform
from tests.unit.infra_local.test_platform import call

ACCOUNT = PlatformAccount.invent("shop", name="店")
GIVE, TAKE = "/cgi-bin/tags/members/batchtagging", "/cgi-bin/tags/members/batchuntagging"


@pytest.fixture
def platform() -> Platform:
    platform = Platform()
    platform.add_account(ACCOUNT)
    return platform


@pytest.fixture
def state(platform: Platform) -> AccountState:
    state = platform.account("shop")
    assert state is not None
    platform.follow_before(state, [{"openid": f"o-{number:02d}"} for number in range(60)])
    return state


def ask(platform: Platform, state: AccountState, path: str, **body: Any) -> dict[str, Any]:
    return call(platform, path, body, access_token=platform.issue_token(state))


def create(platform: Platform, state: AccountState, name: str) -> int:
    return int(ask(platform, state, "/cgi-bin/tags/create", tag={"name": name})["tag"]["id"])


def test_the_life_of_a_tag(platform: Platform, state: AccountState) -> None:
    number = create(platform, state, "会员")
    openids = [f"o-{each:02d}" for each in range(50)]
    assert ask(platform, state, GIVE, tagid=number, openid_list=openids)["errcode"] == 0
    assert ask(platform, state, "/cgi-bin/tags/getidlist", openid="o-00") == {"tagid_list": [number]}
    assert ask(platform, state, TAKE, tagid=number, openid_list=["o-00"])["errcode"] == 0
    page = ask(platform, state, "/cgi-bin/user/tag/get", tagid=number, next_openid="o-40")
    assert (page["count"], page["data"]["openid"][0], page["next_openid"]) == (9, "o-41", "o-49")
    assert ask(platform, state, "/cgi-bin/tags/update", tag={"id": number, "name": "老会员"})["errcode"] == 0
    listed = call(platform, "/cgi-bin/tags/get", access_token=platform.issue_token(state))
    assert listed == {"tags": [{"id": number, "name": "老会员", "count": 49}]}
    assert ask(platform, state, "/cgi-bin/tags/delete", tag={"id": number})["errcode"] == 0
    assert state.fans["o-01"].tags == []


def test_the_limits(platform: Platform, state: AccountState) -> None:
    numbers = [create(platform, state, f"t{each}") for each in range(limits.TAGS)]

    def code(path: str, **body: Any) -> int:
        return int(ask(platform, state, path, **body).get("errcode", 0))

    assert code("/cgi-bin/tags/create", tag={"name": "one more"}) == 45056
    assert code("/cgi-bin/tags/create", tag={"name": "t0"}) == 45157
    assert code("/cgi-bin/tags/create", tag={"name": "长" * 31}) == 45158
    assert code("/cgi-bin/tags/delete", tag={"id": 2}) == 45058
    assert code(GIVE, tagid=9_999, openid_list=["o-00"]) == 45159
    assert code(GIVE, tagid=numbers[0], openid_list=[f"o-{each:02d}" for each in range(51)]) == 40032
    assert code(GIVE, tagid=numbers[0], openid_list=["o-00", "o-nobody"]) == 40003
    for number in numbers[: limits.TAGS_OF_FAN]:
        assert code(GIVE, tagid=number, openid_list=["o-00"]) == 0
    assert code(GIVE, tagid=numbers[0], openid_list=["o-00"]) == 0
    assert code(GIVE, tagid=numbers[30], openid_list=["o-01", "o-00"]) == 45059
    assert state.fans["o-01"].tags == []


def test_the_days_calls_end_as_a_fault(platform: Platform) -> None:
    platform.faults.add(Fault("errcode", path="/cgi-bin/tags/*", value=45009, count=1))
    struck = platform.faults.strike(GIVE, "shop")
    assert struck is not None
    assert struck.value == 45009
