"""Tags of a fan and WeChat's own tags, both ways, on the deployed stack."""

import json
from typing import Any

import pytest

from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.pusher import Fan
from infra.local.stack import LocalStack
from tests.flow.test_command_line import yuchi
from tests.flow.test_main_path import live

pytestmark = [pytest.mark.flow, pytest.mark.timeout(280)]

GIVE = "/cgi-bin/tags/members/batchtagging"
RULE = {"rule_id": "flow-mirror", "on": "menu.clicked", "when": 'event.key == "FLOW-MIRROR"', "then": ["tag 流程会员"]}


def told(stack: LocalStack, fan: Fan) -> list[dict[str, Any]]:
    """The calls that gave the fan a tag at WeChat."""
    return [each for each in stack.simulator.received(kind="api", path=GIVE) if fan.openid in json.dumps(each)]


def test_a_tag_reaches_wechat_and_the_sync_finds_nothing_to_do(stack: LocalStack) -> None:
    account = "flow-mirror"  # of its own: containers keep what they know of an account for five minutes
    stack.add_account(PlatformAccount.invent(account, name="标签"), brand="demo")
    fan = stack.pusher(account).fan()
    mirrored = yuchi(stack, "account", "mirror", account, "流程会员")
    assert mirrored.returncode == 0, mirrored.stderr
    with live(stack, RULE):

        def reached() -> bool:
            """Containers take up the list within five minutes, and rules within seconds."""
            fan.click("FLOW-MIRROR")
            stack.wait_until_idle()
            return bool(told(stack, fan))

        stack.wait_until(reached, seconds=60, what="the tag at WeChat")
    calls = len(told(stack, fan))
    synced = yuchi(stack, "sync", "tags", account, "--json")
    assert synced.returncode == 0, synced.stdout + synced.stderr
    assert "mirror.taken" not in synced.stdout
    assert len(told(stack, fan)) == calls
